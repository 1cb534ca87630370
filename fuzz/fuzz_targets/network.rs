//! Configuration files as a host has them: interfaces(5), sysctl.d(5), nft. The text before a
//! NUL is what a host has, what follows is what it is to get.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel::diagnostic::Source;
use rappel::network::effect::{Files, expected};
use rappel::network::interfaces::{Dialect, Interfaces, Tree, changed, configured, sources};
use rappel::network::live::Live;
use rappel::network::{nft, sysctl};

fuzz_target!(|text: &str| {
    let texts = text.split_once('\0').unwrap_or(("", text));
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
        // Comments and layout are kept, to the byte.
        assert_eq!(file.to_string(), texts.1);
        let tree = Tree::new([("/new", &file), ("/old", &old_read)], "/new");
        let (_, _) = (configured(&tree), sources(&file, "/new"));
        let links = ["lo", "eth0", "eth1"].map(str::to_owned).into();
        let joined = tree.joined(&links).expect("the main file is there");
        let _ = expected(&Live::default(), Files { interfaces: &joined, hooks: &[], partial: false });
    }
    let _ = sysctl::parse(&new);
    let _ = (nft::touches(&new), nft::defined(&new), nft::tables(&new), nft::listing(texts.1));
});
