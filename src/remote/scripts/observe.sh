# shellcheck shell=sh
# Reads a host and changes nothing: who it is, what it has, its live state, and the files
# that the request names (`path …`), as a tar archive in base64 lines.

# say_routing FAMILY: routes, rules and proxies by one process, a line each; one by one where
# that is not what comes.
say_routing() {
    all=$(printf 'route show table all\nrule show\nneigh show proxy\n' | ip -j "-$1" -batch - 2>/dev/null)
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # split at line breaks
    set -- "$1" $all
    unset IFS
    set +f
    if [ $# -eq 4 ]; then
        say "routes$1" "$2"
        say "rules$1" "$3"
        say "proxies$1" "$4"
    else
        say_output "routes$1" ip -j "-$1" route show table all
        say_output "rules$1" ip -j "-$1" rule show
        say_output "proxies$1" ip -j "-$1" neigh show proxy
    fi
}

await observe
receive_lines

say hostname "$(cat /proc/sys/kernel/hostname)"
say machine-id "$(machine_id)"
say boot-id "$(boot_id)"
say init "$(init_system)"
say ifupdown "$(ifupdown_flavour)"
for tool in nft sysctl ping ip; do
    if command -v $tool >/dev/null 2>&1; then say tool $tool; fi
done
lock_say
say transaction "$(tx_state)"
say generation "$(generation_last)"

say_output addresses ip -j addr show
say_output links ip -j -d link show
say_routing 4
say_routing 6
if in_request sysctl-key; then
    received sysctl-key | while IFS= read -r key; do
        if [ -r "/proc/sys/$key" ]; then say sysctl "$key=$(cat "/proc/sys/$key")"; else say no-sysctl "$key"; fi
    done
fi
live_tables=
if in_request nft-table; then
    live_tables=$(received nft-table | while IFS=' ' read -r family name; do
        nft -s list table "$family" "$name" 2>/dev/null
    done)
fi
if [ -n "$live_tables" ]; then live_tables=$(printf '%s\n' "$live_tables" | base64 | tr -d '\n'); fi
say nft-live "$live_tables"

canonical_nft

# What else speaks at boot: hooks, and the files that set kernel values.
for hook in /etc/network/if-pre-up.d/* /etc/network/if-up.d/* /etc/network/if-down.d/* /etc/network/if-post-down.d/*; do
    if [ -x "$hook" ]; then say hook "${hook#/etc/network/}"; fi
done
if in_request sysctl-key; then
    grep -sH '^[[:space:]]*-\{0,1\}[a-z].*=' /usr/lib/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /run/sysctl.d/*.conf \
        /etc/sysctl.d/*.conf /etc/sysctl.conf | head -n 2000 | sed 's/^/sysctl-line|/'
fi
# shellcheck disable=SC2046 # the path of an object is one word
case $request in *'path /@'*) objects_ahead $(received path | grep '^/@') ;; esac
say fingerprint "$(fingerprint)"

# Names relative to /, so that tar keeps them whole; what is missing is simply not in it.
{
    received path
    for file in /etc/network/interfaces.d/*; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
} | sort -u | sed 's|^/||' | while IFS= read -r path; do
    if [ -e "/$path" ] || [ -L "/$path" ]; then printf '%s\n' "$path"; fi
done | tr '\n' '\000' | tar -cf - --no-recursion --format=gnu -C / --null -T - 2>/dev/null | base64 | sed 's/^/files|/'

case $request in
    *'path /@'*)
        received path | grep '^/@' | while IFS= read -r path; do
            seen=$(object_look "$path")
            case $? in
                0) say object "$(printf '%s\n' "$seen" | base64 | tr -d '\n') $path" ;;
                3) ;;
                *) say object-unread "$path $(printf '%s' "$seen" | head -n 1)" ;;
            esac
        done
        ;;
esac

# A rollback asks for what an earlier generation had found: newest first, so that the
# oldest one's word holds.
if in_request generation; then
    received generation | while IFS= read -r n; do
        gen=$state/gen/$n
        if [ ! -d "$gen" ]; then
            say no-generation "$n"
            continue
        fi
        say gen "$n"
        sed "s/^/gen-file $n|/" "$gen/before/files"
        sed 's/^/gen-key|/' "$gen/sysctl-keys"
        sed 's/^/gen-table|/' "$gen/nft-tables"
        sed 's/^/gen-name|/' "$gen/names"
        (cd "$gen/before/root" && find . -mindepth 1 ! -type d | sed 's|^\./||' | tr '\n' '\000' |
            tar -cf - --format=gnu --null -T - 2>/dev/null) | base64 | sed "s/^/gen-files $n|/"
    done
fi
say end ok
