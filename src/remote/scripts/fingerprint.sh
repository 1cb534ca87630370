# shellcheck shell=sh
# What a plan was made against, as two digests: of the files it names, and of the live
# state that it would change. Of the `path …`, `sysctl-key …` and `compare-table …` lines of
# $request.

fingerprint() {
    files_sum=$(received path | files_state | sha256sum)
    live_sum=$({
        # What cannot be read is equal to nothing.
        { live_parts || printf 'unreadable %s %s\n' "$$" "$(now)"; } | sort
        if in_request sysctl-key; then received sysctl-key | sort -u | sysctl_values; fi
        # Without the contents of sets: some are filled by the packets that pass.
        if in_request compare-table; then
            received compare-table | while IFS=' ' read -r family name; do
                nft -s -t list table "$family" "$name" 2>/dev/null || printf 'no %s %s\n' "$family" "$name"
            done
        fi
    } | sha256sum)
    printf '%s %s' "${files_sum%% *}" "${live_sum%% *}"
}
