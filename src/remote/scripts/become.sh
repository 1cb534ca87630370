# shellcheck shell=sh
# become.sh METHOD SCRIPT: runs a script as root. The first line of standard input is the
# password. One that is not asked for must not reach the script, which would take it for
# its request; so it is found out first whether it will be.
case $1 in
    sudo)
        if sudo -n -- sh -c : 2>/dev/null; then
            IFS= read -r _
            exec sudo -n -- sh -c "$2"
        fi
        exec sudo -S -p '' -- sh -c "$2"
        ;;
    doas)
        # It takes a password from a terminal only, and there is none.
        IFS= read -r _
        exec doas -n sh -c "$2"
        ;;
esac
