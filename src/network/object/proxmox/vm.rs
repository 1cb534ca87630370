//! VMs of Proxmox VE, made as linked clones of a template: name, NICs, and the addresses that
//! cloud-init gives them. Everything else is the template's, or a person's.

use super::{fields, value};
use crate::network::object::Unfit;

/// The models of NICs that Proxmox knows.
const MODELS: [&str; 14] = [
    "e1000",
    "e1000-82540em",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "i82551",
    "i82557b",
    "i82559er",
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "rtl8139",
    "virtio",
    "vmxnet3",
];

/// What else can be said of a NIC.
const OF_NIC: [&str; 9] =
    ["bridge", "firewall", "host-tunnel", "link_down", "mtu", "queues", "rate", "tag", "trunks"];

/// A NIC of a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nic {
    /// The model.
    pub model: String,
    /// Its MAC address, in upper case as Proxmox writes it.
    pub mac: String,
    /// The bridge that it is on.
    pub bridge: String,
    /// What else is said of it, sorted.
    more: Vec<(String, String)>,
}

/// Whether a text is a VM's number.
pub fn is_number(text: &str) -> bool {
    (3..=9).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_digit())
        && !text.starts_with('0')
}

/// Why a name cannot be a VM's number.
pub fn bad_name(name: &str) -> Option<&'static str> {
    (!is_number(name)).then_some("a VM's number has three to nine digits and is 100 or more")
}

