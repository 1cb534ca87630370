//! The named steps, read out of the scripts themselves, so that none can be forgotten.

use rappel::remote::scripts;

/// A step and the script that takes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    pub script: &'static str,
    pub name: String,
}

/// Every `step NAME` and `mark NAME` of every script.
pub fn all() -> Vec<Step> {
    let call = regex::Regex::new(r"(?:^|[;{&|]\s*|then )(?:step|mark) ([a-z][a-z-]*)")
        .expect("an expression");
    let mut steps = Vec::new();
    for script in scripts::ALL {
        for line in script.text.lines().map(str::trim).filter(|l| !l.starts_with('#')) {
            for found in call.captures_iter(line) {
                steps.push(Step { script: script.name, name: found[1].to_owned() });
            }
        }
    }
    steps
}

#[test]
fn steps_are_found_and_named_once() {
    let steps = all();
    for name in ["locked", "arm", "worker", "swap", "confirmed", "revert-files", "boot-files"] {
        assert!(steps.iter().any(|s| s.name == name), "{name} is not among {steps:?}");
    }
    let mut names: Vec<&str> = steps.iter().map(|s| s.name.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(count, names.len(), "two steps of one name: {names:?}");
    let mut known = scripts::steps();
    known.sort_unstable();
    assert_eq!(known, names, "those that rehearsals know");
}
