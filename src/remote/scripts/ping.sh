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
ip -o addr show scope global up | while IFS=' ' read -r _ _ _ net _; do say net "$net"; done
check_all_own - &
check_round -
wait
say end ok
