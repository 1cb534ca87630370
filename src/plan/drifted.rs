//! What somebody changed on a host since it was as wanted, one line each.
//!
//! A plan says what rappel would do; this says what is so. A file that was edited is one
//! difference, however much would have to be activated to mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::effect::nft_not_loaded;
use super::{Action, FileChange, HostPlan, LiveChange};
use crate::network::live::{Difference, Fact, Sign};
use crate::network::nft::rule_differences;
use crate::network::object::ROOT;
use crate::observed::Observation;

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The content of a file, or that there is one.
    File,
    /// Something behind a tool of the host.
    Object,
    /// Owner, group or mode of a file.
    Attributes,
    /// A sysctl value.
    Sysctl,
    /// An nft table or a rule in it.
    Nft,
    /// An address.
    Address,
    /// A route.
    Route,
    /// A policy rule.
    Rule,
    /// A neighbour proxy.
    Proxy,
    /// A link, its ports, its MTU, whether it is up.
    Link,
    /// What a port of a virtual switch accepts, as the provider tells.
    SwitchPort,
    /// The virtual MAC of an additional address, as the provider tells.
    VirtualMac,
}

impl What {
    /// As it is written in reports and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Object => "object",
            Self::Attributes => "attributes",
            Self::Sysctl => "sysctl",
            Self::Nft => "nft",
            Self::Address => "address",
            Self::Route => "route",
            Self::Rule => "rule",
            Self::Proxy => "proxy",
            Self::Link => "link",
            Self::SwitchPort => "switch_port",
            Self::VirtualMac => "virtual_mac",
        }
    }
}

/// Since when it is so, as far as the host tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The file was last written then, in seconds since 1970 by the host's clock.
    Written(u64),
    /// It came after that generation was confirmed.
    Generation(u32),
}

/// One difference between a host and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drifted {
    /// Its kind.
    pub what: What,
    /// What it is about: a path, a key, an address with its device.
    pub subject: String,
    /// How it differs, in a few words.
    pub how: String,
    /// Since when.
    pub since: Option<Since>,
}

/// `sysctl net.ipv4.ip_forward: is 0, wanted 1`.
impl fmt::Display for Drifted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.what.word(), self.subject, self.how)
    }
}

/// What a host was compared with what is wanted of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Each difference.
    pub drift: Vec<Drifted>,
    /// What could not be compared, a phrase each: of that nothing is known.
    pub not_compared: Vec<String>,
}

/// Compares a host with what is wanted: files, values, rules, and the facts that are `off`.
pub(super) fn compared(plan: &HostPlan, off: &[Difference], observed: &Observation) -> Compared {
    let not_compared = nft_not_loaded(observed).into_iter().collect();
    Compared { drift: drifted(plan, off, observed), not_compared }
}

/// Every difference of a host from what is wanted: files, values, rules, and the facts that
/// are `off`, which are live and in no wanted file, or the other way round.
fn drifted(plan: &HostPlan, off: &[Difference], observed: &Observation) -> Vec<Drifted> {
    let files = plan.files.iter();
    let mut found: Vec<Drifted> = files.flat_map(|file| of_file(file, observed)).collect();
    found.extend(of_values(plan));
    found.extend(of_tables(plan));
    found.extend(of_facts(off));
    let since = (plan.generation > 0).then_some(Since::Generation(plan.generation));
    for drifted in &mut found {
        drifted.since = drifted.since.or(since);
    }
    found
}

fn of_file(file: &FileChange, observed: &Observation) -> Vec<Drifted> {
    if file.path.starts_with(ROOT) {
        return super::object::drifted(file);
    }
    let written = observed.file_times.get(&file.path).map(|at| Since::Written(*at));
    let one = |what, how: String, since| Drifted { what, subject: file.path.clone(), how, since };
    let content = match file.action {
        Action::Create => Some(one(What::File, "is missing".to_owned(), None)),
        Action::Remove => Some(one(What::File, "is there and should not be".to_owned(), written)),
        Action::Modify => Some(one(What::File, changed_lines(&file.diff), written)),
        Action::Attributes => None,
    };
    // A change of mode leaves the time of writing as it was.
    let attributes = file.attributes.iter().map(|change| {
        let how = change
            .split_once(" → ")
            .map_or_else(|| change.clone(), |(is, wanted)| format!("{is}, wanted {wanted}"));
        one(What::Attributes, how, None)
    });
    content.into_iter().chain(attributes).collect()
}

/// The diff leads from the host's file to the wanted one; drift is told the other way round.
fn changed_lines(diff: &str) -> String {
    let count = |sign: char, header: &str| {
        diff.lines().filter(|l| l.starts_with(sign) && !l.starts_with(header)).count()
    };
    let (more, less) = (count('-', "---"), count('+', "+++"));
    match (more, less) {
        (0, 0) => "differs".to_owned(),
        (more, less) => format!("differs: {more} other lines, {less} missing"),
    }
}

