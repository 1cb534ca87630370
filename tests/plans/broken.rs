//! A host whose present interfaces file is one that its ifupdown refuses: the plan shows what
//! changes and says that nothing is foreseen from the file; an apply repairs it, or gives it
//! back byte for byte.

use crate::bench::Bench;
use crate::state::variant;

const T3: &str = "playbooks/t3.yml";

/// As somebody's editor left it: ifupdown configures nothing from such a file.
const BREAK: &str = "sed -i '1i auto-lo eth0' /etc/network/interfaces";

const MISTAKE: &str = "/etc/network/interfaces:1:1: `auto-lo` stands outside of any stanza";

fn broken(base: &str) -> Bench {
    let bench = variant(base);
    bench.console("hv1", BREAK);
    bench
}

fn digest(bench: &Bench) -> String {
    bench.console(
        "hv1",
        "sha256sum /etc/network/interfaces; stat -c '%a %u %g' /etc/network/interfaces",
    )
}

#[test]
fn what_changes_is_shown_and_an_apply_repairs_it() {
    let bench = broken("bookworm");
    assert!(!bench.holds("hv1", "ifquery --list"), "ifupdown refuses it");
    bench
        .rappel(&["plan", T3])
        .code(2)
        .says("-auto-lo eth0")
        .says(&format!(
            "not foreseen: anything from the present /etc/network/interfaces: {MISTAKE}"
        ))
        .says("interfaces taken down: eth0\n")
        .never_says("is in no file");
    bench
        .rappel(&["drift", T3])
        .code(2)
        .says("file /etc/network/interfaces: differs")
        .never_says("is in no file");
    bench.apply().code(0).says("confirmed as generation 1");
    assert!(bench.holds("hv1", "ifquery --list"), "ifupdown reads it");
    assert!(bench.gateway_pings("203.0.113.10"));
    bench.rappel(&["plan", T3]).code(0).says("1 unchanged");
    // To go back would be to bring up what cannot be brought up.
    bench.rappel(&["rollback", "--yes", "--to", "0"]).code(5).says(MISTAKE);
}

#[test]
fn a_change_that_fails_gives_the_file_back_byte_for_byte() {
    for base in ["bookworm", "trixie"] {
        let bench = broken(base);
        let (before, picture) = (digest(&bench), bench.picture("hv1"));
        bench.edit(
            "inventory/host_vars/hv1.yml",
            "gateway: 203.0.113.254",
            "gateway: 203.0.113.253",
        );
        bench.apply_against_lint().code(3);
        assert_eq!(digest(&bench), before, "{base}");
        assert_eq!(bench.picture("hv1"), picture, "{base}");
        assert!(bench.gateway_pings("203.0.113.10"), "{base}");
    }
}

/// ifupdown2 leaves out what it does not understand, and so does the plan.
#[test]
fn ifupdown2_goes_on_and_so_does_the_plan() {
    let bench = broken("bookworm-ifupdown2");
    bench.console("hv1", "echo >/etc/network/interfaces.new");
    bench
        .rappel(&["plan", T3])
        .code(2)
        .says("not foreseen: what /etc/network/interfaces:1:1 is to mean: `auto-lo` stands")
        .says("+ bridge br1")
        .says("staged changes in Proxmox's web interface (/etc/network/interfaces.new)");
    bench.console("hv1", "rm /etc/network/interfaces.new");
    bench.rappel(&["plan", T3]).code(2).never_says("staged changes");
    bench.apply().code(0);
    bench.rappel(&["plan", T3]).code(0).says("1 unchanged");
}
