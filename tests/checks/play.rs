//! Plays with a change and with checks, and what must become of them.

use crate::bench::Bench;

/// A play of `hv1` with these checks (YAML flow) and artifacts (YAML, two spaces deep).
pub fn play(checks: &str, artifacts: &str) -> String {
    format!("- hosts: hypervisors\n  checks: [{checks}]\n  artifacts:\n{artifacts}")
}

/// An artifact with its content.
pub fn artifact(kind: &str, content: &str) -> String {
    let indented: String = content.lines().map(|line| format!("        {line}\n")).collect();
    format!("    - kind: {kind}\n      content: |\n{indented}")
}

/// The host's interfaces file as its provider wrote it, with lines added to its uplink.
pub fn interfaces(more: &str) -> String {
    artifact(
        "interfaces",
        &format!(
            "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address 203.0.113.10/24\n    gateway 203.0.113.254\n{more}"
        ),
    )
}

/// A ruleset with one chain of one rule.
pub fn rules(hook: &str, rule: &str) -> String {
    artifact(
        "nft",
        &format!(
            "table inet rappel\ndelete table inet rappel\ntable inet rappel {{\n    chain c {{\n        type filter hook {hook} priority filter; policy accept;\n        {rule}\n    }}\n}}\n"
        ),
    )
}

impl Bench {
    /// Applies the project's playbook with a window for slow rounds.
    pub fn apply_patiently(&self) -> crate::bench::Said {
        self.rappel(&[
            "apply",
            "playbooks/t3.yml",
            "--yes",
            "--ignore-lint",
            "--confirm-window",
            "40",
        ])
    }

    /// Applies a play in spite of what lint says.
    pub fn change(&self, checks: &str, artifacts: &str) -> crate::bench::Said {
        self.write("playbooks/t3.yml", &play(checks, artifacts));
        self.apply_against_lint()
    }

    /// A change that only this check keeps from being confirmed. The host is as it was.
    #[track_caller]
    pub fn only_stopped_by(&self, check: &str, artifacts: &str, says: &str) {
        let before = self.picture("hv1");
        self.change(check, artifacts).code(3).says(says).says("rolled back");
        same(&self.picture("hv1"), &before);
        self.change("ssh", artifacts).code(0);
        self.rappel(&["rollback", "hv1", "--yes"]).code(0);
        same(&self.picture("hv1"), &before);
    }
}

/// Line by line, so that a failure shows the difference and not two pages.
#[track_caller]
pub fn same(now: &str, before: &str) {
    let missing: Vec<&str> = before.lines().filter(|l| !now.lines().any(|n| n == *l)).collect();
    let extra: Vec<&str> = now.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
}
