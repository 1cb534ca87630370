//! ifupdown's own `ifquery` and `ifup -n -v` against what rappel reads.

use rappel::diagnostic::Severity;
use rappel::network::interfaces::{Configured, Dialect, Directive, configured};
use rappel::network::lint::{Known, LintFile, LintHost, LintKind, review};

use crate::bench::{Answers, Case, ask, tree};
use crate::{corpus, real};

fn cases() -> Vec<Case> {
    corpus::for_ifupdown(200).into_iter().chain(real::for_ifupdown()).collect()
}

#[test]
fn ifupdown_of_bookworm_reads_what_rappel_reads() {
    agree(&ask("bookworm", Dialect::Ifupdown, &cases()));
}

#[test]
fn ifupdown_of_trixie_reads_what_rappel_reads() {
    agree(&ask("trixie", Dialect::Ifupdown, &cases()));
}

fn agree(answers: &Answers) {
    let mut counted = Counted::default();
    let mut wrong = Vec::new();
    for case in cases() {
        if let Err(why) = judge(&case, answers, &mut counted) {
            wrong.push(format!("{}: {why}\n{:#?}", case.id, case.files));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
    // The corpus is worth something only if it has enough of each.
    assert!(counted.refused > 35 && counted.queries > 100, "{counted:?}");
    assert!(counted.addresses > 20 && counted.commands > 25, "{counted:?}");
}

#[derive(Debug, Default)]
struct Counted {
    refused: usize,
    queries: usize,
    addresses: usize,
    commands: usize,
}

fn judge(case: &Case, answers: &Answers, counted: &mut Counted) -> Result<(), String> {
    let (list, failed) = answers.get(&case.id, "list");
    let refused = failed && list.contains("couldn't read interfaces file");
    let fatal = fatal_for_rappel(case);
    if refused != fatal.contains(&case.main()) {
        return Err(format!("refused: {refused}\n{list}"));
    }
    counted.refused += usize::from(refused);
    let files = case.read(Dialect::Ifupdown);
    // Of a file that another brings in, ifupdown takes what stands above the mistake.
    if refused || !fatal.is_empty() {
        return Ok(());
    }
    let main = case.main();
    let stanzas = configured(&tree(&files, &main));
    for name in case.names(Dialect::Ifupdown) {
        // A mapping's script would be run.
        let (text, failed) = answers.get(&case.id, &format!("query={name}"));
        if failed {
            return Err(format!("ifquery {name} failed: {text}"));
        }
        counted.queries += 1;
        let own: Vec<&Configured> = stanzas.iter().filter(|own| own.name == name).collect();
        same("options", &expected_options(&own), &told_options(text))?;
    }
    let (up, _) = answers.get(&case.id, "up");
    let brought: Vec<&Configured> =
        boot(case).iter().flat_map(|name| named(&stanzas, name)).collect();
    let addresses: Vec<String> = brought
        .iter()
        .filter(|own| own.method == "static")
        .filter_map(|own| own.address())
        .map(|net| net.to_string())
        .collect();
    counted.addresses += addresses.len();
    // A VLAN's parent comes up once more before it where nothing is really done.
    same("addresses", &each_once(addresses), &each_once(told_addresses(up)))?;
    let commands: Vec<String> = brought
        .iter()
        .flat_map(|own| ["pre-up", "up"].iter().flat_map(|phase| own.commands(phase)))
        .filter(|command| command.starts_with("echo "))
        .map(str::to_owned)
        .collect();
    counted.commands += commands.len();
    // The method itself says so where no DHCP client is installed.
    let told: Vec<String> = up
        .lines()
        .filter(|line| line.starts_with("echo ") && !line.contains("No DHCP"))
        .map(str::to_owned)
        .collect();
    same("commands", &commands, &told)
}

fn each_once(words: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once
}

fn same(what: &str, expected: &[String], told: &[String]) -> Result<(), String> {
    if expected == told {
        return Ok(());
    }
    Err(format!("{what}: rappel says {expected:#?}\nifupdown says {told:#?}"))
}

/// The files with a mistake that ends their reading.
fn fatal_for_rappel(case: &Case) -> Vec<String> {
    let files = case.read(Dialect::Ifupdown);
    let mut fatal: Vec<String> = files
        .iter()
        .filter(|(_, _, mistakes)| *mistakes > 0)
        .map(|(path, ..)| path.clone())
        .collect();
    let lint: Vec<LintFile> = files
        .iter()
        .map(|(path, file, _)| LintFile {
            kind: LintKind::Interfaces,
            path: path.clone(),
            mode: 0o644,
            source: file.source().clone(),
        })
        .collect();
    let known = Known { complete: true, ..Known::default() };
    let host = LintHost { name: "host", files: &lint, known: &known };
    let found = review(&[host]).into_iter().filter(|found| {
        found.severity == Severity::Error
            && found.rule.is_some_and(|rule| matches!(rule, "IF23" | "IF24"))
    });
    fatal.extend(found.filter_map(|found| Some(found.place?.source.name.to_string())));
    fatal
}

/// The words of `auto`, `lo` always first, as in ifupdown; only cards that are there.
fn boot(case: &Case) -> Vec<(String, String)> {
    let files = case.read(Dialect::Ifupdown);
    let main = case.main();
    let mut found = vec![("lo".to_owned(), "lo".to_owned())];
    for directive in tree(&files, &main).directives() {
        let Directive::Boot { class, names, .. } = directive else { continue };
        if class != "auto" {
            continue;
        }
        for word in names {
            // The cards are known by name only, in the order of the kernel.
            let words = if word == "/eth*" { vec!["eth1", "eth0"] } else { vec![word.as_str()] };
            for word in words.into_iter().filter(|word| !word.contains('/')) {
                let (physical, logical) = word.split_once('=').unwrap_or((word, word));
                let pair = (physical.to_owned(), logical.to_owned());
                if !found.contains(&pair) {
                    found.push(pair);
                }
            }
        }
    }
    // Where nothing is really done, an interface comes up under each of its logical names.
    let known = case.names(Dialect::Ifupdown);
    found.into_iter().filter(|(_, logical)| known.contains(logical)).collect()
}

fn named<'a>(stanzas: &'a [Configured], (_, logical): &(String, String)) -> Vec<&'a Configured> {
    stanzas.iter().filter(|own| own.name == *logical).collect()
}

