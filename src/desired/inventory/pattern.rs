//! Host patterns as in Ansible: `web*:&paris:!db`.

use std::collections::BTreeSet;

use crate::desired::nearest;
use crate::diagnostic::{Diagnostic, Place};

use super::Inventory;

/// A pattern over the hosts of an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    terms: Vec<Term>,
    place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    how: How,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Add,
    Keep,
    Remove,
}

impl Pattern {
    /// Reads a pattern; the place, if it stands in a file, is where mistakes point.
    ///
    /// # Errors
    /// A regular expression, or a term without a name.
    pub(crate) fn parse(text: &str, place: Option<Place>) -> Result<Self, Box<Diagnostic>> {
        let mut terms = Vec::new();
        for term in split(text) {
            let (how, name) = match term.as_bytes().first() {
                Some(b'&') => (How::Keep, &term[1..]),
                Some(b'!') => (How::Remove, &term[1..]),
                _ => (How::Add, term),
            };
            if name.starts_with('~') || name.is_empty() {
                let what = if name.is_empty() {
                    format!("the pattern `{text}` has a term without a name")
                } else {
                    format!("`{name}` is a regular expression")
                };
                let remedy = "use names, groups and globs such as `web*`";
                return Err(located(Diagnostic::error(what).remedy(remedy), place.as_ref()));
            }
            let name = name.to_owned();
            terms.push(Term { how, name });
        }
        if terms.is_empty() {
            let mistake = Diagnostic::error("this pattern of hosts is empty");
            return Err(located(mistake.remedy("write `all` for every host"), place.as_ref()));
        }
        Ok(Self { terms, place })
    }

    /// Positions in the inventory's `hosts`, ascending. As in Ansible the additions come
    /// first, then the intersections, then the exclusions, wherever they stand.
    ///
    /// # Errors
    /// A name that is neither a host nor a group, or a glob that matches nothing.
    pub(crate) fn select(&self, inventory: &Inventory) -> Result<BTreeSet<usize>, Box<Diagnostic>> {
        let of = |how: How| self.terms.iter().filter(move |term| term.how == how);
        let mut chosen = BTreeSet::new();
        for term in of(How::Add) {
            chosen.extend(self.term(&term.name, inventory)?);
        }
        if of(How::Add).next().is_none() {
            chosen.extend(0..inventory.hosts.len());
        }
        for term in of(How::Keep) {
            let kept = self.term(&term.name, inventory)?;
            chosen.retain(|at| kept.contains(at));
        }
        for term in of(How::Remove) {
            let removed = self.term(&term.name, inventory)?;
            chosen.retain(|at| !removed.contains(at));
        }
        Ok(chosen)
    }

    fn term(&self, name: &str, inventory: &Inventory) -> Result<BTreeSet<usize>, Box<Diagnostic>> {
        // `web[1]` is the second host of `web` if there is such a group, else a glob.
        let (base, slice) = subscript(name);
        if let (Some(found), Some((first, last))) = (matching(base, inventory), slice) {
            return Ok(cut(&found, first, last));
        }
        matching(name, inventory).ok_or_else(|| self.unknown(name, inventory))
    }

    fn unknown(&self, name: &str, inventory: &Inventory) -> Box<Diagnostic> {
        let hosts = inventory.hosts.iter().map(|host| host.name.as_str());
        let groups = inventory.groups.keys().map(String::as_str);
        let message = if is_glob(name) {
            format!("`{name}` matches no host and no group")
        } else {
            format!("`{name}` is neither a host nor a group of the inventory")
        };
        let remedy = match nearest(name, hosts.chain(groups)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => known(inventory),
        };
        located(Diagnostic::error(message).remedy(remedy), self.place.as_ref())
    }
}

fn located(diagnostic: Diagnostic, place: Option<&Place>) -> Box<Diagnostic> {
    Box::new(match place {
        Some(place) => diagnostic.at(place.clone()),
        None => diagnostic,
    })
}

/// The groups, as a help for somebody who has forgotten them.
fn known(inventory: &Inventory) -> String {
    let groups: Vec<&str> = inventory.groups.keys().map(String::as_str).take(8).collect();
    format!("groups are: {}", groups.join(", "))
}

/// At commas and colons, but not inside brackets and not inside an IPv6 address.
fn split(text: &str) -> Vec<&str> {
    text.split([',', ' ', '\n'])
        .flat_map(|part| {
            let address = part.trim_start_matches(['!', '&']);
            if address.parse::<std::net::Ipv6Addr>().is_ok() { vec![part] } else { at_colons(part) }
        })
        .filter(|term| !term.is_empty())
        .collect()
}

fn at_colons(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

fn matching(name: &str, inventory: &Inventory) -> Option<BTreeSet<usize>> {
    let mut found = BTreeSet::new();
    let mut any = false;
    for group in inventory.groups.keys().filter(|group| glob(name, group)) {
        any = true;
        let members = inventory.members(group);
        found.extend(members.iter().filter_map(|host| inventory.index.get(*host)));
    }
    if !any || is_glob(name) {
        for (at, host) in inventory.hosts.iter().enumerate() {
            if glob(name, &host.name) {
                any = true;
                found.insert(at);
            }
        }
    }
    any.then_some(found)
}

/// `group[0]`, `group[-1]`, `group[2:4]` (both ends included): a choice by position. Other
/// brackets are a glob's.
fn subscript(name: &str) -> (&str, Option<(i64, i64)>) {
    let whole = (name, None);
    let Some((base, rest)) = name.rsplit_once('[') else {
        return whole;
    };
    let Some(inner) = rest.strip_suffix(']') else {
        return whole;
    };
    let slice = match inner.split_once(':') {
        Some((first, last)) => {
            let first = if first.is_empty() { Ok(0) } else { first.parse() };
            let last = if last.is_empty() { Ok(-1) } else { last.parse() };
            first.ok().zip(last.ok())
        }
        None => inner.parse().ok().map(|at| (at, at)),
    };
    match slice {
        Some(slice) if !base.is_empty() => (base, Some(slice)),
        _ => whole,
    }
}

fn cut(found: &BTreeSet<usize>, first: i64, last: i64) -> BTreeSet<usize> {
    let length = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let from_end = |at: i64| if at < 0 { at + length } else { at };
    let (first, last) = (from_end(first), from_end(last));
    (0_i64..)
        .zip(found)
        .filter(|(position, _)| (first..=last).contains(position))
        .map(|(_, at)| *at)
        .collect()
}

/// `*`, `?`, `[abc]`, `[a-c]`, `[!abc]` as in a shell, over the whole name.
fn glob(pattern: &str, name: &str) -> bool {
    if !is_glob(pattern) {
        return pattern == name;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // Where to go on after the last star: (after it in the pattern, how much it has eaten).
    let mut star: Option<(usize, usize)> = None;
    let (mut p, mut n) = (0, 0);
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, n));
            p += 1;
        } else if let Some(width) = one(&pattern[p.min(pattern.len())..], name[n]) {
            p += width;
            n += 1;
        } else if let Some((after, eaten)) = star {
            star = Some((after, eaten + 1));
            p = after;
            n = eaten + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many pattern characters match this one character, if they do.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => {
            let negated = pattern.get(1) == Some(&'!');
            let start = if negated { 2 } else { 1 };
            let end = pattern.iter().skip(start).position(|c| *c == ']')? + start;
            let set = &pattern[start..end];
            let listed = set.contains(&c)
                || set.windows(3).any(|w| w[1] == '-' && (w[0]..=w[2]).contains(&c));
            (listed != negated).then_some(end + 1)
        }
        literal => (*literal == c).then_some(1),
    }
}
