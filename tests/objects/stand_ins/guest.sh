#!/bin/sh
# A guest of a test's host: a network namespace with one NIC on a bridge, whose addresses go
# through duplicate address detection as those of any guest do. `guest up|down|is NAME`; what
# it is like is in /run/guests/NAME: `bridge`, `ipv4`, `ipv6`, each in a file of its own.
set -eu
what=$1 name=$2
place=/run/guests/$name
[ -d "$place" ] || { echo "no guest $name" >&2; exit 9; }
case $what in
    up)
        ip netns add "$name"
        ip link add "v-$name" type veth peer name eth0 netns "$name"
        ip link set "v-$name" master "$(cat "$place/bridge")" up
        ip -n "$name" link set lo up
        ip -n "$name" link set eth0 up
        if [ -e "$place/ipv4" ]; then ip -n "$name" addr add "$(cat "$place/ipv4")" dev eth0; fi
        if [ -e "$place/ipv6" ]; then ip -n "$name" -6 addr add "$(cat "$place/ipv6")" dev eth0; fi
        echo started >>"$place/log"
        ;;
    down)
        ip link del "v-$name"
        ip netns del "$name"
        echo stopped >>"$place/log"
        ;;
    is) ip netns list | grep -q "^$name\( \|\$\)" ;;
esac
