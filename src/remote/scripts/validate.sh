# shellcheck shell=sh
# Staged files against the host's own tools, before anything changes.

# Runs a tool; its complaint becomes the error.
judge() {
    what=$1
    shift
    complaint=$("$@" </dev/null 2>&1) || {
        printf '%s\n' "$complaint" | say_lines detail
        die "the host's $1 rejects $what: $(printf '%s\n' "$complaint" | tr '\n' ' ' | cut -c 1-300)"
    }
}

validate() { each_file validate_file; }

validate_file() {
    staged=$(staged_name "$root$6")
    case $4 in
        interfaces)
            if [ "$(ifupdown_flavour)" = ifupdown2 ]; then
                validate_ifupdown2 "$6" "$staged"
            else
                judge "$6" ifquery --interfaces "$staged" --list -a
                judge "$6" ifup --no-act --force --all --interfaces "$staged"
            fi
            ;;
        nft) judge "$6" nft -c -f "$staged" ;;
        sysctl) validate_sysctl "$6" ;;
        hook) validate_hook "$6" "$staged" ;;
        file)
            # Most requests have none.
            case ${request:-validate-} in *validate-*) ;; *) return 0 ;; esac
            number=$(grep -nxF -- "$*" "$tx/manifest" | head -n 1)
            [ -n "$number" ] || die "$6 is not in the manifest"
            command=$(want "validate-${number%%:*}")
            if [ -n "$command" ]; then
                # `%s` stands for the staged file, as in Ansible.
                judge "$6" sh -c "$(printf '%s' "$command" | sed "s|%s|\"\$1\"|g")" sh "$staged"
            fi
            ;;
    esac
}

# ifquery ends well on most mistakes and only says `error:`. The syntax check of ifup would
# say more, but calls values wrong that work and that its own manual has (`bridge_ports none`).
validate_ifupdown2() {
    for _ in 1 2 3; do
        complaint=$(ifquery --interfaces "$2" --list -a 2>&1 </dev/null) || complaint="error: $complaint"
        complaint=$(printf '%s\n' "$complaint" | grep '^error:') || return 0
        # Its talk with the kernel breaks off now and then, whatever the file says.
        case $complaint in *'recv() error'*) ;; *) break ;; esac
    done
    printf '%s\n' "$complaint" | say_lines detail
    die "the host's ifquery rejects $1: $(printf '%s\n' "$complaint" | tr '\n' ' ' | cut -c 1-300)"
}

# Every key exists; one of an interface that the change itself makes may come later.
validate_sysctl() {
    wants sysctl | while IFS=' ' read -r key _; do
        if [ -e "/proc/sys/$key" ]; then continue; fi
        case $key in
            net/*/conf/*/* | net/*/neigh/*/*)
                name=${key%/*}
                if grep -qxF -- "${name##*/}" "$tx/names"; then continue; fi
                ;;
        esac
        say detail "$key"
    done >"$tx/unknown-keys"
    if [ -s "$tx/unknown-keys" ]; then
        key=$(sed -n '1s/^detail|//p' "$tx/unknown-keys")
        die "$1 sets $(printf '%s' "$key" | tr / .), which does not exist on this host"
    fi
}

validate_hook() {
    read -r first <"$2" || :
    case $first in
        '#!/bin/sh'* | '#!/usr/bin/sh'* | '#!/usr/bin/env sh'*) judge "$1" sh -n "$2" ;;
        '#!/bin/dash'*) judge "$1" dash -n "$2" ;;
        '#!'*bash*) judge "$1" bash -n "$2" ;;
        '#!'*) ;;
        *) die "$1 does not start with #!, so ifupdown could not run it" ;;
    esac
}
