# shellcheck shell=sh
# The files of a transaction: staged beside their targets, snapshot, swapped, restored.
# A manifest line is `MODE OWNER GROUP KIND SHA256 PATH`; kind `remove` takes a file away.

# The old file itself, by another name: to put it back takes no space. Not beside it, where
# ifupdown2 would take it for one more hook.
same_name() { printf '%s' "$tx/before/same$1"; }

# aside PATH ENDING: a name on the same file system that nobody reads. ifupdown2 runs everything
# in a directory of hooks, whatever its name: there it is one directory above.
aside() {
    dir=${1%/*}
    case $1 in
        "$root"/etc/network/if-*.d/*) printf '%s/.%s.%s.%s' "${dir%/*}" "${dir##*/}" "${1##*/}" "$2" ;;
        *) printf '%s/.%s.%s' "$dir" "${1##*/}" "$2" ;;
    esac
}

staged_name() { aside "$1" rappel-new; }

# What stands at a path, as one line: absent, a link with its target, or a file with
# owner, mode and digest. Two equal lines mean the same file for all that matters here.
file_state() {
    if is_object "${1#"$root"}"; then
        object_state "${1#"$root"}"
        return
    fi
    if [ -L "$1" ]; then
        printf 'link %s' "$(readlink "$1")"
    elif [ -f "$1" ]; then
        sum=$(sha256sum <"$1") || return 1
        printf 'file %s %s' "$(stat -c '%a %u %g' "$1")" "${sum%% *}"
    elif [ -e "$1" ]; then
        printf 'other %s' "$(stat -c %F "$1")"
    else
        printf absent
    fi
}

# Calls FUNCTION MODE OWNER GROUP KIND SHA256 PATH for each line of the manifest.
each_file() {
    [ -e "$tx/manifest" ] || return 0
    while IFS=' ' read -r mode owner group kind sum path; do
        "$1" "$mode" "$owner" "$group" "$kind" "$sum" "$path" || return 1
    done <"$tx/manifest"
}

