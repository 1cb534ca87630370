#!/bin/sh
# Stands for Proxmox VE's qm and pct: `status`, `shutdown` and `start` of guests whose names
# are numbers, with the options that the manual has, and refusing what they refuse.
tool=${0##*/}
command=${1-} id=${2-}
usage() { printf "400 not enough arguments\n%s %s <vmid> [OPTIONS]\n" "$tool" "$command" >&2; exit 255; }
case $id in '' | *[!0-9]*) printf "400 Parameter verification failed.\nvmid: type check ('integer') failed - got '%s'\n" "$id" >&2; exit 255 ;; esac
shift 2
kind=qemu-server
[ "$tool" = qm ] || kind=lxc
[ -d "/run/guests/$id" ] || { echo "Configuration file 'nodes/hv1/$kind/$id.conf' does not exist" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $command:$1 in
        shutdown:--forceStop) case $2 in 0 | 1) ;; *) usage ;; esac ;;
        shutdown:--timeout) case $2 in '' | *[!0-9]*) usage ;; esac ;;
        *) echo "Unknown option: ${1#--}" >&2; usage ;;
    esac
    shift 2
done
running() { /usr/bin/guest is "$id"; }
case $command in
    status) if running; then echo 'status: running'; else echo 'status: stopped'; fi ;;
    shutdown)
        running || { echo "VM $id not running" >&2; exit 255; }
        /usr/bin/guest down "$id"
        ;;
    start)
        if running; then echo "VM $id already running" >&2; exit 255; fi
        /usr/bin/guest up "$id"
        ;;
    *) echo "ERROR: unknown command '$tool $command'" >&2; exit 255 ;;
esac
