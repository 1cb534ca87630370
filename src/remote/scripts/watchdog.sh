# shellcheck shell=sh
# The two ways back, armed before anything changes: a timer in a unit of its own (a
# process of its own where there is no systemd), and a unit at boot.

# unit NAME [RUN]: a unit's name, of a run (the open transaction's without). A unit whose
# hooks left a daemon behind stays loaded as long as the daemon lives, and would stand in the
# way of the next run's.
unit() { printf 'rappel-%s-%s' "$1" "${2:-$(run_of)}"; }

# detach NAME SCRIPT [ARG…]: runs a script that outlives the SSH session. What it starts
# (a DHCP client, a guest) outlives it too. NAME must not be that of a unit file
# (rappel-revert is one): systemd refuses to run a second unit of that name.
detach() {
    name=$1
    shift
    if [ "$(init_system)" = systemd ]; then
        systemd-run --quiet --collect --unit="$(unit "$name")" --property=KillMode=process \
            --property=IgnoreSIGPIPE=no --property=SendSIGHUP=no /bin/sh "$@" </dev/null
    else
        setsid /bin/sh "$@" </dev/null >/dev/null 2>&1 &
    fi
}

# Proves that a timer fires here: arms one that leaves a mark, waits for the mark.
prove_timer() {
    mark=$tx/timer-fired
    if [ "$(init_system)" = systemd ]; then
        systemd-run --quiet --collect --unit="$(unit proof)" --on-active=100ms \
            --timer-property=AccuracySec=10ms /bin/touch "$mark" </dev/null || return 1
    else
        # shellcheck disable=SC2016 # the inner shell expands it
        setsid /bin/sh -c 'sleep 0.1; touch "$1"' sh "$mark" </dev/null >/dev/null 2>&1 &
    fi
    # 10 s: a loaded host starts a unit in less, a broken one never does.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        if [ -e "$mark" ]; then return 0; fi
        sleep 0.1
    done
    for _ in 1 2 3 4 5 6 7; do
        if [ -e "$mark" ]; then return 0; fi
        sleep 1
    done
    return 1
}

# What the timer runs: guard.sh for the run that it was armed for. That run's transaction is
# gone when it was ended by one that was killed before it could take the ways back away; the
# boot unit may be the next run's by then.
# shellcheck disable=SC2016 # the inner shell expands it
watchdog_turn='if [ "$(sed -n "s/^run //p" "$1/request" 2>/dev/null | head -n 1)" = "$5" ]; then
    exec /bin/sh "$1/scripts/guard.sh" once "$5"
fi
exec 8<"$2" && flock -w 10 8 || exit 0
if [ ! -e "$1" ]; then rm -f "$3" "$4"; fi
systemctl stop "$6"'

# arm_timer SECONDS: fires then, and every 20 s after, until the transaction is closed, so
# that a revert that was itself killed is taken up again.
arm_timer() {
    if [ "$(init_system)" = systemd ]; then
        watchdog=$(unit watchdog)
        systemd-run --quiet --collect --unit="$watchdog" --on-active="$1" \
            --on-unit-inactive=20 --timer-property=AccuracySec=100ms \
            --property=KillMode=process --property=IgnoreSIGPIPE=no \
            /bin/sh -c "$watchdog_turn" sh "$tx" "$state" "$boot_wants" "$boot_unit" \
            "$(run_of)" "$watchdog.timer" </dev/null || return 1
        [ "$(systemctl is-active "$watchdog.timer")" = active ]
    else
        rm -f "$tx/heartbeat"
        setsid /bin/sh "$tx/scripts/guard.sh" loop "$(run_of)" "$1" </dev/null >/dev/null 2>&1 &
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            if [ -s "$tx/heartbeat" ]; then return 0; fi
            sleep 0.1
        done
        return 1
    fi
}

# At boot, before anything of the system is up: goes on when it is. It must not be waited for,
# so it is no timer, whose start systemd-run always waits for.
arm_late() {
    if [ "$(init_system)" = systemd ]; then
        systemd-run --quiet --collect --no-block --unit="$(unit late)" \
            --property=KillMode=process --property=IgnoreSIGPIPE=no \
            /bin/sh "$tx/scripts/guard.sh" loop "$(run_of)" 5 </dev/null
    else
        setsid /bin/sh "$tx/scripts/guard.sh" loop "$(run_of)" 5 </dev/null >/dev/null 2>&1 &
    fi
}

