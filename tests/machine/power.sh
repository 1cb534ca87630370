#!/bin/sh
# power.sh DIR ACTION [ARGUMENT]: the power and the boot source of one emulated machine, as
# rappel's `command` driver asks for them (docs/book/rescue.md).
#
# DIR holds what the machine is: `images` (a link to what images.sh made), `disk-*.img`, `boot`
# (disk or rescue), `key` (what opens the rescue system), `append` (more words for the
# kernel), `bridge`. Every call is noted in `calls`. A file `broken-ACTION` is run first: tests
# break things with it.
set -eu
dir=$1
action=$2
argument=${3:-}
images=$(readlink -f "$dir/images")
# One at a time, as at a provider: a caller that was killed leaves its call behind.
exec 9<"$dir"
flock 9
echo "$action${argument:+ $argument}" >>"$dir/calls"
if [ -x "$dir/broken-$action" ]; then "$dir/broken-$action" "$argument" || exit; fi

off() {
    if [ -e "$dir/pid" ]; then
        pid=$(cat "$dir/pid")
        kill -KILL "$pid" 2>/dev/null || :
        # The disk is free when the process is gone.
        while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
        rm -f "$dir/pid"
    fi
    ip link del "$(cat "$dir/tap")" 2>/dev/null || :
}

# The words of QEMU are this function's; nothing of a name has a space.
on() {
    tap=$(cat "$dir/tap")
    ip tuntap add "$tap" mode tap
    ip link set "$tap" master "$(cat "$dir/bridge")" up
    drives=
    for disk in "$dir"/disk-*.img; do
        drives="$drives -drive file=/mnt/machine/${disk##*/},format=raw,if=virtio,cache=unsafe"
    done
    root=$(cat "$dir/root")
    append="console=ttyS0 net.ifnames=0 quiet mitigations=off nokaslr random.trust_cpu=on"
    if [ "$(cat "$dir/boot")" = rescue ]; then
        # Always the last disk, as a USB stick would be; never written to.
        last=$(find "$dir" -name 'disk-*.img' | wc -l)
        letter=$(printf 'abcdefgh' | cut -c $((last + 1)))
        drives="$drives -drive file=/mnt/images/rescue.img,format=raw,if=virtio,snapshot=on"
        append="$append root=/dev/vd${letter}1 rw init=/sbin/rescue-init"
        append="$append rescue.address=203.0.113.10/24 rescue.gateway=203.0.113.254"
        append="$append rescue.key=$(base64 -w0 <"$dir/key")"
    else
        append="$append root=$root rw"
    fi
    # QEMU writes snapshots to its own /tmp, and finds both directories below /mnt.
    # shellcheck disable=SC2086,SC2016 # words; expanded by the inner shell
    setsid unshare --mount sh -c '
        images=$1 machine=$2
        shift 2
        mount -t tmpfs tmpfs "$images/tools/mnt"
        mkdir "$images/tools/mnt/images" "$images/tools/mnt/machine"
        mount --bind "$images" "$images/tools/mnt/images"
        mount --bind "$machine" "$images/tools/mnt/machine"
        mount --rbind /dev "$images/tools/dev"
        mount -t tmpfs tmpfs "$images/tools/tmp"
        exec chroot "$images/tools" "$@"
    ' sh "$images" "$dir" qemu-system-x86_64 \
        -M q35 -accel tcg,thread=multi,tb-size=128 -cpu max -smp 2 -m 512 \
        -nodefaults -no-user-config -display none -no-reboot \
        -kernel /mnt/images/vmlinuz -initrd /mnt/images/initrd -append "$append" \
        $drives \
        -netdev "tap,id=n0,ifname=$tap,script=no,downscript=no,vhost=off" \
        -device virtio-net-pci,netdev=n0,mac=02:00:00:00:01:0a,romfile= \
        -serial "file:/mnt/machine/console" </dev/null >"$dir/qemu.log" 2>&1 9<&- &
    echo $! >"$dir/pid"
}

case $action in
    status)
        echo "boot $(cat "$dir/boot")"
        if [ "$(cat "$dir/boot")" = rescue ]; then echo 'rescue yes'; else echo 'rescue no'; fi
        ;;
    rescue-on)
        sed -n 's/^key //p' >"$dir/key"
        echo rescue >"$dir/boot"
        if [ -e "$dir/tells-key" ]; then
            printf 'host-key %s\n' "$(cut -d ' ' -f 1,2 "$images/rescue.pub")"
        fi
        ;;
    rescue-off) echo "$argument" >"$dir/boot" ;;
    reset) # rescue or usual: the setting decides
        off
        on
        ;;
    off) off ;;
    *)
        echo "power.sh: no action '$action'" >&2
        exit 2
        ;;
esac
