# shellcheck shell=sh
# The way back, for everyone who calls it: the worker, the timer, a command. Idempotent:
# killed at any point, the next call goes on. One at a time by a kernel lock, which a
# killed one cannot keep. `revert.sh RUN`: that run's transaction and no other one's.

here=${0%/*}
for part in lib objects object-libvirt object-proxmox put-objects put-libvirt put-proxmox files links live replay checks watchdog generations; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

# On the directory itself, and no file but if it can be made: a redirection that a full disk
# refuses would end the shell, and with it the way back.
[ -d "$tx" ] && exec 9<"$tx"
flock -n 9 || exit 0

# Times can be set where there is no space either.
writable() { touch "$tx/request" 2>/dev/null; }

run=${1:-$(run_of)}
[ "$(run_of)" = "$run" ] || exit 0
case $(tx_state) in
    # Not to be had although it is there: nobody can decide on a disk that cannot be written.
    pending) claim pending reverting || { [ -e "$tx/pending" ] && ! writable; } || exit 0 ;;
    reverting) ;;
    confirmed | reverted)
        finish "$run"
        exit 0
        ;;
    # Of another run, which has not begun: not ours to end.
    *) exit 0 ;;
esac
# In memory, where there is such a place: the disk may be full.
notes=/run/rappel-revert
rm -rf "$notes"
mkdir -p "$notes" 2>/dev/null || notes=$tx
trap 'if [ "$notes" != "$tx" ]; then rm -rf "$notes"; fi' EXIT
if ! writable; then
    # Files cannot come back before the disk is repaired; what is live can. The ways back stay.
    end_session "$tx/session"
    replay "$tx/before/live" >/dev/null 2>&1
    printf '%s\n' "$run" >"$stuck_note"
    exit 0
fi
[ -s "$tx/reason" ] || printf 'not confirmed in time\n' >"$tx/reason"
rm -f "$tx/reserve"
if touch "$tx/revert.events" "$tx/revert.log" 2>/dev/null; then
    exec >>"$tx/revert.events" 2>>"$tx/revert.log"
else
    exec >/dev/null 2>&1
fi
step reverting

# What the old files can bring back, and what the change made. An interface that was there
# before without a word in the old files would not come back: it stays, and is replayed.
revocable() {
    wants up | while IFS= read -r word; do
        name=${word%%=*}
        if wants down | grep -qxF -- "$name" || ! grep -q "^$name " "$tx/before/live/links"; then
            printf '%s\n' "$word"
        fi
    done
}

# Names to take down with the new files, and to bring up with the old ones.
down=$(revocable | tr '\n' ' ')
up=$(wants down | tr '\n' ' ')

# An old configuration may hang as well (a DHCP server that is gone): live state is replayed then.
# shellcheck disable=SC2034 # links.sh bounds ifup and ifdown by it
patience=60
# shellcheck disable=SC2034 # links.sh notes there whom it started
session_file=$tx/session-back

restore() {
    # Activation may still be at it, when its worker was killed; so may a revert that was.
    end_session "$tx/session"
    end_session "$session_file"
    # They came last.
    restore_objects 9>&-
    step revert-objects
    # shellcheck disable=SC2086 # interface names have no spaces
    if [ "$(ifupdown_flavour)" = ifupdown ]; then take_down $down $up 9>&-; fi
    step revert-down
    each_file restore_file
    drop_made_dirs
    step revert-files
    if [ -n "$down$up" ]; then
        if [ "$(ifupdown_flavour)" = ifupdown2 ]; then
            reload_all 9>&-
        else
            # shellcheck disable=SC2086
            bring_up $up 9>&-
        fi
    fi
    step revert-up
    replay "$tx/before/live" 9>&-
    step revert-replay
    # What would not go back while the new network was there.
    restore_objects 9>&-
    # What was told to read the new files reads the old ones now.
    wants reload | run_commands 9>&- >"$notes/reload-output" || tail -n 1 "$notes/reload-output" >"$notes/reload-failed"
    step revert-reload
}

# Whether files, live state and gateways are as they were; what is not, in residue. Until
# that is known, and written, it counts as not known.
verify() {
    rm -rf "$notes/after"
    {
        each_file compare_file
        compare_objects
        live_read "$notes/after" || say residue 'the live state cannot be read'
        live_compare "$tx/before/live" "$notes/after"
        compare_gateways
        if [ -e "$notes/reload-failed" ]; then say_lines 'residue' <"$notes/reload-failed"; fi
    } >"$notes/found"
    cat "$notes/found" >"$tx/residue"
    if ! cmp -s "$notes/found" "$tx/residue"; then return 1; fi
    rm -f "$tx/unverified"
    [ ! -s "$tx/residue" ]
}

# A gateway that answered before and does not now.
compare_gateways() {
    grep '^check|gateway .* pass' "$tx/baseline" 2>/dev/null >"$notes/passed" || return 0
    check_gateways >"$notes/checks-after"
    sed 's/ pass.*$/ pass/' "$notes/passed" | while IFS= read -r line; do
        if ! grep -qF -- "$line" "$notes/checks-after"; then say residue "${line#check|} before, not now"; fi
    done
}

# Whether a gateway that answered before does not, after all that was tried.
cut_off() { grep -q '^residue|gateway ' "$notes/found"; }

# last_resort: a host that is cut off is booted, if the play allows it, and once. Its files are
# back, and the boot unit ends the transaction.
last_resort() {
    if [ -z "$(want last-resort)" ] || [ "$(init_system)" = none ] || ! cut_off; then return 0; fi
    # In memory: the boot that was asked for forgets it.
    asked=/run/rappel-rebooting
    if read -r whose since 2>/dev/null <"$asked" && [ "$whose" = "$run" ]; then
        # Under way already; services may take their time to stop.
        if [ $(($(now) - since)) -lt 18000 ]; then exit 0; fi
        return 0
    fi
    if ! { printf '' >"$tx/rebooting" && sync "$tx/rebooting" "$tx"; } 2>/dev/null; then return 0; fi
    step revert-reboot
    if [ "$(init_system)" = systemd ]; then systemctl reboot; else reboot; fi || return 0
    printf '%s %s\n' "$run" "$(now)" >"$asked"
    exit 0
}

# late_objects: after a boot the files are back; what keeps objects has come up since. Fails
# while it may still come.
late_objects() {
    restore_objects 9>&- && return 0
    read -r since <"$tx/booted" && [ $(($(now) - since)) -gt 30000 ]
}

if [ -e "$tx/booted" ]; then
    late_objects || exit 0
    compare_objects >>"$tx/residue"
elif [ -e "$tx/changing" ]; then
    restore
    if ! verify; then
        # The whole of networking, then the differences once more.
        step revert-restart
        if [ "$(init_system)" = systemd ]; then
            timeout -k 5 120 systemctl restart networking.service 9>&-
        else
            limited 120 env PATH="$boot_path" sh -c 'ifdown -a --force --ignore-errors; ifup -a --force' 9>&-
        fi
        return_ports
        replay "$tx/before/live" 9>&-
        verify || last_resort 9>&-
    fi
else
    each_file unstage_file
    drop_made_dirs
    printf '' >"$tx/residue"
    rm -f "$tx/unverified"
fi
step reverted
claim reverting reverted || exit 0
finish "$run"