boot_unit=/etc/systemd/system/rappel-revert.service
boot_wants=/etc/systemd/system/sysinit.target.wants/rappel-revert.service
boot_init=/etc/init.d/rappel-revert
boot_rc=/etc/rcS.d
# What insserv has worked out of the scripts' headers. Where it is there, sysvinit starts
# what it names, and no script that only has a link.
boot_order=/etc/init.d/.depend.boot

# reorder in|out FILE: has what sets networks up wait for the script that reverts, which waits
# for the disks; or takes it out again. By a rename: a host whose order of boot is half
# written does not come up.
reorder() {
    wishes='s/ rappel-revert\>//g
/^rappel-revert:/d'
    if [ "$1" = in ]; then
        wishes="$wishes"'
s/^TARGETS = .*/& rappel-revert/
s/^procps:.*/& rappel-revert/
s/^nftables:.*/& rappel-revert/
s/^networking:.*/rappel-revert: mountall.sh\
& rappel-revert/'
    fi
    cp -p "$2" "$2.rappel" && sed "$wishes" "$2" >"$2.rappel" && sync "$2.rappel" &&
        mv "$2.rappel" "$2" && sync "${2%/*}"
}

# The script, its link, and its place in the order of boot: after the disks, and before what
# sets networks up, whichever of the two this host goes by. Read back.
arm_init() {
    for link in "$boot_rc"/S??mountall.sh; do
        if [ -e "$link" ]; then level=${link%mountall.sh} && level=${level#"$boot_rc"/S}; else return 1; fi
    done
    for link in "$boot_rc"/S??procps "$boot_rc"/S??nftables "$boot_rc"/S??networking; do
        later=${link#"$boot_rc"/S}
        later=${later%"${later#??}"}
        if [ -e "$link" ] && [ "$later" -le "$level" ]; then return 1; fi
    done
    cp "$tx/scripts/rappel-revert.init" "$boot_init" && chmod 755 "$boot_init" &&
        ln -sf ../init.d/rappel-revert "$boot_rc/S${level}rappel-revert" &&
        sync "$boot_init" "$boot_rc" || return 1
    if [ ! -s "$boot_order" ]; then return 0; fi
    reorder in "$boot_order" && grep -q '^TARGETS = .* rappel-revert$' "$boot_order" &&
        grep -q '^networking:.* rappel-revert$' "$boot_order"
}

arm_boot() {
    case $(init_system) in
        systemd)
            mkdir -p "${boot_wants%/*}" && cp "$tx/scripts/rappel-revert.service" "$boot_unit" &&
                chmod 644 "$boot_unit" && ln -sf "$boot_unit" "$boot_wants" &&
                sync "$boot_unit" "${boot_unit%/*}" "${boot_wants%/*}" || return 1
            [ "$(systemctl is-enabled rappel-revert.service 2>/dev/null)" = enabled ]
            ;;
        sysv) arm_init ;;
        *) return 1 ;;
    esac
}

# disarm RUN: takes that run's ways back away; its transaction may be put away already.
disarm() {
    if [ -z "$root" ]; then
        case $(init_system) in
            systemd) systemctl stop "$(unit watchdog "$1").timer" 2>/dev/null ;;
            *)
                if read -r pid start <"$tx/heartbeat" 2>/dev/null && [ "$pid" != $$ ] &&
                    [ -n "$start" ] && [ "$(started "$pid")" = "$start" ]; then
                    kill "$pid" 2>/dev/null
                fi
                ;;
        esac
    fi
    # The order first: it must not name a script that is not there.
    if grep -qs rappel-revert "$root$boot_order"; then reorder out "$root$boot_order" 2>/dev/null; fi
    rm -f "$root$boot_wants" "$root$boot_unit" "$root$boot_init" "$root$boot_rc"/S??rappel-revert \
        "$root$boot_order.rappel"
}
