//! The shipped T3 inventory, playbook and templates, rendered and compared with what is
//! known to work on a host. `RAPPEL_BLESS=1` writes the files anew.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use rappel::desired::{Desired, LoadOptions, Project};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Another host: no IPv6 gateway but router advertisements, a VLAN as uplink, a firewall.
const WALLED: &str = r#"{"network": {
    "uplink": {
        "name": "eth0.5",
        "ipv4": {"address": "203.0.113.10/24", "gateway": "203.0.113.254"},
        "ipv6": {"address": "2001:db8:2:96ce::1/128"}
    },
    "bridges": [{"name": "br1", "ipv4": "10.42.0.1/24"}],
    "guests": [{"name": "guest1", "ipv4": "10.42.0.11"}],
    "firewall": {
        "ssh_ports": [22, 2222],
        "ssh_from": ["198.51.100.0/24", "2001:db8:77::/48"],
        "accept": [
            {"protocol": "tcp", "port": 443},
            {"protocol": "udp", "port": 51820, "from": ["198.51.100.7"]}
        ]
    }
}}"#;

/// A host with nothing that can be left out, and a firewall of defaults.
const BARE: &str = r#"{"network": {
    "uplink": {"name": "eth0", "ipv4": {"address": "203.0.113.10/32"}},
    "bridges": [], "guests": [], "nat": null, "firewall": {}
}}"#;

fn render(extra: Option<&str>) -> Desired {
    let project = Project::load(&LoadOptions {
        inventory: vec![root().join("inventories/t3/hosts.yml")],
        playbook: Some(root().join("playbooks/t3.yml")),
        extra_vars: extra.into_iter().map(str::to_owned).collect(),
        ..LoadOptions::default()
    })
    .unwrap();
    assert_eq!(project.warnings(), []);
    let mut rendered = project.render(None).unwrap();
    assert_eq!(rendered.len(), 1);
    let (name, desired) = rendered.remove(0);
    assert_eq!(name, "hv1");
    desired.unwrap()
}

/// Compares every file with the one in `tests/golden/NAME`.
fn compare(name: &str, desired: &Desired) -> Vec<(String, u32)> {
    let directory = root().join("tests/golden").join(name);
    let bless = std::env::var_os("RAPPEL_BLESS").is_some();
    let check = |artifact: &rappel::desired::Artifact| {
        let file = artifact.path.trim_start_matches("/etc/").replace('/', "_");
        let golden = directory.join(file);
        if bless {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&golden, &artifact.content).unwrap();
        }
        let known = std::fs::read_to_string(&golden).unwrap();
        assert_eq!(artifact.content, known, "{name}: {}", artifact.path);
        (artifact.path.clone(), artifact.mode)
    };
    desired.artifacts.iter().map(check).collect()
}

#[test]
fn t3_renders_to_the_files_known_to_work() {
    let expected = [
        ("/etc/network/interfaces", 0o644),
        ("/etc/sysctl.d/90-rappel.conf", 0o644),
        ("/etc/nftables.d/rappel.nft", 0o644),
        ("/etc/network/if-up.d/rappel-ndp-proxy", 0o755),
        ("/etc/network/if-down.d/rappel-ndp-proxy", 0o755),
    ]
    .map(|(path, mode)| (path.to_owned(), mode));
    assert_eq!(compare("t3", &render(None)), expected);
    assert_eq!(compare("t3-walled", &render(Some(WALLED))), expected);
}

#[test]
fn a_host_without_ipv6_gets_no_hook() {
    assert_eq!(compare("t3-bare", &render(Some(BARE))).len(), 3);
}

#[test]
fn rendering_is_repeatable() {
    assert_eq!(render(None), render(None));
}