# Makes the directories above a path and notes those that were not there.
make_parents() {
    dir=${1%/*}
    missing=
    while [ -n "$dir" ] && [ ! -d "$root$dir" ]; do
        missing="$dir
$missing"
        dir=${dir%/*}
    done
    [ -n "$missing" ] || return 0
    printf '%s' "$missing" >>"$tx/made-dirs"
    sync "$tx/made-dirs"
    (umask 022 && mkdir -p "$root${1%/*}")
}

drop_made_dirs() {
    [ -e "$tx/made-dirs" ] || return 0
    sort -r "$tx/made-dirs" | while IFS= read -r dir; do
        if [ -n "$dir" ]; then rmdir "$root$dir" 2>/dev/null || :; fi
    done
}

# chattr +i and +a forbid even root to replace a file, and nothing that can be seen of it tells.
# It is opened for writing, and not written.
refuse_locked() {
    [ -f "$1" ] || return 0
    case $(dd if=/dev/null of="$1" conv=notrunc 2>&1) in
        *'Operation not permitted'*)
            die "$2 is immutable or append-only: take that off it (chattr -ia '$2'), and plan again"
            ;;
    esac
}

# Stages all files, each on its own file system, and reads their digests back from there when
# they are on disk.
stage_files() {
    probed=
    printf '' >"$tx/staged-sums" || die "no space left for $tx"
    each_file stage_file
    [ -s "$tx/staged-sums" ] || return 0
    error=$(cut -c 67- "$tx/staged-sums" | tr '\n' '\000' | xargs -0 sync -- 2>&1) || die "cannot stage: $error"
    sha256sum --check --strict --quiet "$tx/staged-sums" >"$tx/misread" 2>&1 ||
        die "a staged file reads back with another digest: $(head -n 1 "$tx/misread")"
}

stage_file() {
    if is_object "$6"; then return 0; fi
    target=$root$6
    if [ ! -L "$target" ]; then refuse_locked "$target" "$6"; fi
    # A directory may be immutable as well; one that is not there is not.
    if [ "${target%/*}" != "$probed" ]; then
        probed=${target%/*}
        probe=$probed/.rappel-probe
        if [ -d "$probed" ] && ! error=$({ touch "$probe" && rm -f "$probe"; } 2>&1); then die "cannot change $6: $error"; fi
    fi
    [ "$4" = remove ] && return 0
    if [ -L "$target" ]; then die "$6 is a symbolic link to $(readlink "$target"); rappel does not follow or replace links"; fi
    if [ -d "$target" ]; then die "$6 is a directory"; fi
    make_parents "$6" || die "cannot make the directory of $6: $(df -P "$root/etc" 2>/dev/null | tail -n 1)"
    temp=$(staged_name "$target")
    error=$(install -o "$2" -g "$3" -m "$1" -- "$tx/new$6" "$temp" 2>&1) || die "cannot stage $6: $error"
    printf '%s  %s\n' "$5" "$temp" >>"$tx/staged-sums" || die "no space left for $tx"
}

unstage_file() { is_object "$6" || rm -f "$(staged_name "$root$6")"; }

# Keeps one file as it is, or that it is not there.
snapshot_file() {
    if is_object "$6"; then
        snapshot_object "$6"
        return
    fi
    kept=$tx/before/root$6
    now_state=$(file_state "$root$6") || return 1
    case $now_state in
        absent) printf '%s\n' "$6" >>"$tx/before/absent" ;;
        other*) return 1 ;;
        *) { [ -d "${kept%/*}" ] || mkdir -p "${kept%/*}"; } && cp -a "$root$6" "$kept" || return 1 ;;
    esac
    printf '%s %s\n' "$now_state" "$6" >>"$tx/before/files" || return 1
    # Where a link cannot be had (another file system), the kept copy does.
    same=$(same_name "$6")
    case $now_state in
        file*) { [ -d "${same%/*}" ] || mkdir -p "${same%/*}"; } && { ln "$root$6" "$same" 2>/dev/null || :; } ;;
    esac
}

swap_file() {
    if is_object "$6"; then return 0; fi
    if [ "$4" = remove ]; then
        error=$(rm -f "$root$6" 2>&1)
    else
        error=$(mv -T "$(staged_name "$root$6")" "$root$6" 2>&1)
    fi || {
        printf '%s cannot be replaced: %s\n' "$6" "${error##*: }"
        return 1
    }
    sync "$root${6%/*}" 2>/dev/null || :
}

# restore_path PATH: puts a kept file back, unless the same stands there already. Who has
# made it immutable meanwhile does not keep the host from its way back.
restore_path() {
    restore_once "$1" 2>/dev/null && return 0
    chattr -ia "$root$1" "$root${1%/*}" 2>/dev/null
    restore_once "$1"
}

restore_once() {
    kept=$tx/before/root$1
    target=$root$1
    if [ -e "$kept" ] || [ -L "$kept" ]; then
        was=$(file_state "$kept")
        [ "$was" = "$(file_state "$target")" ] && return 0
        mkdir -p "${target%/*}"
        temp=$(same_name "$1")
        if [ "$(file_state "$temp")" != "$was" ]; then
            temp=$(aside "$target" rappel-old)
            { rm -f "$temp" && cp -a "$kept" "$temp" && sync "$temp"; } 2>/dev/null
            # A copy that a full disk cut off must not take the place of anything.
            if [ "$(file_state "$temp")" != "$was" ]; then
                rm -f "$temp"
                return 1
            fi
        fi
        mv -T "$temp" "$target" || return 1
    else
        rm -f "$target" || return 1
    fi
    sync "${target%/*}" 2>/dev/null || :
}

# Takes the links to the old files away. To a file that was made immutable meanwhile this is
# another name, which cannot go before the flag does; the file keeps it.
drop_same() {
    if rm -rf "$tx/before/same" 2>/dev/null; then return 0; fi
    find "$tx/before/same" -type f | while IFS= read -r link; do
        if rm -f "$link" 2>/dev/null; then continue; fi
        flags=$(lsattr -d "$link" | cut -d ' ' -f 1)
        inode=$(stat -c %i "$link")
        chattr -ia "$link" && rm -f "$link"
        target=$root${link#"$tx/before/same"}
        if [ "$(stat -c %i "$target" 2>/dev/null)" = "$inode" ]; then
            case $flags in *i*) chattr +i "$target" ;; *a*) chattr +a "$target" ;; esac
        fi
    done
    rm -rf "$tx/before/same"
}

restore_file() {
    # Objects have a way back of their own.
    if is_object "$6"; then return 0; fi
    restore_path "$6" || say residue "file $6 could not be restored"
    unstage_file "$@"
}

# Names every file that does not stand as it did before.
compare_file() {
    if is_object "$6"; then return 0; fi
    line=$(file_state "$root$6")
    grep -qxF -- "$line $6" "$tx/before/files" || say residue "file $6 is not as it was before"
}

# Runs commands, a line each on standard input, to the first that fails. None of them can
# eat the lines of the next, or wait for a terminal that is not there.
run_commands() {
    while IFS= read -r command; do
        timeout -k 5 60 sh -c "$command" </dev/null || {
            printf 'reload command failed: %s\n' "$command"
            return 1
        }
    done
}
