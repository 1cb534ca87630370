//! Checks of a host that others make: witnesses on its segment, and its guests. Each of
//! them is connected to once and asked for a round whenever the host is.

use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
use super::link::{Conversation, Link, Trouble};
use super::way::Way;
use crate::desired::{Host, Vantage};
use crate::plan::{Errand, as_written};
use crate::remote::{request, scripts};
use crate::rollout::outcome::Outcome;
use crate::rollout::verdict::{Check, CheckResult};

/// One round of one prober, a new connection included: what nobody answers takes up to 5 s.
const ROUND: Duration = Duration::from_secs(12);
/// How many that do not see the host are believed.
const OPINIONS: usize = 2;
/// What the probes say of an address that the host must not answer for, and does.
const MUST_NOT: &str = "and must not";
/// More than any errand has.
const MAX_CHECKS: usize = 500;

/// The others, and the connections to them.
#[derive(Debug)]
pub struct Witnesses<'a> {
    context: &'a Context,
    errands: &'a [Errand],
    /// Kept from round to round, for each errand and prober.
    open: Vec<Vec<Option<(Link, Conversation)>>>,
}

impl<'a> Witnesses<'a> {
    /// Nobody is connected to yet.
    pub fn new(context: &'a Context, errands: &'a [Errand]) -> Self {
        let open = errands.iter().map(|e| e.probers.iter().map(|_| None).collect()).collect();
        Self { context, errands, open }
    }

    /// One round of everything that others are asked for. What nobody could look at is
    /// unknown, with the reason.
    pub async fn round(&mut self) -> Vec<Check> {
        let mut found = Vec::new();
        for (errand, open) in self.errands.iter().zip(&mut self.open) {
            found.extend(run(self.context, errand, open).await);
        }
        found
    }
}

/// Asks the first one who can be reached; the next one too about what did not pass: one
/// that is being changed itself, or is ill, is no reason to turn a change back.
async fn run(
    context: &Context,
    errand: &Errand,
    open: &mut [Option<(Link, Conversation)>],
) -> Vec<Check> {
    let mut seen: Vec<Check> = Vec::new();
    let mut opinions = 0;
    let mut missed = Vec::new();
    for (prober, slot) in errand.probers.iter().zip(open) {
        match timeout(ROUND, one_round(context, prober, &errand.lines, slot)).await {
            Ok(Ok(found)) => {
                opinions += 1;
                merge(&mut seen, found.into_iter().map(|check| told_by(check, errand, prober)));
            }
            Ok(Err(reason)) => {
                *slot = None;
                missed.push(format!("{}: {reason}", prober.name));
            }
            Err(_) => {
                *slot = None;
                missed.push(format!("{}: no answer in time", prober.name));
            }
        }
        if opinions >= OPINIONS
            || (opinions > 0 && seen.iter().all(|c| c.result == CheckResult::Pass))
        {
            break;
        }
    }
    if opinions > 0 {
        return seen;
    }
    let why = if missed.is_empty() { errand.nobody.clone() } else { missed.join("; ") };
    errand.lines.iter().flat_map(|line| not_probed(line, errand.vantage, &why)).collect()
}

/// A check passes if anybody sees it pass; what must not be seen, if nobody sees it.
fn merge(seen: &mut Vec<Check>, found: impl Iterator<Item = Check>) {
    for check in found {
        let same = |c: &&mut Check| {
            (&c.kind, &c.family, &c.subject) == (&check.kind, &check.family, &check.subject)
        };
        match seen.iter_mut().find(same) {
            Some(known) if known.how.contains(MUST_NOT) => {}
            Some(known) if check.result < known.result || check.how.contains(MUST_NOT) => {
                *known = check;
            }
            Some(_) => {}
            None => seen.push(check),
        }
    }
}

async fn one_round(
    context: &Context,
    prober: &Host,
    lines: &[String],
    slot: &mut Option<(Link, Conversation)>,
) -> Result<Vec<Check>, String> {
    if slot.is_none() {
        let way = Way::named(context, prober).await.map_err(not_named)?;
        let link = Link::open(context, prober, &way).await;
        let link = link.map_err(|error| error.to_string())?;
        let request = request::witness(lines).map_err(|error| error.to_string())?;
        let conversation = link.start(&scripts::witness(), &request).await.map_err(said)?;
        *slot = Some((link, conversation));
    }
    let Some((_, conversation)) = slot else { return Err("no connection".to_owned()) };
    conversation.say("check").await.map_err(said)?;
    let mut found = Vec::new();
    while let Some((key, value)) = conversation.next().await.map_err(said)? {
        match key.as_str() {
            "check" => {
                let check = Check::parse(&value).filter(|_| found.len() < MAX_CHECKS);
                found.push(check.ok_or_else(|| format!("a check that cannot be read: {value:?}"))?);
            }
            "checked" => return Ok(found),
            "error" => return Err(value),
            _ => {}
        }
    }
    Err(match slot.take() {
        Some((_, conversation)) => conversation.post_mortem().await.reason,
        None => "its checks broke off".to_owned(),
    })
}

