# shellcheck shell=sh
# What a plan is made against, and its digest: the files that it names or that interfaces.d
# holds, and the live state that it would change. Of the `path …`, `sysctl-key …` and
# `compare-table …` lines of $request.

# note PATH: into $found, once, and relative to /, so that tar keeps it whole.
note() {
    case $found in
        *"
${1#/}
"*) ;;
        *) found="$found${1#/}
" ;;
    esac
}

# note_present PATH…: those where anything stands, be it a link to nothing.
note_present() {
    for path in "$@"; do
        if [ -e "$path" ] || [ -L "$path" ]; then note "$path"; fi
    done
}

# take_files: these files into $archived, as a tar archive in base64; what is missing is simply
# not in it. Sorted out by this shell, which takes no process.
take_files() {
    found='
'
    gather path
    with_lines "$gathered" note_present
    for path in /etc/network/interfaces.d/*; do
        if [ -f "$path" ]; then note "$path"; fi
    done
    archived=
    if [ -n "${found#?}" ]; then with_lines "$found" take /; fi
}

# fingerprint: one digest of what take_files found, of objects, and of live state as it was heard.
# A file that has been written again is another one, whatever it holds; so is a route that went
# and came.
fingerprint() {
    sum=$({
        printf '%s\n' "$found" "$archived"
        gather path
        with_lines "$gathered" object_states
        # What cannot be read is equal to nothing.
        lasting || printf 'unreadable %s %s\n' "$$" "$(now)"
        if in_request sysctl-key; then received sysctl-key | sort -u | sysctl_values; fi
        # Without the contents of sets: some are filled by the packets that pass.
        if in_request compare-table; then
            received compare-table | while IFS=' ' read -r family name; do
                nft -s -t list table "$family" "$name" 2>/dev/null || printf 'no %s %s\n' "$family" "$name"
            done
        fi
    } | sha256sum) || sum="none-$$-$(now)"
    printf '%s' "${sum%% *}"
}

# object_states PATH…: of those that are objects.
object_states() {
    for path in "$@"; do
        is_object "$path" || continue
        printf '%s ' "$path"
        object_state "$path" || printf 'unreadable %s %s' "$$" "$(now)"
        echo
    done
}
