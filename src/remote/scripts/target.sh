# shellcheck shell=sh
# In a rescue system: what the files of a host are to become, laid out as a transaction whose
# way back leads there. So boot.sh, which every host runs that went down in the midst of a
# change, is all that ever restores anything.

# The transaction in the making, in the rescue system's memory.
plan=$place/tx

# Whether a path's directory is where it seems: an absolute link would lead out of the root,
# into the rescue system's own files.
contained() {
    above=$root${1%/*}
    while [ ! -d "$above" ] && [ ! -L "$above" ]; do above=${above%/*}; done
    case $(readlink -f "$above") in "$root" | "$root"/*) ;; *) return 1 ;; esac
}

# id_of NAME FILE: a name's number, by the host's own list.
id_of() {
    case $1 in
        *[!0-9]*) awk -F: -v name="$1" '$1 == name { print $3; exit }' "$root$2" 2>/dev/null ;;
        *) printf '%s' "$1" ;;
    esac
}

# aim PATH STATE SOURCE: a path is to become that (a line of file_state), from that file.
aim() {
    now_state=$(file_state "$root$1") || die "cannot read $1"
    if [ "$now_state" = "$2" ]; then return 0; fi
    case $now_state in other*) die "$1 is a $(stat -c %F "$root$1"), not a file" ;; esac
    contained "$1" || die "the directory of $1 is a link that leads out of the root"
    printf '%s\n' "- - - file - $1" >>"$plan/manifest"
    printf '%s %s\n' "$2" "$1" >>"$plan/before/files"
    if [ "$2" = absent ]; then
        printf '%s\n' "$1" >>"$plan/before/absent"
    else
        kept=$plan/before/root$1
        if ! { mkdir -p "${kept%/*}" && cp -a "$3" "$kept"; }; then die "cannot keep $1"; fi
        case $2 in
            file*)
                set_as "$kept" "$2"
                [ "$(file_state "$kept")" = "$2" ] || die "what is kept of $1 is damaged"
                ;;
        esac
    fi
}

# set_as FILE STATE: owner and mode as the line says; the copy has them already but where the
# content came from the controller.
set_as() {
    # shellcheck disable=SC2086 # the words of the line
    set -- "$1" $2
    chown "$4:$5" "$1" && chmod "$3" "$1"
}

# state_before GENERATION PATH: how a generation found a path; nothing if it did not touch it.
state_before() {
    lines_of "$2" "$state/gen/$1/before/files" 2>/dev/null | head -n 1 | {
        IFS= read -r line && printf '%s' "${line% "$2"}"
    }
}

# manifest_line GENERATION PATH
manifest_line() { lines_of "$2" "$state/gen/$1/manifest" 2>/dev/null | tail -n 1; }

# The generations that are kept, ascending.
generations() {
    for dir in "$state"/gen/*; do
        case ${dir##*/} in *[!0-9]*) ;; *) if [ -d "$dir" ]; then printf '%s\n' "${dir##*/}"; fi ;; esac
    done | sort -n
}

# Every path that any generation touched.
known_paths() {
    for n in $(generations); do
        while IFS=' ' read -r _ _ _ _ _ path; do printf '%s\n' "$path"; done <"$state/gen/$n/manifest"
    done | grep -v '^/@' | sort -u
}

# aim_path GENERATION PATH: as that generation left it: what the next one to touch it found,
# else what the last one to touch it put there.
aim_path() {
    for n in $(generations); do
        if [ "$n" -gt "$1" ]; then
            found=$(state_before "$n" "$2")
            if [ -n "$found" ]; then
                aim "$2" "$found" "$state/gen/$n/before/root$2"
                return
            fi
        fi
    done
    for n in $(generations | sort -rn); do
        if [ "$n" -gt "$1" ]; then continue; fi
        line=$(manifest_line "$n" "$2")
        if [ -z "$line" ]; then continue; fi
        aim_new "$line" "$state/gen/$n/new$2" "$2"
        return
    done
}

# aim_new MANIFEST-LINE FILE PATH: as an apply would have put it there.
aim_new() {
    # MODE OWNER GROUP KIND SHA256, and the words of the path, which may be patterns.
    set -f
    # shellcheck disable=SC2086
    set -- "$2" "$3" $1
    set +f
    if [ "$6" = remove ]; then
        aim "$2" absent -
        return
    fi
    if [ ! -f "$1" ]; then
        say unknown "$2"
        return
    fi
    uid=$(id_of "$4" /etc/passwd)
    gid=$(id_of "$5" /etc/group)
    if [ -z "$uid" ] || [ -z "$gid" ]; then die "the owner of $2 ($4:$5) is not known on the host"; fi
    mode=${3#0}
    aim "$2" "file $mode $uid $gid $7" "$1"
}

# The kinds of target. Each fills $plan with what differs.
begin_plan() {
    rm -rf "$plan"
    mkdir -p "$plan/before/root"
    : >"$plan/manifest"
    : >"$plan/before/files"
    : >"$plan/before/absent"
}

# aim_generation N: the host as generation N left it; 0 is the host before rappel.
aim_generation() {
    begin_plan
    known_paths >"$place/paths"
    while IFS= read -r path; do aim_path "$1" "$path"; done <"$place/paths"
}

# aim_rendered: the files that came with the request.
aim_rendered() {
    begin_plan
    wants file "$place/request" >"$place/wanted"
    while IFS= read -r line; do
        path=${line#* * * * * }
        aim_new "$line" "$place/in/new$path" "$path"
    done <"$place/wanted"
}

# What an open transaction would restore.
aim_open() {
    rm -rf "$plan"
    mkdir -p "$plan/before"
    # What is behind a tool stays for the host itself.
    grep -v ' /@' "$tx/manifest" >"$plan/manifest"
    cp -a "$tx/before/files" "$plan/before/files"
    cp -a "$tx/before/root" "$plan/before/root"
}

# Says `path|`, `now|`, `aim|` of each file that would change, and both contents.
show_plan() {
    : >"$place/shown"
    while IFS=' ' read -r _ _ _ _ _ path; do
        aim_state=$(lines_of "$path" "$plan/before/files" | head -n 1)
        aim_state=${aim_state% "$path"}
        now_state=$(file_state "$root$path")
        if [ "$now_state" = "$aim_state" ]; then continue; fi
        say path "$path"
        say now "$now_state"
        say aim "$aim_state"
        printf '%s\n' "${path#/}" >>"$place/shown"
    done <"$plan/manifest"
    pack_shown "$root" now-files
    pack_shown "$plan/before/root" aim-files
}

pack_shown() {
    while IFS= read -r path; do
        if [ -e "$1/$path" ] || [ -L "$1/$path" ]; then printf '%s\n' "$path"; fi
    done <"$place/shown" | tr '\n' '\000' |
        tar -cf - --no-recursion --numeric-owner --format=gnu -C "$1" --null -T - 2>/dev/null | base64 | sed "s/^/$2|/"
}