/// Why `ssh_config` or the vars lead nowhere.
fn not_named(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { reason, .. } | Outcome::Failed { reason, .. } => reason,
        other => format!("{other:?}"),
    }
}

fn said(trouble: Trouble) -> String {
    trouble.reason
}

fn place(vantage: Vantage) -> &'static str {
    if vantage == Vantage::Guest { Check::FROM_GUEST } else { Check::FROM_WITNESS }
}

fn told_by(mut check: Check, errand: &Errand, prober: &Host) -> Check {
    check.dev = place(errand.vantage).to_owned();
    let by = format!("by {}", prober.name);
    check.how = if check.how.is_empty() { by } else { format!("{}, {by}", check.how) };
    check
}

/// What a line of an errand would have been about.
fn not_probed(line: &str, vantage: Vantage, why: &str) -> Vec<Check> {
    let words: Vec<&str> = line.split(' ').collect();
    let family = |address: &str| match address.parse::<std::net::IpAddr>() {
        Ok(address) if address.is_ipv4() => "inet",
        Ok(_) => "inet6",
        Err(_) => "-",
    };
    let about: Vec<(&str, &str, String)> = match words.as_slice() {
        ["ping", family, target, "-"] => vec![("ping", family, (*target).to_owned())],
        ["tcp", target, port] if target.contains(':') => {
            vec![("tcp", "inet6", format!("[{target}]:{port}"))]
        }
        ["tcp", target, port] => vec![("tcp", family(target), format!("{target}:{port}"))],
        ["neighbour", address, _] => vec![("neighbour", family(address), (*address).to_owned())],
        ["mtu", target, _] => vec![("mtu", family(target), (*target).to_owned())],
        ["proxied", _, addresses @ ..] => addresses
            .iter()
            .map(|address| ("ndp_proxy", "inet6", address.trim_start_matches('!').to_owned()))
            .collect(),
        [kind, subject, ..] => vec![(*kind, "-", (*subject).to_owned())],
        _ => Vec::new(),
    };
    let unknown = |(kind, family, subject): (&str, &str, String)| Check {
        kind: kind.to_owned(),
        family: family.to_owned(),
        subject: as_written(&subject),
        dev: place(vantage).to_owned(),
        result: CheckResult::Unknown,
        how: format!("not probed: {why}"),
        took: None,
    };
    about.into_iter().map(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::{merge, not_probed};
    use crate::desired::Vantage;
    use crate::rollout::verdict::{Check, CheckResult};

    fn check(line: &str) -> Check {
        Check::parse(line).expect("a check")
    }

    #[test]
    fn what_is_not_probed_is_named_as_it_would_have_been() {
        let named = |line: &str| {
            let found = not_probed(line, Vantage::Witness, "nobody");
            found.iter().map(|c| format!("{} {}", c.family, c.title())).collect::<Vec<_>>()
        };
        assert_eq!(named("ping inet 10.0.0.1 -"), ["inet ping 10.0.0.1 from a witness"]);
        assert_eq!(named("tcp fd00::1 22"), ["inet6 tcp [fd00::1]:22 from a witness"]);
        assert_eq!(
            named("proxied 10.0.0.1 fd00::1 !fd00::2"),
            ["inet6 ndp_proxy fd00::1 from a witness", "inet6 ndp_proxy fd00::2 from a witness"]
        );
        let unknown = not_probed("dns a.example -", Vantage::Guest, "nobody");
        assert_eq!(unknown[0].how, "not probed: nobody");
        assert_eq!(unknown[0].result, CheckResult::Unknown);
    }

    #[test]
    fn one_who_sees_it_is_enough() {
        let mut seen =
            vec![check("ping inet 10.0.0.1 - fail by a"), check("ping inet 10.0.0.2 - pass by a")];
        merge(
            &mut seen,
            [check("ping inet 10.0.0.1 - pass by b"), check("ping inet 10.0.0.2 - fail by b")]
                .into_iter(),
        );
        let how: Vec<&str> = seen.iter().map(|c| c.how.as_str()).collect();
        assert_eq!(how, ["by b", "by a"]);
        let mut seen = vec![check("ndp_proxy inet6 fd00::1 - fail it answers for it and must not")];
        merge(&mut seen, [check("ndp_proxy inet6 fd00::1 - pass nobody answers")].into_iter());
        assert_eq!(seen[0].result, CheckResult::Fail);
    }
}
