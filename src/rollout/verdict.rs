//! Whether a changed host works: its checks against the baseline taken before.

use std::collections::BTreeSet;

use crate::plan::as_written;

/// One check's result as the host reports it: `KIND FAMILY SUBJECT DEV RESULT…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// `gateway`, `mtu`, `sysctl` …
    pub kind: String,
    /// `inet`, `inet6`, or `-`.
    pub family: String,
    /// What was checked: an address, a key.
    pub subject: String,
    /// On which interface, `-`, or [`Check::FROM_CONTROLLER`].
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

impl CheckResult {
    /// `pass`, `fail` or `unknown`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

impl Check {
    /// Stands at the interface's place for checks made from where rappel runs.
    pub const FROM_CONTROLLER: &str = "@controller";

    /// Parses the value of a `check` or `baseline` record.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.splitn(5, ' ');
        let kind = words.next()?.to_owned();
        let family = words.next()?.to_owned();
        let subject = as_written(words.next()?);
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
        let Self { kind, subject, dev, .. } = self;
        match (subject.as_str(), dev.as_str()) {
            ("-", _) => kind.clone(),
            (_, "-") => format!("{kind} {subject}"),
            (_, Self::FROM_CONTROLLER) => format!("{kind} {subject} from here"),
            _ => format!("{kind} {subject} on {dev}"),
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

/// Kinds that tell whether the host is set up as declared, with nobody else involved: it
/// does not matter what they said before, the change has to bring it about.
const OF_THE_HOST_ALONE: [&str; 5] = ["address", "default", "route", "ndp_proxy", "sysctl"];

/// Judges the checks after a change against those before it.
///
/// | before | after: fail | after: unknown |
/// |---|---|---|
/// | pass | bad | bad |
/// | fail | reported; bad for `route`, `ndp_proxy`, `sysctl` | reported |
/// | unknown: it was impossible | bad: what is possible now does not work | reported |
/// | not made: its subject is new | bad | reported; bad for a gateway |
///
/// So a target that has always been dead is not blamed on the change, while everything that
/// the change brings must work. A check that passed must have been made again. A family
/// whose default route is gone although its gateway answered before is a failure, unless
/// the change takes it away on purpose (`leaving`).
pub fn judge(before: &[Check], after: &[Check], leaving: &[&str]) -> Verdict {
    let mut bad: Vec<String> = Vec::new();
    for check in after {
        let earlier = before.iter().find(|b| same_subject(b, check)).map(|b| b.result);
        if is_bad(check, earlier) {
            let word =
                if check.result == CheckResult::Fail { "fails" } else { "could not be checked" };
            let how =
                if check.how.is_empty() { String::new() } else { format!(" ({})", check.how) };
            bad.push(format!("{} {word}{how}", check.title()));
        }
    }
    for check in before.iter().filter(|c| c.result == CheckResult::Pass && is_lasting(c)) {
        if !after.iter().any(|a| same_subject(a, check)) {
            bad.push(format!("{} was not made again", check.title()));
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

/// The table above.
fn is_bad(check: &Check, before: Option<CheckResult>) -> bool {
    match (check.result, before) {
        (CheckResult::Pass, _) => false,
        (_, Some(CheckResult::Pass)) => true,
        (CheckResult::Fail, Some(CheckResult::Fail)) => {
            OF_THE_HOST_ALONE.contains(&check.kind.as_str())
        }
        (CheckResult::Fail, _) => true,
        (CheckResult::Unknown, Some(_)) => false,
        (CheckResult::Unknown, None) => check.kind == "gateway",
    }
}

/// Whether a check has the same subject before and after: gateways come and go, and the
/// packets sent to them with them; duplicates are only told of new addresses.
fn is_lasting(check: &Check) -> bool {
    match check.kind.as_str() {
        "gateway" | "dad" | "sysctl" => false,
        "mtu" => check.dev == "-",
        _ => true,
    }
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
mod tests;
