# shellcheck shell=sh
# Takes a request into a rescue system's memory: its lines, then the scripts, and files that
# were rendered, as a tar archive to the end of standard input. Nothing of the host is touched
# here; what follows is the scripts' own rescue.sh.

while IFS= read -r line; do
    case $line in 'rappel/1 rescue') break ;; 'rappel/'*) die 'this request is of another version' ;; esac
done
[ "${line-}" = 'rappel/1 rescue' ] || die 'no request arrived'
say rappel 1
[ "$(id -u)" = 0 ] || die 'not root in the rescue system'
place=/run/rappel-rescue
if ! { mkdir -p "$place" && chmod 700 "$place" && : >"$place/request"; }; then die "cannot write to $place of the rescue system"; fi
while IFS= read -r line; do
    [ "$line" = . ] && break
    printf '%s\n' "$line" >>"$place/request"
done
[ "${line-}" = . ] || die 'the request broke off'
rm -rf "$place/in"
if ! { mkdir "$place/in" && tar -xf - -C "$place/in"; }; then die 'cannot receive the scripts'; fi
exec /bin/sh "$place/in/scripts/rescue.sh"
