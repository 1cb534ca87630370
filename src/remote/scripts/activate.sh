# shellcheck shell=sh
# From the old configuration to the new one, touching only what the plan names. Runs
# under the worker's deadline; any failure makes the worker revert.

here=${0%/*}
for part in lib objects object-libvirt object-proxmox put-objects put-libvirt put-proxmox files links; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

# Steps go to the events, not to the output of the tools.
mark() { step "$1" >>"$tx/worker.events"; }

hold_request
down=$(wants down)
up=$(wants up)
flavour=$(ifupdown_flavour)

load_sysctl() {
    wants sysctl | while IFS=' ' read -r key value; do
        if [ -e "/proc/sys/$key" ]; then printf '%s\n' "$value" >"/proc/sys/$key" || printf '%s: refused\n' "$key"; fi
    done
}

# In one transaction: our tables go (also those that the file no longer has), the file loads.
load_nft() {
    {
        wants nft-own | sed 's/.*/table &\ndelete table &/'
        wants nft-load | sed 's/.*/include "&"/'
    } >"$tx/load.nft"
    [ -s "$tx/load.nft" ] || return 0
    nft -f "$tx/load.nft"
}

# A rollback: values and tables as earlier generations had found them, newest first.
load_generations() {
    for n in $(wants live-from); do
        gen=$state/gen/$n
        while IFS= read -r key; do
            value=$(sed -n "s|^$key=||p" "$gen/before/live/sysctl")
            if [ -n "$value" ] && [ -e "/proc/sys/$key" ]; then printf '%s\n' "$value" >"/proc/sys/$key"; fi
        done <"$gen/sysctl-keys"
        settings_of_interfaces "$gen"
        while IFS=' ' read -r name _ _ mtu; do
            if [ -n "$mtu" ] && [ -d "/sys/class/net/$name" ] && grep -qxF -- "$name" "$tx/names"; then
                ip link set dev "$name" mtu "$mtu"
            fi
        done <"$gen/before/live/links"
        while IFS=' ' read -r family name; do
            [ "$family" != whole ] || continue
            {
                printf 'table %s %s\ndelete table %s %s\n' "$family" "$name" "$family" "$name"
                cat "$gen/before/live/nft-tables/$family-$name" 2>/dev/null
            } | nft -f -
        done <"$gen/nft-tables"
    done
}

# What ifup and hooks set on interfaces by themselves (`accept_ra 0` in a stanza, say) and
# ifdown leaves as it is.
settings_of_interfaces() {
    while IFS='=' read -r key value; do
        case $key in
            net/ipv[46]/conf/*/accept_ra | net/ipv[46]/conf/*/proxy_*) ;;
            *) continue ;;
        esac
        name=${key#net/ipv?/conf/}
        name=${name%/*}
        if [ -e "/proc/sys/$key" ] && grep -qxF -- "$name" "$1/names"; then
            printf '%s\n' "$value" >"/proc/sys/$key"
        fi
    done <"$1/before/live/sysctl"
}

# run_hooks MODE DIRECTORY…: changed hooks, as ifupdown calls them, for interfaces that
# are not cycled. Ours may fail the change; nobody else's is run.
run_hooks() {
    mode_word=$1
    shift
    for directory in "$@"; do
        phase=$(hook_phase "$directory")
        while IFS=' ' read -r _ _ _ _ _ path; do
            case $path in "/etc/network/$directory/"*) ;; *) continue ;; esac
            if [ ! -x "$path" ] || [ ! -f "$path" ]; then continue; fi
            run_hook "$path" "$mode_word" "$phase" || return 1
        done <"$tx/manifest"
    done
}

run_hook() {
    wants hook-for | while IFS=' ' read -r name family method; do
        if [ ! -d "/sys/class/net/$name" ]; then continue; fi
        env PATH="$boot_path" IFACE="$name" LOGICAL="$name" ADDRFAM="$family" METHOD="$method" CLASS=auto \
            MODE="$2" PHASE="$3" VERBOSITY=0 "$1" || {
            printf '%s failed for %s %s\n' "$1" "$name" "$family"
            exit 1
        }
    done
}

give_up() {
    printf '%s\n' "$1"
    exit 1
}

printf '' >"$tx/changing"
sync "$tx/changing" "$tx" || give_up 'cannot write to disk'
# A way back that comes between looks whether anything has begun, after it has claimed the
# transaction; this looks whether it is claimed, after it has said that it begins.
pending_is "$(run_of)" || give_up 'the change was reverted before it began'
# shellcheck disable=SC2086 # interface names have no spaces
if [ "$flavour" = ifupdown ]; then take_down $down; fi
# What the old hooks did, their counterparts undo; what fails here the new ones mend.
run_hooks stop if-down.d if-post-down.d || :
mark down
each_file swap_file || exit 1
mark swap
load_nft || give_up 'nft refused to load the ruleset'
mark nft
load_sysctl
mark sysctl
if [ -n "$down$up" ]; then
    if [ "$flavour" = ifupdown2 ]; then
        reload_all || give_up 'ifreload failed'
    else
        # shellcheck disable=SC2086
        bring_up $up || give_up "ifup failed for one of: $(printf '%s ' $up)"
    fi
fi
# ifreload has run them for all interfaces.
if [ "$flavour" != ifupdown2 ] || [ -z "$down$up" ]; then
    run_hooks start if-pre-up.d if-up.d || give_up 'a hook failed'
fi
mark up
# Interfaces that came up anew start with the defaults.
load_sysctl
load_generations
each_file put_object || give_up 'an object could not be changed'
mark objects
{
    wants reload
    # A rollback: what read the files of those generations reads the earlier ones now.
    for n in $(wants live-from); do wants reload "$state/gen/$n/request"; done
} | run_commands || give_up 'a reload command failed'
mark reload
