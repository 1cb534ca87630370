# shellcheck shell=sh
# Run at boot, before the network: a transaction that was open when the host went down is
# not confirmed, so the old files come back and the network starts from them.

here=${0%/*}
for part in lib objects object-libvirt object-proxmox put-objects put-libvirt put-proxmox files links live replay checks watchdog generations; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

run=$(run_of)
case $(tx_state) in
    pending) claim pending reverting || exit 0 ;;
    reverting) ;;
    *)
        finish "$run"
        exit 0
        ;;
esac
step boot-reverting
# Where the way back asked for the boot, or a rescue runs this, the reason is theirs.
theirs=${RAPPEL_ROOT:-}
if [ -e "$tx/rebooting" ]; then theirs=rebooting; fi
if [ -z "$theirs" ] || [ ! -s "$tx/reason" ]; then
    printf 'the host was restarted before the change was confirmed\n' >"$tx/reason"
fi
rm -f "$tx/reserve"
each_file restore_file >"$tx/residue"
drop_made_dirs
step boot-files
each_file compare_file >>"$tx/residue"
# The live state is read when somebody asks, and judged when the network had time to come up.
rm -f "$tx/unverified"
printf '%s\n' "$(now)" >"$tx/booted"
sync
step boot-reverted
if [ -s "$tx/objects-begun" ]; then
    if [ -z "$root" ]; then
        # Their tools come up later, and the transaction ends then.
        arm_late
        exit 0
    fi
    while IFS= read -r path; do say residue "$path is not put back: its tool does not run here"; done \
        <"$tx/objects-begun" >>"$tx/residue"
fi
claim reverting reverted && finish "$run"
