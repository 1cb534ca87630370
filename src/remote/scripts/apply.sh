# shellcheck shell=sh
# From the received request to the point where the change goes on by itself: precheck,
# stage, validate, snapshot, baseline, arm; then the worker, detached, and its events.
# Until the watchdog is armed every failure here ends with the host as it was.

here=${0%/*}
for part in lib objects object-libvirt object-proxmox put-objects put-libvirt put-proxmox files links live say-live archive fingerprint replay checks probes probes-link probes-claims watchdog generations validate; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

run=$(run_of)
hold_request

die() {
    # A second signal, or the closed pipe that the words below meet, must not begin again.
    trap '' HUP INT TERM PIPE
    say error "$1"
    if pending_is "$run"; then
        printf '%s\n' "$1" >"$tx/reason"
        sh "$tx/scripts/revert.sh" "$run" >/dev/null
    else
        finish "$run"
    fi
    say end failed
    exit 1
}
# The connection went away before the change began: nothing is to begin.
trap 'die "interrupted before the change"' HUP INT TERM PIPE

lock_hold $$
{
    wants sysctl-key
    wants keep-key
} >"$tx/sysctl-keys"
wants nft-table >"$tx/nft-tables"
wants name >"$tx/names"
wants file >"$tx/manifest"
# Read word by word, such a path would lose its end and be another file's.
if grep -q ' $' "$tx/manifest"; then die 'the name of a file must not end in a space'; fi
flavour=$(ifupdown_flavour)

precheck() {
    expected=$(wants fingerprint)
    # shellcheck disable=SC2046 # the path of an object is one word
    case $request in *'path /@'*) objects_ahead $(received path | grep '^/@') ;; esac
    take_files
    hear_live || die 'cannot read the live state'
    if [ "$expected" != "$(fingerprint)" ]; then die stale; fi
    if [ -n "$(wants needs-ifupdown)" ] && [ "$flavour" = none ]; then
        die 'there is no ifup on this host: install ifupdown or ifupdown2'
    fi
    if [ -s "$tx/nft-tables" ] && ! command -v nft >/dev/null 2>&1; then
        die 'there is no nft on this host: install nftables'
    fi
    if [ "$(init_system)" = none ] && [ -z "$(wants without-boot)" ]; then
        die 'there is no init system that could revert at boot; --without-boot-revert accepts that'
    fi
    # Room for the way back: given free when a revert begins.
    if ! { head -c 262144 /dev/zero >"$tx/reserve" && sync "$tx/reserve"; } 2>/dev/null; then
        die "no space left for the snapshot: $(df -hP "$state" | tail -n 1 | tr -s ' ')"
    fi
    step precheck
}

stage() {
    stage_files
    step stage
}

snapshot() {
    # Also where it will be put away: a full disk must not keep a transaction open.
    mkdir -p "$state/gen" "$state/runs" || die 'cannot make the snapshot'
    if ! { mkdir -p "$tx/before/root" && printf '' >"$tx/before/absent" && printf '' >"$tx/before/files"; }; then
        die 'cannot make the snapshot'
    fi
    each_file snapshot_file || die 'cannot keep the files as they are'
    if ! { live_read "$tx/before/live" && keep_nft "$tx/before/live"; }; then
        die 'cannot read the live state'
    fi
    boot_id >"$tx/before/boot-id"
    # Taken away by a revert that was read back. Written now: then there may be no space.
    say residue 'the revert could not be read back' >"$tx/unverified"
    mkdir -p "$state/gen" "$state/runs" || die 'cannot make the snapshot'
    # Everything the way back needs is on disk before it may be needed.
    sync -f "$tx" 2>/dev/null || sync || die 'cannot write the snapshot to disk'
    step snapshot
}

baseline() {
    # What is proxied before the change shows in its configuration; nobody waits for the wire.
    # shellcheck disable=SC2034 # read by the probes
    unheard=yes
    # Signs of life come at once, results when there are all of them.
    check_takes "$tx/request" before 3>&1 >"$tx/takes" &
    check_round "$tx/request" 3>&1 >"$tx/baseline"
    wait
    sed 's/^check|/baseline|/' "$tx/baseline" "$tx/takes"
    # Two hosts with one address: both lose connections, and not only this one's.
    taken=$(sed -n 's/^check|dad [^ ]* \([^ ]*\) [^ ]* fail[^ ]* \(.*\) has it$/\1 \2/p' "$tx/takes" | head -n 1)
    if [ -n "$taken" ]; then
        say taken "$taken"
        die "another machine has ${taken% *}: ${taken#* }"
    fi
    step baseline
}

arm() {
    prove_timer || die 'the timer that would revert does not fire on this host'
    step prove
    if [ "$(init_system)" != none ]; then arm_boot || die 'cannot install the unit that would revert at boot'; fi
    step arm-boot
    if ! { run_of >"$tx/pending.new" && sync "$tx/pending.new" &&
        mv "$tx/pending.new" "$tx/pending" && sync "$tx"; }; then
        die 'cannot open the transaction'
    fi
    arm_timer $(($(wants activation-timeout) + $(wants confirm-window))) || die 'cannot arm the timer that would revert'
    step arm
}

# The worker's events as they come, until it says `end`, or the transaction is over without
# its word: it was killed, and the watchdog has done its part. `alive` now and then, so that a
# connection that is gone ends this.
follow() {
    exec 3<"$tx/worker.events"
    beat=0
    over=
    while :; do
        while IFS= read -r line <&3; do
            printf '%s\n' "$line"
            case $line in 'end|'*) return ;; esac
        done
        sleep 0.1
        beat=$((beat + 1))
        if [ $beat -ge 20 ]; then
            if [ -n "$over" ]; then return; fi
            if [ "$(run_of)" != "$run" ]; then over=yes; fi
            say alive "$(now)"
            beat=0
        fi
    done
}

precheck
stage
validate
step validate
snapshot
baseline
# Not by `:`, whose redirection would end the shell where there is no space, without a word.
printf '' 2>/dev/null >"$tx/worker.events" || die "no space left: $(df -hP "$state" | tail -n 1 | tr -s ' ')"
arm
# Held up for so long that the watchdog has ended it: then there may be another run by now.
pending_is "$run" || die 'the change was reverted before it began'
trap - HUP INT TERM PIPE
detach worker "$tx/scripts/worker.sh" "$run" || die 'cannot start the worker'
follow
