//! What ifupdown and ifupdown2 read differently.

use super::{Dialect, Directive, Interfaces};
use crate::diagnostic::Source;

fn read(text: &str, dialect: Dialect) -> (Interfaces, Vec<String>) {
    let (file, mistakes) = Interfaces::read_as(&Source::new("interfaces", text), dialect);
    assert_eq!(file.to_string(), text);
    (file, mistakes.into_iter().map(|mistake| mistake.message).collect())
}

fn mistakes(text: &str, dialect: Dialect) -> Vec<String> {
    read(text, dialect).1
}

#[test]
fn bare_words_inside_a_stanza_are_for_it() {
    let text = "iface eth0 inet dhcp\n auto\n allow-hotplug\n no-auto-down\n no-scripts\n hostname x\nauto\n\nauto lo\n hostname y\n";
    let (file, found) = read(text, Dialect::Ifupdown);
    assert_eq!(file.auto(), ["eth0", "lo"]);
    let words: Vec<&str> = file.boot().iter().map(|name| name.word).collect();
    assert_eq!(words, ["eth0", "eth0", "lo"]);
    let stanza = file.stanzas().next().map(|stanza| stanza.options.len());
    assert_eq!(stanza, Some(1), "the stanza goes on after them");
    assert_eq!(found, ["`hostname` stands outside of any stanza"]);
    let modifiers = file.directives().iter().filter(
        |directive| matches!(directive, Directive::Modifier { words, .. } if words == &["eth0"]),
    );
    assert_eq!(modifiers.count(), 2);
    let (_, found) = read("iface eth0 inet dhcp\n auto\n hostname x\n", Dialect::Ifupdown2);
    assert_eq!(
        found,
        ["`auto` without the name of an interface", "`hostname` stands outside of any stanza"]
    );
}

#[test]
fn inherits_stands_in_its_place() {
    let stanza = |text: &str, dialect| {
        let (file, _) = read(text, dialect);
        let stanza = file.stanzas().next().expect("a stanza");
        (
            stanza.family.clone(),
            stanza.method.clone(),
            stanza.inherits.clone(),
            stanza.extra.join(" "),
        )
    };
    let own = |family: &str, method: &str, template: Option<&str>, extra: &str| {
        (family.to_owned(), method.to_owned(), template.map(str::to_owned), extra.to_owned())
    };
    let up = Dialect::Ifupdown;
    assert_eq!(stanza("iface a inherits b\n", up), own("", "", Some("b"), ""));
    assert_eq!(stanza("iface a inet inherits b c\n", up), own("inet", "", Some("b"), "c"));
    assert_eq!(
        stanza("iface a inet static inherits b\n", up),
        own("inet", "static", Some("b"), "")
    );
    assert_eq!(
        stanza("iface a inet static x inherits b\n", up),
        own("inet", "static", None, "x inherits b")
    );
    assert_eq!(
        stanza("iface a inet static inherits b\n", Dialect::Ifupdown2),
        own("inet", "static", None, "inherits b")
    );
    assert_eq!(
        mistakes("iface a inet inherits\n", up),
        ["`inherits` without the name of an interface"]
    );
    assert_eq!(mistakes("iface a\niface b inet\n", up).len(), 2);
    assert!(mistakes("iface a\niface b inet\n", Dialect::Any).is_empty());
    assert!(mistakes("iface a\niface b inet\n", Dialect::Ifupdown2).is_empty());
}

#[test]
fn words_of_the_other_program_are_options_or_mistakes() {
    let text = "vlan 5\n address 10.0.0.1/24\n";
    assert_eq!(mistakes(text, Dialect::Ifupdown).len(), 2);
    let (file, found) = read(text, Dialect::Ifupdown2);
    assert!(found.is_empty());
    assert!(matches!(&file.directives()[0], Directive::Vlan(vlan) if vlan.options.len() == 1));
    assert_eq!(file.stanzas().count(), 0);
    let text = "mapping eth*\n script x\nno-auto-down eth0\n";
    assert!(mistakes(text, Dialect::Ifupdown).is_empty());
    assert_eq!(mistakes(text, Dialect::Ifupdown2).len(), 3);
    let text = "source-dirs /x\n";
    assert!(mistakes(text, Dialect::Ifupdown).is_empty());
    assert_eq!(mistakes(text, Dialect::Ifupdown2).len(), 1);
}

#[test]
fn ifupdown2_knows_ranges_and_takes_an_alias_for_its_interface() {
    let text = "auto swp[1-3] eth0\niface swp[1-3]\n mtu 9000\niface eth0:1 inet static\n address 10.0.0.1/24\n";
    let (file, found) = read(text, Dialect::Ifupdown2);
    assert!(found.is_empty());
    assert_eq!(file.auto(), ["swp1", "swp2", "swp3", "eth0"]);
    assert_eq!(file.logical_names(), ["swp1", "swp2", "swp3", "eth0"]);
    let (file, _) = read(text, Dialect::Any);
    assert_eq!(file.logical_names(), ["swp[1-3]", "eth0:1"]);
}

#[test]
fn ifupdown2_skips_an_option_without_value_and_goes_on() {
    let (file, found) = read("iface a inet manual\n mtu\n up x\n", Dialect::Ifupdown2);
    assert_eq!(found, ["option `mtu` has no value"]);
    assert_eq!(file.stanzas().next().map(|stanza| stanza.options.len()), Some(1));
}

#[test]
fn mappings_take_one_script_and_may_hold_empty_lines() {
    assert!(mistakes("mapping eth0\n script\n map\n map a\n", Dialect::Ifupdown).is_empty());
    let found = mistakes("mapping eth0\n script a\n script b\n", Dialect::Ifupdown);
    assert_eq!(found, ["a second `script` in one mapping"]);
}
