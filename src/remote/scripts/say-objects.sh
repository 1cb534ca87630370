# shellcheck shell=sh
# States of objects as records, for whoever compares them with what is wanted.

# say_object PATH: its state, or why nobody can tell; nothing if there is none.
say_object() {
    seen=$(object_look "$1")
    case $? in
        0) say object "$(printf '%s\n' "$seen" | base64 | tr -d '\n') $1" ;;
        3) ;;
        *) say object-unread "$1 $(printf '%s' "$seen" | head -n 1)" ;;
    esac
}
