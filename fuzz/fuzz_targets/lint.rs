//! Every rule over any files, whoever reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel::diagnostic::Source;
use rappel::network::lint::{Known, LintFile, LintHost, LintKind, System, review};
use rappel::report::sarif;

fuzz_target!(|input: (u8, &str, &str)| {
    let (number, one, two) = input;
    let kinds = [
        LintKind::Interfaces,
        LintKind::Sysctl,
        LintKind::Nft,
        LintKind::Hook,
        LintKind::Other,
    ];
    let file = |kind, path: &str, text: &str| LintFile {
        kind,
        path: path.to_owned(),
        mode: 0o644,
        source: Source::new(path, text),
    };
    let files = [
        file(LintKind::Interfaces, "/etc/network/interfaces", one),
        file(kinds[usize::from(number) % kinds.len()], "/etc/network/interfaces.d/two", two),
    ];
    let system = System::ALL.get(usize::from(number) / kinds.len()).map(|(_, system)| *system);
    let known = Known { system, ..Known::default() };
    let host = LintHost { name: "one", files: &files, known: &known };
    let found = review(&[host, LintHost { name: "two", ..host }]);
    let text = sarif::document(&found);
    assert!(!text.contains('\n') && text.ends_with('}'));
    let _ = LintKind::guess(one, two);
});
