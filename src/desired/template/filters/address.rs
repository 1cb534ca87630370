//! Ansible's `ipaddr` family.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};

use super::{defined, filter, wrong};

pub(super) fn register(environment: &mut Environment<'static>) {
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "ipaddr", ipaddr);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "ipv4", ipv4);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "ipv6", ipv6);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "ipwrap", ipwrap);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "nthhost", nthhost);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "ipsubnet", ipsubnet);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "ipmath", ipmath);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "network_in_usable", in_network);
    filter!(environment, ["ansible.utils", "ansible.netcommon"], "network_in_network", in_network);
}

/// An address with its prefix; a bare address has the longest one.
#[derive(Clone, Copy)]
struct Subject {
    net: IpNet,
    bare: bool,
}

impl Subject {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self { net: IpNet::from(address), bare: true });
        }
        let net = text.parse().ok().or_else(|| with_netmask(text))?;
        Some(Self { net, bare: false })
    }

    fn show(self) -> String {
        if self.bare { self.net.addr().to_string() } else { self.net.to_string() }
    }

    fn is_network(self) -> bool {
        !self.bare && !self.single() && self.net.addr() == self.net.network()
    }

    fn single(self) -> bool {
        self.net.prefix_len() == self.net.max_prefix_len()
    }
}

/// `10.0.0.1/255.255.255.0`
fn with_netmask(text: &str) -> Option<IpNet> {
    let (address, mask) = text.split_once('/')?;
    IpNet::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()
}

/// Applies a question to a text, or to each item of a list, keeping those with an answer.
fn each(value: &Value, ask: &dyn Fn(&str) -> Result<Option<Value>, Error>) -> Result<Value, Error> {
    defined(value)?;
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        let mut kept = Vec::new();
        for item in value.try_iter()? {
            if let Some(text) = item.as_str() {
                kept.extend(ask(text)?);
            }
        }
        return Ok(Value::from(kept));
    }
    let answer = match value.as_str() {
        Some(text) => ask(text)?,
        None => None,
    };
    Ok(answer.unwrap_or(Value::from(false)))
}

fn ipaddr(value: &Value, query: Option<Value>) -> Result<Value, Error> {
    each(value, &|text| match Subject::read(text) {
        Some(subject) => answer(subject, query.as_ref()),
        None => Ok(None),
    })
}

fn ipv4(value: &Value, query: Option<Value>) -> Result<Value, Error> {
    family(value, query.as_ref(), IpAddr::is_ipv4)
}

fn ipv6(value: &Value, query: Option<Value>) -> Result<Value, Error> {
    family(value, query.as_ref(), IpAddr::is_ipv6)
}

fn family(
    value: &Value,
    query: Option<&Value>,
    belongs: fn(&IpAddr) -> bool,
) -> Result<Value, Error> {
    each(value, &|text| match Subject::read(text) {
        Some(subject) if belongs(&subject.net.addr()) => answer(subject, query),
        _ => Ok(None),
    })
}

/// What a query says about an address; `None` is Ansible's `false`.
fn answer(subject: Subject, query: Option<&Value>) -> Result<Option<Value>, Error> {
    let Some(query) = query else {
        return Ok(Some(Value::from(subject.show())));
    };
    if let Some(number) = query.as_i64() {
        return Ok(nth(subject.net, number).map(with_prefix(subject.net)));
    }
    let Some(name) = query.as_str() else {
        return Err(wrong("a query of ipaddr is a word or a number"));
    };
    if let Ok(number) = name.parse() {
        return Ok(nth(subject.net, number).map(with_prefix(subject.net)));
    }
    if let Ok(around) = name.parse::<IpNet>() {
        let inside = around.contains(&subject.net);
        return Ok(inside.then(|| Value::from(subject.show())));
    }
    word(subject, name)
}

fn word(subject: Subject, name: &str) -> Result<Option<Value>, Error> {
    let net = subject.net;
    let text = |value: String| Some(Value::from(value));
    let when = |condition: bool| condition.then(|| Value::from(subject.show()));
    Ok(match name {
        "" => text(subject.show()),
        "address" | "ip" => (!subject.is_network()).then(|| Value::from(net.addr().to_string())),
        "address/prefix" | "ip/prefix" | "host/prefix" | "gateway" => {
            (!subject.is_network()).then(|| Value::from(net.to_string()))
        }
        "host" => (!subject.is_network()).then(|| Value::from(net.to_string())),
        "net" => (subject.is_network()).then(|| Value::from(net.to_string())),
        "network" => text(net.network().to_string()),
        "network/prefix" | "subnet" => text(net.trunc().to_string()),
        "network_id" => text(net.network().to_string()),
        "netmask" => text(net.netmask().to_string()),
        "hostmask" | "wildcard" => text(net.hostmask().to_string()),
        "prefix" => Some(Value::from(net.prefix_len())),
        "broadcast" => (!subject.single() && net.addr().is_ipv4())
            .then(|| Value::from(net.broadcast().to_string())),
        "version" => Some(Value::from(if net.addr().is_ipv4() { 4 } else { 6 })),
        "size" => Some(size(net)),
        "first_usable" => nth(net, 1).map(|address| Value::from(address.to_string())),
        "last_usable" => {
            let last = if net.addr().is_ipv4() { -2 } else { -1 };
            nth(net, last).map(|address| Value::from(address.to_string()))
        }
        "revdns" => text(reverse_name(net.addr())),
        "wrap" => text(wrapped(&subject)),
        "ipv4" | "4" => when(net.addr().is_ipv4()),
        "ipv6" | "6" => when(net.addr().is_ipv6()),
        "private" => when(is_private(net.addr())),
        "public" => when(!is_private(net.addr())),
        "link-local" => when(is_link_local(net.addr())),
        "multicast" => when(net.addr().is_multicast()),
        "loopback" => when(net.addr().is_loopback()),
        _ => return Err(wrong(format!("ipaddr has no query `{name}`"))),
    })
}

