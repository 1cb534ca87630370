//! Every rule over any files, whoever reads them. Two files and a word, with NULs between
//! them; the word's first byte says what the second file is and what the host runs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel::diagnostic::Source;
use rappel::network::lint::{Known, LintFile, LintHost, LintKind, System, review};
use rappel::report::sarif;

const KINDS: [LintKind; 5] =
    [LintKind::Interfaces, LintKind::Sysctl, LintKind::Nft, LintKind::Hook, LintKind::Other];

fn file(kind: LintKind, path: &str, text: &str) -> LintFile {
    LintFile { kind, path: path.to_owned(), mode: 0o644, source: Source::new(path, text) }
}

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\0');
    let mut part = || parts.next().unwrap_or_default();
    let (one, two, word) = (part(), part(), part());
    let number = usize::from(word.bytes().next().unwrap_or_default());
    let files = [
        file(LintKind::Interfaces, "/etc/network/interfaces", one),
        file(KINDS[number % KINDS.len()], "/etc/network/interfaces.d/two", two),
    ];
    let system = System::ALL.get(number / KINDS.len()).map(|(_, system)| *system);
    let known = Known { system, ..Known::default() };
    let host = LintHost { name: "one", files: &files, known: &known };
    let found = review(&[host, LintHost { name: "two", ..host }]);
    let text = sarif::document(&found);
    assert!(!text.contains('\n') && text.ends_with('}'));
    let _ = LintKind::guess(one, two);
});
