# shellcheck shell=sh
# Over a new connection: that this is the host and the run, what the host's own checks
# say, then the decision, which is made here by one rename and read back.

while IFS= read -r line; do
    case $line in 'rappel/1 verify') break ;; esac
done
[ "${line-}" = 'rappel/1 verify' ] || die 'no request arrived'
IFS= read -r run || die 'the request broke off'
say rappel 1
say machine-id "$(machine_id)"
say boot-id "$(boot_id)"

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
say open "$run"

# One round of checks for each `check`; then `confirm` or `revert`.
while IFS= read -r line; do
    case $line in
        check)
            check_gateways
            check_dad
            wants sysctl | while IFS=' ' read -r key value; do
                actual=
                if [ -r "/proc/sys/$key" ]; then actual=$(cat "/proc/sys/$key"); fi
                # Word by word: the kernel writes one tab where people write what they like.
                if [ "$(printf '%s' "$actual" | tr -s '\t ' ' ')" != "$(printf '%s' "$value" | tr -s '\t ' ' ')" ]; then
                    say check "sysctl - $key - fail is '$actual', wanted '$value'"
                fi
            done
            say checked "$(now)"
            ;;
        confirm)
            if claim pending confirmed; then
                step confirmed
                finish
            fi
            run_outcome "$run"
            say end ok
            exit 0
            ;;
        'revert '*)
            printf '%s\n' "${line#revert }" >"$tx/reason.new" && mv "$tx/reason.new" "$tx/reason"
            # Not `revert`: the boot unit of that name is in the way of a second one.
            detach undo "$tx/scripts/revert.sh" || say failed 'the revert waits for the watchdog'
            say end reverting
            exit 0
            ;;
    esac
done
say end left
