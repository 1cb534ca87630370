# shellcheck shell=sh
# The effect of new files, tried by the host's own ifupdown where it can do no harm: in
# namespaces of its own with stand-ins for the links. Everything that matters is in
# rehearsal.sh, which comes in the archive; here it is only found out whether it can run.

await rehearse

# Ends with the reason why it cannot be tried here.
cannot() {
    say impossible "$1"
    say end ok
    exit 0
}

for tool in unshare setpriv timeout mount; do
    command -v $tool >/dev/null 2>&1 || cannot "there is no $tool on the host"
done

complaint=$(unshare --net --mount --pid --ipc --uts --fork --propagation private true 2>&1) ||
    cannot "the host gives no namespaces of its own: $(printf '%s' "$complaint" | head -n 1)"

# What the stand-ins are to be like, and which sockets are to be hidden: read here, where
# the host's own links and sockets are.
RAPPEL_LINKS=$(for link in /sys/class/net/*; do
    [ -e "$link/address" ] || continue
    printf '%s %s %s\n' "${link##*/}" "$(cat "$link/address")" "$(cat "$link/mtu")"
done)
RAPPEL_SOCKETS=$(sed -n 's|^.* \(/.*\)$|\1|p' /proc/net/unix | sort -u)
RAPPEL_BONDING=$(if [ -d /sys/module/bonding ]; then printf yes; fi)
export RAPPEL_LINKS RAPPEL_SOCKETS RAPPEL_BONDING

# The deadline counts for all of it; a killed unshare takes its children along.
# shellcheck disable=SC2016 # the inner shell expands it
timeout -k 2 45 unshare --net --mount --pid --ipc --uts --fork --kill-child --propagation private -- \
    /bin/sh -c 'set -e
        mount -t tmpfs -o size=96m,mode=755 tmpfs /run
        mkdir /run/rehearsal
        cd /run/rehearsal
        tar -xf -
        exec /bin/sh /run/rehearsal/scripts/rehearsal.sh' 2>/dev/null
code=$?
case $code in
    0) ;;
    124 | 137) say impossible 'it took longer than 45 s' ;;
    *) say impossible "the namespaces ended with code $code" ;;
esac
say end ok
