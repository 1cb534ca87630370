# shellcheck shell=sh
# The common ground of every script that runs on a host: names of things, the two
# outlets (say, die), the durable rename that decides who wins, the lock.
# POSIX sh, coreutils, and what a Debian host with ifupdown has anyway.

set -u
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV

# A prefix for a root file system mounted elsewhere (a rescue system); empty on the host itself.
root=${RAPPEL_ROOT:-}
state=$root/var/lib/rappel
tx=$state/tx
lock=$state/lock
# Where passing notes go; a revert, which must not need space on disk, sets another place.
# shellcheck disable=SC2034 # used where live state is read
notes=$tx
# Where a test may place an executable named after a step, to break things right there.
faults=/run/rappel-fault

# One record of the reply: a key and a value of one line.
say() { printf '%s|%s\n' "$1" "$2"; }

# say_told KEY FUNCTION: a record of what a function of these scripts prints, a text without
# line breaks. It takes no process.
say_told() {
    printf '%s|' "$1"
    "$2"
    echo
}

# say_line KEY FILE: a record of a file's first line. It takes no process.
say_line() {
    line=
    if [ -r "$2" ]; then IFS= read -r line <"$2" || :; fi
    say "$1" "$line"
}

# Standard input as records of one key, a line each; no more than 200 lines.
say_lines() { head -n 200 | tr -d '\000' | sed "s/^/$1|/"; }

# await WHAT: skips to the head of a request on standard input (a sudo that asked for no
# password has left it unread) and answers it. Whoever is not root ends here.
await() {
    while IFS= read -r line; do
        case $line in
            "rappel/1 $1") break ;;
            'rappel/'*) die 'this request is of another version' ;;
        esac
    done
    [ "${line-}" = "rappel/1 $1" ] || die 'no request arrived'
    say rappel 1
    is_root || die 'not root on the host'
}

# Whether these scripts run as root, by what the kernel says of this shell: no process.
is_root() {
    uid=
    while read -r key _ uid _; do
        [ "$key" != Uid: ] || break
    done </proc/self/status
    [ "$uid" = 0 ]
}

# Reads the lines of a request, up to a dot, into $request.
receive_lines() {
    request=
    while IFS= read -r line; do
        [ "$line" = . ] && return
        request="$request$line
"
    done
    die 'the request broke off'
}

# in_request KEY: whether the request has it at all; costs no process.
in_request() {
    case "
$request" in
        *"
$1 "*) ;;
        *) return 1 ;;
    esac
}

# gather KEY: all values of a key of the request that was received into $gathered, a line each.
# By the shell alone: a process more for each question is what a look at a host would cost most.
gather() {
    gathered=
    set -f
    IFS='
'
    for line in $request; do
        case $line in "$1 "*) gathered="$gathered${line#"$1 "}
" ;; esac
    done
    unset IFS
    set +f
}

# received KEY: the same, printed.
received() {
    gather "$1"
    printf '%s' "$gathered"
}

# with_lines TEXT COMMAND…: a command with the lines of a text as further arguments. It takes
# no process.
with_lines() {
    with=$1
    shift
    set -f
    IFS='
'
    # shellcheck disable=SC2086 # split at line breaks
    set -- "$@" $with
    unset IFS
    set +f
    "$@"
}

# Whether a path is no file, but stands for what a tool keeps (objects.sh).
is_object() { case $1 in /@*) ;; *) return 1 ;; esac; }

# Ends the script with a reason; the caller sees `error|…`.
die() {
    say error "$1"
    say end failed
    exit 1
}

# Marks the end of a durable action. Tests break the host here.
step() {
    say step "$1"
    if [ -x "$faults/$1" ]; then "$faults/$1" </dev/null >/dev/null 2>&1; fi
}

