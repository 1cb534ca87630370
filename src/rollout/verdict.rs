//! Whether a changed host works: its checks against the baseline taken before.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::as_written;

/// One check's result as the host reports it: `KIND FAMILY SUBJECT DEV RESULT[+TIME]…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    /// `gateway`, `mtu`, `sysctl` …
    pub kind: String,
    /// `inet`, `inet6`, or `-`.
    pub family: String,
    /// What was checked: an address, a key.
    pub subject: String,
    /// On which interface, `-`, or from where: [`Check::FROM_CONTROLLER`] and the like.
    pub dev: String,
    /// How it went.
    pub result: CheckResult,
    /// By which means, or why not.
    pub how: String,
    /// How long it took, in hundredths of a second from the beginning of its round, if
    /// that is known.
    pub took: Option<u32>,
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
    /// The same for checks that another host of the segment makes.
    pub const FROM_WITNESS: &str = "@witness";
    /// The same for checks that a guest makes.
    pub const FROM_GUEST: &str = "@guest";

    /// Parses the value of a `check` or `baseline` record.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.splitn(5, ' ');
        let kind = words.next()?.to_owned();
        let family = words.next()?.to_owned();
        let subject = as_written(words.next()?);
        let dev = words.next()?.to_owned();
        let rest = words.next()?;
        let (result, how) = rest.split_once(' ').unwrap_or((rest, ""));
        let (result, took) = match result.split_once('+') {
            Some((result, took)) => (result, Some(took.parse().ok()?)),
            None => (result, None),
        };
        let result = match result {
            "pass" => CheckResult::Pass,
            "fail" => CheckResult::Fail,
            "unknown" => CheckResult::Unknown,
            _ => return None,
        };
        Some(Self { kind, family, subject, dev, result, how: how.to_owned(), took })
    }

    /// For people: what was checked.
    pub fn title(&self) -> String {
        let Self { kind, subject, dev, .. } = self;
        let what = if subject == "-" { kind.clone() } else { format!("{kind} {subject}") };
        match dev.as_str() {
            "-" => what,
            Self::FROM_CONTROLLER => format!("{what} from here"),
            Self::FROM_WITNESS => format!("{what} from a witness"),
            Self::FROM_GUEST => format!("{what} from a guest"),
            _ => format!("{what} on {dev}"),
        }
    }
}

/// Proxied addresses that got an answer from upstream, here or by a witness: what the host
/// has read back and nobody was heard asking for works then.
pub fn with_upstream(checks: &mut [Check], from_here: &[String]) {
    let seen_by_witness: Vec<String> = checks
        .iter()
        .filter(|c| c.kind == "ndp_proxy" && c.dev == Check::FROM_WITNESS)
        .filter(|c| c.result == CheckResult::Pass)
        .map(|c| c.subject.clone())
        .collect();
    let open = |c: &&mut Check| {
        c.kind == "ndp_proxy" && c.result == CheckResult::Unknown && !c.dev.starts_with('@')
    };
    for check in checks.iter_mut().filter(open) {
        let who = if seen_by_witness.contains(&check.subject) {
            "seen by a witness"
        } else if from_here.contains(&check.subject) {
            "upstream ping from here"
        } else {
            continue;
        };
        check.result = CheckResult::Pass;
        check.how = format!("{}, {who}", check.how);
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
        // Where there is none to be asked (a tunnel) nothing is claimed either.
        (CheckResult::Unknown, None) => check.kind == "gateway" && check.subject != "-",
    }
}

/// Whether a check has the same subject before and after: gateways come and go, and the
/// packets sent to them with them; duplicates are only told of new addresses.
fn is_lasting(check: &Check) -> bool {
    match check.kind.as_str() {
        "gateway" | "dad" | "sysctl" => false,
        "mtu" => check.dev == "-" || check.dev.starts_with('@'),
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

/// What was told of the checks of one change, so that each is told again only when its
/// result has changed.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<[String; 4], CheckResult>);

impl Told {
    /// The checks of a round that are new or have another result than when last told.
    pub fn news<'a>(&mut self, round: &'a [Check]) -> Vec<&'a Check> {
        let fresh = |check: &&Check| {
            let Check { kind, family, subject, dev, result, .. } = check;
            let subject = [kind, family, subject, dev].map(Clone::clone);
            self.0.insert(subject, *result) != Some(*result)
        };
        round.iter().filter(fresh).collect()
    }
}

#[cfg(test)]
mod tests;
