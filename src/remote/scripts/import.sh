# shellcheck shell=sh
# Reads a host as it is, for a project to be made of it, and changes nothing. The request
# names files (`path …`) and directories whose files are wanted (`tree …`), and says whether
# objects are (`objects all`).

await import
receive_lines
say_line hostname /proc/sys/kernel/hostname
say init "$(init_system)"
say ifupdown "$(ifupdown_flavour)"
for tool in nft ip; do
    if command -v $tool >/dev/null 2>&1; then say tool $tool; fi
done

say_live || die 'cannot read the live state'
for key in net/ipv4/ip_forward net/ipv6/conf/all/forwarding; do
    if [ -r "/proc/sys/$key" ]; then say sysctl "$key=$(cat "/proc/sys/$key")"; fi
done
if command -v nft >/dev/null 2>&1; then
    say nft-live "$(nft -s list ruleset 2>/dev/null | base64 | tr -d '\n')"
fi

# Rules of iptables, and what its own translator makes of them. A kernel that never had any
# is not asked: asking would load its modules.
iptables_rules() {
    command -v "$1-save" >/dev/null 2>&1 || return 0
    [ -s "/proc/net/${2}_tables_names" ] || nft list tables "$3" 2>/dev/null | grep -q . || return 0
    rules=$(timeout 10 "$1-save" 2>/dev/null | sed '/^#/d')
    [ -n "$rules" ] || return 0
    say "$1" "$(printf '%s\n' "$rules" | base64 | tr -d '\n')"
    translated=$(printf '%s\n' "$rules" | timeout 10 "$1-restore-translate" -f /dev/stdin 2>/dev/null) || return 0
    say "$1-as-nft" "$(printf '%s\n' "$translated" | base64 | tr -d '\n')"
}
iptables_rules iptables ip ip
iptables_rules ip6tables ip6 ip6

# By no more than this does anybody configure a network.
found=$({
    received path | while IFS= read -r path; do
        if [ -L "$path" ] || [ -f "$path" ]; then printf '%s\n' "$path"; fi
    done
    received tree | while IFS= read -r tree; do
        # Proxmox has links for the directories of its own VMs. ifupdown2 notes the tables of
        # its VRFs where people name theirs.
        find -H "$tree" -xdev -maxdepth 2 \( -type f -o -type l \) ! -name ifupdown2_vrf_map.conf 2>/dev/null
    done
} | sort -u | head -n 1000)
# What a package brought and nobody has edited since.
packaged() {
    if [ -L "$1" ]; then
        grep -qsxF -- "$1" /var/lib/dpkg/info/*.list
    else
        sum=$(md5sum <"$1")
        grep -qsF -- " $1 ${sum%% *}" /var/lib/dpkg/status ||
            grep -qsxF -- "${sum%% *}  ${1#/}" /var/lib/dpkg/info/*.md5sums
    fi
}
taken=$(printf '%s\n' "$found" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ ! -L "$path" ] && [ "$(stat -c %s "$path")" -gt 262144 ]; then printf 'large %s\n' "$path"; continue; fi
    if packaged "$path"; then printf 'packaged %s\n' "$path"; else printf 'own %s\n' "$path"; fi
done)
printf '%s\n' "$taken" | sed -n 's/^large /too-large|/p; s/^packaged /packaged|/p'
say_files files / "$(printf '%s\n' "$taken" | sed -n 's/^own \///p; s/^packaged \///p')"
if in_request objects; then list_objects; fi
say end ok
