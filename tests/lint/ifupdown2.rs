//! ifupdown2's own `ifquery` and `ifup -n -v` against what rappel reads.

use rappel::network::interfaces::{Dialect, Directive, Interfaces, Stanza};
use serde_json::{Map, Value};

use crate::bench::{Case, ask, tree};
use crate::{corpus, real};

#[test]
fn ifupdown2_reads_what_rappel_reads() {
    let cases: Vec<Case> =
        corpus::for_ifupdown2(120).into_iter().chain(real::for_ifupdown2()).collect();
    let answers = ask("bookworm-ifupdown2", Dialect::Ifupdown2, &cases);
    let (mut stanzas, mut addresses, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let files = case.read(Dialect::Ifupdown2);
        let main = case.main();
        let complains = files.iter().any(|(path, _, mistakes)| {
            *mistakes > 0 && tree(&files, &main).paths().contains(&path.as_str())
        });
        let (up, _) = answers.get(&case.id, "up");
        let told = up
            .lines()
            .any(|line| line.starts_with("error: /mnt/") && !line.contains("unsupported address"));
        if complains != told {
            wrong.push(format!("{}: complaints {complains}\n{up}\n{:#?}", case.id, case.files));
        }
        for name in case.names(Dialect::Ifupdown2) {
            let expected = expected(&files, &main, &name);
            let (text, _) = answers.get(&case.id, "query");
            let told = objects(text, &name);
            stanzas += expected.len();
            if once(&expected) != once(&told) {
                wrong.push(format!(
                    "{} {name}: rappel says {expected:#?}\nifupdown2 says {told:#?}\n{:#?}",
                    case.id, case.files
                ));
            }
        }
        let own = cards(&files, &main);
        addresses += own.len();
        for address in own {
            if !up.contains(&format!("ip addr add {address} dev")) {
                wrong.push(format!("{}: {address} is not added\n{up}", case.id));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
    assert!(stanzas > 40 && addresses > 3, "{stanzas} stanzas, {addresses} addresses");
}

/// ifupdown2 drops a stanza that is the same as the first of its name.
fn once(objects: &[Value]) -> Vec<&Value> {
    let first = objects.first();
    first
        .into_iter()
        .chain(objects.iter().skip(1).filter(|object| Some(*object) != first))
        .collect()
}

type Files = [(String, Interfaces, usize)];

fn stanzas<'a>(files: &'a Files, main: &'a str) -> Vec<&'a Stanza> {
    tree(files, main)
        .directives()
        .into_iter()
        .filter_map(|directive| match directive {
            Directive::Stanza(stanza) => Some(stanza),
            _ => None,
        })
        .collect()
}

/// The stanzas of a name as ifupdown2 prints them.
fn expected(files: &Files, main: &str, name: &str) -> Vec<Value> {
    stanzas(files, main)
        .into_iter()
        .filter(|stanza| stanza.name == name)
        .map(|stanza| Value::Object(config(stanza)))
        .collect()
}

fn config(stanza: &Stanza) -> Map<String, Value> {
    let mut config: Map<String, Value> = Map::new();
    for opt in &stanza.options {
        let key = opt.key.replace('_', "-");
        // Belongs to the last address; without one it is dropped.
        if ["netmask", "scope", "broadcast", "preferred-lifetime"].contains(&key.as_str())
            && !config.contains_key("address")
        {
            continue;
        }
        let value = Value::String(opt.value.replace("$IFACE", &stanza.name));
        // Kept at the place of its address: empty for those before it.
        let related = ["netmask", "scope", "broadcast", "preferred-lifetime"];
        if related.contains(&key.as_str()) {
            let addresses = config.get("address").and_then(Value::as_array).map_or(1, Vec::len);
            let entry = config.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = entry {
                list.resize(list.len().max(addresses - 1), Value::String(String::new()));
            }
        }
        match config.get_mut(&key) {
            Some(Value::Array(list)) if list.is_empty() => {
                config.insert(key, value);
            }
            None => {
                config.insert(key, value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    config
}

fn objects(text: &str, name: &str) -> Vec<Value> {
    let start = text.lines().position(|line| line == "[").unwrap_or(0);
    let json: String = text.lines().skip(start).collect::<Vec<_>>().join("\n");
    let list: Vec<Value> = serde_json::from_str(&json).unwrap_or_default();
    list.into_iter()
        .filter(|object| object["name"] == name)
        .map(|mut object| object["config"].take())
        .collect()
}

/// The addresses of the card that is there and brought up, in CIDR form. `auto` counts
/// for the stanzas below it only, for all of a name as soon as for one.
fn cards(files: &Files, main: &str) -> Vec<String> {
    let (mut auto, mut brought) = (false, false);
    for directive in tree(files, main).directives() {
        match directive {
            Directive::Boot { class, names, .. } if class == "auto" => {
                auto |= names.iter().any(|name| name == "eth0");
            }
            Directive::Stanza(stanza) if stanza.name == "eth0" => brought |= auto,
            _ => {}
        }
    }
    let own: Vec<&Stanza> =
        stanzas(files, main).into_iter().filter(|stanza| stanza.name == "eth0").collect();
    // With several stanzas it counts the masks through all of them.
    let plain = own.len() == 1 && own[0].method != "manual" && own[0].ports().is_none();
    if !brought || !plain {
        return Vec::new();
    }
    let found = own[0].addresses_as(Dialect::Ifupdown2);
    found.into_iter().map(|address| address.net.to_string()).collect()
}
