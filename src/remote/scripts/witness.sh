# shellcheck shell=sh
# Makes checks of another host from this one and changes nothing: a request of `check …`
# lines, then a round for each line `check`, to the end of standard input.

while IFS= read -r line; do
    case $line in 'rappel/1 witness') break ;; esac
done
[ "${line-}" = 'rappel/1 witness' ] || die 'no request arrived'
request=
while IFS= read -r line; do
    [ "$line" = . ] && break
    request="$request$line
"
done
[ "${line-}" = . ] || die 'the request broke off'
wants() { printf '%s' "$request" | sed -n "s/^$1 //p"; }

say rappel 1
[ "$(id -u)" = 0 ] || die 'not root on the host'
while IFS= read -r line; do
    # shellcheck disable=SC2034 # read where results are told
    began=$(now)
    wants check | check_declared
    say checked "$(now)"
done
say end ok
