# shellcheck shell=sh
# Receives an apply request: the lock, the request's lines, then the payload (scripts and
# contents) as a tar archive to the end of standard input. Nothing outside
# /var/lib/rappel is touched here; what follows is the payload's own apply.sh.

await apply
error=$(mkdir -p "$state" 2>&1 && chmod 700 "$state" 2>&1 && : 2>&1 >"$state/.write" && rm -f "$state/.write") ||
    die "cannot write to $state: ${error:-no space left or read-only file system}"

# A full disk says so before anything is written that could be cut off.
room=$(df -Pk "$state" | awk 'NR == 2 { print $4 }')
inodes=$(df -Pi "$state" | awk 'NR == 2 { print $4 }')
if [ "${room:-0}" -lt 2048 ]; then die "no space left for $state: ${room:-0} KiB free, 2048 needed"; fi
# Some file systems do not count inodes.
case $inodes in '' | - | *[!0-9]*) ;; *) if [ "$inodes" -lt 200 ] && [ "$(df -Pi "$state" | awk 'NR == 2 { print $2 }')" -gt 0 ]; then die "no inodes left for $state: $inodes free, 200 needed"; fi ;; esac

receive_lines
run=$(received run)
case $run in '' | *[!0-9a-f]*) die 'the request names no run' ;; esac

who=$(received who)
if ! lock_take "$run" "$who"; then
    lock_say
    say state "$(tx_state)"
    die locked
fi
step locked
# A lock that was broken may have left a decided or dead transaction: end it, begin anew.
if [ -d "$tx" ] && ! { finish "$(run_of)" && [ ! -d "$tx" ]; }; then
    lock_release "$run"
    die "an earlier transaction cannot be ended: look at $tx"
fi
rm -rf "$state"/incoming.*

incoming=$state/incoming.$run
if ! error=$({ mkdir "$incoming" && printf '%s' "$request" >"$incoming/request" && tar -xf - -C "$incoming" && sync "$incoming/request"; } 2>&1); then
    rm -rf "$incoming"
    lock_release "$run"
    die "cannot receive the files: $(printf '%s' "$error" | head -n 2 | tr '\n' ' ') ($(df -hP "$state" | tail -n 1 | tr -s ' '))"
fi
mv -T "$incoming" "$tx" || die "$tx is there although its transaction has ended"
step received
exec /bin/sh "$tx/scripts/apply.sh"
