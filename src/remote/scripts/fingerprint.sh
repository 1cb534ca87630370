# shellcheck shell=sh
# What a plan was made against, as two digests: of the files it names, and of the live
# state that it would change. Of the `path …`, `sysctl-key …` and `compare-table …` lines of
# $request.

fingerprint() {
    files_sum=$(received path | files_state | sha256sum)
    live_sum=$({
        live_links
        live_addresses
        live_routes 4
        live_routes 6
        live_rules 4
        live_rules 6
        live_proxies 4
        live_proxies 6
        keys=$(received sysctl-key)
        if [ -n "$keys" ]; then printf '%s\n' "$keys" | sort -u | sysctl_values; fi
        # Without the contents of sets: some are filled by the packets that pass.
        received compare-table | while IFS=' ' read -r family name; do
            nft -s -t list table "$family" "$name" 2>/dev/null || printf 'no %s %s\n' "$family" "$name"
        done
    } | sha256sum)
    printf '%s %s\n' "${files_sum%% *}" "${live_sum%% *}"
}
