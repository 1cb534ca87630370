# shellcheck shell=sh
# What the watchdog runs for a run: `once RUN` from a timer, or `loop RUN SECONDS` where there
# is none.
# Finishes what is decided, reverts what is not.

here=${0%/*}
for part in lib objects object-libvirt object-proxmox put-objects put-libvirt put-proxmox files links live replay checks watchdog generations; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

run=$2

act() {
    [ "$(run_of)" = "$run" ] || return 0
    case $(tx_state) in
        pending | reverting) sh "$here/revert.sh" "$run" ;;
        confirmed | reverted) finish "$run" ;;
    esac
}

if [ "$1" = once ]; then
    act
    exit 0
fi

printf '%s %s\n' $$ "$(started $$)" >"$tx/heartbeat.new" && mv "$tx/heartbeat.new" "$tx/heartbeat"
deadline=$(($(now) + $3 * 100))
while [ "$(now)" -lt $deadline ]; do
    if [ "$(run_of)" != "$run" ]; then exit 0; fi
    sleep 1
done
while [ "$(run_of)" = "$run" ]; do
    act
    sleep 20
done
