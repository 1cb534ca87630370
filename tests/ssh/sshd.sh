# ROOT SHADOW TMP PROGRAM…: runs a server with other accounts, and under another root unless
# that is empty; in a mount namespace that ends with it. TMP, where its files are, is seen in both.
set -eu
root=$0
shadow=$1
tmp=$2
shift 2
mount --bind "$shadow" "$root/etc/shadow"
[ -n "$root" ] || exec "$@"
for shared in /dev /proc "$tmp"; do
    mount --rbind "$shared" "$root$shared"
done
mount -t tmpfs tmpfs "$root/run"
mkdir "$root/run/sshd"
exec chroot "$root" "$@"
