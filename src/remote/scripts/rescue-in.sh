# shellcheck shell=sh
# Takes a request into a rescue system's memory: its lines, then the scripts, and files that
# were rendered, as a tar archive to the end of standard input. Nothing of the host is touched
# here; what follows is the scripts' own rescue.sh.

await rescue
receive_lines
place=/run/rappel-rescue
if ! { mkdir -p "$place" && chmod 700 "$place" && printf '%s' "$request" >"$place/request"; }; then die "cannot write to $place of the rescue system"; fi
rm -rf "$place/in"
if ! { mkdir "$place/in" && tar -xf - -C "$place/in"; }; then die 'cannot receive the scripts'; fi
exec /bin/sh "$place/in/scripts/rescue.sh"