# Hundredths of a second since boot: monotonic, deaf to clock steps.
now() {
    read -r up _ </proc/uptime
    up=${up%.*}${up#*.}
    while :; do case $up in 0?*) up=${up#0} ;; *) break ;; esac; done
    printf '%s' "$up"
}

# What runs the host, and whether it could run something at boot.
init_system() {
    if [ -d /run/systemd/system ]; then
        printf systemd
    elif [ -d /etc/rcS.d ] && [ -x /sbin/init ] && [ "$(cat /proc/1/comm)" = init ]; then
        printf sysv
    else
        printf none
    fi
}

boot_id() {
    read -r id </proc/sys/kernel/random/boot_id
    printf '%s\n' "$id"
}

machine_id() {
    for file in /etc/machine-id /var/lib/dbus/machine-id; do
        id=
        if [ -r "$file" ]; then IFS= read -r id <"$file" || :; fi
        if [ -n "$id" ]; then printf '%s' "$id" && return; fi
    done
}

# Seconds of the wall clock, for people only; nothing is decided by it.
wall() { date +%s; }

# hold_request: the open transaction's request into $request, for whoever asks it often.
hold_request() { request=$(cat "$tx/request") && request_of=$tx/request; }
request_of=

# The value of a key of the request: `want KEY [FILE]`, first one only.
want() { sed -n "/^$1 /{s///p;q}" "${2:-$tx/request}"; }

# All values of a key of the request, a line each: `wants KEY [FILE]`.
wants() {
    if [ "${2:-$tx/request}" = "$request_of" ]; then
        received "$1"
    else
        sed -n "s/^$1 //p" "${2:-$tx/request}"
    fi
}

# run_of [FILE]: the run of a request, which is its first line; the open transaction's without.
# It takes no process, and is never taken from memory: another run may have come meanwhile.
run_of() {
    key=
    { IFS=' ' read -r key value <"${1:-$tx/request}"; } 2>/dev/null
    [ "$key" != run ] || printf '%s\n' "$value"
}

# The state of the open transaction: pending, confirmed, reverting, reverted, staged or none.
# Looked for in the order in which they follow, so that one that moves on meanwhile is met again.
tx_state() {
    for s in pending reverting reverted confirmed; do
        if [ -e "$tx/$s" ]; then printf '%s' "$s"; return; fi
    done
    if [ -d "$tx" ]; then printf staged; else printf none; fi
}

# The number of the last confirmed generation; 0 without one.
generation_last() {
    last=0
    for dir in "$state"/gen/*; do
        n=${dir##*/}
        case $n in *[!0-9]*) continue ;; esac
        if [ "$n" -gt "$last" ]; then last=$n; fi
    done
    printf '%s' "$last"
}

# pending_is RUN: whether that run's transaction waits to be decided. Whoever has been held up
# for long asks before it acts: its own may be over, and the next one's be in its place.
pending_is() {
    waiting=
    if [ -e "$tx/pending" ]; then read -r waiting <"$tx/pending"; fi 2>/dev/null
    [ "$waiting" = "$1" ]
}

# claim FROM TO: the one atomic act that decides between confirm and revert. Exactly one
# caller finds FROM there; everyone else fails and must read the state.
claim() {
    mv "$tx/$1" "$tx/$2" 2>/dev/null || return 1
    sync "$tx" 2>/dev/null || :
}

# When a process was started, in ticks since boot: tells a process from a later one with its number.
started() {
    stat=
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null
    set -f
    # shellcheck disable=SC2086 # words
    set -- ${stat##*) }
    set +f
    printf '%s\n' "${20-}"
}

# Whether the process that holds the lock lives on.
lock_alive() {
    read -r pid start boot 2>/dev/null <"$lock/holder" || return 1
    [ "$boot" = "$(boot_id)" ] && [ -n "$start" ] && [ "$(started "$pid")" = "$start" ]
}

lock_hold() {
    printf '%s %s %s\n' "$1" "$(started "$1")" "$(boot_id)" >"$lock/holder.new" &&
        mv "$lock/holder.new" "$lock/holder"
}

# alone SECONDS COMMAND…: one at a time on this host, by a kernel lock, which a killed one
# cannot keep; 75 if it is not to be had in time. On the directory itself: nothing has to
# be created, which a full disk would refuse.
alone() {
    (
        flock -w "$1" 8 || exit 75
        shift
        "$@"
    ) 8<"$state"
}

# lock_take RUN WHO: refuses while another transaction lives; a dead one's lock is broken
# only when its transaction has ended.
lock_take() { alone 30 lock_take_now "$@"; }

lock_take_now() {
    case $(tx_state) in pending | reverting) return 1 ;; esac
    if [ -d "$lock" ]; then
        if lock_alive; then return 1; fi
        rm -rf "$lock"
    fi
    mkdir "$lock" || return 1
    printf '%s\n' "$1" >"$lock/run"
    printf '%s\n' "$2" >"$lock/who"
    wall >"$lock/since"
    lock_hold $$
}

# lock_release RUN: only that run's; whoever ends a transaction late leaves the next one's.
lock_release() {
    if [ "$(cat "$lock/run" 2>/dev/null)" = "$1" ]; then rm -rf "$lock"; fi
}

# Who holds the lock, since when, for people and for the controller.
lock_say() {
    # One whose holder is gone and that guards nothing is broken by whoever comes next.
    if [ -d "$lock" ] && { [ "$(tx_state)" != none ] || lock_alive; }; then
        say lock "$(cat "$lock/run" 2>/dev/null) $(cat "$lock/since" 2>/dev/null) $(cat "$lock/who" 2>/dev/null)"
    fi
}
