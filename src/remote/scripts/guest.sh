# shellcheck shell=sh
# Restarts a guest of this host by whatever runs it, and waits until it answers. Goes on to its
# end when the connection is gone: it may well go through that guest.

await guest
receive_lines
trap '' HUP PIPE TERM

name=$(received name)
manager=$(received manager)
id=$(received id)
bridge=$(received bridge)
patience=$(received patience)

# run_tool COMMAND…: its words are told when it fails.
run_tool() {
    words=$(timeout -k 5 "$patience" "$@" </dev/null 2>&1) && return 0
    printf '%s\n' "$words" | say_lines output
    return 1
}

# need_tool COMMAND
need_tool() { command -v "$1" >/dev/null 2>&1 || die "there is no $1 on this host"; }

# What runs it says of it: running, off, or nothing.
power() {
    case $manager in
        virsh)
            case $(timeout 20 virsh -q -c qemu:///system domstate --domain "$id" 2>/dev/null | head -n 1) in
                running) printf running ;;
                'shut off') printf off ;;
            esac
            ;;
        qm | pct)
            case $(timeout 20 "$manager" status "$id" 2>/dev/null) in
                'status: running') printf running ;;
                'status: stopped') printf off ;;
            esac
            ;;
        nspawn)
            case $(systemctl is-active "systemd-nspawn@$id.service") in
                active) printf running ;;
                inactive | failed) printf off ;;
            esac
            ;;
    esac
}

# Off and on again: a reboot inside would not take up what was changed of its hardware.
restart() {
    case $manager in
        virsh)
            if [ "$(power)" = running ]; then
                run_tool virsh -q -c qemu:///system shutdown --domain "$id"
                end=$(($(now) + patience * 50))
                while [ "$(power)" = running ] && [ "$(now)" -lt $end ]; do sleep 0.5; done
                # Deaf to the wish: as one pulls the plug.
                if [ "$(power)" = running ]; then
                    say forced "$id"
                    run_tool virsh -q -c qemu:///system destroy --domain "$id" || return 1
                fi
            fi
            run_tool virsh -q -c qemu:///system start --domain "$id"
            ;;
        qm | pct)
            if [ "$(power)" = running ]; then
                run_tool "$manager" shutdown "$id" --forceStop 1 --timeout $((patience / 2)) || return 1
            fi
            run_tool "$manager" start "$id"
            ;;
        nspawn) run_tool systemctl restart "systemd-nspawn@$id.service" ;;
        command) run_tool sh -c "$(received command)" ;;
    esac
}

# `ADDRESS DEV` of the neighbour entries that are proxied for the guest.
proxies() {
    received address | while IFS= read -r address; do
        case $address in
            *:*) ip -6 neigh show proxy | sed -n "s/^\($address\) dev \([^ ]*\).*/\1 \2/p" ;;
        esac
    done
}

# add_proxies: each entry that was there before.
add_proxies() {
    printf '%s\n' "$before" | while IFS=' ' read -r address dev; do
        if [ -n "$dev" ]; then ip -6 neigh replace proxy "$address" dev "$dev"; fi
    done
}

# On the guest's own wire the host would answer the guest's question whether anybody has its
# address, and the guest would give it up.
part_proxies() {
    printf '%s\n' "$before" | while IFS=' ' read -r address dev; do
        if [ -n "$dev" ] && [ "$dev" = "$bridge" ]; then
            ip -6 neigh del proxy "$address" dev "$dev" && say parted "$address $dev"
        fi
    done
}

answers() {
    case $1 in
        *:*) ping -6 -n -q -c 1 -W 1 "$1" >/dev/null 2>&1 ;;
        *) ping -4 -n -q -c 1 -W 1 "$1" >/dev/null 2>&1 ;;
    esac
}

# Waits until all addresses answer; names those that did not.
wait_for() {
    end=$(($(now) + patience * 100))
    silent=$(received address)
    # It may have another MAC address now.
    received address | while IFS= read -r address; do ip neigh flush to "$address" 2>/dev/null; done
    while [ -n "$silent" ]; do
        silent=$(printf '%s\n' "$silent" | while IFS= read -r address; do
            answers "$address" || printf '%s\n' "$address"
        done)
        if [ "$(now)" -ge $end ]; then break; fi
        [ -z "$silent" ] || sleep 0.5
    done
    if [ -n "$silent" ]; then printf '%s\n' "$silent" | say_lines silent; fi
}

case $manager in
    virsh | qm | pct) need_tool "$manager" ;;
    nspawn) need_tool systemctl ;;
    command) ;;
    *) die "nothing is known of a manager $manager" ;;
esac
if [ "$manager" != command ] && [ -z "$(power)" ]; then die "$manager knows no guest $id"; fi
before=$(proxies)
part_proxies
restart || {
    add_proxies
    die "$name could not be restarted"
}
say restarted "$name"
wait_for
add_proxies
if [ "$(proxies)" != "$before" ]; then die "the proxied neighbour entries of $name are not as before"; fi
if [ "$manager" != command ] && [ "$(power)" != running ]; then die "$name does not run after its restart"; fi
say end ok
