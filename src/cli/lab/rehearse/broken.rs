//! What goes wrong during a rehearsal, on purpose.

use std::collections::BTreeSet;
use std::sync::Mutex;

use clap::ValueEnum;

use super::super::super::args::FaultWord;
use super::super::super::failure::Failure;
use super::super::about::About;
use super::super::fault;
use super::Stage;
use crate::diagnostic::Diagnostic;

/// When the change of a host begins.
const BEGINNING: &str = "change_started";

/// Faults that wait for their moment.
#[derive(Debug)]
pub struct Broken {
    planned: Vec<(String, FaultWord, String)>,
    done: Mutex<BTreeSet<usize>>,
}

impl Broken {
    /// Reads `HOST=FAULT[@STEP]`.
    ///
    /// # Errors
    /// Words that are no fault.
    pub fn parse(words: &[String]) -> Result<Self, Failure> {
        let mut planned = Vec::new();
        for word in words {
            let mistake = || {
                Diagnostic::error(format!("`{word}` is no fault of a host"))
                    .remedy("write HOST=FAULT or HOST=FAULT@STEP; rappel lab fault --list has them")
            };
            let (host, rest) = word.rsplit_once('=').ok_or_else(mistake)?;
            let (name, step) = rest.split_once('@').unwrap_or((rest, BEGINNING));
            let fault = FaultWord::from_str(name, false).map_err(|_| mistake())?;
            planned.push((host.to_owned(), fault, step.to_owned()));
        }
        Ok(Self { planned, done: Mutex::default() })
    }

    /// Whether all hosts are there.
    ///
    /// # Errors
    /// A host that has no twin.
    pub fn each_has_a_twin(&self, about: &About) -> Result<(), Failure> {
        self.planned.iter().try_for_each(|(host, ..)| about.twin(host).map(drop))
    }

    /// Something happened on a host: breaks what waits for it. Says what was broken.
    pub fn at(&self, stage: &Stage, host: &str, moment: &str) -> Vec<String> {
        let mut said = Vec::new();
        for (number, (own, fault, step)) in self.planned.iter().enumerate() {
            let fresh = || {
                let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                done.insert(number)
            };
            if own != host || step != moment || !fresh() {
                continue;
            }
            let Ok(twin) = stage.about.twin(host) else { continue };
            let how = match fault::make(stage.listener.path(), twin, *fault) {
                Ok(()) => String::new(),
                Err(failure) => {
                    let why = failure.diagnostics.first().map(|one| one.message.clone());
                    format!(" did not work: {}", why.unwrap_or_default())
                }
            };
            said.push(format!("{host}: fault {}{how}", fault::word(*fault)));
        }
        said
    }

    /// Faults whose moment never came.
    pub fn left(&self) -> Vec<String> {
        let done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = self.planned.iter().enumerate().filter(|(number, _)| !done.contains(number));
        left.map(|(_, (host, fault, step))| format!("{host}={}@{step}", fault::word(*fault)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Broken;

    #[test]
    fn faults_name_host_and_moment() {
        let read = |word: &str| Broken::parse(&[word.to_owned()]).ok().map(|b| b.left());
        assert_eq!(read("h1=link-down"), Some(vec!["h1=link-down@change_started".to_owned()]));
        assert_eq!(read("h1=power-cut@armed"), Some(vec!["h1=power-cut@armed".to_owned()]));
        assert_eq!(read("h1"), None);
        assert_eq!(read("h1=earthquake"), None);
    }
}
