# shellcheck shell=sh
# Files for the controller, as a tar archive in base64: all that were asked for, or the end of
# the script.

# take DIRECTORY PATH…: what stands below a directory, into $archived. Ends the script where any
# of it cannot be read: what was not read must not look as if it were not there.
take() {
    archived=$({ { pack "$@" 2>/dev/null || printf '!' >&3; } | base64 -w 0; } 3>&1) || die 'base64 fails on this host'
    case $archived in *!*) die "cannot read a file: $(pack "$@" 2>&1 >/dev/null | head -n 1)" ;; esac
}

# pack DIRECTORY PATH…: a file of several names is packed whole under each.
pack() {
    below=$1
    shift
    tar -cf - --no-recursion --hard-dereference --format=gnu -C "$below" -- "$@"
}

# say_files KEY DIRECTORY LINES: takes the paths, a line each, and says them; nothing without any.
say_files() {
    [ -n "$3" ] || return 0
    with_lines "$3" take "$2"
    say_archive "$1"
}

# say_archive KEY: in one record, if it is not longer than any line may be.
say_archive() {
    if [ ${#archived} -lt 500000 ]; then
        say "$1" "$archived"
    else
        printf '%s\n' "$archived" | fold -w 60000 | sed "s/^/$1|/"
    fi
}
