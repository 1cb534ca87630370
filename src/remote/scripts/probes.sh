# shellcheck shell=sh
# Checks of what is farther away: echo, TCP, names, and commands of the user's own. Each
# ends within 5 s (commands within 10 s).

# probe_ping FAMILY TARGET SOURCE
probe_ping() {
    subject=$2
    [ "$3" = - ] || subject="$2\\sfrom\\s$3"
    if ! find_ping; then
        result ping "$1" "$subject" - unknown there is no ping on this host
        return
    fi
    if no_way_to "$2"; then
        result ping "$1" "$subject" - unknown there is no route to it
        return
    fi
    if [ "$3" != - ] && [ -z "$(ip -o addr show to "$3" 2>/dev/null)" ]; then
        result ping "$1" "$subject" - unknown "$3 is no address of this host"
        return
    fi
    family=$1
    source=$3
    # shellcheck disable=SC2046 # no family is no option
    set -- $(flag_of "$1") "$2"
    [ "$source" = - ] || set -- -I "$source" "$@"
    for _ in 1 2 3; do
        if echoes "$@"; then
            result ping "$family" "$subject" - pass "$pinger"
            return
        fi
    done
    result ping "$family" "$subject" - fail no answer to 3 echo requests
}

# find_connector: `how` is the tool that makes connections; fails without any.
find_connector() {
    how=
    if has nc && nc -h 2>&1 | grep -q -- '-[a-zA-Z]*z'; then
        how=nc
    elif has bash; then
        how=bash
    elif busybox_has nc; then
        how='busybox nc'
    fi
    [ -n "$how" ]
}

# connects TARGET PORT
connects() {
    busy
    # shellcheck disable=SC2016 # expanded by the inner shell
    case $how in
        nc) timeout 3 nc -z -w 2 "$1" "$2" </dev/null >/dev/null 2>&1 ;;
        bash) timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$1" "$2" </dev/null >/dev/null 2>&1 ;;
        *)
            timeout 4 busybox nc -w 2 "$1" "$2" </dev/null >/dev/null 2>&1
            # Its own limit is for connecting only: one that was still reading was connected.
            case $? in 0 | 124) ;; *) return 1 ;; esac
            ;;
    esac
}

# probe_tcp TARGET PORT
probe_tcp() {
    family=$(family_of "$1")
    subject=$1:$2
    case $1 in *:*) subject="[$1]:$2" ;; esac
    if no_way_to "$1"; then
        result tcp "$family" "$subject" - unknown there is no route to it
    elif ! find_connector; then
        result tcp "$family" "$subject" - unknown 'there is neither nc nor bash on this host'
    elif connects "$1" "$2" || connects "$1" "$2"; then
        result tcp "$family" "$subject" - pass "$how"
    else
        result tcp "$family" "$subject" - fail "no connection ($how)"
    fi
}

# first_address: the first line of standard input that is an address and nothing else.
first_address() { grep -E '^([0-9]+\.){3}[0-9]+$|^[0-9a-fA-F]*:[0-9a-fA-F:.]+$' | head -n 1; }

# ask_server NAME SERVER: prints an address; fails if no tool is there that can ask.
ask_server() {
    busy
    if has dig; then
        for type in A AAAA; do timeout 3 dig +short +time=2 +tries=1 "@$2" "$1" $type 2>/dev/null; done | first_address
    elif has host; then
        timeout 4 host -W 2 "$1" "$2" 2>/dev/null | sed -n 's/.* has \(IPv6 \)\{0,1\}address //p' | first_address
    elif has nslookup || has busybox; then
        lookup=nslookup
        has nslookup || lookup='busybox nslookup'
        # The server's own address comes first, up to the empty line.
        # shellcheck disable=SC2086 # two words for busybox
        timeout 4 $lookup "$1" "$2" 2>/dev/null | sed '1,/^$/d' |
            sed -n 's/^Address\( [0-9]*\)\{0,1\}: *\([^ ]*\).*/\2/p' | first_address
    else
        return 1
    fi
    return 0
}

# probe_dns NAME SERVER
probe_dns() {
    if [ "$2" = - ]; then
        for _ in 1 2; do
            busy
            address=$(timeout 2 getent ahosts "$1" | cut -d ' ' -f 1 | first_address)
            [ -z "$address" ] || break
        done
        how=getent
    else
        if no_way_to "$2"; then
            result dns - "$1" - unknown "there is no route to the server $2"
            return
        fi
        if ! address=$(ask_server "$1" "$2"); then
            result dns - "$1" - unknown 'there is no dig, host or nslookup on this host to ask a server with'
            return
        fi
        how="asked $2"
    fi
    if [ -n "$address" ]; then
        result dns - "$1" - pass "$address, $how"
    else
        result dns - "$1" - fail "no address, $how"
    fi
}

# probe_command `LABEL COMMAND…`
probe_command() {
    label=${1%% *}
    busy
    # The reader stops at the status, not at the end of output: a child that the command
    # leaves behind may hold that for ever, and the connection too.
    said=$({
        timeout -k 1 10 sh -c "${1#* }" </dev/null 2>&1 3>&-
        printf '\nrappel-status %s\n' $?
    } | sed -n '/^rappel-status /{s///;G;p;q;};/./h' | tr -d '\000-\011\013-\037' | cut -c 1-200)
    code=$(printf '%s\n' "$said" | head -n 1)
    last=$(printf '%s\n' "$said" | sed -n 2p)
    case $code in
        0) result command - "$label" - pass "$last" ;;
        '' | 124 | 137) result command - "$label" - fail 'it took longer than 10 s' ;;
        *) result command - "$label" - fail "it ended with status $code: $last" ;;
    esac
}
