# shellcheck shell=sh
# Makes checks and changes nothing: standard input is a request of `check …` lines.

await ping
receive_lines
# Here the request is in no file.
wants() { received "$1"; }

ip -o addr show scope global up | while IFS=' ' read -r _ _ _ net _; do say net "$net"; done
check_all_own - 3>&1 &
check_round - 3>&1
wait
say end ok
