# shellcheck shell=sh
# What became of transactions: generations (confirmed), runs (reverted), and the log.

# Generations that are kept besides the first, and reverted runs.
keep=10

# log RUN OUTCOME DETAIL: one line, tabs between the fields; none if it is there already.
log() {
    if grep -q "	$1	.*	$2	" "$state/log" 2>/dev/null; then return 0; fi
    printf '%s\t%s\t%s\t%s\t%s\n' "$(wall)" "$1" "$(want who)" "$2" "$3" >>"$state/log"
    sync "$state/log" 2>/dev/null
}

# finish RUN: ends that run's transaction if it is decided, whoever gets to it first. May
# be run again at any point where it was interrupted: the ways back, which end it as well,
# go last. One that comes late finds another run's transaction and leaves it alone.
finish() { alone 30 finish_now "$1"; }

finish_now() {
    run=$1
    if [ ! -d "$tx" ]; then
        # Put away already, perhaps by one that was killed before its last lines.
        if [ "$(cat "$lock/run" 2>/dev/null)" = "$run" ]; then
            disarm "$run"
            lock_release "$run"
        fi
        return 0
    fi
    [ "$(run_of)" = "$run" ] || return 0
    rm -f "$tx/reserve"
    case $(tx_state) in
        confirmed)
            n=$(($(generation_last) + 1))
            mkdir -p "$state/gen"
            log "$run" confirmed "$n"
            step confirmed-logged
            drop_same
            mv "$tx" "$state/gen/$n" || return 1
            step generation
            prune
            ;;
        reverted)
            mkdir -p "$state/runs"
            log "$run" reverted "$(head -n 1 "$tx/reason" 2>/dev/null)"
            step reverted-logged
            rm -rf "$state/runs/$run"
            drop_same
            mv "$tx" "$state/runs/$run" || return 1
            step run-kept
            ;;
        staged)
            each_file unstage_quietly
            drop_made_dirs
            drop_same
            rm -rf "$tx"
            ;;
        # Not decided: nothing to end.
        *) return 1 ;;
    esac
    sync "$state" 2>/dev/null
    disarm "$run"
    step disarmed
    lock_release "$run"
}

unstage_quietly() { unstage_file "$@" || :; }

# Keeps the last generations and the first: its snapshot is the host before rappel, so it
# takes in what a dropped one knew of files that no earlier generation touched.
prune() {
    last=$(generation_last)
    drop=2
    while [ "$drop" -le $((last - keep)) ]; do
        if [ -d "$state/gen/$drop" ]; then
            absorb "$state/gen/1" "$state/gen/$drop" && rm -rf "$state/gen/$drop"
        fi
        drop=$((drop + 1))
    done
    # shellcheck disable=SC2012 # names are run ids
    ls -1t "$state/runs" 2>/dev/null | tail -n +$((keep + 1)) | while IFS= read -r old; do
        rm -rf "$state/runs/$old"
    done
}

# lines_of PATH FILE: the lines that end in a path; a path is no pattern.
lines_of() {
    while IFS= read -r line; do
        case $line in *" $1") printf '%s\n' "$line" ;; esac
    done <"$2"
}

# absorb OLDER NEWER: what NEWER had found of files that OLDER did not touch.
absorb() {
    # shellcheck disable=SC2094 # two directories, never one file
    while IFS=' ' read -r _ _ _ _ _ path; do
        if [ -n "$(lines_of "$path" "$1/before/files")" ]; then continue; fi
        lines_of "$path" "$2/before/files" >>"$1/before/files"
        lines_of "$path" "$2/manifest" >>"$1/manifest"
        if [ -e "$2/before/root$path" ] || [ -L "$2/before/root$path" ]; then
            mkdir -p "$1/before/root${path%/*}" && cp -a "$2/before/root$path" "$1/before/root$path" || return 1
        else
            printf '%s\n' "$path" >>"$1/before/absent"
        fi
    done <"$2/manifest"
}

# Where a run went: prints its directory.
run_dir() {
    for dir in "$tx" "$state/runs/$1" "$state"/gen/*; do
        if [ "$(run_of "$dir/request")" = "$1" ]; then
            printf '%s' "$dir"
            return 0
        fi
    done
    return 1
}

# Whether a run's way back found a disk that cannot be written: then it put the live state
# back and no more.
stuck_note=/run/rappel-stuck
is_stuck() { [ "$(cat "$stuck_note" 2>/dev/null)" = "$1" ]; }

# run_outcome RUN: says `outcome|…` of a run: pending, confirmed GENERATION, reverting,
# reverted REASON (with its `residue|…`), staged or none.
run_outcome() {
    # Not while it is being put away: it would be neither here nor there. A finisher that
    # hangs has decided already.
    if [ ! -d "$state" ]; then
        say outcome none
        return
    fi
    alone 10 outcome_of "$1"
    if [ $? -eq 75 ]; then outcome_of "$1"; fi
}

outcome_of() {
    dir=$(run_dir "$1") || {
        say outcome none
        return
    }
    case $dir in
        "$state"/gen/*) say outcome "confirmed ${dir##*/}" ;;
        *)
            tx=$dir
            notes=$dir
            standing=$(tx_state)
            case $standing in
                pending | reverting)
                    if is_stuck "$1"; then
                        say residue 'files: the disk cannot be written; the next boot puts them back'
                        say outcome "reverted in its live state only"
                    else
                        say outcome "$standing"
                    fi
                    ;;
                reverted)
                    if [ "$dir" = "$state/tx" ]; then
                        # Decided, but its ways back are still there: whoever asks again
                        # finds it put away.
                        say outcome reverting
                    elif [ -e "$tx/booted" ]; then
                        # systemd has read the unit, which took itself away at boot, and would show
                        # it as dead. Not to be mended at boot: systemd waits for that unit itself.
                        if [ "$(init_system)" = systemd ] && [ ! -e "$boot_unit" ]; then systemctl daemon-reload; fi
                        # The boot unit cannot see the network come up: read it now.
                        differs=$(if live_read "$tx/after"; then live_compare "$tx/before/live" "$tx/after"; fi)
                        # No number on a full disk, one that is to come after another boot: then since
                        # the machine began to count.
                        read -r since <"$tx/booted" && [ "$since" -le "$(now)" ] || since=0
                        if [ -n "$differs" ] && [ $(($(now) - since)) -lt 6000 ]; then
                            # The network is coming up: whoever asks again finds it up.
                            say outcome reverting
                        else
                            printf '%s' "${differs:+$differs
}"
                            cat "$tx/residue" "$tx/unverified" 2>/dev/null
                            say outcome "reverted at boot: $(head -n 1 "$tx/reason")"
                        fi
                    else
                        cat "$tx/residue" "$tx/unverified" 2>/dev/null
                        say outcome "reverted $(head -n 1 "$tx/reason")"
                    fi
                    ;;
                # Decided, but not put away yet: the number is what it will be.
                confirmed) say outcome "confirmed $(($(generation_last) + 1))" ;;
                staged)
                    # Prepared by a process that is gone: it will not go on.
                    if lock_alive; then say outcome staged; else say outcome none; fi
                    ;;
                *) say outcome "$standing" ;;
            esac
            tx=$state/tx
            # shellcheck disable=SC2034
            notes=$tx
            ;;
    esac
}
