use super::{Check, CheckResult, Verdict, judge, with_upstream};

fn checks(lines: &[&str]) -> Vec<Check> {
    lines.iter().map(|l| Check::parse(l).expect("a check")).collect()
}

#[test]
fn a_gateway_that_stops_answering_is_bad() {
    let before = checks(&["gateway inet 203.0.113.254 eth0 pass ping"]);
    let after = checks(&["gateway inet 203.0.113.254 eth0 fail"]);
    assert_eq!(
        judge(&before, &after, &[]),
        Verdict::Bad(vec!["gateway 203.0.113.254 on eth0 fails".to_owned()])
    );
}

#[test]
fn a_gateway_that_never_answered_is_not_blamed_on_the_change() {
    let before = checks(&["gateway inet 203.0.113.254 eth0 fail"]);
    assert_eq!(judge(&before, &before.clone(), &[]), Verdict::Good);
}

#[test]
fn a_new_gateway_must_answer() {
    let after = checks(&["gateway inet6 2001:db8::1 eth0 fail"]);
    assert!(matches!(judge(&[], &after, &[]), Verdict::Bad(_)));
}

#[test]
fn a_gateway_that_cannot_be_checked_is_no_pass() {
    let before = checks(&["gateway inet 203.0.113.254 eth0 pass ping"]);
    let after = checks(&["gateway inet 203.0.113.254 eth0 unknown"]);
    assert!(matches!(judge(&before, &after, &[]), Verdict::Bad(_)));
}

#[test]
fn losing_the_default_route_of_a_family_is_bad() {
    let before = checks(&[
        "gateway inet6 fe80::1 eth0 pass ping",
        "gateway inet 203.0.113.254 eth0 pass ping",
    ]);
    let after = checks(&["gateway inet 203.0.113.254 eth0 pass ping"]);
    assert!(matches!(judge(&before, &after, &[]), Verdict::Bad(_)));
    assert_eq!(judge(&before, &after, &["inet6"]), Verdict::Good);
}

#[test]
fn a_duplicate_address_is_bad() {
    assert!(matches!(
        judge(&[], &checks(&["dad inet6 2001:db8::2 eth0 fail"]), &[]),
        Verdict::Bad(_)
    ));
}

#[test]
fn a_line_that_is_no_check_is_none() {
    assert_eq!(Check::parse("gateway inet"), None);
    assert_eq!(Check::parse("gateway inet a b maybe"), None);
}

/// Whether one result before (none: not made) and one after are bad.
fn bad(kind: &str, before: Option<&str>, after: &str) -> bool {
    let line = |result: &str| checks(&[&format!("{kind} inet 198.51.100.2 - {result} why")]);
    judge(&before.map(line).unwrap_or_default(), &line(after), &[]) != Verdict::Good
}

#[test]
fn what_passed_must_pass() {
    let kinds =
        ["gateway", "mtu", "ping", "tcp", "dns", "neighbour", "route", "ndp_proxy", "command"];
    for kind in kinds {
        assert!(bad(kind, Some("pass"), "fail"), "{kind}");
        assert!(bad(kind, Some("pass"), "unknown"), "{kind}");
        assert!(!bad(kind, Some("fail"), "pass"), "{kind}");
    }
}

#[test]
fn what_failed_before_is_reported_unless_the_host_alone_decides() {
    for kind in ["mtu", "ping", "tcp", "dns", "neighbour", "command", "dad"] {
        assert!(!bad(kind, Some("fail"), "fail"), "{kind}");
    }
    for kind in ["route", "ndp_proxy", "sysctl"] {
        assert!(bad(kind, Some("fail"), "fail"), "{kind}");
    }
}

#[test]
fn what_the_change_makes_possible_must_work() {
    for kind in ["ping", "tcp", "dns", "neighbour", "route", "ndp_proxy", "mtu", "gateway", "dad"] {
        assert!(bad(kind, Some("unknown"), "fail"), "{kind}");
        assert!(bad(kind, None, "fail"), "{kind}");
        assert!(!bad(kind, Some("unknown"), "unknown"), "{kind}");
    }
    assert!(bad("gateway", None, "unknown"));
    assert!(!bad("mtu", None, "unknown"));
}

#[test]
fn a_check_that_passed_must_be_made_again() {
    let before = checks(&["tcp inet 198.51.100.2:53 - pass nc"]);
    assert_eq!(
        judge(&before, &[], &[]),
        Verdict::Bad(vec!["tcp 198.51.100.2:53 was not made again".to_owned()])
    );
    // A gateway that is replaced takes its full-size check with it.
    let before = checks(&["mtu inet 203.0.113.254 eth0 pass 1500 bytes"]);
    assert_eq!(judge(&before, &[], &[]), Verdict::Good);
}

#[test]
fn a_command_reads_as_it_was_written() {
    let check =
        Check::parse(r"command - test\s-e\s/x - fail it ended with status 1: ").expect("a check");
    assert_eq!(check.title(), "command test -e /x");
}

#[test]
fn a_time_is_read_and_a_broken_one_is_no_check() {
    let timed = Check::parse("ping inet 10.0.0.1 - pass+12 ping").expect("a check");
    assert_eq!(
        (timed.result, timed.took, timed.how.as_str()),
        (CheckResult::Pass, Some(12), "ping")
    );
    assert_eq!(Check::parse("ping inet 10.0.0.1 - pass+x ping"), None);
}

#[test]
fn an_answer_from_upstream_passes_only_what_was_open() {
    let mut found = checks(&[
        "ndp_proxy inet6 2001:db8::11 eth0 unknown configuration read back",
        "ndp_proxy inet6 2001:db8::12 eth0 fail there is no entry for it",
        "ndp_proxy inet6 2001:db8::13 eth0 unknown configuration read back",
        "ndp_proxy inet6 2001:db8::14 eth0 unknown configuration read back",
        "ndp_proxy inet6 2001:db8::13 @witness pass 02:00:00:00:00:01 answers for it",
        "ndp_proxy inet6 2001:db8::14 @witness fail nobody answers for it",
        "ping inet6 2001:db8::14 - unknown",
    ]);
    let here = ["2001:db8::11", "2001:db8::12"].map(str::to_owned);
    with_upstream(&mut found, &here);
    let passed: Vec<&str> =
        found.iter().filter(|c| c.result == CheckResult::Pass).map(|c| c.how.as_str()).collect();
    assert_eq!(
        passed,
        [
            "configuration read back, upstream ping from here",
            "configuration read back, seen by a witness",
            "02:00:00:00:00:01 answers for it",
        ]
    );
}

#[test]
fn a_witness_that_is_lost_is_no_pass() {
    let before = checks(&["mtu inet 203.0.113.254 @guest pass 1500 bytes"]);
    assert!(matches!(judge(&before, &[], &[]), Verdict::Bad(_)));
    let before = checks(&["ping inet 203.0.113.10 @witness pass ping, by h1"]);
    let after = checks(&["ping inet 203.0.113.10 @witness unknown not probed: h1: no answer"]);
    assert_eq!(
        judge(&before, &after, &[]),
        Verdict::Bad(vec![
            "ping 203.0.113.10 from a witness could not be checked (not probed: h1: no answer)"
                .to_owned()
        ])
    );
}

#[test]
fn a_default_route_without_a_gateway_is_no_failure() {
    let after = checks(&["gateway inet - tun0 unknown the default route has no gateway"]);
    assert_eq!(judge(&[], &after, &[]), Verdict::Good);
}
