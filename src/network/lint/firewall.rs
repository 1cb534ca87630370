//! Rules about nft scripts.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diagnostic::{Place, Severity};

use super::files::{Files, NftLine};
use super::{Finding, LintKind, Rule};

/// The statements of one chain block, in order.
struct Chain<'f> {
    family: &'f str,
    lines: Vec<&'f NftLine<'f>>,
}

impl Chain<'_> {
    /// The words of the line that hooks the chain in, if it is a base chain.
    fn hook(&self) -> Option<Vec<&str>> {
        self.lines
            .iter()
            .map(|line| line.statement.words())
            .find(|words| words.first() == Some(&"type"))
    }

    fn drops_by_policy(&self) -> bool {
        self.lines.iter().any(|line| line.statement.words() == ["policy", "drop"])
    }

    fn rules(&self) -> impl Iterator<Item = &NftLine<'_>> {
        self.lines.iter().copied().filter(|line| {
            let words = line.statement.words();
            let first = words.first().copied().unwrap_or_default();
            !matches!(first, "type" | "policy" | "comment" | "devices" | "flags")
        })
    }
}

fn chains<'f>(files: &'f Files<'_>) -> Vec<Chain<'f>> {
    let mut found: Vec<Chain<'f>> = Vec::new();
    let mut open: Option<&[Vec<String>]> = None;
    for line in &files.nft {
        let blocks = line.statement.blocks.as_slice();
        let in_chain =
            blocks.last().is_some_and(|header| header.iter().any(|word| word == "chain"));
        if !in_chain {
            open = None;
            continue;
        }
        if open != Some(blocks) {
            let family = blocks
                .first()
                .and_then(|table| table.iter().skip_while(|word| *word != "table").nth(1))
                .filter(|_| blocks.first().is_some_and(|table| table.len() > 2))
                .map_or("ip", String::as_str);
            found.push(Chain { family, lines: Vec::new() });
            open = Some(blocks);
        }
        if let Some(chain) = found.last_mut() {
            chain.lines.push(line);
        }
    }
    found
}

fn place(line: &NftLine<'_>) -> Place {
    line.file.source.place(line.statement.span())
}

pub(super) const FW04: Rule = Rule {
    id: "FW04",
    title: "rule that is never reached",
    severity: Severity::Warning,
    reason: "a rule above it decides about every packet",
    remedy: "move the rule up, or delete it",
    check: Some(shadowed),
};

fn shadowed(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for chain in chains(files) {
        let mut rules = chain.rules().skip_while(|line| !decides_all(line));
        if let (Some(decider), Some(dead)) = (rules.next(), rules.next()) {
            let verdict = decider.statement.words().join(" ");
            let message = format!("never reached: `{verdict}` above it decides about every packet");
            found.push(Finding::new(&place(dead), message));
        }
    }
    found
}

/// Whether a rule ends the chain for every packet: a verdict without any match.
fn decides_all(line: &NftLine<'_>) -> bool {
    let words = line.statement.words();
    let rest = match words.as_slice() {
        ["counter", "packets", _, "bytes", _, rest @ ..] | ["counter", rest @ ..] => rest,
        rest => rest,
    };
    matches!(rest.first(), Some(&("accept" | "drop" | "reject" | "return")))
}

pub(super) const FW05: Rule = Rule {
    id: "FW05",
    title: "rule on the name of a bridge port",
    severity: Severity::Warning,
    reason: "packets come in and go out through the bridge: outside of the bridge family the port's name never matches",
    remedy: "write the bridge's name",
    check: Some(on_port),
};

