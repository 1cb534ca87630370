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

/// A Proxmox VE that has one group, no permissions, and does not tell of its users.
const PVEUM: &str = "case \"$*\" in\n\
     group*) printf '[\\n   {\\n      \"comment\" : \"\",\\n      \"groupid\" : \"g1\",\\n      \"users\" : \"\"\\n   }\\n]\\n' ;;\n\
     acl*) echo '[]' ;;\n\
     *) echo 'no quorum' >&2; exit 1 ;;\n\
     esac";

#[test]
fn everything_that_a_host_has_is_told_or_named() {
    let parts =
        ["lib", "objects", "object-libvirt", "object-proxmox", "say-objects", "list-objects"];
    let lists = "PATH=$1:$PATH; root=; list_objects";
    for shell in SHELLS {
        let bench = Bench::new(shell);
        assert_eq!(bench.says(&parts, "PATH=/usr/bin:/bin; list_objects", &[]), "", "{shell:?}");
        let some = virsh("echo '<network/>'")
            .replace("echo lan", "printf '%s\\n' lan 'a b' '$(touch sprung)' ../../x ''");
        let tools = tool(&bench, "virsh", &some);
        tool(&bench, "pveum", PVEUM);
        let said = bench.says(&parts, lists, &[&tools]);
        let lines: Vec<&str> = said.lines().collect();
        let [lan, space, command, away, group, user, vm] = lines.as_slice() else {
            panic!("{shell:?}: {said}")
        };
        assert!(lan.starts_with("object|") && lan.ends_with(" /@libvirt/network/lan"), "{said}");
        assert_eq!(*space, "object-odd|/@libvirt/network/a b");
        assert_eq!(*command, "object-odd|/@libvirt/network/$(touch sprung)");
        assert_eq!(*away, "object-odd|/@libvirt/network/../../x");
        assert_eq!(*group, "object|Z3JvdXBpZCAiZzEiCg== /@proxmox/group/g1");
        assert_eq!(
            *user,
            "object-unread|/@proxmox/user/ pveum user list --full 1 does not answer: no quorum"
        );
        assert_eq!(*vm, "object-unread|/@proxmox/vm/ there is no pvesh on this host");
        tool(&bench, "virsh", "echo 'error: no daemon' >&2; exit 1");
        let said = bench.says(&parts, lists, &[&tools]);
        assert!(said.starts_with("object-unread|/@libvirt/network/ error: no daemon\n"), "{said}");
    }
}

/// Two looks that both failed must not look as if nothing had changed between them.
#[test]
fn an_object_that_cannot_be_read_is_equal_to_nothing() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        // Below another root no tool runs.
        let text = "object_states /etc/passwd /@libvirt/network/lan";
        let parts = ["lib", "objects", "object-libvirt", "fingerprint"];
        let said = bench.says(&parts, text, &[]);
        assert!(said.starts_with("/@libvirt/network/lan unreadable "), "{shell:?}: {said}");
        assert_ne!(said, bench.says(&parts, text, &[]), "{shell:?}");
    }
}
