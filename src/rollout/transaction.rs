//! The states of one host's transaction as the controller sees it, and what to do next.
//!
//! The driver in `run` feeds [`Input`]s and carries out [`Action`]s; it decides nothing.
//! Whatever comes in, in whatever order, a transaction ends confirmed, rolled back,
//! refused, or unknown with the watchdog armed: never with a claim nobody read back.

use super::outcome::Outcome;

/// What the driver learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The host said that the watchdog is armed: from here on silence is dangerous.
    Armed,
    /// The apply ended before the watchdog was armed: the host is as it was.
    GaveUp(Outcome),
    /// Activation is through; the host waits to be confirmed.
    Activated,
    /// The connection went away during the apply.
    Interrupted,
    /// A verification over new connections: everything passed, long enough.
    Good,
    /// A verification that found something that is to pass and does not, after retries.
    Bad(String),
    /// No new connection, or none over a family that worked before, until time ran out.
    Unreachable(String),
    /// What the host says became of the run.
    Read(Standing),
    /// The host was not reached again until long after its deadline.
    Silence,
}

/// What the host says became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Waiting to be confirmed.
    Pending,
    /// Confirmed, as this generation.
    Confirmed(u32),
    /// Being reverted.
    Reverting,
    /// Reverted, with what is not as it was.
    Reverted {
        /// Why.
        reason: String,
        /// Differences that remain.
        residue: Vec<String>,
    },
    /// The host knows nothing of the run: it ended before it began.
    None,
}

/// What the driver is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Go on reading the apply's events.
    Continue,
    /// Verify over new connections.
    Verify,
    /// Ask the host to confirm, and read back what it says.
    Confirm,
    /// Ask the host to revert now, for this reason; then read.
    Revert(String),
    /// Read what became of the run, as soon as the host can be reached.
    Read,
    /// The transaction is over.
    Finish(Outcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the watchdog is armed.
    Preparing,
    /// Armed; the change may be under way.
    Changing,
    /// The host waits for a decision.
    Deciding,
    /// A decision was sent or is the host's own; what counts is what it says.
    Reading,
}

/// One host's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    state: State,
    /// Whether the host said that its watchdog is armed.
    armed: bool,
    /// Whether it was asked to confirm.
    asked: bool,
    /// The host's last generation before the change.
    generation: u32,
    /// Why it is to be reverted, as the controller knows it.
    complaint: Option<String>,
}

impl Transaction {
    /// For a host whose last generation is this one.
    pub fn after(generation: u32) -> Self {
        Self { state: State::Preparing, armed: false, asked: false, generation, complaint: None }
    }

    /// The next action after an input.
    pub fn next(&mut self, input: Input) -> Action {
        match input {
            Input::Armed => {
                self.armed = true;
                self.enter(State::Changing, Action::Continue)
            }
            Input::GaveUp(outcome) => self.gave_up(outcome),
            Input::Activated => self.enter(State::Deciding, Action::Verify),
            Input::Interrupted => self.interrupted(),
            Input::Good => self.good(),
            Input::Bad(reason) => self.bad(reason),
            Input::Unreachable(reason) => self.unreachable(reason),
            Input::Read(standing) => self.read(standing),
            Input::Silence => self.silence(),
        }
    }

    /// Whether the host's watchdog may be needed to bring it back.
    pub fn is_open(&self) -> bool {
        self.state != State::Preparing
    }

    fn enter(&mut self, state: State, action: Action) -> Action {
        self.state = state;
        action
    }

    /// Changing the network often costs the connection that asked for it: once armed, the
    /// change goes on without us and waits to be verified.
    fn interrupted(&mut self) -> Action {
        if self.state == State::Changing {
            self.enter(State::Deciding, Action::Verify)
        } else {
            self.enter(State::Reading, Action::Read)
        }
    }

    fn gave_up(&mut self, outcome: Outcome) -> Action {
        // Once armed, only what is read back counts.
        if self.is_open() {
            self.enter(State::Reading, Action::Read)
        } else {
            Action::Finish(outcome)
        }
    }

    fn good(&mut self) -> Action {
        match self.state {
            State::Deciding => {
                self.asked = true;
                self.enter(State::Reading, Action::Confirm)
            }
            _ => self.enter(State::Reading, Action::Read),
        }
    }

    fn bad(&mut self, reason: String) -> Action {
        self.complaint = Some(reason.clone());
        self.enter(State::Reading, Action::Revert(reason))
    }

    fn unreachable(&mut self, reason: String) -> Action {
        self.complaint = Some(reason);
        self.enter(State::Reading, Action::Read)
    }

    fn read(&mut self, standing: Standing) -> Action {
        match standing {
            Standing::Confirmed(generation) if generation <= self.generation => {
                Action::Finish(Outcome::Unknown {
                    reason: self.with_complaint(&format!(
                        "the host says that generation {generation} is the change, but it had \
                         generation {} before it",
                        self.generation
                    )),
                })
            }
            Standing::Confirmed(generation) if self.asked => {
                Action::Finish(Outcome::Confirmed { generation })
            }
            // Only this run can confirm it, and it has not: the host is broken or lies.
            Standing::Confirmed(_) => Action::Finish(Outcome::Unknown {
                reason: self.with_complaint(
                    "the host says that the change is confirmed, but nobody confirmed it",
                ),
            }),
            Standing::Reverted { reason, residue } => {
                Action::Finish(self.reverted(reason, residue))
            }
            // Not decided yet: the watchdog will; ask again.
            Standing::Pending | Standing::Reverting => self.enter(State::Reading, Action::Read),
            Standing::None if self.armed => Action::Finish(Outcome::Unknown {
                reason: self.with_complaint(
                    "the host said that its watchdog is armed, and now knows nothing of the change",
                ),
            }),
            Standing::None => Action::Finish(Outcome::Failed {
                reason: "the change ended before it began; the host is as it was".to_owned(),
                remedy: None,
            }),
        }
    }

    fn reverted(&self, said: String, residue: Vec<String>) -> Outcome {
        let reason = match &self.complaint {
            Some(complaint) if !said.contains(complaint.as_str()) => {
                format!("{complaint} ({said})")
            }
            _ => said,
        };
        if residue.is_empty() {
            Outcome::RolledBack { reason }
        } else {
            Outcome::RevertIncomplete { reason, residue }
        }
    }

    fn with_complaint(&self, said: &str) -> String {
        self.complaint.as_ref().map_or_else(|| said.to_owned(), |why| format!("{why}; {said}"))
    }

    fn silence(&self) -> Action {
        let known = self.complaint.clone().unwrap_or_else(|| "the connection was lost".to_owned());
        if self.is_open() && !self.armed {
            return Action::Finish(Outcome::Unknown {
                reason: format!(
                    "{known}; whether the change has begun is not known. It never begins \
                     before the host's watchdog is armed"
                ),
            });
        }
        if !self.is_open() {
            let remedy = Some("`rappel status` tells what the host knows of it".to_owned());
            return Action::Finish(Outcome::Unreachable { reason: known, remedy });
        }
        Action::Finish(Outcome::Unknown {
            reason: format!(
                "{known}; its watchdog was armed, but nobody could read back what it did"
            ),
        })
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
