# shellcheck shell=sh
# Makes checks and changes nothing: standard input is a request of `check …` lines.

while IFS= read -r line; do
    case $line in 'rappel/1 ping') break ;; esac
done
[ "${line-}" = 'rappel/1 ping' ] || die 'no request arrived'
request=
while IFS= read -r line; do
    [ "$line" = . ] && break
    request="$request$line
"
done
[ "${line-}" = . ] || die 'the request broke off'
# Here the request is in no file.
wants() { printf '%s' "$request" | sed -n "s/^$1 //p"; }

say rappel 1
[ "$(id -u)" = 0 ] || die 'not root on the host'
# There is no change whose addresses could be new: all that the host has.
ip -4 -o addr show scope global up | {
    while IFS=' ' read -r _ dev _ address _; do check_taken "${address%/*}" "$dev" "$dev" & done
    wait
} &
check_round -
wait
say end ok
