#!/bin/sh
# Stands for virsh where no QEMU runs: domains that are guests of the test. Takes the very
# words that rappel uses and refuses all else, as libvirt does: with its words and codes.
[ "$1 $2 $3" = '-q -c qemu:///system' ] || { echo "error: unexpected: $*" >&2; exit 1; }
command=$4
[ "$5" = --domain ] && [ $# = 6 ] || { echo "error: command '$command' requires <domain> option" >&2; exit 1; }
name=$6
refuse() { echo "error: $1" >&2; exit 1; }
[ -d "/run/guests/$name" ] || refuse "failed to get domain '$name'"
running() { /usr/bin/guest is "$name"; }
case $command in
    domstate) if running; then echo running; else echo 'shut off'; fi; echo ;;
    shutdown)
        running || refuse "Failed to shutdown domain '$name'
error: Requested operation is not valid: domain is not running"
        # As a guest without ACPI.
        [ -e "/run/guests/$name/deaf" ] || (sleep 0.5; /usr/bin/guest down "$name") >/dev/null 2>&1 &
        ;;
    destroy)
        running || refuse "Failed to destroy domain '$name'
error: Requested operation is not valid: domain is not running"
        /usr/bin/guest down "$name"
        ;;
    start)
        if running; then refuse 'Domain is already active'; fi
        /usr/bin/guest up "$name"
        ;;
    *) refuse "unknown command: '$command'" ;;
esac
