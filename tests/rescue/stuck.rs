//! Rescues that cannot come to their end, through a program as provider.

use crate::bench::Bench;

/// A well-behaved program; the machine it switches never answers.
const GOOD: &str = "
status) echo boot $(cat boot); case $(cat boot) in rescue) echo rescue yes ;; *) echo rescue no ;; esac ;;
rescue-on) cat >key; echo rescue >boot; echo address 127.0.0.1; echo port 1 ;;
rescue-off) echo $2 >boot ;;
reset) ;;
";

#[test]
fn a_rescue_that_never_comes_up_leaves_the_boot_setting_as_it_was() {
    let bench = Bench::script(GOOD);
    bench
        .rescue()
        .code(4)
        .says("the rescue system did not come up within 10 s")
        .says("its boot setting is disk again, read back")
        .says("to go on by hand")
        .says("sh power rescue-off disk");
    assert_eq!(bench.read("boot").trim(), "disk");
    assert!(bench.read("key").starts_with("key ssh-ed25519 "), "{}", bench.read("key"));
    assert!(bench.journal().contains("\"boot\": \"disk\""), "{}", bench.journal());
    // Once more: it goes on, and still knows what to return to.
    bench.rescue().code(4).says("going on with an earlier rescue");
    assert_eq!(bench.read("boot").trim(), "disk");
}

#[test]
fn a_provider_that_is_busy_is_asked_again() {
    // Its first answer does not come in time.
    let slow = GOOD.replace("status)", "status) test -e once || { : >once; sleep 9; };");
    let bench = Bench::script(&slow);
    bench.rescue().code(4).says("asking again in 2 s").says("did not come up");
}

#[test]
fn a_setting_that_does_not_hold_is_never_called_restored() {
    let bench = Bench::script(&GOOD.replace("echo $2 >boot", ":"));
    bench
        .rescue()
        .code(4)
        .says("IT MAY STILL BE SET TO BOOT THE RESCUE SYSTEM")
        .says("does not have it when asked")
        .never_says("read back;")
        .says("sh power rescue-off disk");
    assert_eq!(bench.read("boot").trim(), "rescue");
}

#[test]
fn a_rescue_setting_that_is_not_taken_stops_before_the_restart() {
    let bench = Bench::script(&GOOD.replace("echo rescue >boot", ":"));
    bench.rescue().code(4).says("the provider took the rescue setting, and does not have it");
    assert!(!bench.read("calls").contains("reset"), "{}", bench.read("calls"));
}

#[test]
fn a_machine_that_is_in_rescue_already_needs_a_setting_to_return_to() {
    let bench = Bench::script(GOOD);
    bench.write("boot", "rescue");
    bench.rescue().code(1).says("--boot SETTING");
    assert_eq!(bench.journal(), "");
    bench.rappel(&["rescue", "web1", "--yes", "--wait", "10", "--boot", "nvme"]).code(4);
    assert_eq!(bench.read("boot").trim(), "nvme");
}

#[test]
fn nothing_is_begun_without_a_host_a_yes_or_a_provider() {
    let bench = Bench::script(GOOD);
    bench.rappel(&["rescue", "--yes"]).code(5).says("no host is named");
    bench.rappel(&["rescue", "web1"]).code(5).says("nobody can be asked");
    bench.write("hosts.yml", "all:\n  hosts:\n    web1:\n");
    bench.rappel(&["rescue", "web1", "--yes"]).code(5).says("no provider is named");
    bench.rappel(&["rescue", "--check"]).code(1).says("web1: cannot be rescued");
    assert_eq!(bench.read("calls"), "");
}

#[test]
fn a_provider_that_fails_from_the_start_changes_nothing() {
    let bench = Bench::script("*) echo no such machine >&2; exit 3 ;;");
    bench.rescue().code(1).says("no such machine");
    assert_eq!(bench.journal(), "");
    bench.rappel(&["rescue", "--check"]).code(1).says("no such machine");
}
