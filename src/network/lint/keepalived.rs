//! The VRRP instances of keepalived.conf(5), as far as rules ask for them.

use std::net::IpAddr;

use crate::diagnostic::{Place, Source};

/// One `vrrp_instance`.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) interface: String,
    /// The number by which machines know each other; none if it is missing or no number.
    pub(super) id: Option<u8>,
    /// Where none is said keepalived takes 100; none if it is no number, as with `$PRIORITY`.
    pub(super) priority: Option<u8>,
    /// The shared addresses, sorted.
    pub(super) addresses: Vec<IpAddr>,
    /// How long the password is, in bytes; the password itself is nobody's business.
    pub(super) password: Option<usize>,
    /// Whether the others are called by their addresses, and not by the wire.
    pub(super) unicast: bool,
    /// Whether who answers goes on to answer, whatever the priorities.
    pub(super) stays: bool,
    /// Where it begins.
    pub(super) place: Place,
}

/// The instances of a file.
pub(super) fn instances(source: &Source) -> Vec<Instance> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        // A comment begins anywhere.
        let said = line.split(['#', '!']).next().unwrap_or_default();
        let spaced = said.replace('{', " { ").replace('}', " } ");
        let mut words: Vec<&str> = Vec::new();
        for word in spaced.split_whitespace() {
            match word {
                "{" => {
                    if words.first() == Some(&"vrrp_instance") {
                        found.push(Instance::at(source.line(at + 1)));
                    }
                    // A brace on a line of its own belongs to the words above it, which said
                    // what they had to say.
                    open.push(words.first().copied().unwrap_or_default().to_owned());
                    words.clear();
                }
                "}" => {
                    tell(&mut found, &open, &words);
                    words.clear();
                    open.pop();
                }
                word => words.push(word),
            }
        }
        tell(&mut found, &open, &words);
    }
    found.iter_mut().for_each(|instance| instance.addresses.sort_unstable());
    found
}

impl Instance {
    fn at(place: Place) -> Self {
        Self {
            interface: String::new(),
            id: None,
            priority: Some(100),
            addresses: Vec::new(),
            password: None,
            unicast: false,
            stays: false,
            place,
        }
    }
}

/// What the words of a line say of the instance that they stand in.
fn tell(found: &mut [Instance], open: &[String], words: &[&str]) {
    let (Some(instance), Some(&key)) = (found.last_mut(), words.first()) else { return };
    if open.first().map(String::as_str) != Some("vrrp_instance") {
        return;
    }
    let value = words.get(1).copied().unwrap_or_default();
    match (open.get(1).map(String::as_str), key) {
        (None, "interface") => value.clone_into(&mut instance.interface),
        (None, "virtual_router_id") => instance.id = value.parse().ok(),
        (None, "priority") => instance.priority = value.parse().ok(),
        (None, "nopreempt") => instance.stays = true,
        (Some("authentication"), "auth_pass") => {
            instance.password = Some(value.trim_matches('"').len());
        }
        (Some("unicast_peer"), _) => instance.unicast = true,
        (Some("virtual_ipaddress"), address) => {
            let address: Option<IpAddr> =
                address.split('/').next().and_then(|one| one.parse().ok());
            instance.addresses.extend(address);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::instances;
    use crate::diagnostic::Source;

    #[test]
    fn an_instance_is_read_however_its_lines_are_broken() {
        let text = "global_defs {\n priority 3\n}\nvrrp_instance a {\n  interface eth0 ! its own\n  \
                    virtual_router_id 51\n  # priority 9\n  ! }\n  priority 150\n  authentication { auth_type PASS\n\
                    auth_pass 0123456789 }\n  virtual_ipaddress {\n    203.0.113.21/24 dev eth0\n    203.0.113.20\n  }\n}\n\
                    vrrp_instance b { interface eth1\n unicast_peer {\n 10.0.0.2\n }\n nopreempt\n}\n";
        let found = instances(&Source::new("x", text));
        assert_eq!(found.len(), 2);
        let (a, b) = (&found[0], &found[1]);
        assert_eq!((a.interface.as_str(), a.id, a.priority), ("eth0", Some(51), Some(150)));
        assert_eq!(a.password, Some(10));
        let addresses: Vec<String> = a.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["203.0.113.20", "203.0.113.21"]);
        assert!(!a.unicast && !a.stays && b.unicast && b.stays);
        assert_eq!((b.interface.as_str(), b.id, b.priority), ("eth1", None, Some(100)));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), some in "(vrrp_instance|[{}\n ]|x){0,40}") {
            let _ = instances(&Source::new("x", text));
            let _ = instances(&Source::new("x", some));
        }
    }
}
