//! What `ip -j` says, as facts. What cannot be understood is an error: a state with a hole
//! would look as if something had gone.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{Fact, Route};

/// The JSON texts that a state is read from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Texts<'a> {
    /// `ip -j -d link show`.
    pub links: &'a str,
    /// `ip -j -4 addr show` and the same of `-6`.
    pub addresses: [&'a str; 2],
    /// `ip -j -4 route show table all` and the same of `-6`.
    pub routes: [&'a str; 2],
    /// `ip -j -4 rule show` and the same of `-6`.
    pub rules: [&'a str; 2],
    /// `ip -j -4 neigh show proxy` and the same of `-6`.
    pub proxies: [&'a str; 2],
}

/// Reads the facts.
///
/// # Errors
///
/// The name of the text that is no JSON of that kind.
pub fn parse(texts: &Texts<'_>) -> Result<Vec<Fact>, &'static str> {
    let mut facts = Vec::new();
    for link in list(texts.links).ok_or("links")? {
        of_link(&link, &mut facts).ok_or("links")?;
    }
    for text in texts.addresses {
        for link in list(text).ok_or("addresses")? {
            of_addresses(&link, &mut facts).ok_or("addresses")?;
        }
    }
    for (family, text) in ["inet", "inet6"].into_iter().zip(texts.routes) {
        for route in list(text).ok_or("routes")? {
            if let Some(route) = of_route(family, &route).ok_or("routes")? {
                facts.push(Fact::Route(route));
            }
        }
    }
    for (family, text) in ["inet", "inet6"].into_iter().zip(texts.rules) {
        for rule in list(text).ok_or("rules")? {
            facts.extend(of_rule(family, &rule).ok_or("rules")?);
        }
    }
    for text in texts.proxies {
        for proxy in list(text).ok_or("proxies")? {
            let address = proxy["dst"].as_str().and_then(|a| a.parse().ok()).ok_or("proxies")?;
            let dev = word(&proxy, "dev").ok_or("proxies")?;
            facts.push(Fact::Proxy { address, dev });
        }
    }
    Ok(facts)
}

/// iproute2 prints nothing at all where a table is empty; old ones print empty objects for
/// what a filter left out.
fn list(text: &str) -> Option<Vec<Value>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let values: Vec<Value> = serde_json::from_str(text).ok()?;
    Some(values.into_iter().filter(|v| v.as_object().is_none_or(|o| !o.is_empty())).collect())
}

fn word(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

fn of_link(link: &Value, facts: &mut Vec<Fact>) -> Option<()> {
    let name = word(link, "ifname")?;
    let kind = link["linkinfo"]["info_kind"].as_str().unwrap_or("device").to_owned();
    facts.push(Fact::Link { name: name.clone(), kind });
    if link["flags"].as_array()?.iter().any(|flag| flag == "UP") {
        facts.push(Fact::Up { name: name.clone() });
    }
    if let Some(mtu) = link["mtu"].as_u64() {
        facts.push(Fact::Mtu { name: name.clone(), mtu: u32::try_from(mtu).ok()? });
    }
    if let Some(master) = word(link, "master") {
        facts.push(Fact::Port { name, master });
    }
    Some(())
}

fn of_addresses(link: &Value, facts: &mut Vec<Fact>) -> Option<()> {
    let Some(infos) = link["addr_info"].as_array() else { return Some(()) };
    for info in infos.iter().filter(|info| info.as_object().is_some_and(|o| !o.is_empty())) {
        if matches!(info["scope"].as_str(), Some("link" | "host")) {
            continue;
        }
        let local: IpAddr = info["local"].as_str()?.parse().ok()?;
        let prefix = u8::try_from(info["prefixlen"].as_u64()?).ok()?;
        facts.push(Fact::Address {
            dev: word(link, "ifname")?,
            address: IpNet::new(local, prefix).ok()?,
            // iproute2 calls the other end `address`, and this one `local`.
            peer: info["address"].as_str().and_then(|peer| peer.parse().ok()),
            dynamic: info["dynamic"] == true,
        });
    }
    Some(())
}

/// None for routes that the kernel made by itself.
fn of_route(family: &str, route: &Value) -> Option<Option<Route>> {
    let to = word(route, "dst")?;
    let table = word(route, "table").unwrap_or_else(|| "main".to_owned());
    let kind = word(route, "type").unwrap_or_else(|| "unicast".to_owned());
    let protocol = route["protocol"].as_str().unwrap_or("boot");
    // ifupdown2 calls its gateways the kernel's; what the kernel makes has none.
    let led = ["gateway", "via", "nexthops"].iter().any(|key| !route[key].is_null());
    let by_kernel = protocol == "kernel" && !led || table == "local" || kind == "multicast";
    // `unreachable default`, the last of all, of a kernel without IPv6 addresses.
    if by_kernel || kind == "unreachable" && route["metric"] == u32::MAX {
        return Some(None);
    }
    // IPv6 shows a route that leads nowhere with the link `lo`, whoever set it; IPv4 with none.
    let nowhere = kind != "unicast" && route["dev"] == "lo";
    let usual = if family == "inet6" { 1024 } else { 0 };
    let metric = route["metric"].as_u64().and_then(|m| u32::try_from(m).ok());
    let address = |key: &str| route[key].as_str().and_then(|a| a.parse().ok());
    let via = address("gateway").or_else(|| route["via"]["host"].as_str()?.parse().ok());
    let hops = route["nexthops"].as_array().map(Vec::as_slice).unwrap_or_default();
    Some(Some(Route {
        family: family.to_owned(),
        to,
        table,
        kind,
        hops: hops.iter().map(hop).collect(),
        via,
        dev: word(route, "dev").filter(|_| !nowhere),
        metric: metric.filter(|metric| *metric != usual),
        src: address("prefsrc"),
        dynamic: !matches!(protocol, "boot" | "static" | "kernel"),
    }))
}

fn hop(hop: &Value) -> String {
    let gateway = hop["gateway"].as_str().unwrap_or("-");
    format!("{gateway} {}", hop["dev"].as_str().unwrap_or("-"))
}

/// None for the three rules that every kernel has.
fn of_rule(family: &str, rule: &Value) -> Option<Option<Fact>> {
    let priority = u32::try_from(rule["priority"].as_u64()?).ok()?;
    if matches!(priority, 0 | 32766 | 32767) {
        return Some(None);
    }
    let net = |address: &str, length: &str| -> Option<String> {
        let address = word(rule, address)?;
        let length = rule[length].as_u64().map_or_else(String::new, |l| format!("/{l}"));
        Some(format!("{address}{length}"))
    };
    let mut words = vec![format!("from {}", net("src", "srclen")?)];
    words.extend(net("dst", "dstlen").map(|to| format!("to {to}")));
    let known = ["priority", "src", "srclen", "dst", "dstlen", "table", "protocol"];
    let mut others: Vec<String> = rule
        .as_object()?
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key} {text}"),
            Value::Null => key.clone(),
            other => format!("{key} {other}"),
        })
        .collect();
    others.sort();
    words.extend(others);
    words.extend(word(rule, "table").map(|table| format!("lookup {table}")));
    Some(Some(Fact::Rule { family: family.to_owned(), priority, rule: words.join(" ") }))
}

#[cfg(test)]
mod tests {
    use super::{Texts, parse};
    use proptest::prelude::proptest;

    fn lines(texts: &Texts<'_>) -> Vec<String> {
        parse(texts).expect("parses").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_kernel_makes_is_left_out() {
        let routes = r#"[{"dst":"default","gateway":"203.0.113.254","dev":"eth0","flags":["onlink"]},
            {"dst":"default","gateway":"203.0.113.253","dev":"eth1","protocol":"kernel"},
            {"dst":"10.0.0.0/8","flags":[],"nexthops":[{"gateway":"203.0.113.1","dev":"eth0"},{"gateway":"203.0.113.2","dev":"eth0"}]},
            {"type":"blackhole","dst":"10.96.0.0/16","flags":[]},
            {"dst":"10.97.0.0/16","gateway":"203.0.113.254","dev":"eth0","table":"100"},
            {"dst":"203.0.113.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"203.0.113.10"},
            {"type":"local","dst":"127.0.0.1","dev":"lo","table":"local","protocol":"kernel"}]"#;
        let v6 = r#"[{"dst":"default","gateway":"fe80::1","dev":"eth0","protocol":"ra","metric":1024,"expires":3},
            {"dst":"2001:db8::1","dev":"eth0","protocol":"kernel","metric":256},
            {"type":"unreachable","dst":"default","dev":"lo","table":"unspec","protocol":"kernel","metric":4294967295,"error":-101},
            {"type":"unreachable","dst":"default","dev":"lo","metric":4294967295},
            {"type":"unreachable","dst":"2001:db8:97::/48","dev":"lo","metric":1024},
            {"type":"blackhole","dst":"2001:db8:98::/48","dev":"lo","metric":5}]"#;
        assert_eq!(
            lines(&Texts { routes: [routes, v6], ..Texts::default() }),
            [
                "default via 203.0.113.254 dev eth0",
                "default via 203.0.113.253 dev eth1",
                "route 10.0.0.0/8 nexthop 203.0.113.1 eth0 nexthop 203.0.113.2 eth0",
                "blackhole route 10.96.0.0/16",
                "route 10.97.0.0/16 via 203.0.113.254 dev eth0 table 100",
                "default via fe80::1 dev eth0 (dynamic)",
                "unreachable route 2001:db8:97::/48",
                "blackhole route 2001:db8:98::/48 metric 5",
            ]
        );
    }

    #[test]
    fn links_addresses_rules_and_proxies() {
        let texts = Texts {
            links: r#"[{"ifname":"eth0","flags":["UP"],"mtu":1500,"master":"br1","linkinfo":{"info_kind":"veth"}}]"#,
            addresses: [
                r#"[{},{"ifname":"eth0","addr_info":[{"local":"10.0.0.1","prefixlen":24,"scope":"global","dynamic":true},{},
                    {"local":"192.0.2.1","address":"192.0.2.2","prefixlen":32,"scope":"global"}]}]"#,
                r#"[{"ifname":"eth0","addr_info":[{"local":"fe80::1","prefixlen":64,"scope":"link"},
                    {"local":"2001:db8::1","prefixlen":64,"scope":"global"}]}]"#,
            ],
            rules: [
                r#"[{"priority":0,"src":"all","table":"local"},{"priority":999,"src":"all","fwmark":"0x1","fwmask":"0xff","table":"100"},
                    {"priority":1000,"src":"10.9.0.0","srclen":24,"table":"100"}]"#,
                "",
            ],
            proxies: ["", r#"[{"dst":"2001:db8::5","dev":"eth0","proxy":null}]"#],
            ..Texts::default()
        };
        assert_eq!(
            lines(&texts),
            [
                "veth eth0",
                "eth0 is up",
                "mtu 1500 on eth0",
                "eth0 is a port of br1",
                "address 10.0.0.1/24 dev eth0 (dynamic)",
                "address 192.0.2.1/32 peer 192.0.2.2 dev eth0",
                "address 2001:db8::1/64 dev eth0",
                "rule 999: from all fwmark 0x1 fwmask 0xff lookup 100",
                "rule 1000: from 10.9.0.0/24 lookup 100",
                "neighbour proxy 2001:db8::5 dev eth0",
            ]
        );
    }

    #[test]
    fn a_hole_is_an_error() {
        assert_eq!(parse(&Texts { links: "[{}", ..Texts::default() }), Err("links"));
        assert_eq!(
            parse(&Texts { routes: ["[{\"dev\":1}]", ""], ..Texts::default() }),
            Err("routes")
        );
    }

    proptest! {
        #[test]
        fn takes_any_json(text in "\\[(\\{(\"(dst|src|ifname|priority|addr_info|flags)\":(1|\"x\"|\\[\\]|null),?)*\\},?){0,3}\\]") {
            let _ = parse(&Texts { links: &text, addresses: [&text, &text], routes: [&text, &text], rules: [&text, &text], proxies: [&text, &text] });
        }
    }
}