impl Nic {
    /// Reads `virtio=MAC,bridge=BRIDGE`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, Unfit> {
        let mut nic = Self {
            model: String::new(),
            mac: String::new(),
            bridge: String::new(),
            more: Vec::new(),
        };
        for part in text.split(',') {
            let (key, value) = part.split_once('=').unwrap_or(("model", part));
            match key {
                "model" => value.clone_into(&mut nic.model),
                "macaddr" => nic.mac = value.to_uppercase(),
                "bridge" => value.clone_into(&mut nic.bridge),
                model if MODELS.contains(&model) => {
                    model.clone_into(&mut nic.model);
                    nic.mac = value.to_uppercase();
                }
                key if OF_NIC.contains(&key) => nic.more.push((key.to_owned(), value.to_owned())),
                key => return Err(Unfit(format!("a NIC has no `{key}`"))),
            }
        }
        nic.more.sort();
        Ok(nic)
    }

    /// Why Proxmox would refuse it, or make another one of it.
    fn mistake(&self) -> Option<String> {
        let Self { model, mac, bridge, .. } = self;
        if !MODELS.contains(&model.as_str()) {
            return Some(format!("there is no model `{model}` of a NIC"));
        }
        let bytes: Vec<&str> = mac.split(':').collect();
        let hex = |byte: &&str| byte.len() == 2 && u8::from_str_radix(byte, 16).is_ok();
        if bytes.len() != 6 || !bytes.iter().all(hex) {
            return Some(format!("its NIC has no MAC address, but `{mac}`"));
        }
        if u8::from_str_radix(bytes[0], 16).is_ok_and(|first| first & 1 == 1) {
            return Some(format!("{mac} is a multicast address"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if bridge.is_empty() || !bridge.chars().all(plain) {
            return Some("a NIC needs a `bridge`: without one it is behind NAT".to_owned());
        }
        None
    }

    /// As Proxmox writes it.
    fn print(&self) -> String {
        let mut all = self.more.clone();
        all.push(("bridge".to_owned(), self.bridge.clone()));
        all.sort();
        let rest: String = all.iter().map(|(key, value)| format!(",{key}={value}")).collect();
        format!("{}={}{rest}", self.model, self.mac)
    }
}

/// `net0` and `ipconfig31`, with their numbers.
fn numbered(key: &str) -> Option<(&str, u8)> {
    let word = ["ipconfig", "net"].into_iter().find(|word| key.starts_with(word))?;
    let number = key.strip_prefix(word)?;
    let number: u8 = number.parse().ok().filter(|n: &u8| *n < 32 && n.to_string() == number)?;
    Some((word, number))
}

/// The state that a text leads to. Identity that Proxmox has given it stays, and so does what
/// the text does not speak of.
///
/// # Errors
/// The text is no VM, or the number is that of another one.
pub fn wanted(number: &str, text: &str, present: Option<&str>) -> Result<String, Unfit> {
    if let Some(why) = bad_name(number) {
        return Err(Unfit(why.to_owned()));
    }
    let fields = fields(text, false)?;
    let said = |key: &str| fields.iter().find(|(own, _)| *own == key).map(|(_, value)| *value);
    let (Some(name), Some(template)) = (said("name"), said("template")) else {
        return Err(Unfit("a VM needs `name` and `template`".to_owned()));
    };
    if !is_dns(name) {
        return Err(Unfit(format!("`{name}` is no DNS name, as Proxmox wants it")));
    }
    if !is_number(template) || template == number {
        return Err(Unfit(format!("`{template}` is not the number of a template")));
    }
    if let Some(present) = present {
        same_vm(number, name, template, present)?;
    }
    let mut lines = vec![format!("name {name}")];
    let mut own = Vec::new();
    for (key, value) in &fields {
        lines.push(match (*key, numbered(key)) {
            ("name" | "template", _) => continue,
            (_, Some(("net", _))) => {
                let nic = Nic::read(value)?;
                if let Some(why) = nic.mistake() {
                    return Err(Unfit(format!("{key}: {why}")));
                }
                if own.contains(&nic.mac) {
                    return Err(Unfit(format!("two of its NICs have the MAC {}", nic.mac)));
                }
                own.push(nic.mac.clone());
                format!("{key} {}", nic.print())
            }
            (_, Some(_)) => format!("{key} {}", ipconfig(key, value)?),
            ("onboot", _) if ["0", "1"].contains(value) => format!("onboot {value}"),
            _ => return Err(Unfit(format!("`{key}: {value}` cannot be said of a VM here"))),
        });
    }
    let keep = |key: &str| {
        let kept = present.and_then(|state| value(state, key));
        kept.map(|kept| format!("{key} {kept}"))
    };
    if said("onboot").is_none() {
        lines.extend(keep("onboot"));
    }
    match present {
        // Made by hand or not: nothing makes another template of it.
        Some(_) => lines.extend(["template", "made", "uuid"].into_iter().filter_map(keep)),
        None => lines.push(format!("template {template}")),
    }
    lines.sort();
    Ok(lines.join("\n") + "\n")
}

/// A number that somebody else's VM has must not be taken for ours.
fn same_vm(number: &str, name: &str, template: &str, present: &str) -> Result<(), Unfit> {
    if value(present, "is-template").is_some() {
        return Err(Unfit(format!("{number} is a template on this host; take another number")));
    }
    let is = value(present, "name").unwrap_or_default();
    if is != name {
        return Err(Unfit(format!(
            "{number} is the VM `{is}` on this host, not `{name}`; take another number"
        )));
    }
    match value(present, "template") {
        Some(other) if other != template => Err(Unfit(format!(
            "VM {number} was made from {other}, and nothing makes one from {template} of it"
        ))),
        _ => Ok(()),
    }
}

fn is_dns(name: &str) -> bool {
    name.split('.').all(|part| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !part.is_empty()
            && part.chars().all(plain)
            && !part.starts_with('-')
            && !part.ends_with('-')
    })
}

/// `ip=10.0.1.2/29,gw=10.0.1.1`.
fn ipconfig(key: &str, text: &str) -> Result<String, Unfit> {
    let mut parts: Vec<(&str, &str)> = Vec::new();
    for part in text.split(',') {
        let fits = part.split_once('=').is_some_and(|(name, value)| match name {
            "ip" => value == "dhcp" || value.parse::<ipnet::Ipv4Net>().is_ok(),
            "ip6" => ["dhcp", "auto"].contains(&value) || value.parse::<ipnet::Ipv6Net>().is_ok(),
            "gw" => value.parse::<std::net::Ipv4Addr>().is_ok(),
            "gw6" => value.parse::<std::net::Ipv6Addr>().is_ok(),
            _ => false,
        });
        match part.split_once('=') {
            Some(pair) if fits => parts.push(pair),
            _ => return Err(Unfit(format!("{key}: `{part}` is no address for cloud-init"))),
        }
    }
    let has = |name: &str| parts.iter().any(|(own, _)| *own == name);
    for (gateway, address) in [("gw", "ip"), ("gw6", "ip6")] {
        if has(gateway) && !has(address) {
            return Err(Unfit(format!("{key}: `{gateway}` needs an `{address}`")));
        }
    }
    parts.sort_unstable();
    Ok(parts.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(","))
}

/// A state for people, and for comparing.
pub fn shown(state: &str) -> String {
    let mut lines: Vec<String> = state
        .lines()
        .filter_map(|line| {
            let (key, value) = line.split_once(' ')?;
            match key {
                "name" | "template" | "onboot" => Some(format!("{key}: {value}\n")),
                _ => match numbered(key)?.0 {
                    "net" => {
                        let nic = Nic::read(value).map_or_else(|_| value.to_owned(), |n| n.print());
                        Some(format!("{key}: {nic}\n"))
                    }
                    _ => {
                        let said = ipconfig(key, value).unwrap_or_else(|_| value.to_owned());
                        Some(format!("{key}: {said}\n"))
                    }
                },
            }
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// What can be said of a state: name and template first.
///
/// # Errors
/// It is a template itself, or nothing tells which one it was made from.
pub fn text(state: &str) -> Result<String, Unfit> {
    if value(state, "is-template").is_some() {
        return Err(Unfit("it is a template: VMs are made of it, and not it".to_owned()));
    }
    if value(state, "template").is_none() {
        let why = "nothing tells which template it was made from, and it would be wanted as a \
                   linked clone of one";
        return Err(Unfit(why.to_owned()));
    }
    let shown = shown(state);
    let mut lines: Vec<&str> = shown.lines().collect();
    lines.sort_by_key(|line| match line.split_once(": ") {
        Some(("name", _)) => 0,
        Some(("template", _)) => 1,
        _ => 2,
    });
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// The number of the template whose disk a disk is the linked clone of, by the disk's line in a
/// VM's configuration: `local-lvm:base-100-disk-0/vm-102-disk-0`, and where disks are files
/// `local:100/base-100-disk-0.qcow2/102/vm-102-disk-0.qcow2`.
pub fn cloned_from(disk: &str) -> Option<&str> {
    let volume = disk.split(',').next().unwrap_or_default();
    let (before, own) = volume.rsplit_once('/')?;
    let base = before.rsplit([':', '/']).find_map(|part| part.strip_prefix("base-"))?;
    let (number, _) = base.split_once('-')?;
    (own.starts_with("vm-") && is_number(number)).then_some(number)
}

/// The NICs of an artifact's text, with their keys; what is wrong was found before.
pub fn nics(text: &str) -> Vec<(String, Nic)> {
    let fields = fields(text, false).unwrap_or_default();
    let nics = fields.iter().filter(|(key, _)| key.starts_with("net"));
    nics.filter_map(|(key, value)| Some(((*key).to_owned(), Nic::read(value).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::{cloned_from, nics, shown, text, wanted};
    use crate::network::object::ObjectKind;

    const TEXT: &str = "# rappel\nname: instance-1-1\ntemplate: 100\n\
                        net0: virtio=02:00:0a:00:01:02,bridge=vmbr11\n\
                        ipconfig0: gw=10.0.1.1,ip=10.0.1.2/29\n";
    /// As the host's script prints it.
    const PRESENT: &str = "ipconfig0 ip=10.0.1.2/29,gw=10.0.1.1\nmade 00ff\nname instance-1-1\n\
                           net0 virtio=02:00:0A:00:01:02,bridge=vmbr11\nonboot 1\ntemplate 100\n\
                           uuid 6c2a7fd2-5a01-4c57-8a53-6f36ab0e8b61\n";

    #[test]
    fn order_and_case_are_no_change_and_identity_stays() {
        let state = wanted("102", TEXT, Some(PRESENT)).expect("a VM");
        assert_eq!(shown(&state), shown(PRESENT));
        assert!(state.contains("uuid 6c2a7fd2") && state.contains("made 00ff"), "{state}");
        let more = format!("{PRESENT}net1 virtio=02:00:0A:00:02:02,bridge=vmbr12\n");
        assert_ne!(shown(&wanted("102", TEXT, Some(&more)).expect("a VM")), shown(&more));
    }

    #[test]
    fn a_new_one_says_where_it_comes_from() {
        let state = wanted("102", TEXT, None).expect("a VM");
        assert_eq!(
            state,
            "ipconfig0 gw=10.0.1.1,ip=10.0.1.2/29\nname instance-1-1\n\
             net0 virtio=02:00:0A:00:01:02,bridge=vmbr11\ntemplate 100\n"
        );
    }

    #[test]
    fn the_text_of_a_state_wants_just_that() {
        let said = "name: instance-1-1\ntemplate: 100\nipconfig0: gw=10.0.1.1,ip=10.0.1.2/29\n\
                    net0: virtio=02:00:0A:00:01:02,bridge=vmbr11\nonboot: 1\n";
        assert_eq!(text(PRESENT).as_deref(), Ok(said));
        let by_hand = PRESENT.replace("template 100\n", "").replace("made 00ff\n", "");
        for state in [PRESENT, &by_hand] {
            assert_eq!(ObjectKind::ProxmoxVm.wants_as_it_is("102", said, state), Ok(()));
        }
        assert!(text(&by_hand).expect_err("by hand").0.contains("which template"));
        let template = format!("{PRESENT}is-template 1\n");
        assert!(text(&template).expect_err("one").0.contains("it is a template"));
        for nic in ["virtio=02:00:0A:00:01:02", "virtio=02:00:0A:00:01:02,bridge=b,odd=1"] {
            let state = PRESENT.replace("virtio=02:00:0A:00:01:02,bridge=vmbr11", nic);
            let text = text(&state).expect("a text");
            assert!(ObjectKind::ProxmoxVm.wants_as_it_is("102", &text, &state).is_err(), "{nic}");
        }
    }

    #[test]
    fn a_linked_clone_names_its_template() {
        for (disk, template) in [
            ("local-lvm:base-100-disk-0/vm-102-disk-0,size=10G", Some("100")),
            ("local:100/base-100-disk-0.qcow2/102/vm-102-disk-0.qcow2", Some("100")),
            ("local-lvm:vm-102-disk-0,size=10G", None),
            ("local-lvm:base-100-disk-0", None),
            ("local:102/vm-102-disk-0.qcow2", None),
            ("local-lvm:base-1-disk-0/vm-102-disk-0", None),
            ("x:base-{{1}}-disk-0/vm-102-disk-0", None),
        ] {
            assert_eq!(cloned_from(disk), template, "{disk}");
        }
    }

    #[test]
    fn another_ones_number_is_refused() {
        let other = PRESENT.replace("instance-1-1", "mail");
        let why = wanted("102", TEXT, Some(&other)).expect_err("another's");
        assert!(why.0.contains("`mail`"), "{why}");
        let why = wanted("102", &TEXT.replace("100", "101"), Some(PRESENT)).expect_err("another's");
        assert!(why.0.contains("made from 100"), "{why}");
        // One that was made by hand says nothing of its template.
        let by_hand = PRESENT.replace("template 100\n", "");
        assert!(wanted("102", TEXT, Some(&by_hand)).is_ok());
    }

    #[test]
    fn what_is_none_is_refused() {
        for (number, from, to, why) in [
            ("99", "", "", "three to nine digits"),
            ("102", "name: instance-1-1\n", "", "needs `name`"),
            ("102", "instance-1-1", "instance_1", "DNS"),
            ("102", "template: 100", "template: 102", "template"),
            ("102", "02:00:0a:00:01:02", "03:00:0a:00:01:02", "multicast"),
            ("102", "=02:00:0a:00:01:02", "", "no MAC"),
            ("102", ",bridge=vmbr11", "", "needs a `bridge`"),
            ("102", "bridge=", "brigde=", "no `brigde`"),
            ("102", "virtio=", "virtoi=", "no `virtoi`"),
            ("102", "10.0.1.2/29", "10.0.1.2", "no address"),
            ("102", ",ip=10.0.1.2/29", "", "needs an `ip`"),
            ("102", "net0", "net40", "cannot be said"),
        ] {
            let text = if from.is_empty() { TEXT.to_owned() } else { TEXT.replacen(from, to, 1) };
            let error = wanted(number, &text, None).expect_err(&text);
            assert!(error.0.contains(why), "{why}: {error}");
        }
        let twice = format!("{TEXT}net1: e1000=02:00:0A:00:01:02,bridge=vmbr12\n");
        assert!(wanted("102", &twice, None).expect_err("one MAC").0.contains("two of its NICs"));
        assert_eq!(nics(&twice).len(), 2);
    }
}
