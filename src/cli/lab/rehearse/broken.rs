//! What goes wrong during a rehearsal, on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::super::super::args::FaultWord;
use super::super::super::driver::write_text;
use super::super::super::failure::Failure;
use super::super::about::About;
use super::super::fault;
use super::{Stage, held};
use crate::diagnostic::Diagnostic;
use crate::report::clean::clean;
use crate::twin::{Fate, Rehearsed, Twin};

/// When the change of a host begins.
const BEGINNING: &str = "change_started";
/// When it is over.
const END: &str = "host_finished";

/// A fault and its moment.
#[derive(Debug)]
struct Planned {
    host: String,
    fault: FaultWord,
    /// A step of the host's scripts, or one of the controller's moments.
    at: String,
}

/// Faults that wait for their moment, and those whose moment has come.
#[derive(Debug, Clone)]
pub struct Broken {
    planned: Arc<Vec<Planned>>,
    /// Whether it worked, by number.
    struck: Arc<Mutex<BTreeMap<usize, Result<(), String>>>>,
    people: bool,
    colour: bool,
}

/// Whether a fault can wait for it.
fn is_moment(word: &str) -> bool {
    [BEGINNING, END].contains(&word) || fault::moments().contains(&word)
}

impl Planned {
    /// Reads `HOST=FAULT[@STEP]`.
    fn parse(word: &str) -> Result<Self, Failure> {
        let mistake = || {
            Diagnostic::error(format!("`{word}` is no fault of a host"))
                .remedy("write HOST=FAULT or HOST=FAULT@STEP; rappel lab fault --list has them")
        };
        let (host, rest) = word.rsplit_once('=').ok_or_else(mistake)?;
        let (name, at) = rest.split_once('@').unwrap_or((rest, BEGINNING));
        let fault = FaultWord::from_str(name, false).map_err(|_| mistake())?;
        if !is_moment(at) {
            return Err(Diagnostic::error(format!("no fault can wait for `{at}`"))
                .remedy(format!("steps of a change are {}", fault::moments().join(", ")))
                .into());
        }
        Ok(Self { host: host.to_owned(), fault, at: at.to_owned() })
    }

    fn words(&self) -> String {
        match self.at.as_str() {
            BEGINNING => fault::word(self.fault),
            at => format!("{} at {at}", fault::word(self.fault)),
        }
    }

    /// What became of it, for people.
    fn told(&self, made: Option<&Result<(), String>>) -> String {
        let how = match made {
            Some(Ok(())) => String::new(),
            Some(Err(why)) => format!(" did not work: {}", clean(why)),
            None => ": its moment never came".to_owned(),
        };
        format!("{}: fault {}{how}\n", clean(&self.host), self.words())
    }

    /// The same for programs.
    fn record(&self, made: Option<&Result<(), String>>) -> Value {
        let (result, why) = match made {
            Some(Ok(())) => ("made", None),
            Some(Err(why)) => ("failed", Some(why)),
            None => ("never", None),
        };
        json!({
            "event": "rehearsal_fault", "host": self.host, "fault": fault::word(self.fault),
            "at": self.at, "result": result, "why": why,
        })
    }
}

impl Broken {
    /// Reads `HOST=FAULT[@STEP]`, each.
    ///
    /// # Errors
    /// Words that are no fault, or no moment.
    pub fn parse(words: &[String], people: bool, colour: bool) -> Result<Self, Failure> {
        let planned: Result<_, Failure> = words.iter().map(|word| Planned::parse(word)).collect();
        Ok(Self { planned: Arc::new(planned?), struck: Arc::default(), people, colour })
    }

    /// Whether all hosts are there.
    ///
    /// # Errors
    /// A host that has no twin.
    pub fn each_has_a_twin(&self, about: &About) -> Result<(), Failure> {
        self.planned.iter().try_for_each(|planned| about.twin(&planned.host).map(drop))
    }

    /// Has twins stand still at their steps until what is to break there is broken: whatever
    /// came from here would come too late.
    ///
    /// # Errors
    /// A twin that cannot be told.
    pub fn wait_at_steps(&self, stage: &Stage) -> Result<(), Failure> {
        let waits = |planned: &&Planned| ![BEGINNING, END].contains(&planned.at.as_str());
        let places: BTreeSet<(&str, &str)> = self.planned.iter().filter(waits).map(place).collect();
        for (host, step) in places {
            let twin = stage.about.twin(host)?.clone();
            let (broken, at) = (self.clone(), step.to_owned());
            let socket = stage.listener.path().to_owned();
            let name = twin.name.clone();
            held::hold(&stage.lab, &name, step, move || broken.strike(&socket, &twin, &at))?;
        }
        Ok(())
    }

