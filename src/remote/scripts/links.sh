# shellcheck shell=sh
# Interfaces through the host's own ifupdown: only those that the plan names, down with
# the files that brought them up, up with the files that are to hold.

# What hooks and commands of stanzas find at boot; longer than what these scripts use.
boot_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

ifupdown_flavour() {
    if command -v ifreload >/dev/null 2>&1; then
        printf ifupdown2
    elif command -v ifup >/dev/null 2>&1; then
        printf ifupdown
    else
        printf none
    fi
}

# limited SECONDS COMMAND…: in a session of its own, all of which ends with the deadline.
# timeout alone ends what it started itself: a hanging ifup would go on, with its lock,
# and the ifdown of the revert would wait for it for ever.
limited() {
    # The way back has a file of its own: it may begin while activation is at it.
    session_file=${session_file:-$tx/session}
    # shellcheck disable=SC2016 # the inner shell expands it
    setsid -w /bin/sh -c 'printf "%s %s\n" $$ "$1" >"$0" && shift && exec timeout -k 5 "$@"' \
        "$session_file" "$(boot_id)" "$@"
    limited_code=$?
    case $limited_code in
        124 | 137) end_session "$session_file" ;;
        *) rm -f "$session_file" ;;
    esac
    return $limited_code
}

# end_session FILE: ends what a command under a deadline has left in its session. Daemons have
# their own.
end_session() {
    IFS=' ' read -r session boot 2>/dev/null <"$1" || return 0
    [ "$boot" = "$(boot_id)" ] || return 0
    for _ in 1 2 3 4 5; do
        members=$(cat /proc/[0-9]*/stat 2>/dev/null |
            sed -n "s/^\([0-9]*\) (.*) [A-Ya-z] [0-9]* [0-9]* $session .*/\1/p")
        [ -n "$members" ] || break
        # shellcheck disable=SC2086 # process ids
        kill -KILL $members 2>/dev/null
        sleep 0.1
    done
    rm -f "$1"
}

# Seconds that ifup and ifdown may take for one interface; none where a deadline holds already.
patience=

# ifupdown's own commands, as at boot.
of_ifupdown() {
    if [ -n "$patience" ]; then
        limited "$patience" env PATH="$boot_path" "$@"
    else
        env PATH="$boot_path" "$@"
    fi
}

bridge_ports_of() {
    for port in /sys/class/net/"$1"/brif/*; do
        if [ -e "$port" ]; then printf '%s\n' "${port##*/}"; fi
    done
}

# up or down, as somebody has set it, whatever the cable says.
link_state() {
    flags=$(cat "/sys/class/net/$1/flags") || return 1
    if [ $((flags & 1)) = 1 ]; then printf up; else printf down; fi
}

# Ports that others put into a bridge (guests) do not come back by ifup: note them.
note_ports() {
    bridge_ports_of "$1" | while IFS= read -r port; do
        printf '%s %s %s\n' "$1" "$port" "$(link_state "$port")"
    done >>"$tx/ports"
}

return_ports() {
    [ -e "$tx/ports" ] || return 0
    while IFS=' ' read -r bridge port up; do
        if [ ! -d "/sys/class/net/$bridge/bridge" ] || [ ! -d "/sys/class/net/$port" ]; then continue; fi
        master=$(readlink "/sys/class/net/$port/master") || master=
        case ${master##*/} in '' | "$bridge") ;; *) continue ;; esac
        # ifupdown2 sets down what it takes out, and somebody else may have been quicker to
        # put it back.
        if [ "$up" = up ]; then ip link set dev "$port" up; fi
        if [ -z "$master" ]; then ip link set dev "$port" master "$bridge"; fi
    done <"$tx/ports"
}

# Whether ifupdown2 finds what it was to set. Not its word on ports: those of guests are
# never the file's, and each further run for their sake could cost an address.
as_the_file_says() {
    ! of_ifupdown ifquery --check -a 2>/dev/null |
        grep -Eq '^[[:space:]]+(address|gateway|hwaddress|mtu)[[:space:]].*\[fail\]'
}

# ifupdown2 works out by itself what to change, of all interfaces. A bridge keeps only the
# ports that its stanza names: note those of guests first.
reload_all() {
    for bridge in /sys/class/net/*/bridge; do
        bridge=${bridge%/bridge}
        if [ -d "$bridge/bridge" ]; then note_ports "${bridge##*/}"; fi
    done
    # It plans from what it saw at first: a new MAC or MTU takes IPv6 addresses along, and
    # they stay away until it looks again.
    for _ in 1 2 3; do
        of_ifupdown ifreload -a
        code=$?
        if as_the_file_says; then break; fi
    done
    return_ports
    return "$code"
}

# hook_phase DIRECTORY: what ifupdown tells the hooks of a directory in PHASE.
hook_phase() {
    case $(ifupdown_flavour) in
        ifupdown2) phase=${1#if-} && printf '%s' "${phase%.d}" ;;
        *)
            case $1 in
                if-pre-up.d) printf pre-up ;;
                if-up.d) printf post-up ;;
                if-down.d) printf pre-down ;;
                *) printf post-down ;;
            esac
            ;;
    esac
}

# take_down NAME…: by ifdown, with the files as they stand. `--force` because a host whose
# last ifup failed half-way does not know that it has anything to take down.
take_down() {
    for word in "$@"; do
        # `ifup eth0=work` names a physical and a logical interface.
        name=${word%%=*}
        [ -d "/sys/class/net/$name" ] || continue
        if [ -d "/sys/class/net/$name/bridge" ]; then note_ports "$name"; fi
        of_ifupdown ifdown --force --ignore-errors "$name"
        [ -d "/sys/class/net/$name" ] || continue
        # What ifdown left would make the next ifup fail with "File exists".
        ip -4 addr flush dev "$name" scope global 2>/dev/null
        ip -6 addr flush dev "$name" scope global 2>/dev/null
    done
}

# bring_up NAME…: by ifup, with the files as they stand; fails if any of them fails.
bring_up() {
    failed=
    for name in "$@"; do
        of_ifupdown ifup --force "$name" || failed="$failed $name"
    done
    return_ports
    [ -z "$failed" ] || { printf 'ifup failed for:%s\n' "$failed"; return 1; }
}
