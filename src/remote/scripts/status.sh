# shellcheck shell=sh
# What rappel knows on this host: the lock, an open transaction, generations, the log;
# and, asked for a run, what became of it.

await status
IFS= read -r run || run=
say_told machine-id machine_id
say_line boot-id /proc/sys/kernel/random/boot_id
lock_say
case $(tx_state) in
    none) ;;
    *)
        say transaction "$(tx_state) $(run_of) $(want who)"
        if [ "$(init_system)" = systemd ]; then
            say watchdog "$(systemctl is-active "$(unit watchdog).timer" 2>/dev/null)"
            say boot-unit "$(systemctl is-enabled rappel-revert.service 2>/dev/null)"
        elif read -r pid start <"$tx/heartbeat" 2>/dev/null && [ "$(started "$pid")" = "$start" ]; then
            say watchdog active
        else
            say watchdog inactive
        fi
        ;;
esac
say generation "$(generation_last)"
tail -n 200 "$state/log" 2>/dev/null | say_lines log
if [ -n "$run" ]; then run_outcome "$run"; fi
say end ok