    /// The controller has told something of a host.
    pub fn at(&self, stage: &Stage, host: &str, event: &str) {
        if let Ok(twin) = stage.about.twin(host)
            && [BEGINNING, END].contains(&event)
        {
            self.strike(stage.listener.path(), twin, event);
        }
    }

    /// Breaks what waits for this moment of a twin.
    fn strike(&self, socket: &Path, twin: &Twin, at: &str) {
        let here = |planned: &Planned| place(planned) == (twin.host.as_str(), at);
        for (number, planned) in self.planned.iter().enumerate().filter(|(_, p)| here(p)) {
            if self.struck().contains_key(&number) {
                continue;
            }
            let made = fault::make(socket, twin, planned.fault).map_err(|failure| {
                let first = failure.diagnostics.first();
                first.map(|one| one.message.clone()).unwrap_or_default()
            });
            self.tell(planned, Some(&made));
            self.struck().insert(number, made);
        }
    }

    /// Says what became of a fault; none if its moment never came. Who no longer reads misses
    /// it, and the end of the rehearsal tells him so.
    fn tell(&self, planned: &Planned, made: Option<&Result<(), String>>) {
        // In one piece, whoever else writes.
        let mut out = std::io::stdout().lock();
        let _ = match self.people {
            true => write_text(&planned.told(made), self.colour),
            false => writeln!(out, "{}", planned.record(made)),
        };
    }

    /// Says which faults never had their moment.
    pub fn tell_left(&self) {
        for (number, planned) in self.planned.iter().enumerate() {
            if !self.struck().contains_key(&number) {
                self.tell(planned, None);
            }
        }
    }

    /// The faults of a host that were made.
    pub fn of(&self, host: &str) -> Vec<String> {
        let struck = self.struck();
        let made = |number: &usize| matches!(struck.get(number), Some(Ok(())));
        let own = self.planned.iter().enumerate().filter(|(_, planned)| planned.host == host);
        own.filter(|(number, _)| made(number)).map(|(_, planned)| planned.words()).collect()
    }

    /// Mends all that was broken, and asks those again who did not answer: a host without its
    /// cable does not answer anybody, whatever became of the change.
    pub fn mend(
        &self,
        stage: &Stage,
        rehearsed: &mut [Rehearsed],
        answers: impl Fn(&Twin) -> bool,
    ) {
        let twins = &stage.about.twins;
        let hurt: Vec<&Twin> =
            twins.iter().filter(|twin| !self.of(&twin.host).is_empty()).collect();
        if hurt.is_empty() {
            return;
        }
        for twin in hurt {
            for remedy in [FaultWord::PowerOn, FaultWord::Heal] {
                // One that cannot be mended does not answer, which is told.
                let _ = fault::make(stage.listener.path(), twin, remedy);
            }
        }
        for (twin, one) in twins.iter().zip(rehearsed) {
            one.faults = self.of(&twin.host);
            if one.fate == Fate::Lost && twin.direct {
                one.answers_when_mended = Some(answers(twin));
            }
        }
    }

    fn struck(&self) -> MutexGuard<'_, BTreeMap<usize, Result<(), String>>> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(planned: &Planned) -> (&str, &str) {
    (&planned.host, &planned.at)
}

#[cfg(test)]
mod tests {
    use super::Planned;

    #[test]
    fn faults_name_host_and_moment() {
        let read = |word: &str| Planned::parse(word).ok().map(|planned| planned.words());
        assert_eq!(read("h1=link-down"), Some("link-down".to_owned()));
        assert_eq!(read("h1=power-cut@arm"), Some("power-cut at arm".to_owned()));
        assert_eq!(read("h1=heal@host_finished"), Some("heal at host_finished".to_owned()));
        for wrong in ["h1", "h1=earthquake", "h1=reboot@armed", "h1=reboot@boot-files"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_became_of_a_fault_is_told_to_people_and_programs() {
        let planned = Planned::parse("h1=reboot@swap").expect("a fault");
        let failed = Err("no\u{1b}power".to_owned());
        for (made, told, result) in [
            (Some(&Ok(())), "h1: fault reboot at swap\n", "made"),
            (None, "h1: fault reboot at swap: its moment never came\n", "never"),
        ] {
            assert_eq!(planned.told(made), told);
            assert_eq!(planned.record(made)["result"], result);
        }
        let told = planned.told(Some(&failed));
        assert!(told.starts_with("h1: fault reboot at swap did not work: no"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told}");
        assert_eq!(planned.record(Some(&failed))["why"], "no\u{1b}power");
    }
}