fn on_port(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for chain in chains(files) {
        if !matches!(chain.family, "ip" | "ip6" | "inet") {
            continue;
        }
        for line in chain.rules() {
            for pair in line.statement.tokens.windows(2) {
                let names = matches!(pair[0].text.as_str(), "iif" | "oif" | "iifname" | "oifname");
                let bridge = files.bridges_of(&pair[1].text).into_iter().next();
                if let (true, Some(bridge)) = (names, bridge) {
                    let message = format!("`{}` is a port of `{}`", pair[1].text, bridge.name);
                    let place = line.file.source.place(pair[1].span.clone());
                    found.push(Finding::new(&place, message));
                }
            }
        }
    }
    found
}

pub(super) const FW06: Rule = Rule {
    id: "FW06",
    title: "masquerade for everything",
    severity: Severity::Warning,
    reason: "without a source or an interface it hides guests from each other and the host's own traffic as well",
    remedy: "add `ip saddr NETWORK` and `oifname UPLINK`",
    check: Some(masquerade_all),
};

fn masquerade_all(files: &Files<'_>) -> Vec<Finding> {
    const NARROW: [&str; 9] =
        ["saddr", "daddr", "oif", "oifname", "oifgroup", "iif", "iifname", "mark", "dport"];
    let mut found = Vec::new();
    for chain in chains(files) {
        if !chain.hook().is_some_and(|words| words.contains(&"nat")) {
            continue;
        }
        for line in chain.rules() {
            let words = line.statement.words();
            if words.contains(&"masquerade") && !NARROW.iter().any(|word| words.contains(word)) {
                found.push(Finding::new(&place(line), "this rule hides all traffic"));
            }
        }
    }
    found
}

pub(super) const FW08: Rule = Rule {
    id: "FW08",
    title: "firewall that lets no SSH in",
    severity: Severity::Error,
    reason: "new SSH connections are dropped, so the host cannot be reached any more",
    remedy: "accept SSH from the management network: `ip saddr NETWORK tcp dport 22 accept`",
    check: Some(no_ssh),
};

fn no_ssh(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Rules may also be added from outside of the block.
    let flat = files.nft.iter().any(|line| {
        line.statement.blocks.is_empty()
            && matches!(line.statement.words().first(), Some(&("add" | "insert" | "include")))
    });
    if flat || files.of(LintKind::Nft).next().is_none() {
        return found;
    }
    for chain in chains(files) {
        let input =
            chain.hook().is_some_and(|words| words.contains(&"filter") && words.contains(&"input"));
        if !input || !matches!(chain.family, "ip" | "inet") {
            continue;
        }
        let end = chain.rules().find(|line| decides_all(line));
        let closes = end.is_some_and(|line| {
            let words = line.statement.words();
            words.contains(&"drop") || words.contains(&"reject")
        });
        let open_end = end.is_some() && !closes;
        let admits = chain
            .rules()
            .take_while(|line| !decides_all(line))
            .any(|line| may_admit(line) && !shuts_out(line, &files.known.ssh_from));
        if (closes || chain.drops_by_policy()) && !open_end && !admits {
            let policy = chain
                .lines
                .iter()
                .copied()
                .find(|line| line.statement.words() == ["policy", "drop"]);
            if let Some(line) = policy.or(end) {
                found.push(Finding::new(&place(line), "no rule of this chain lets SSH in"));
            }
        }
    }
    found
}

/// Whether a rule might let a new SSH connection in: all that is not plainly about
/// something else. The port may be another than 22.
fn may_admit(line: &NftLine<'_>) -> bool {
    let words = line.statement.words();
    let has = |word: &str| words.contains(&word);
    if has("jump") || has("goto") || has("vmap") || has("queue") {
        return true;
    }
    if !has("accept") {
        return false;
    }
    let answers_only = has("state") && !has("new") && (has("established") || has("related"));
    let loopback =
        words.windows(2).any(|pair| matches!(pair[0], "iif" | "iifname") && pair[1] == "lo");
    let other_protocol =
        ["icmp", "icmpv6", "ipv6-icmp", "igmp", "udp", "vrrp", "esp", "ah", "ospf"]
            .iter()
            .any(|protocol| has(protocol))
            && !has("tcp");
    if answers_only || loopback || other_protocol || has("ip6") {
        return false;
    }
    match words.iter().position(|word| *word == "dport") {
        Some(at) => words[at + 1..].iter().any(|word| may_be_ssh(word)),
        None => true,
    }
}