fn of_values(plan: &HostPlan) -> Vec<Drifted> {
    let value = |facts: &std::collections::BTreeSet<Fact>, wanted: &str| {
        facts.iter().find_map(|fact| match fact {
            Fact::Sysctl { key, value } if key == wanted => Some(value.clone()),
            _ => None,
        })
    };
    let states = &plan.states;
    let keys = states.after.facts.iter().filter_map(|fact| match fact {
        Fact::Sysctl { key, value } => Some((key, value)),
        _ => None,
    });
    keys.filter_map(|(key, wanted)| {
        let is = value(&states.before.facts, key);
        (is.as_ref() != Some(wanted)).then(|| Drifted {
            what: What::Sysctl,
            subject: key.clone(),
            how: match is {
                Some(is) => format!("is {is}, wanted {wanted}"),
                None => format!("does not exist, wanted {wanted}"),
            },
            since: None,
        })
    })
    .collect()
}

fn of_tables(plan: &HostPlan) -> Vec<Drifted> {
    let (before, after) = (&plan.states.before.nft, &plan.states.after.nft);
    let one = |subject: String, how: String| Drifted { what: What::Nft, subject, how, since: None };
    let missing = |table: &String| one(table.clone(), "is not loaded".to_owned());
    let tables = plan.request.nft_own.iter();
    tables
        .flat_map(|table| match (before.get(table), after.get(table)) {
            (Some(is), Some(wanted)) => rule_differences(table, wanted, is)
                .into_iter()
                .map(|rule| {
                    let place = rule.block.map_or_else(String::new, |block| format!(", {block}"));
                    let how = match (rule.sign, rule.moved) {
                        (_, true) => "is in another place",
                        (Sign::New, _) => "is in no file",
                        (Sign::Gone, _) => "is in the files and not loaded",
                    };
                    one(format!("{table}{place}: {}", rule.rule), how.to_owned())
                })
                .collect(),
            (None, Some(_)) => vec![missing(table)],
            // The host cannot load the wanted rules aside: only that they are missing shows.
            (_, None) => {
                let gone = |live: &LiveChange| matches!(live, LiveChange::NftTable { table: t } if t == table);
                let loaded = before.contains_key(table);
                if !loaded && plan.live.iter().any(gone) { vec![missing(table)] } else { Vec::new() }
            }
        })
        .collect()
}

/// Facts that are off. What somebody replaced is one difference, not one that is gone and one
/// that is new.
fn of_facts(off: &[Difference]) -> Vec<Drifted> {
    let mut news: Vec<&Fact> =
        off.iter().filter(|d| d.sign == Sign::New).map(|d| &d.fact).collect();
    let mut found = Vec::new();
    for gone in off.iter().filter(|d| d.sign == Sign::Gone).map(|d| &d.fact) {
        let instead = news.iter().position(|new| replaces(new, gone));
        found.push(match instead.map(|at| news.remove(at)) {
            Some(new) => of_fact(gone, format!("is {} instead", subject(new))),
            None => of_fact(gone, "is in the files and not live".to_owned()),
        });
    }
    found.extend(news.into_iter().map(|new| of_fact(new, "is in no file".to_owned())));
    found
}

/// Whether a fact has taken the other one's place: both cannot be so.
fn replaces(new: &Fact, gone: &Fact) -> bool {
    match (new, gone) {
        (Fact::Mtu { name: a, .. }, Fact::Mtu { name: b, .. })
        | (Fact::Port { name: a, .. }, Fact::Port { name: b, .. }) => a == b,
        (Fact::Route(a), Fact::Route(b)) => {
            (&a.family, &a.to, &a.table, a.metric) == (&b.family, &b.to, &b.table, b.metric)
        }
        (
            Fact::Address { dev: a, address: one, .. },
            Fact::Address { dev: b, address: other, .. },
        ) => a == b && one.addr() == other.addr() && one.addr().is_ipv4(),
        _ => false,
    }
}

fn of_fact(fact: &Fact, how: String) -> Drifted {
    Drifted { what: what(fact), subject: subject(fact), how, since: None }
}

fn what(fact: &Fact) -> What {
    match fact {
        Fact::Address { .. } => What::Address,
        Fact::Route(_) => What::Route,
        Fact::Rule { .. } => What::Rule,
        Fact::Proxy { .. } => What::Proxy,
        Fact::Sysctl { .. } => What::Sysctl,
        Fact::Link { .. } | Fact::Up { .. } | Fact::Mtu { .. } | Fact::Port { .. } => What::Link,
    }
}

/// A fact without the word for its kind, which stands before it.
fn subject(fact: &Fact) -> String {
    let text = fact.to_string();
    match what(fact) {
        What::Proxy => text.trim_start_matches("neighbour proxy ").to_owned(),
        // `blackhole route 10.0.0.0/8`.
        What::Route => text.replacen("route ", "", 1),
        what => text.trim_start_matches(&format!("{} ", what.word())).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Drifted, What, changed_lines};

    #[test]
    fn a_line_names_kind_subject_and_how() {
        let drifted = Drifted {
            what: What::Sysctl,
            subject: "net.ipv4.ip_forward".to_owned(),
            how: "is 0, wanted 1".to_owned(),
            since: None,
        };
        assert_eq!(drifted.to_string(), "sysctl net.ipv4.ip_forward: is 0, wanted 1");
    }

    #[test]
    fn lines_are_counted_from_the_hosts_side() {
        let diff = "--- a\n+++ a\n@@ -1,2 +1 @@\n same\n-by hand\n-more\n+wanted\n";
        assert_eq!(changed_lines(diff), "differs: 2 other lines, 1 missing");
    }
}
