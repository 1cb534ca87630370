# shellcheck shell=sh
# What a plan was made against, as two digests: of the files it names, and of the live
# state that it would change. Reads `path …`, `sysctl-key …` and `compare-table …` lines.

fingerprint() {
    request=$(cat)
    keys=$(printf '%s\n' "$request" | sed -n 's/^sysctl-key //p')
    files_sum=$(printf '%s\n' "$request" | sed -n 's/^path //p' | while IFS= read -r path; do
        printf '%s %s\n' "$path" "$(file_state "$root$path")"
    done | sha256sum)
    live_sum=$({
        live_links
        live_addresses
        live_routes 4
        live_routes 6
        live_rules 4
        live_rules 6
        live_proxies 4
        live_proxies 6
        printf '%s\n' "$keys" | sort -u | sysctl_values
        # Without the contents of sets: some are filled by the packets that pass.
        printf '%s\n' "$request" | sed -n 's/^compare-table //p' | while IFS=' ' read -r family name; do
            nft -s -t list table "$family" "$name" 2>/dev/null || printf 'no %s %s\n' "$family" "$name"
        done
    } | sha256sum)
    printf '%s %s\n' "${files_sum%% *}" "${live_sum%% *}"
}
