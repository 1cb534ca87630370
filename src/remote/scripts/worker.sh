# shellcheck shell=sh
# The change itself, detached from the SSH session that asked for it: activation under
# its own deadline, then waiting to be confirmed, else the revert.

here=${0%/*}
for part in lib objects object-libvirt object-proxmox put-objects put-libvirt put-proxmox files links live replay checks watchdog generations; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done
run=$1
# Started late, the way back may have been first.
pending_is "$run" || exit 0
exec </dev/null >>"$tx/worker.events" 2>>"$tx/worker.log"
lock_hold $$

# Output of the activation goes to a pipe with a bounded sink, not to a file that a
# chatty hook could fill the disk with; a daemon that a hook leaves behind may keep the pipe.
mkfifo "$tx/output"
(
    head -c 65536 >"$tx/activate.log"
    exec cat >/dev/null
) <"$tx/output" &
step worker

timeout=$(want activation-timeout)
deadline=$(($(now) + timeout * 100))
limited "$timeout" /bin/sh "$here/activate.sh" >"$tx/output" 2>&1
code=$?
if [ $code -ne 0 ]; then
    # The watchdog was first, and perhaps another run after it.
    pending_is "$run" || exit 0
    sleep 0.1
    tail -n 40 "$tx/activate.log" | say_lines output
    case $code in
        124 | 137)
            # A kernel without memory kills as a deadline does.
            reason="activation took longer than $timeout s"
            if [ "$(now)" -lt "$deadline" ]; then reason='activation was killed'; fi
            ;;
        *) reason="activation failed: $(tail -n 1 "$tx/activate.log" | cut -c 1-200)" ;;
    esac
    printf '%s\n' "$reason" >"$tx/reason"
    say failed "$reason"
    sh "$here/revert.sh" "$run" >/dev/null
    # The transaction's folder has moved with its end; standard output goes with it.
    say end reverted
    exit 0
fi

step activated
window=$(want confirm-window)
deadline=$(($(now) + window * 100))
say end activated
while pending_is "$run" && [ "$(now)" -lt $deadline ]; do sleep 0.2; done
if pending_is "$run"; then
    printf 'not confirmed within %s s\n' "$window" >"$tx/reason.new" && mv "$tx/reason.new" "$tx/reason"
    sh "$here/revert.sh" "$run" >/dev/null
fi
