//! Objects behind tools: a tool that fails half-way is not taken for one that tells of nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::bench::{Bench, SHELLS, write};

/// Puts an executable before all others of the same name.
fn tool(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.root("tools").join(name);
    write(&path, &format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.parent().unwrap().to_str().unwrap().to_owned()
}

/// As virsh answers of one network; `dump` is what it does when asked for the definition.
fn virsh(dump: &str) -> String {
    format!(
        "case \"$*\" in\n\
         *net-list*) echo lan ;;\n\
         *net-info*) printf 'Name: lan\\nActive:  yes\\nPersistent:  yes\\nAutostart:  no\\n' ;;\n\
         *net-dumpxml*) {dump} ;;\n\
         esac"
    )
}

const LOOK: &str = "PATH=$1:$PATH; libvirt_look lan; echo \"code $?\"";

#[test]
fn a_definition_that_does_not_come_is_no_empty_one() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let parts = ["lib", "objects", "object-libvirt"];
        let tools = tool(&bench, "virsh", &virsh("echo '<network/>'"));
        let said = bench.says(&parts, LOOK, &[&tools]);
        assert!(said.contains("live PG5ldHdvcmsvPgo=\n"), "{shell:?}: {said}");
        assert!(said.ends_with("code 0\n"), "{shell:?}: {said}");
        for dump in ["exit 1", "exit 0", "echo '<netw'; exit 1"] {
            tool(&bench, "virsh", &virsh(dump));
            let said = bench.says(&parts, LOOK, &[&tools]);
            assert_eq!(
                said, "virsh lists the network and does not tell of it\ncode 4\n",
                "{shell:?}: {dump}"
            );
        }
    }
}

/// Two looks that both failed must not look as if nothing had changed between them.
#[test]
fn an_object_that_cannot_be_read_is_equal_to_nothing() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        // Below another root no tool runs.
        let text = "printf '/@libvirt/network/lan\\n' | files_state";
        let parts = ["lib", "objects", "object-libvirt", "files"];
        let said = bench.says(&parts, text, &[]);
        assert!(said.starts_with("/@libvirt/network/lan unreadable "), "{shell:?}: {said}");
        assert_ne!(said, bench.says(&parts, text, &[]), "{shell:?}");
    }
}
