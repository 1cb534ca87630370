# shellcheck shell=sh
# Reads a host and changes nothing: who it is, what it has, its live state, and the files
# that the request names (`path …`), as a tar archive in base64 lines.

# say_generations NUMBER…: what earlier generations had found; newest first, so that the oldest
# one's word holds.
say_generations() {
    for n in "$@"; do
        gen=$state/gen/$n
        if [ ! -d "$gen" ]; then
            say no-generation "$n"
            continue
        fi
        say gen "$n"
        # A list that is not there would be one that names nothing.
        if ! { sed "s/^/gen-file $n|/" "$gen/before/files" && sed 's/^/gen-key|/' "$gen/sysctl-keys" &&
            sed 's/^/gen-table|/' "$gen/nft-tables" && sed 's/^/gen-name|/' "$gen/names" &&
            kept=$(cd "$gen/before/root" && find . -mindepth 1 ! -type d -printf '%P\n'); } 2>/dev/null; then
            die "generation $n on the host is damaged: it cannot be read to its end"
        fi
        say_files "gen-files $n" "$gen/before/root" "$kept"
    done
}

await observe
receive_lines

say_line hostname /proc/sys/kernel/hostname
say_told machine-id machine_id
say_line boot-id /proc/sys/kernel/random/boot_id
say_told init init_system
say_told ifupdown ifupdown_flavour
for tool in nft sysctl ping ip; do
    if command -v $tool >/dev/null 2>&1; then say tool $tool; fi
done
lock_say
say_told transaction tx_state
say_told generation generation_last

say_live || die 'cannot read the live state'
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
take_files
say_told fingerprint fingerprint
say_archive files

case $request in
    *'path /@'*)
        received path | grep '^/@' | while IFS= read -r path; do say_object "$path"; done
        ;;
esac

# A rollback asks for them.
if in_request generation; then
    gather generation
    with_lines "$gathered" say_generations
fi
say end ok
