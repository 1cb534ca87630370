# shellcheck shell=sh
# Makes checks of another host from this one and changes nothing: a request of `check …`
# lines, then a round for each line `check`, to the end of standard input.

await witness
receive_lines
# Here the request is in no file.
wants() { received "$1"; }

while IFS= read -r _; do
    # shellcheck disable=SC2034 # read where results are told
    began=$(now)
    wants check | check_declared 3>&1
    say checked "$(now)"
done
say end ok
