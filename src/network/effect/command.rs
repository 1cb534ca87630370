//! The commands of stanzas and hooks that change what is compared: `ip` in its usual forms.
//!
//! This is no shell. A command with a variable other than the interface's name, with a
//! substitution or a pipe is not foreseen, and whoever asks is told so.

use std::net::IpAddr;

use ipnet::IpNet;

use super::kernel::Kernel;
use crate::network::live::{Fact, Route, family};

/// Programs that change nothing that is compared.
const HARMLESS: [&str; 12] = [
    "true", ":", "logger", "echo", "printf", "nft", "sleep", "ethtool", "exit", "test", "[",
    "sysctl",
];

/// Does to the state what a command line would do; false if that is not foreseen.
pub fn run(line: &str, iface: &str, kernel: &mut Kernel) -> bool {
    let line = line.replace("\"", "").replace('\'', "");
    let line =
        line.replace("${IFACE:-}", iface).replace("${IFACE}", iface).replace("$IFACE", iface);
    if line.contains(['$', '`', '|', '<', '(', '{']) && !line.contains("||") {
        return false;
    }
    line.split("&&").flat_map(|part| part.split(';')).all(|part| {
        // What comes after `||` runs only if something fails.
        let first = part.split("||").next().unwrap_or_default().trim();
        !first.contains(['$', '`', '|', '<', '(', '{']) && simple(first, kernel)
    })
}

fn simple(command: &str, kernel: &mut Kernel) -> bool {
    let words: Vec<&str> =
        command.split_whitespace().filter(|word| !word.contains('>') && *word != "&").collect();
    let Some(program) = words.first() else { return true };
    let program = program.rsplit('/').next().unwrap_or(program);
    if HARMLESS.contains(&program) {
        return true;
    }
    program == "ip" && ip(&words[1..], kernel).is_some()
}

fn ip(words: &[&str], kernel: &mut Kernel) -> Option<()> {
    let options = words.iter().take_while(|word| word.starts_with('-')).count();
    let six = words[..options].contains(&"-6");
    let (object, verb, rest) = match &words[options..] {
        [object, verb, rest @ ..] => (*object, *verb, rest),
        _ => return None,
    };
    let adds = matches!(verb, "add" | "a" | "replace" | "append" | "change");
    let dels = matches!(verb, "del" | "delete" | "d");
    match object {
        "addr" | "address" | "a" => address(rest, verb, adds, dels, kernel),
        "route" | "r" | "ro" if adds || dels => {
            let route = route(rest, six)?;
            if adds {
                kernel.replace_route(route)
            } else {
                kernel.del_route(&route)
            }
            Some(())
        }
        "link" | "l" => link(verb, rest, kernel),
        "neigh" | "neighbour" | "neighbor" | "n" => match rest {
            ["proxy", address, "dev", dev] if adds || dels => {
                let fact = Fact::Proxy { address: address.parse().ok()?, dev: (*dev).to_owned() };
                if adds {
                    kernel.facts.insert(fact)
                } else {
                    kernel.facts.remove(&fact)
                };
                Some(())
            }
            _ => None,
        },
        "rule" | "ru" if adds || dels => rule(rest, six, adds, kernel),
        _ => None,
    }
}

/// The word after a word.
fn after<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().position(|word| *word == key).and_then(|at| words.get(at + 1)).copied()
}

/// An address with the prefix of a single one where none is written.
fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn address(words: &[&str], verb: &str, adds: bool, dels: bool, kernel: &mut Kernel) -> Option<()> {
    let dev = after(words, "dev")?;
    if verb == "flush" {
        kernel.flush(dev, |_| true);
        return Some(());
    }
    let own = words.iter().find_map(|word| net(word))?;
    let linklocal = match own.addr() {
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80,
        IpAddr::V4(_) => false,
    };
    if linklocal || matches!(after(words, "scope"), Some("link" | "host")) {
        return Some(());
    }
    let peer = after(words, "peer").and_then(net);
    if adds {
        let shown =
            peer.map_or(Some(own), |peer| IpNet::new(own.addr(), peer.prefix_len()).ok())?;
        kernel.add_address(dev, shown, peer.map(|p| p.addr()));
    } else if dels {
        kernel.del_address(dev, own.addr());
    } else {
        return None;
    }
    Some(())
}

fn route(words: &[&str], six: bool) -> Option<Route> {
    let kinds = ["blackhole", "unreachable", "prohibit", "throw", "unicast"];
    let kind = words.first().filter(|word| kinds.contains(word));
    let words = if kind.is_some() { &words[1..] } else { words };
    let (to, words) = words.split_first()?;
    if words.contains(&"nexthop") {
        return None;
    }
    let via: Option<IpAddr> = match after(words, "via") {
        Some(via) => Some(via.parse().ok()?),
        None => None,
    };
    let (to, family) = match *to {
        "default" => ("default".to_owned(), via.map_or(if six { "inet6" } else { "inet" }, family)),
        other => {
            let net = net(other)?.trunc();
            let single = net.prefix_len() == net.max_prefix_len();
            let text = if single { net.addr().to_string() } else { net.to_string() };
            let text = if net.prefix_len() == 0 { "default".to_owned() } else { text };
            (text, family(net.addr()))
        }
    };
    let usual = if family == "inet6" { 1024 } else { 0 };
    let number = |key| after(words, key).and_then(|word| word.parse::<u32>().ok());
    Some(Route {
        family: family.to_owned(),
        to,
        table: after(words, "table").unwrap_or("main").to_owned(),
        kind: kind.map_or("unicast", |kind| *kind).to_owned(),
        hops: Vec::new(),
        via,
        // A route that leads nowhere has no link, whatever `ip` was told.
        dev: after(words, "dev").filter(|dev| kind.is_none() || *dev != "lo").map(str::to_owned),
        metric: number("metric").filter(|metric| *metric != usual),
        src: after(words, "src").and_then(|src| src.parse().ok()),
        dynamic: false,
    })
}