fn size(net: IpNet) -> Value {
    let bits = u32::from(net.max_prefix_len() - net.prefix_len());
    match 1_u128.checked_shl(bits) {
        Some(size) if size != 0 => Value::from(size),
        _ => Value::from(f64::from(2).powi(128)),
    }
}

fn with_prefix(net: IpNet) -> impl Fn(IpAddr) -> Value {
    move |address| Value::from(format!("{address}/{}", net.prefix_len()))
}

/// The n-th address of the network; from the end if negative.
fn nth(net: IpNet, number: i64) -> Option<IpAddr> {
    let (first, last, width) = match net {
        IpNet::V4(v4) => {
            (u128::from(u32::from(v4.network())), u128::from(u32::from(v4.broadcast())), 32)
        }
        IpNet::V6(v6) => (u128::from(v6.network()), u128::from(v6.broadcast()), 128),
    };
    let steps = u128::from(number.unsigned_abs());
    let found = if number < 0 { last.checked_sub(steps - 1)? } else { first.checked_add(steps)? };
    (first..=last).contains(&found).then(|| address(found, width)).flatten()
}

fn address(bits: u128, width: u8) -> Option<IpAddr> {
    if width == 32 {
        let bits = u32::try_from(bits).ok()?;
        return Some(IpAddr::from(std::net::Ipv4Addr::from(bits)));
    }
    Some(IpAddr::from(std::net::Ipv6Addr::from(bits)))
}

fn read(text: &str) -> Result<Subject, Error> {
    Subject::read(text).ok_or_else(|| wrong("this is no address and no network"))
}

fn nthhost(value: &str, number: i64) -> Result<String, Error> {
    let found = nth(read(value)?.net, number);
    found
        .map(|address| address.to_string())
        .ok_or_else(|| wrong("the network has no address of that number"))
}

/// The n-th network of a length inside a network, or how many there are.
fn ipsubnet(value: &str, length: u8, index: Option<i64>) -> Result<Value, Error> {
    let net = read(value)?.net;
    let too_long = || wrong("a subnet is longer than its network and no longer than an address");
    let count_bits = length.checked_sub(net.prefix_len()).ok_or_else(too_long)?;
    if length > net.max_prefix_len() || count_bits > 63 {
        return Err(too_long());
    }
    let count = 1_i64.checked_shl(u32::from(count_bits)).unwrap_or(i64::MAX);
    let Some(index) = index else {
        return Ok(Value::from(count));
    };
    let index = if index < 0 { index.saturating_add(count) } else { index };
    if !(0..count).contains(&index) {
        return Err(wrong("the network has no subnet of that number"));
    }
    let offset = u128::from(index.unsigned_abs());
    let subnet = match net {
        IpNet::V4(v4) => {
            let bits = u128::from(u32::from(v4.network())) + (offset << (32 - length));
            let address = std::net::Ipv4Addr::from(u32::try_from(bits).map_err(|_| too_long())?);
            IpNet::from(Ipv4Net::new(address, length).map_err(|_| too_long())?)
        }
        IpNet::V6(v6) => {
            let shifted = offset.checked_shl(u32::from(128 - length)).unwrap_or(0);
            let bits = u128::from(v6.network()) + shifted;
            let address = std::net::Ipv6Addr::from(bits);
            IpNet::from(Ipv6Net::new(address, length).map_err(|_| too_long())?)
        }
    };
    Ok(Value::from(subnet.to_string()))
}

fn ipmath(value: &str, steps: i64) -> Result<String, Error> {
    let (bits, width) = match read(value)?.net.addr() {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let distance = u128::from(steps.unsigned_abs());
    let moved = if steps < 0 { bits.checked_sub(distance) } else { bits.checked_add(distance) };
    moved
        .and_then(|bits| address(bits, width))
        .map(|address| address.to_string())
        .ok_or_else(|| wrong("there is no address that far away"))
}

fn in_network(value: &str, inner: &str) -> Result<bool, Error> {
    let (outer, inner) = (read(value)?.net, read(inner)?.net);
    Ok(outer.trunc().contains(&inner))
}

/// IPv6 in brackets, as before a port.
fn ipwrap(value: &Value) -> Result<Value, Error> {
    defined(value)?;
    Ok(match value.as_str().and_then(Subject::read) {
        Some(subject) => Value::from(wrapped(&subject)),
        None => value.clone(),
    })
}

fn wrapped(subject: &Subject) -> String {
    let net = subject.net;
    match (net.addr(), subject.bare) {
        (IpAddr::V4(_), _) => subject.show(),
        (IpAddr::V6(v6), true) => format!("[{v6}]"),
        (IpAddr::V6(v6), false) => format!("[{v6}]/{}", net.prefix_len()),
    }
}

fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(v6) => {
            let digits = format!("{:032x}", u128::from(v6));
            let reversed: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa.", reversed.join("."))
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
