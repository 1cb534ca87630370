//! The rollout on the twins, and what it tells while it goes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::super::super::args::Rehearse;
use super::super::super::driver::write_text;
use super::super::super::failure::Failure;
use super::super::visit::program;
use super::Stage;
use super::broken::Broken;
use crate::diagnostic::Diagnostic;
use crate::lab::LabError;
use crate::report::clean::clean;

/// How a host's turn ended.
#[derive(Debug, Clone)]
pub struct End {
    /// The outcome's word.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
}

/// What the rollout told.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    /// By host.
    pub ends: BTreeMap<String, End>,
    /// The exit code; none if it was killed.
    pub code: Option<i32>,
}

/// Runs `rappel apply` at the controller's place and follows it.
///
/// # Errors
/// A lab that leads out, or that is gone; a rollout that never began.
pub fn apply(
    stage: &Stage,
    args: &Rehearse,
    broken: &Broken,
    people: bool,
    colour: bool,
) -> Result<Followed, Failure> {
    stage.lab.sealed()?;
    let io = |source| LabError::Io { what: "cannot run rappel in the lab".to_owned(), source };
    let mut child = stage
        .command(&words(stage, args)?)?
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(io)?;
    let mut followed = Followed::default();
    let pipe = child.stdout.take();
    for line in pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok)
    {
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        let told = heed(stage, broken, &event, &mut followed);
        match people {
            true => write_text(&told, colour)?,
            false => write_text(&format!("{line}\n"), false)?,
        }
    }
    followed.code = child.wait().map_err(io)?.code();
    for left in broken.left().iter().filter(|_| people) {
        write_text(&format!("{left}: its moment never came\n"), colour)?;
    }
    match followed.ends.is_empty() && followed.code != Some(0) {
        true => Err(Diagnostic::error("the rollout did not begin on the twins")
            .remedy("see above; `rappel lab up` and `rappel lab apply` show more")
            .into()),
        false => Ok(followed),
    }
}

fn words(stage: &Stage, args: &Rehearse) -> Result<Vec<OsString>, Failure> {
    let mut words = stage.about.apply(program()?, &stage.keys, None);
    words.extend(["--yes", "--ignore-lint", "--output", "json"].map(OsString::from));
    if !args.as_written {
        words.push("--rehearsal".into());
    }
    if let Some(window) = args.confirm_window {
        words.extend(["--confirm-window".into(), window.to_string().into()]);
    }
    Ok(words)
}

/// Takes one event in, breaks what waits for it, and says it to people.
fn heed(stage: &Stage, broken: &Broken, event: &Value, followed: &mut Followed) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    let (host, what) = (text("host"), text("event"));
    let moment = if what == "step" { text("step") } else { what };
    let mut said = broken.at(stage, host, moment).join("\n");
    if !said.is_empty() {
        said.push('\n');
    }
    if what == "host_finished" {
        let reason = event.get("reason").and_then(Value::as_str).map(str::to_owned);
        let end = End { outcome: text("outcome").to_owned(), reason };
        let words = end.outcome.replace('_', " ");
        said.push_str(&format!("{}: {words}\n", clean(host)));
        followed.ends.insert(host.to_owned(), end);
    }
    said
}
