//! Configuration files as a host has them: interfaces(5), sysctl.d(5), nft.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel::diagnostic::Source;
use rappel::network::interfaces::{Dialect, Interfaces, Tree, changed, configured};
use rappel::network::{nft, sysctl};

fuzz_target!(|texts: (&str, &str)| {
    let old = Source::new("old", texts.0);
    let new = Source::new("new", texts.1);
    let (old_read, _) = Interfaces::read(&old);
    let (new_read, _) = Interfaces::read(&new);
    let cycle = changed(&old_read, &new_read);
    assert!(texts.0 != texts.1 || (cycle.down.is_empty() && cycle.up.is_empty()));
    for stanza in new_read.stanzas() {
        let _ = (stanza.addresses(), stanza.gateways(), stanza.ports(), stanza.below());
    }
    for dialect in [Dialect::Any, Dialect::Ifupdown, Dialect::Ifupdown2] {
        let (file, _) = Interfaces::read_as(&new, dialect);
        assert_eq!(file.to_string(), texts.1);
        let _ = configured(&Tree::new([("/new", &file), ("/old", &old_read)], "/new"));
    }
    let _ = sysctl::parse(&new);
    let _ = (nft::touches(&new), nft::defined(&new), nft::tables(&new));
});
