//! Reading interfaces(5) and comparing two files.

use proptest::prelude::{any, proptest};
use proptest::strategy::Strategy;
use proptest::{collection, sample};

use super::{Change, Dialect, Directive, Interfaces, Tree, changed, configured};
use crate::diagnostic::Source;

fn parse(text: &str) -> Interfaces {
    let source = Source::new("interfaces", text);
    match Interfaces::parse(&source) {
        Ok(read) => read,
        Err(mistakes) => panic!("{mistakes:?}"),
    }
}

fn mistakes(text: &str) -> Vec<String> {
    let source = Source::new("interfaces", text);
    let found = Interfaces::parse(&source).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

const HYPERVISOR: &str = "\
# the uplink
auto eth0
iface eth0 inet static
    address 203.0.113.10/24
    gateway 203.0.113.254
iface eth0 inet6 static
    address 2001:db8:2:96ce::1/128
    gateway 2001:db8:2:96ff:ff:ff:ff:ff
    up ip -6 neigh replace proxy 2001:db8:2:96ce::2 dev $IFACE

auto br1
iface br1 inet static
    address 10.42.0.1
    netmask 255.255.255.0
    bridge-ports none
";

#[test]
fn reads_stanzas_options_and_their_places() {
    let file = parse(HYPERVISOR);
    assert_eq!(file.auto(), ["eth0", "br1"]);
    assert_eq!(file.logical_names(), ["eth0", "br1"]);
    let stanzas: Vec<_> = file.stanzas().collect();
    assert_eq!(stanzas.len(), 3);
    assert_eq!((stanzas[1].family.as_str(), stanzas[1].method.as_str()), ("inet6", "static"));
    let gateway = &stanzas[0].options[1];
    assert_eq!((gateway.key.as_str(), gateway.value.as_str()), ("gateway", "203.0.113.254"));
    assert_eq!(&HYPERVISOR[gateway.place.span.clone()], "gateway 203.0.113.254");
    assert_eq!(&HYPERVISOR[gateway.value_place.span.clone()], "203.0.113.254");
    assert_eq!(gateway.place.to_string(), "interfaces:5:5");
}

#[test]
fn folds_the_netmask_into_the_address_as_ifupdown_does() {
    let nets = |text: &str| -> Vec<String> {
        let file = parse(text);
        let stanza = file.stanzas().next().into_iter();
        stanza
            .flat_map(|stanza| stanza.addresses())
            .map(|address| address.net.to_string())
            .collect()
    };
    let with = |rest: &str| nets(&format!("iface d inet static\n{rest}"));
    assert_eq!(with(" address 10.0.0.1/24\n"), ["10.0.0.1/24"]);
    assert_eq!(with(" address 10.0.0.1\n netmask 255.255.0.0\n"), ["10.0.0.1/16"]);
    assert_eq!(with(" address 10.0.0.1/24\n netmask 16\n"), ["10.0.0.1/16"]);
    assert_eq!(with(" address 10.0.0.1\n"), ["10.0.0.1/8"]);
    assert_eq!(with(" address 192.168.3.1\n"), ["192.168.3.1/24"]);
    assert_eq!(with(" address fd00::1\n"), ["fd00::1/128"]);
    assert!(with(" address 10.0.0.256/24\n address x\n address 10.0.0.1/33\n").is_empty());
}

#[test]
fn knows_a_bridge_without_ports_from_no_bridge() {
    let file = parse(
        "iface a inet manual\n bridge_ports none\niface b inet manual\n bridge-ports eth0 eth1\niface c inet manual\n",
    );
    let ports: Vec<_> = file.stanzas().map(super::Stanza::ports).collect();
    assert_eq!(ports[0], Some(Vec::new()));
    assert_eq!(ports[1], Some(vec!["eth0".to_owned(), "eth1".to_owned()]));
    assert_eq!(ports[2], None);
}

#[test]
fn reads_every_directive() {
    let text = "no-auto-down a\nno-scripts a b\nrename mac/x=wan\nsource /etc/network/interfaces.d/*\n\
        source-directory /etc/x\nmapping eth*\n\tscript /bin/map\n\tmap HOME home\nallow-hotplug a b=c\nallow-auto d\n\
        iface home inet dhcp inherits base\niface plain\n";
    let file = parse(text);
    assert_eq!(file.directives().len(), 10);
    assert_eq!(file.auto(), ["d"]);
    let boot = file.boot();
    assert_eq!((boot[1].class, boot[1].physical, boot[1].logical), ("hotplug", "b", "c"));
    assert_eq!(file.mappings().next().map(|mapping| mapping.options.len()), Some(2));
    let stanzas: Vec<_> = file.stanzas().collect();
    assert_eq!(stanzas[0].inherits.as_deref(), Some("base"));
    assert_eq!(stanzas[1].family, "");
    assert!(matches!(&file.directives()[4], Directive::Source { directory: true, .. }));
}

#[test]
fn refuses_what_makes_ifupdown_refuse_the_file() {
    assert_eq!(
        mistakes("auto-lo\nauto lo\niface lo inet loopback\n"),
        [
            "interfaces:1:1: `auto-lo` stands outside of any stanza (help: correct the word, or move the line below its `iface` line)"
        ]
    );
    assert_eq!(mistakes("auto lo\n up x\niface lo inet loopback\n").len(), 1);
    assert_eq!(mistakes("iface a inet manual\n mtu\n").len(), 1);
    assert_eq!(mistakes("mapping a\n foo x\n").len(), 1);
    // One mistake, not one for each line that hangs on it.
    assert_eq!(mistakes("iface\n address 10.0.0.1/24\n up x\n").len(), 1);
    assert_eq!(mistakes("iface a inet static inherits\n address 10.0.0.1/24\n").len(), 1);
}

#[test]
fn joins_continuations() {
    let text = "iface d inet manual\n\tup foo\\\n\\\n  bar\n";
    let file = parse(text);
    let values: Vec<_> =
        file.stanzas().flat_map(|s| &s.options).map(|o| o.value.as_str()).collect();
    assert_eq!(values, ["foo  bar"]);
    assert_eq!(file.to_string(), text);
}

fn change(old: &str, new: &str) -> (String, String) {
    let Change { down, up } = changed(&parse(old), &parse(new));
    (down.join(" "), up.join(" "))
}

fn pair(down: &str, up: &str) -> (String, String) {
    (down.to_owned(), up.to_owned())
}

#[test]
fn layout_and_spelling_are_no_change() {
    let other = "\
auto eth0 br1
iface eth0 inet static
\tgateway  203.0.113.254
\taddress 203.0.113.10/24
iface eth0 inet6 static
\taddress 2001:db8:2:96ce::1
\tgateway 2001:db8:2:96ff:ff:ff:ff:ff
\tpost-up ip -6 neigh replace proxy 2001:db8:2:96ce::2 dev $IFACE
iface br1 inet static
# about the bridge
\tbridge_ports none
\taddress 10.42.0.1/24
";
    assert!(changed(&parse(HYPERVISOR), &parse(other)).is_empty());
}

#[test]
fn one_changed_stanza_cycles_its_interface_only() {
    let other = HYPERVISOR.replace("10.42.0.1", "10.43.0.1");
    assert_eq!(change(HYPERVISOR, &other), pair("br1", "br1"));
    let other = HYPERVISOR.replace("2001:db8:2:96ce::2", "2001:db8:2:96ce::3");
    assert_eq!(change(HYPERVISOR, &other), pair("eth0", "eth0"));
}

#[test]
fn down_is_the_reverse_of_the_old_order_and_up_the_new_order() {
    let old = "auto a b c\niface a inet manual\niface b inet manual\niface c inet manual\n";
    let new = "auto c a\niface a inet manual\n mtu 1\niface c inet manual\n mtu 1\n";
    assert_eq!(change(old, new), pair("c b a", "c a"));
}

#[test]
fn the_order_of_commands_counts_within_a_phase_only() {
    let with = |lines: &str| format!("auto a\niface a inet manual\n{lines}");
    let one = with(" up x\n up y\n down z\n");
    assert_eq!(change(&one, &with(" up y\n up x\n down z\n")), pair("a", "a"));
    assert_eq!(change(&one, &with(" down z\n up x\n post-up y\n")), pair("", ""));
}

#[test]
fn boot_and_no_boot() {
    let off = "iface a inet manual\n";
    let on = "auto a\niface a inet manual\n";
    let hotplug = "allow-hotplug a\niface a inet manual\n";
    assert_eq!(change(off, on), pair("", "a"));
    assert_eq!(change(on, off), pair("a", ""));
    assert_eq!(change(on, hotplug), pair("", ""));
    assert_eq!(change(on, ""), pair("a", ""));
    assert_eq!(change("", on), pair("", "a"));
    // Nothing that ifup could bring up.
    assert_eq!(change("", "auto a\n"), pair("", ""));
}

#[test]
fn a_new_logical_name_is_a_change() {
    let one = "auto a=x\niface x inet manual\niface y inet manual\n mtu 9\n";
    let two = "auto a=y\niface x inet manual\niface y inet manual\n mtu 9\n";
    // `y` may have been brought up by hand under its own name.
    assert_eq!(change(one, two), pair("y a", "a=y"));
    // A stanza of the physical name is not what configures it.
    let own = "auto a=x\niface x inet manual\niface a inet manual\n";
    assert_eq!(change(own, own), pair("", ""));
}

#[test]
fn templates_and_mappings_change_their_users() {
    let inherits = |mtu: &str| {
        format!("auto a\niface base inet manual\n mtu {mtu}\niface a inet manual inherits base\n")
    };
    assert_eq!(change(&inherits("1"), &inherits("2")), pair("a", "a"));
    let mapping = |mtu: &str, script: &str| {
        format!(
            "auto eth0\nmapping eth*\n script {script}\n map HOME home\niface home inet dhcp\n mtu {mtu}\n"
        )
    };
    assert_eq!(change(&mapping("1", "s"), &mapping("2", "s")), pair("eth0", "eth0"));
    assert_eq!(change(&mapping("1", "s"), &mapping("1", "t")), pair("eth0", "eth0"));
    assert_eq!(change(&mapping("1", "s"), &mapping("1", "s")), pair("", ""));
}

#[test]
fn patterns_are_for_the_stanzas_they_match() {
    let glob = |mtu: &str| {
        format!("auto /eth*\niface eth0 inet manual\n mtu {mtu}\niface br0 inet manual\n")
    };
    assert_eq!(change(&glob("1"), &glob("2")), pair("/eth*", "/eth*"));
    let mac =
        |mtu: &str| format!("auto mac/0c:c4:7a:00:00:01=wan\niface wan inet manual\n mtu {mtu}\n");
    assert_eq!(
        change(&mac("1"), &mac("2")),
        pair("mac/0c:c4:7a:00:00:01", "mac/0c:c4:7a:00:00:01=wan")
    );
}

#[test]
fn what_stands_on_a_cycled_interface_goes_along_where_it_would_be_emptied() {
    let vlan = |mtu: &str| {
        format!(
            "auto eth0 eth0.5 eth0:1\niface eth0 inet manual\n mtu {mtu}\niface eth0.5 inet manual\niface eth0:1 inet manual\n"
        )
    };
    assert_eq!(change(&vlan("1"), &vlan("2")), pair("eth0:1 eth0.5 eth0", "eth0 eth0.5 eth0:1"));
    let bridge = |port: &str, mtu: &str| {
        format!(
            "auto {port} br0\niface {port} inet manual\n mtu {mtu}\niface br0 inet manual\n bridge_ports {port}\n"
        )
    };
    assert_eq!(change(&bridge("eth0", "1"), &bridge("eth0", "2")), pair("eth0", "eth0"));
    assert_eq!(
        change(&bridge("eth0.5", "1"), &bridge("eth0.5", "2")),
        pair("br0 eth0.5", "eth0.5 br0")
    );
}

#[test]
fn a_bridge_with_other_ports_is_a_change() {
    let old =
        "auto eth0\niface eth0 inet static\n address 203.0.113.10/24\n gateway 203.0.113.254\n";
    let new = "auto br0\niface eth0 inet manual\niface br0 inet static\n address 203.0.113.10/24\n gateway 203.0.113.254\n bridge_ports eth0\n";
    assert_eq!(change(old, new), pair("eth0", "br0"));
    let more = new.replace("ports eth0", "ports eth0 eth1");
    assert_eq!(change(new, &more), pair("br0", "br0"));
}

const DIALECTS: [Dialect; 3] = [Dialect::Any, Dialect::Ifupdown, Dialect::Ifupdown2];

fn lines() -> impl Strategy<Value = String> {
    let line = sample::select(vec![
        "auto a b",
        "auto a=b",
        "allow-hotplug a",
        "iface a inet static",
        "iface b inet6 manual inherits a",
        "iface c",
        "iface",
        " address 10.0.0.1/24",
        "\tnetmask 255.255.255.0",
        " up x \\",
        "# c \\",
        "",
        " \\",
        "\\",
        "mapping *a[*",
        " map x a",
        "source x",
        "bridge-ports a c.5",
        "iface c.5 inet manual",
        "é\u{b}ü",
        "\r",
        "iface a inet manual inherits b",
        "iface swp[1-3]",
        "iface eth0:1 inet static",
        "source-directory y",
        "no-auto-down",
        "auto",
        "vlan 5",
        "script x",
        "a\\\\",
    ]);
    let end = sample::select(vec!["\n", "\n", "\n", "\r\n", ""]);
    collection::vec((line, end), 0..30)
        .prop_map(|parts| parts.into_iter().map(|(line, end)| format!("{line}{end}")).collect())
}

proptest! {
    #[test]
    fn prints_what_it_read(text in lines()) {
        let source = Source::new("x", text.as_str());
        for dialect in DIALECTS {
            let (file, _) = Interfaces::read_as(&source, dialect);
            assert_eq!(file.to_string(), text);
            for stanza in file.stanzas() {
                for opt in &stanza.options {
                    assert!(text.get(opt.value_place.span.clone()).is_some());
                    assert!(stanza.extent.end >= opt.place.span.end);
                }
            }
            configured(&Tree::new([("/x", &file)], "/x"));
        }
    }

    #[test]
    fn takes_any_bytes(bytes in collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let source = Source::new("x", text.as_str());
        for dialect in DIALECTS {
            let (file, _) = Interfaces::read_as(&source, dialect);
            assert_eq!(file.to_string(), text);
            configured(&Tree::new([("/x", &file)], "/x"));
        }
    }

    #[test]
    fn a_file_never_differs_from_itself(one in lines(), two in lines()) {
        let (one, _) = Interfaces::read(&Source::new("x", one));
        let (two, _) = Interfaces::read(&Source::new("y", two));
        assert!(changed(&one, &one).is_empty());
        changed(&one, &two);
    }
}