fn link(verb: &str, words: &[&str], kernel: &mut Kernel) -> Option<()> {
    let first = words.iter().find(|word| !matches!(**word, "dev" | "name" | "link")).copied()?;
    let name = after(words, "dev").or_else(|| after(words, "name")).unwrap_or(first);
    match verb {
        "add" => kernel.add_link(name, after(words, "type")?, 1500),
        "del" | "delete" => kernel.del_link(name),
        "set" | "s" => {
            if let Some(mtu) = after(words, "mtu") {
                kernel.set_mtu(name, mtu.parse().ok()?);
            }
            if let Some(master) = after(words, "master") {
                kernel.set_master(name, Some(master));
            }
            if words.contains(&"nomaster") {
                kernel.set_master(name, None);
            }
            if words.contains(&"up") {
                kernel.set_up(name);
            }
            if words.contains(&"down") {
                kernel.set_down(name);
            }
        }
        _ => return None,
    }
    Some(())
}

/// Only rules with a priority of their own: the kernel chooses any other.
fn rule(words: &[&str], six: bool, adds: bool, kernel: &mut Kernel) -> Option<()> {
    let known = ["from", "to", "lookup", "table", "pref", "priority", "prio"];
    if !words.chunks(2).all(|pair| pair.len() == 2 && known.contains(&pair[0])) {
        return None;
    }
    let from = after(words, "from").unwrap_or("all");
    let to = after(words, "to");
    let v6 = six || [Some(from), to].into_iter().flatten().any(|word| word.contains(':'));
    let table = after(words, "lookup").or_else(|| after(words, "table")).unwrap_or("main");
    let priority = ["pref", "priority", "prio"].into_iter().find_map(|key| after(words, key))?;
    let to = to.map_or_else(String::new, |to| format!(" to {to}"));
    let fact = Fact::Rule {
        family: if v6 { "inet6" } else { "inet" }.to_owned(),
        priority: priority.parse().ok()?,
        rule: format!("from {from}{to} lookup {table}"),
    };
    if adds {
        kernel.facts.insert(fact)
    } else {
        kernel.facts.remove(&fact)
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::kernel::Kernel;
    use super::run;

    fn after(lines: &[&str]) -> Vec<String> {
        let mut kernel = Kernel::default();
        for line in lines {
            assert!(run(line, "eth0", &mut kernel), "{line}");
        }
        kernel.facts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn usual_commands_are_foreseen() {
        assert_eq!(
            after(&[
                "ip addr add 10.99.0.1/24 dev $IFACE",
                "/sbin/ip -6 addr replace fe80::1/64 dev $IFACE nodad",
                "ip route add 10.98.0.0/16 via 203.0.113.254 dev \"$IFACE\" || true",
                "ip -6 route replace default via fe80::1 dev ${IFACE} metric 1024",
                "ip route add blackhole 10.96.0.0/16; ip rule add from 10.99.0.0/24 lookup 100 pref 1000",
                "ip -6 neigh replace proxy 2001:db8::11 dev $IFACE 2>/dev/null",
                "logger -t x 'it is up' && ip link set dev $IFACE mtu 9000 up",
            ]),
            [
                "eth0 is up",
                "mtu 9000 on eth0",
                "address 10.99.0.1/24 dev eth0",
                "blackhole route 10.96.0.0/16",
                "route 10.98.0.0/16 via 203.0.113.254 dev eth0",
                "default via fe80::1 dev eth0",
                "rule 1000: from 10.99.0.0/24 lookup 100",
                "neighbour proxy 2001:db8::11 dev eth0",
            ]
        );
    }

    #[test]
    fn what_is_added_can_be_deleted() {
        let lines = [
            "ip addr add 10.99.0.1/24 dev eth0",
            "ip route add 10.98.0.0/16 via 10.99.0.2 dev eth0",
            "ip -6 neigh add proxy 2001:db8::11 dev eth0",
            "ip -6 neigh del proxy 2001:db8::11 dev eth0",
            "ip addr del 10.99.0.1/24 dev eth0",
        ];
        assert!(after(&lines).is_empty(), "the last address takes the routes along");
    }

    #[test]
    fn anything_else_is_not() {
        for line in [
            "/usr/local/bin/setup eth0",
            "ip route add $NET via 203.0.113.1",
            "ip route add default via `gw`",
            "iptables -A INPUT -j DROP",
            "for n in 1 2; do ip addr add 10.0.0.$n dev eth0; done",
            "ip rule add fwmark 1 lookup 100 pref 10",
            "echo x | ip -batch -",
        ] {
            assert!(!run(line, "eth0", &mut Kernel::default()), "{line}");
        }
    }
}
