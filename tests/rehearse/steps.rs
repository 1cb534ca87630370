//! A fault strikes at the very step that it was told to wait for, and what became of its host
//! is told as it is.

use serde_json::Value;

use crate::project::{Project, Said};

/// What a host has told, in order: its steps, and the faults that were made at it.
fn told(said: &Said, host: &str) -> Vec<String> {
    let lines = said.text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = lines.filter(|line| line["host"] == host);
    let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    own.filter_map(|line| match line["event"].as_str()? {
        "step" => Some(word(&line, "step")),
        "rehearsal_fault" => {
            let [fault, at, result] = ["fault", "at", "result"].map(|key| word(&line, key));
            Some(format!("{fault}@{at} {result}"))
        }
        _ => None,
    })
    .collect()
}

#[test]
fn faults_strike_at_their_steps_and_the_report_is_true() {
    let project = Project::of(4);
    let (said, hosts) = project.rehearsed(&[
        "--only-rappel",
        // In the middle of the change, when some of its files are new.
        "--fault=h1=reboot@swap",
        // The host is well and waits; nobody gets in until it has given up.
        "--fault=h2=drop-new@activated",
        "--fault=h2=heal@reverted",
        // Before anything may change.
        "--fault=h3=reboot@snapshot",
        // It keeps its change, so this never comes.
        "--fault=h4=reboot@revert-files",
    ]);
    let said = said.code(3);
    let fates: Vec<&str> =
        hosts.values().map(|host| host["fate"].as_str().unwrap_or_default()).collect();
    assert_eq!(fates, ["reverted", "reverted", "untried", "kept"], "{hosts:#?}");

    // Nothing of the change goes on beyond the step.
    let steps = told(&said, "h1");
    let at = |what: &str| steps.iter().position(|step| step == what);
    // Whether the step itself is still heard of is up to the host that dies there.
    assert!(at("swap") < at("reboot@swap made"), "{steps:?}");
    for later in ["nft", "sysctl", "up", "reload", "activated"] {
        assert_eq!(at(later), None, "{steps:?}");
    }
    let steps = told(&said, "h3");
    assert!(steps.contains(&"snapshot".to_owned()), "{steps:?}");
    for later in ["baseline", "arm", "worker", "swap"] {
        assert!(!steps.contains(&later.to_owned()), "{steps:?}");
    }

    let steps = told(&said, "h2");
    assert!(steps.contains(&"activated".to_owned()), "{steps:?}");
    assert!(steps.contains(&"drop-new@activated made".to_owned()), "{steps:?}");
    assert!(steps.contains(&"heal@reverted made".to_owned()), "{steps:?}");
    let reason = hosts["h2"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("not confirmed within 15 s"), "{reason}");
    assert_eq!(
        hosts["h2"]["faults"],
        serde_json::json!(["drop-new at activated", "heal at reverted"])
    );

    assert_eq!(told(&said, "h4").last().unwrap(), "reboot@revert-files never");
    assert_eq!(hosts["h4"]["faults"], serde_json::json!([]));
}
