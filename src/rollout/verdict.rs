//! Whether a changed host works: its checks against the baseline taken before.

use std::collections::BTreeSet;

/// One check's result as the host reports it: `KIND FAMILY SUBJECT DEV RESULT…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// `gateway`, `dad`, `sysctl`.
    pub kind: String,
    /// `inet`, `inet6`, or `-`.
    pub family: String,
    /// What was checked: an address, a key.
    pub subject: String,
    /// On which interface, or `-`.
    pub dev: String,
    /// How it went.
    pub result: CheckResult,
    /// By which means, or why not.
    pub how: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckResult {
    /// It works.
    Pass,
    /// It does not.
    Fail,
    /// It could not be found out; never counts as a pass.
    Unknown,
}

impl Check {
    /// Parses the value of a `check` or `baseline` record.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.splitn(5, ' ');
        let kind = words.next()?.to_owned();
        let family = words.next()?.to_owned();
        let subject = words.next()?.to_owned();
        let dev = words.next()?.to_owned();
        let rest = words.next()?;
        let (result, how) = rest.split_once(' ').unwrap_or((rest, ""));
        let result = match result {
            "pass" => CheckResult::Pass,
            "fail" => CheckResult::Fail,
            "unknown" => CheckResult::Unknown,
            _ => return None,
        };
        Some(Self { kind, family, subject, dev, result, how: how.to_owned() })
    }

    /// For people: what was checked.
    pub fn title(&self) -> String {
        let subject = if self.dev == "-" {
            self.subject.clone()
        } else {
            format!("{} on {}", self.subject, self.dev)
        };
        if self.family == "-" {
            format!("{} {subject}", self.kind)
        } else {
            format!("{} {subject}", self.kind)
        }
    }
}

/// Whether a change may be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All that worked before works, and what the change brings works too.
    Good,
    /// These do not.
    Bad(Vec<String>),
}

/// Judges the checks after a change against those before it.
///
/// A gateway of a family must answer after the change if one of that family answered
/// before. A gateway that was not there before is part of the change and must answer as
/// well. One that did not answer before and is still the same is not blamed on the change.
/// A family whose default route is gone although it worked before is a failure, unless the
/// change takes it away on purpose (`leaving`).
pub fn judge(before: &[Check], after: &[Check], leaving: &[&str]) -> Verdict {
    let mut bad: Vec<String> = Vec::new();
    for check in after.iter().filter(|c| c.result != CheckResult::Pass) {
        let same_before = before.iter().find(|b| same_subject(b, check));
        let excused =
            check.kind == "gateway" && same_before.is_some_and(|b| b.result != CheckResult::Pass);
        if !excused {
            let word =
                if check.result == CheckResult::Fail { "fails" } else { "could not be checked" };
            let how =
                if check.how.is_empty() { String::new() } else { format!(" ({})", check.how) };
            bad.push(format!("{} {word}{how}", check.title()));
        }
    }
    for family in passing_gateway_families(before) {
        let gone = !after.iter().any(|c| c.kind == "gateway" && c.family == family);
        if gone && !leaving.contains(&family) {
            bad.push(format!("there is no default gateway for {family} any more"));
        }
    }
    if bad.is_empty() { Verdict::Good } else { Verdict::Bad(bad) }
}

fn same_subject(a: &Check, b: &Check) -> bool {
    (&a.kind, &a.family, &a.subject, &a.dev) == (&b.kind, &b.family, &b.subject, &b.dev)
}

fn passing_gateway_families(checks: &[Check]) -> BTreeSet<&str> {
    checks
        .iter()
        .filter(|c| c.kind == "gateway" && c.result == CheckResult::Pass)
        .map(|c| c.family.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Check, Verdict, judge};

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
            judge(&[], &checks(&["dad inet6 2001:db8::2 eth0 fail"])),
            Verdict::Bad(_)
        ));
    }

    #[test]
    fn a_line_that_is_no_check_is_none() {
        assert_eq!(Check::parse("gateway inet"), None);
        assert_eq!(Check::parse("gateway inet a b maybe"), None);
    }
}
