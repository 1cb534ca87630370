//! The terms of a rollout: what the plays that meet in one run ask for together.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pace::Pace;
use crate::desired::{Amount, Host, Order, Pause, RolloutSettings};

/// How a change spreads over the hosts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How fast, and when it stops.
    pub pace: Pace,
    /// In which order.
    pub order: Order,
    /// Vars of which no two hosts of a batch may have the same value.
    pub spread_by: Vec<String>,
    /// What happens between two batches.
    pub pause: Option<Pause>,
    /// Whether hosts that are done go back when the rollout stops after failures.
    pub revert_on_failure: bool,
}

impl Terms {
    /// Of several plays the most careful of each. `total` hosts are what shares are of.
    pub fn of<'a>(plays: impl IntoIterator<Item = &'a RolloutSettings>, total: usize) -> Self {
        plays
            .into_iter()
            .map(|play| Self::of_play(play, total))
            .reduce(Self::and)
            .unwrap_or_default()
    }

    fn of_play(play: &RolloutSettings, total: usize) -> Self {
        let default = Pace::default();
        let hosts = |amount: Option<Amount>, or| amount.map_or(or, |amount| amount.of(total));
        let sizes: Vec<usize> =
            play.batch.iter().flatten().map(|amount| amount.of(total)).collect();
        // A list of steps has its own beginning.
        Self {
            pace: Pace {
                canary: hosts(play.canary, if sizes.len() > 1 { 0 } else { default.canary }),
                batches: sizes,
                failure_budget: hosts(play.failure_budget, default.failure_budget),
            },
            order: play.order.unwrap_or_default(),
            spread_by: play.spread_by.clone(),
            pause: play.pause,
            revert_on_failure: play.revert_on_failure.unwrap_or(false),
        }
    }

    fn and(self, other: Self) -> Self {
        let mut spread_by = self.spread_by;
        spread_by.extend(other.spread_by);
        let unique: BTreeSet<String> = spread_by.into_iter().collect();
        Self {
            pace: self.pace.or_slower(&other.pace),
            // The first play that has one.
            order: if self.order == Order::default() { other.order } else { self.order },
            spread_by: unique.into_iter().collect(),
            pause: longer(self.pause, other.pause),
            revert_on_failure: self.revert_on_failure || other.revert_on_failure,
        }
    }

    /// The same in the same order and batches, but to the last host whatever fails, and
    /// without waiting: for hosts that nobody can lose.
    #[must_use]
    pub fn rehearsed(mut self) -> Self {
        self.pace.failure_budget = usize::MAX;
        self.pause = None;
        self.revert_on_failure = false;
        self
    }

    /// What a host must not share with others of its batch. A host that lacks a var, or has
    /// nothing in it, is like no other.
    pub fn apart(&self, host: &Host) -> Vec<String> {
        let value = |name: &String| match var(host, name)? {
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            value => Some(format!("{name}={value}")),
        };
        self.spread_by.iter().filter_map(value).collect()
    }

    /// Vars to spread by that no host has: a misspelt name would keep nobody apart.
    pub fn unknown<'a>(&'a self, hosts: &[&Host]) -> Vec<&'a str> {
        let missing = |name: &&String| !hosts.iter().any(|host| var(host, name).is_some());
        self.spread_by.iter().filter(missing).map(String::as_str).collect()
    }
}

/// A var by its name, or by a dotted path into it.
fn var<'a>(host: &'a Host, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    let first = host.vars.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

/// Somebody who is to be asked may take any time.
fn longer(one: Option<Pause>, other: Option<Pause>) -> Option<Pause> {
    let weight = |pause: &Option<Pause>| match pause {
        None => Duration::ZERO,
        Some(Pause::For(duration)) => *duration,
        Some(Pause::Prompt) => Duration::MAX,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::Terms;
    use crate::desired::{Amount, Host, Order, Pause, RolloutSettings};
    use crate::rollout::pace::Pace;

    fn host(vars: Value) -> Host {
        let Value::Object(vars) = vars else { panic!("no object") };
        Host { vars, ..Host::plain("a") }
    }

    fn spread(names: &[&str]) -> Terms {
        let spread_by = names.iter().map(|&name| name.to_owned()).collect();
        Terms { spread_by, ..Terms::default() }
    }

    #[test]
    fn plays_that_say_nothing_get_a_canary_and_no_budget() {
        let none: [RolloutSettings; 0] = [];
        assert_eq!(Terms::of(&none, 9), Terms::default());
        assert_eq!(Terms::of(&[RolloutSettings::default()], 9), Terms::default());
    }

    #[test]
    fn of_two_plays_the_more_careful_terms_hold() {
        let one = RolloutSettings {
            batch: Some(vec![Amount::Percent(50)]),
            failure_budget: Some(Amount::Count(3)),
            spread_by: vec!["rack".to_owned()],
            pause: Some(Pause::For(Duration::from_secs(9))),
            ..RolloutSettings::default()
        };
        let two = RolloutSettings {
            batch: Some(vec![Amount::Count(1), Amount::Count(8)]),
            failure_budget: Some(Amount::Count(2)),
            spread_by: vec!["pair".to_owned(), "rack".to_owned()],
            order: Some(Order::Sorted),
            pause: Some(Pause::Prompt),
            revert_on_failure: Some(true),
            ..RolloutSettings::default()
        };
        let both = Terms {
            pace: Pace { canary: 1, batches: vec![1, 5], failure_budget: 2 },
            order: Order::Sorted,
            spread_by: vec!["pair".to_owned(), "rack".to_owned()],
            pause: Some(Pause::Prompt),
            revert_on_failure: true,
        };
        assert_eq!(Terms::of([&one, &two], 10), both);
        assert_eq!(Terms::of([&two, &one], 10), both);
    }

    #[test]
    fn values_of_any_kind_keep_hosts_apart_and_nothing_does_not() {
        let terms = spread(&["place.rack", "pair"]);
        let one = host(json!({"place": {"rack": 7}, "pair": ""}));
        assert_eq!(terms.apart(&one), ["place.rack=7"]);
        assert_eq!(terms.apart(&host(json!({"pair": "7"}))), ["pair=\"7\""]);
        assert!(terms.apart(&host(json!({"place": null}))).is_empty());
    }

    #[test]
    fn a_var_that_nobody_has_is_named() {
        let terms = spread(&["rack", "rakc"]);
        let (one, two) = (host(json!({})), host(json!({"rack": "a"})));
        assert_eq!(terms.unknown(&[&one, &two]), ["rakc"]);
    }
}
