//! Networks of libvirt: their state, and when two definitions mean the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Unfit;
use super::xml::{Element, without};

/// The state of a network as virsh tells it. One that is wanted is persistent, active, and
/// starts with the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    persistent: bool,
    active: bool,
    autostart: bool,
    /// The definition that the next start takes.
    inactive: Option<String>,
    /// The definition in force.
    live: Option<String>,
}

impl State {
    fn parse(text: &str) -> Self {
        let values: BTreeMap<&str, &str> =
            text.lines().filter_map(|line| line.split_once(' ')).collect();
        let is = |key: &str| values.get(key).is_some_and(|value| *value == "yes");
        let xml = |key: &str| {
            let bytes = STANDARD.decode(values.get(key)?.trim()).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        Self {
            persistent: is("persistent"),
            active: is("active"),
            autostart: is("autostart"),
            inactive: xml("inactive"),
            live: xml("live"),
        }
    }

    fn print(&self) -> String {
        let word = |is: bool| if is { "yes" } else { "no" };
        let mut out = format!(
            "persistent {}\nactive {}\nautostart {}\n",
            word(self.persistent),
            word(self.active),
            word(self.autostart)
        );
        for (key, xml) in [("inactive", &self.inactive), ("live", &self.live)] {
            if let Some(xml) = xml {
                let _ = writeln!(out, "{key} {}", STANDARD.encode(xml));
            }
        }
        out
    }
}

/// The state that a network's XML leads to. Identity and MAC address that libvirt has given it
/// stay, and a definition in force that means the same is not started anew.
///
/// # Errors
/// The text is no XML, no network, or one of another name.
pub fn wanted(name: &str, text: &str, present: Option<&str>) -> Result<String, Unfit> {
    let read = Element::parse(text).map_err(Unfit)?;
    if read.name != "network" {
        return Err(Unfit(format!("it is <{}>, not <network>", read.name)));
    }
    match read.child("name").map(|own| own.text.as_str()) {
        Some(own) if own == name => {}
        own => {
            return Err(Unfit(format!(
                "its <name> is {:?}, not {name:?}",
                own.unwrap_or_default()
            )));
        }
    }
    let present = present.map(State::parse).unwrap_or_default();
    let known = present.inactive.as_deref().or(present.live.as_deref());
    let xml = with_identity(text, &read, known);
    let in_force = present.live.filter(|live| means(live) == means(&xml));
    let live = Some(in_force.unwrap_or_else(|| xml.clone()));
    let inactive = Some(xml);
    Ok(State { persistent: true, active: true, autostart: true, inactive, live }.print())
}

/// The XML that wants what a state is: the definition without the identity that libvirt has
/// given it.
///
/// # Errors
/// It is not as a wanted one is: persistent, active, started with the host, and in force.
pub fn text(state: &str) -> Result<String, Unfit> {
    let state = State::parse(state);
    let unlike = |why: &str| Err(Unfit(why.to_owned()));
    let Some(next) = state.inactive.filter(|_| state.persistent) else {
        return unlike("it is not persistent, and a wanted one would be");
    };
    if !state.active {
        return unlike("it is not active, and a wanted one would be started");
    }
    if !state.autostart {
        return unlike("it does not start with the host, and a wanted one would");
    }
    if state.live.as_deref().map(means) != Some(means(&next)) {
        return unlike("what is in force is not what its next start takes");
    }
    let text = without(&next, &["uuid", "mac"]).map_err(Unfit)?;
    Ok(format!("{}\n", text.trim()))
}

/// What people have written into a network's XML for others to read: its title and its description.
pub fn words_of_people(text: &str) -> Vec<String> {
    let children = Element::parse(text).map(|read| read.children).unwrap_or_default();
    let free = |child: &Element| matches!(child.name.as_str(), "title" | "description");
    children.into_iter().filter(free).map(|child| child.text).collect()
}

/// The definition with the UUID and the MAC address of the one that is there, unless it has
/// its own.
fn with_identity(text: &str, read: &Element, known: Option<&str>) -> String {
    let Some(known) = known.and_then(|known| Element::parse(known).ok()) else {
        return text.to_owned();
    };
    let mut identity = String::new();
    for name in ["uuid", "mac"] {
        if let (None, Some(given)) = (read.child(name), known.child(name)) {
            given.print(&mut identity, 0);
        }
    }
    // Read already, so there is an end.
    let Some(end) = text.rfind("</network") else { return text.to_owned() };
    let (before, after) = text.split_at(end);
    format!("{before}{identity}{after}")
}

/// A state for people, and for comparing.
pub fn shown(state: &str) -> String {
    let state = State::parse(state);
    let word = |is: bool| if is { "yes" } else { "no" };
    let mut out = format!(
        "active: {}\nautostart: {}\npersistent: {}\n",
        word(state.active),
        word(state.autostart),
        word(state.persistent)
    );
    let next = state.inactive.as_deref().map(means);
    let live = state.live.as_deref().map(means);
    if let Some(next) = &next {
        out.push_str(next);
    }
    if live.is_some() && live != next {
        let _ = write!(out, "in force until the next start:\n{}", live.unwrap_or_default());
    }
    out
}

/// What a definition means, as text: sorted, with libvirt's defaults, without what it adds.
/// One that cannot be read means itself.
fn means(xml: &str) -> String {
    let Ok(read) = Element::parse(xml) else { return xml.to_owned() };
    let mut out = String::new();
    normal(read).settle().print(&mut out, 0);
    out
}

fn normal(mut network: Element) -> Element {
    network.attributes.remove("connections");
    network.children.retain(|child| !matches!(child.name.as_str(), "uuid" | "mac"));
    let mut mode = "isolated".to_owned();
    for child in &mut network.children {
        match child.name.as_str() {
            "forward" => mode = forward(child),
            "ip" | "route" => address(child),
            _ => {}
        }
    }
    // A bridge of libvirt's own: its name and settings are given where none are wanted.
    if matches!(mode.as_str(), "nat" | "route" | "open" | "isolated") {
        network.children.iter_mut().filter(|c| c.name == "bridge").for_each(own_bridge);
        network.children.retain(|c| c.name != "bridge" || !c.attributes.is_empty());
    }
    network
}

/// `mode` is `nat` where none is said; the device is repeated as an interface, and NAT's ports
/// have a range.
fn forward(forward: &mut Element) -> String {
    let mode = forward.attributes.entry("mode".to_owned()).or_insert_with(|| "nat".to_owned());
    let mode = mode.clone();
    for child in &mut forward.children {
        child.attributes.remove("connections");
    }
    if let Some(dev) = forward.attributes.remove("dev") {
        let attributes = BTreeMap::from([("dev".to_owned(), dev)]);
        let interface = element("interface", attributes, Vec::new());
        if !forward.children.contains(&interface) {
            forward.children.push(interface);
        }
    }
    let ports: BTreeMap<String, String> =
        [("start", "1024"), ("end", "65535")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let usual = element("nat", BTreeMap::new(), vec![element("port", ports, Vec::new())]);
    forward.children.retain(|child| *child != usual);
    mode
}

/// A netmask and a prefix are the same; IPv4 is what is meant where no family is said.
fn address(ip: &mut Element) {
    if let Some(mask) = ip.attributes.remove("netmask") {
        let bits = mask.parse::<std::net::Ipv4Addr>().map(|mask| u32::from(mask).count_ones());
        let prefix = bits.map_or(mask, |bits| bits.to_string());
        ip.attributes.entry("prefix".to_owned()).or_insert(prefix);
    }
    if ip.attributes.get("family").is_some_and(|family| family == "ipv4") {
        ip.attributes.remove("family");
    }
}

/// `virbrN` is a name that libvirt chose.
fn own_bridge(bridge: &mut Element) {
    let given = |name: &String| {
        name.strip_prefix("virbr").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()))
    };
    if bridge.attributes.get("name").is_some_and(given) {
        bridge.attributes.remove("name");
    }
    for (key, usual) in [("stp", "on"), ("delay", "0")] {
        if bridge.attributes.get(key).is_some_and(|value| value == usual) {
            bridge.attributes.remove(key);
        }
    }
}