/// Whether a rule is for sources among which none of the given ones is.
fn shuts_out(line: &NftLine<'_>, from: &[IpNet]) -> bool {
    let words = line.statement.words();
    let Some(at) = words.iter().position(|word| *word == "saddr") else {
        return false;
    };
    if from.is_empty() || matches!(words.get(at + 1), Some(&("!" | "!=" | "@"))) {
        return false;
    }
    let until = words[at + 1..].iter().position(|word| matches!(*word, "tcp" | "meta" | "accept"));
    let sources = &words[at + 1..at + 1 + until.unwrap_or(words.len() - at - 1)];
    let net = |word: &&str| {
        word.parse::<IpNet>().ok().or_else(|| word.parse().ok().map(|ip: IpAddr| ip.into()))
    };
    let nets: Vec<IpNet> = sources.iter().filter_map(net).collect();
    // A range, a set's name or a variable may hold anything.
    let plain = sources.iter().all(|word| net(word).is_some() || matches!(*word, "{" | "}" | ","));
    plain && !from.iter().any(|own| nets.iter().any(|net| net.contains(own) || own.contains(net)))
}

pub(super) const FW09: Rule = Rule {
    id: "FW09",
    title: "table that grows with every load",
    severity: Severity::Warning,
    reason: "`nft -f` adds to a table that is there: each load puts all rules in once more",
    remedy: "begin with `table FAMILY NAME` and `delete table FAMILY NAME`, which one load does at once",
    check: Some(grows),
};

fn grows(files: &Files<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut cleared: Vec<Vec<&str>> = Vec::new();
    let mut told: Vec<Vec<&str>> = Vec::new();
    for line in &files.nft {
        let words = line.statement.words();
        if !line.statement.blocks.is_empty() {
            continue;
        }
        match words.as_slice() {
            ["flush", "ruleset", ..] | ["include", ..] => return Vec::new(),
            ["delete" | "flush" | "destroy", "table", name @ ..] => cleared.push(name.to_vec()),
            ["table", name @ ..] if line.statement.opens => {
                let name: Vec<&str> = name.iter().copied().filter(|word| *word != "{").collect();
                let known = [&cleared, &told].iter().any(|list| list.contains(&name));
                if !known && has_rules(files, line) {
                    let message = format!("nothing empties the table `{}` before", name.join(" "));
                    found.push(Finding::new(&place(line), message));
                }
                told.push(name);
            }
            _ => {}
        }
    }
    found
}

/// Whether a table's block has a rule: sets and chains alone are the same after a second load.
fn has_rules(files: &Files<'_>, table: &NftLine<'_>) -> bool {
    let header: Vec<&str> = table.statement.words().into_iter().filter(|w| *w != "{").collect();
    chains(files).iter().any(|chain| {
        let own = chain.lines.first().and_then(|line| line.statement.blocks.first());
        let same = own.is_some_and(|own| own.iter().filter(|w| *w != "{").eq(header.iter()));
        same && chain.lines.first().is_some_and(|line| line.file == table.file)
            && chain.rules().next().is_some()
    })
}

/// Whether a word after `dport` may stand for the port of SSH.
fn may_be_ssh(word: &str) -> bool {
    const OTHERS: [&str; 7] = ["http", "https", "domain", "smtp", "imaps", "ntp", "accept"];
    match word.parse::<u16>() {
        Ok(port) => port == 22 || port >= 1024,
        Err(_) => {
            !OTHERS.contains(&word)
                && !matches!(word, "{" | "}" | "," | "counter" | "ct" | "state" | "new" | "!" | "=")
        }
    }
}
