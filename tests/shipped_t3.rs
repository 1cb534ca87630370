//! The shipped T3 inventory, playbook and templates, rendered and compared with what is
//! known to work on a host. `RAPPEL_BLESS=1` writes the files anew.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use rappel::desired::{Desired, LoadOptions, Project};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn render() -> Desired {
    let project = Project::load(&LoadOptions {
        inventory: vec![root().join("inventories/t3/hosts.yml")],
        playbook: Some(root().join("playbooks/t3.yml")),
        extra_vars: Vec::new(),
    })
    .unwrap();
    assert_eq!(project.warnings(), []);
    let mut rendered = project.render(None).unwrap();
    assert_eq!(rendered.len(), 1);
    let (name, desired) = rendered.remove(0);
    assert_eq!(name, "hv1");
    desired.unwrap()
}

#[test]
fn t3_renders_to_the_files_known_to_work() {
    let desired = render();
    let mut paths = Vec::new();
    for artifact in &desired.artifacts {
        let golden = golden(&artifact.path);
        if std::env::var_os("RAPPEL_BLESS").is_some() {
            std::fs::write(&golden, &artifact.content).unwrap();
        }
        let known = std::fs::read_to_string(&golden).unwrap();
        assert_eq!(artifact.content, known, "{}", artifact.path);
        paths.push((artifact.path.as_str(), artifact.mode));
    }
    assert_eq!(
        paths,
        [
            ("/etc/network/interfaces", 0o644),
            ("/etc/sysctl.d/90-rappel.conf", 0o644),
            ("/etc/nftables.d/rappel.nft", 0o644),
            ("/etc/network/if-up.d/rappel-ndp-proxy", 0o755),
            ("/etc/network/if-down.d/rappel-ndp-proxy", 0o755),
        ]
    );
}

#[test]
fn rendering_is_repeatable() {
    assert_eq!(render(), render());
}

fn golden(path: &str) -> PathBuf {
    let name = path.trim_start_matches("/etc/").replace('/', "_");
    root().join("tests/golden/t3").join(name)
}