/// What the method itself computes or adds; compared by what `ifup` does with it.
const COMPUTED: [&str; 13] = [
    "address",
    "netmask",
    "broadcast",
    "accept_ra",
    "autoconf",
    "preferred-lifetime",
    "dad-attempts",
    "dad-interval",
    "hwaddress",
    "ll-attempts",
    "ll-interval",
    "request_prefix",
    "privext",
];

fn expected_options(stanzas: &[&Configured]) -> Vec<String> {
    let options = stanzas.iter().flat_map(|own| &own.options);
    options
        .filter(|(key, _)| !COMPUTED.contains(&key.as_str()))
        .map(|(key, value)| format!("{key}: {value}"))
        .collect()
}

fn told_options(text: &str) -> Vec<String> {
    let mut found: Vec<(bool, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("ifquery: ")) {
        match line.split_once(": ") {
            Some((key, _)) if !key.contains(' ') => {
                found.push((COMPUTED.contains(&key), line.to_owned()));
            }
            // The next value of a key that was there twice.
            _ => match found.last_mut() {
                Some((_, last)) if !line.is_empty() => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => {}
            },
        }
    }
    found.into_iter().filter(|(computed, _)| !computed).map(|(_, line)| line).collect()
}

/// The addresses of `ip addr add`, masks as prefixes; a torn command is none.
fn told_addresses(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| {
            let rest = line.split("addr add ").nth(1)?;
            let literal = rest.split_whitespace().next()?;
            let (ip, mask) = literal.split_once('/')?;
            if !rest.contains(" dev ") {
                return None;
            }
            let prefix = match mask.parse::<std::net::Ipv4Addr>() {
                Ok(mask) => u32::from(mask).leading_ones().to_string(),
                Err(_) => mask.to_owned(),
            };
            Some(format!("{ip}/{prefix}"))
        })
        .collect()
}