fn element(name: &str, attributes: BTreeMap<String, String>, children: Vec<Element>) -> Element {
    Element { name: name.to_owned(), attributes, text: String::new(), children }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::{any, proptest};

    use super::{means, shown, wanted};

    const LAN: &str = "<network>\n  <name>lan</name>\n  <forward mode=\"bridge\"/>\n  \
                       <bridge name=\"br0\"/>\n</network>\n";
    /// As virsh prints it.
    const DUMPED: &str = "<network connections='2'>\n  <name>lan</name>\n  \
                          <uuid>18183bd9-703e-45d5-a229-0f90e6a3fd41</uuid>\n  \
                          <bridge name='br0'/>\n  <forward mode='bridge'/>\n</network>\n\n";

    fn present(autostart: &str, xml: &str) -> String {
        let xml = STANDARD.encode(xml);
        format!("persistent yes\nactive yes\nautostart {autostart}\ninactive {xml}\nlive {xml}\n")
    }

    #[test]
    fn identity_order_and_spaces_are_no_change() {
        let state = wanted("lan", LAN, Some(&present("yes", DUMPED))).expect("a network");
        assert_eq!(shown(&state), shown(&present("yes", DUMPED)));
        assert_ne!(shown(&state), shown(&present("no", DUMPED)));
        assert_ne!(shown(&state), shown(&present("yes", &DUMPED.replace("br0", "br1"))));
    }

    #[test]
    fn what_libvirt_adds_to_a_nat_network_is_no_change() {
        let own = "<network><name>n</name><forward/>\
                   <ip address='10.9.0.1' prefix='24' family='ipv4'/></network>";
        let dumped = "<network><name>n</name><uuid>u</uuid><forward mode='nat'><nat>\
                      <port start='1024' end='65535'/></nat></forward>\
                      <bridge name='virbr1' stp='on' delay='0'/><mac address='52:54:00:37:d9:70'/>\
                      <ip address='10.9.0.1' netmask='255.255.255.0'></ip></network>";
        assert_eq!(means(own), means(dumped));
        assert_ne!(means(own), means(&dumped.replace("10.9.0.1", "10.9.1.1")));
    }

    #[test]
    fn the_device_of_a_forward_is_its_interface() {
        let own = "<network><name>n</name><forward mode='route' dev='br0'/></network>";
        let dumped = "<network><name>n</name><forward mode='route' dev='br0'>\
                      <interface dev='br0'/></forward></network>";
        assert_eq!(means(own), means(dumped));
    }

    #[test]
    fn identity_is_kept_and_what_is_in_force_is_not_started_anew() {
        let before = present("yes", DUMPED);
        let state = super::State::parse(&wanted("lan", LAN, Some(&before)).expect("a network"));
        assert!(state.inactive.expect("a definition").contains("18183bd9-703e"));
        assert_eq!(state.live.as_deref(), Some(DUMPED));
        let other = present("yes", &DUMPED.replace("br0", "br1"));
        let state = super::State::parse(&wanted("lan", LAN, Some(&other)).expect("a network"));
        assert_eq!(state.live, state.inactive);
    }

    #[test]
    fn the_text_of_a_state_wants_just_that() {
        let kind = crate::network::object::ObjectKind::LibvirtNetwork;
        let state = present("yes", DUMPED);
        let text = kind.text(&state).expect("a text");
        let wanted = "<network connections='2'>\n  <name>lan</name>\n  <bridge name='br0'/>\n  \
                      <forward mode='bridge'/>\n</network>\n";
        assert_eq!(text, wanted);
        assert_eq!(kind.wants_as_it_is("lan", &text, &state), Ok(()));
        let other = present("yes", &DUMPED.replace("br0", "br1"));
        assert!(kind.wants_as_it_is("lan", &text, &other).is_err());
        let differs = state.replace("live ", "was ") + other.lines().last().expect("live") + "\n";
        for (state, why) in [
            (present("no", DUMPED), "start with the host"),
            (state.replace("active yes", "active no"), "not active"),
            (state.replace("persistent yes", "persistent no"), "not persistent"),
            (differs, "in force"),
        ] {
            let error = kind.text(&state).expect_err(&state);
            assert!(error.0.contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn what_is_no_network_of_that_name_is_refused() {
        for (text, why) in [
            ("<network>", "line 1"),
            ("<domain/>", "<domain>"),
            ("<network><name>x</name></network>", "\"x\""),
            ("<network/>", "\"\""),
        ] {
            let error = wanted("lan", text, None).expect_err(text);
            assert!(!error.0.is_empty() && (error.0.contains(why) || why == "line 1"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), known in any::<String>()) {
            let _ = wanted("lan", &text, Some(&known));
            let _ = shown(&text);
            let _ = means(&known);
            let _ = super::text(&text);
            let _ = super::without(&text, &["uuid"]);
        }
    }
}
