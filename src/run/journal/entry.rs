//! An event → what a journal keeps of it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::record::HostState;
use crate::desired::Masks;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;

/// One event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub time: u64,
    /// On which host, if on one.
    pub host: Option<String>,
    /// The event without what files contain and without secrets.
    pub event: Value,
    /// What it means for the run and its hosts.
    pub news: News,
}

/// What an event means for the run and its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing that is kept beyond the event itself.
    None,
    /// The run comes to change hosts.
    Changing,
    /// The host was read: this is its machine's id.
    Read(String),
    /// How far the host's turn has come.
    Host(HostState),
    /// The host's turn is over.
    Finished(Outcome),
    /// The run is over, with this exit code.
    Ended(u8),
}

impl Entry {
    /// What is to be kept of an event; nothing of those that only repeat what a tool on a
    /// host printed, which may quote the files that it was given.
    pub fn of(event: &Event, masks: &Masks) -> Option<Self> {
        let mut host = None;
        let news = match event {
            Event::Note { message, .. } if message.starts_with('|') => return None,
            Event::RunStarted { .. } => return None,
            Event::HostPlanned { plan, .. } => News::Read(plan.machine_id.clone()),
            Event::RolloutStarted { .. } => News::Changing,
            Event::ChangeStarted { .. } => News::Host(HostState::Begun),
            Event::HostFinished { outcome, .. } => News::Finished(outcome.without_secrets(masks)),
            Event::RunFinished { exit_code, .. } => News::Ended(*exit_code),
            _ => News::None,
        };
        let mut kept = serde_json::to_value(event).ok()?;
        if let Value::Object(fields) = &mut kept {
            if let Some(Value::String(name)) = fields.get("host") {
                host = Some(name.clone());
            }
            if let Some(plan) = fields.get_mut("plan") {
                without_contents(plan);
            }
        }
        if matches!(event, Event::RescuePlanned { .. }) {
            without_contents(&mut kept);
        }
        masks.hide_in(&mut kept);
        Some(Self { time: now(), host, event: kept, news })
    }
}

/// A diff quotes files, and a live value may be a secret of the kernel's.
fn without_contents(plan: &mut Value) {
    if let Value::Object(fields) = plan {
        for name in ["effect", "unforeseen", "rehearsal"] {
            fields.shift_remove(name);
        }
    }
    for (list, secret) in [("files", &["diff"][..]), ("live", &["from", "to"][..])] {
        for item in plan.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(fields) = item {
                for name in secret {
                    fields.shift_remove(*name);
                }
            }
        }
    }
}

/// Milliseconds since 1970; 0 on a machine whose clock stands before that.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Entry, News};
    use crate::desired::Masks;
    use crate::plan::{Action, File, FileChange, HostPlan, LiveChange, Restored};
    use crate::rollout::event::Event;
    use crate::rollout::outcome::Outcome;

    const SECRET: &str = "hunter2hunter2";

    fn plan() -> HostPlan {
        let file = File {
            path: "/etc/wg.conf".to_owned(),
            kind: "file",
            mode: 0o600,
            owner: String::new(),
            group: String::new(),
            content: SECRET.into(),
        };
        let change = FileChange {
            path: file.path.clone(),
            action: Action::Create,
            diff: format!("+PrivateKey = {SECRET}"),
            attributes: Vec::new(),
            before: Some(SECRET.to_owned()),
            file,
        };
        let live = LiveChange::Sysctl {
            key: "net.ipv6.conf.all.stable_secret".to_owned(),
            from: Some(SECRET.to_owned()),
            to: SECRET.to_owned(),
        };
        HostPlan {
            host: "h".to_owned(),
            files: vec![change],
            live: vec![live],
            machine_id: "abc".to_owned(),
            ..HostPlan::default()
        }
    }

    #[test]
    fn a_plan_is_kept_without_what_files_and_values_are() {
        let event = Event::HostPlanned { host: "h".to_owned(), plan: Box::new(plan()) };
        let entry = Entry::of(&event, &Masks::default()).expect("kept");
        let text = entry.event.to_string();
        assert!(text.contains("/etc/wg.conf") && text.contains("stable_secret"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(entry.news, News::Read("abc".to_owned()));
    }

    #[test]
    fn a_rescue_is_kept_without_what_files_hold() {
        let path = "/etc/wg.conf".to_owned();
        let file = Restored { path, diff: format!("+{SECRET}"), attributes: None };
        let (root, target) = ("/dev/vda1".to_owned(), String::new());
        let event = Event::RescuePlanned { host: "h".to_owned(), root, target, files: vec![file] };
        let text = Entry::of(&event, &Masks::default()).expect("kept").event.to_string();
        assert!(text.contains("/etc/wg.conf") && !text.contains(SECRET), "{text}");
    }

    #[test]
    fn what_tools_print_is_not_kept_and_reasons_lose_their_secrets() {
        let masks = Masks::default().and([SECRET.to_owned()]);
        let note = |message: String| Event::Note { host: "h".to_owned(), message };
        assert_eq!(Entry::of(&note(format!("| line 3: {SECRET}")), &masks), None);
        let kept = Entry::of(&note(format!("not {SECRET}")), &masks).expect("kept");
        assert!(!kept.event.to_string().contains(SECRET));
        let outcome = Outcome::Failed { reason: SECRET.to_owned(), remedy: Some(SECRET.into()) };
        let event = Event::HostFinished { host: "h".to_owned(), outcome, seconds: 1.0 };
        let kept = Entry::of(&event, &masks).expect("kept");
        assert!(!format!("{kept:?}").contains(SECRET), "{kept:?}");
    }
}
