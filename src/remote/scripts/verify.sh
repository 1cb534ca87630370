# shellcheck shell=sh
# Over a new connection: that this is the host and the run, what the host's own checks
# say, then the decision, which is made here by one rename and read back.

await verify
IFS= read -r run || die 'the request broke off'
say_told machine-id machine_id
say_line boot-id /proc/sys/kernel/random/boot_id

if [ "$(cat "$tx/pending" 2>/dev/null)" != "$run" ]; then
    run_outcome "$run"
    say end closed
    exit 0
fi

# Activation may still be under way: the connection that asked for it can be gone first.
while ! grep -q '^end|' "$tx/worker.events" 2>/dev/null; do
    if [ ! -e "$tx/pending" ]; then
        run_outcome "$run"
        say end closed
        exit 0
    fi
    sleep 0.2
done
# More than fits into one packet of any usual size: where large packets get lost on the
# way (and pings do not) this never arrives whole, and what follows is never believed.
say pad "$(head -c 6000 /dev/zero | tr '\000' x)"
# The probes are with the transaction; sending them again would cost every connection 10 KB.
for part in checks probes probes-link probes-claims; do
    [ -r "$tx/scripts/$part.sh" ] || die 'the checks are gone from the host'
    # shellcheck source=/dev/null
    . "$tx/scripts/$part.sh"
done
hold_request
say open "$run"

# One round of checks for each `check`; then `confirm` or `revert`.
while IFS= read -r line; do
    case $line in
        check)
            # Who has an address does not change from one second to the next.
            if [ -z "${unheard-}" ]; then check_takes "$tx/request" after; fi 3>&1 &
            check_round "$tx/request" 3>&1
            wait
            check_expected
            keys=0
            wants sysctl | while IFS=' ' read -r key value; do
                keys=$((keys + 1))
                if [ $((keys % 16)) = 0 ]; then say alive -; fi
                actual=
                if [ -r "/proc/sys/$key" ]; then actual=$(cat "/proc/sys/$key"); fi
                # Word by word: the kernel writes one tab where people write what they like.
                if [ "$(printf '%s' "$actual" | tr -s '\t ' ' ')" != "$(printf '%s' "$value" | tr -s '\t ' ' ')" ]; then
                    say check "sysctl - $key - fail is '$actual', wanted '$value'"
                fi
            done
            # A round that outlasted the window has seen the revert, which says nothing.
            if [ ! -e "$tx/pending" ]; then
                run_outcome "$run"
                say end closed
                exit 0
            fi
            say checked "$(now)"
            # Asked again only because this round was good: whoever has just been told who
            # answers for an address does not ask again so soon.
            # shellcheck disable=SC2034 # read by the probes
            unheard=yes
            ;;
        confirm)
            # What is decided is ended, whether or not anybody listens any more.
            trap '' PIPE
            if claim pending confirmed; then
                step confirmed
                finish "$run"
            fi
            run_outcome "$run"
            say end ok
            exit 0
            ;;
        'revert '*)
            printf '%s\n' "${line#revert }" >"$tx/reason.new" && mv "$tx/reason.new" "$tx/reason"
            detach turn-back "$tx/scripts/revert.sh" "$run" || say failed 'the revert waits for the watchdog'
            say end reverting
            exit 0
            ;;
    esac
done
say end left
