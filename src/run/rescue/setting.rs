//! The boot setting: remembered, set, taken back, and read back each time.

use std::time::Duration;

use super::Job;
use super::journal::{Journal, Step};
use super::stuck::Stuck;
use crate::provider::{Boot, Status};

/// A provider may show its old answer for a moment.
const READ_BACK: Duration = Duration::from_secs(3);
/// How often a setting is read back before it is believed not to hold.
const READ_BACKS: u32 = 5;

/// What it took to leave no rescue setting behind. The setting was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// Setting it; the rescue system goes on running, if it runs.
    Set,
    /// A restart, because the provider has no setting without one.
    Restarted,
}

impl Job<'_> {
    /// Writes down what the machine boots from, unless that is known from an earlier attempt.
    pub(super) async fn remember(&self, journal: &mut Journal) -> Result<(), Stuck> {
        let status = self.machine.status().await?;
        for note in &status.notes {
            self.machine.note(note.clone());
        }
        if journal.state.boot.is_none() {
            let before = if status.rescue { status.usual } else { Some(status.boot) };
            let before = self.wish.boot.clone().or(before).ok_or_else(|| {
                Stuck::with(
                    "the machine is set to boot the rescue system already, and the provider \
                     does not tell what it booted from before",
                    "name the setting to return to: --boot SETTING",
                )
            })?;
            journal.state.boot = Some(before);
        }
        journal.at(Step::Remembered)?;
        self.machine.step("rescue-remembered");
        Ok(())
    }

    /// Sets the rescue system as what is booted next, and reads that back where it can be
    /// read before the restart.
    pub(super) async fn set(&self, journal: &mut Journal) -> Result<(), Stuck> {
        // Noted before it is done: from here on it may be set.
        let key = self.wish.key.as_deref();
        journal.state.access = self.machine.rescue_on(key).await?;
        if self.wish.provider.settles() && !self.is_set().await? {
            return Err(Stuck::because(
                "the provider took the rescue setting, and does not have it when asked",
            ));
        }
        journal.at(Step::Set)?;
        self.machine.step("rescue-set");
        Ok(())
    }

    /// Whether the rescue system is what the machine boots.
    pub(super) async fn is_set(&self) -> Result<bool, Stuck> {
        self.reads(|status| status.rescue).await
    }

    /// Restores the boot setting and reads it back. Where it comes with the restart, there is
    /// nothing to read yet.
    pub(super) async fn leave(&self, journal: &Journal) -> Result<(), Stuck> {
        let Some(boot) = journal.state.boot.as_deref() else { return Ok(()) };
        self.machine.rescue_off(boot).await?;
        match self.wish.provider.settles() {
            true => self.holds(boot).await,
            false => Ok(()),
        }
    }

    /// Restarts the machine from its disk.
    pub(super) async fn restart(&self, journal: &mut Journal) -> Result<(), Stuck> {
        journal.state.task = self.machine.reset(Boot::Usual).await?;
        journal.at(Step::Restarted)?;
        if let Some(task) = journal.state.task.clone() {
            self.machine.finished(&task, self.wish.patience).await?;
        }
        if let Some(boot) = journal.state.boot.as_deref().filter(|_| !self.wish.provider.settles())
        {
            self.holds(boot).await?;
        }
        self.machine.step("rescue-restarted");
        Ok(())
    }

    /// Leaves no rescue setting behind, wherever a rescue stopped; none if there was nothing
    /// to undo.
    pub(super) async fn undo(&self, journal: &Journal) -> Option<Result<Undone, String>> {
        let settles = self.wish.provider.settles();
        let over = if settles { Step::Unset } else { Step::Restarted };
        if !(Step::Remembered..over).contains(&journal.state.step) {
            return None;
        }
        Some(self.try_undo(journal, settles).await.map_err(|stuck| stuck.reason))
    }

    async fn try_undo(&self, journal: &Journal, settles: bool) -> Result<Undone, Stuck> {
        self.leave(journal).await?;
        if settles || !self.machine.status().await?.rescue {
            return Ok(Undone::Set);
        }
        self.machine.reset(Boot::Usual).await?;
        if let Some(boot) = journal.state.boot.as_deref() {
            self.holds(boot).await?;
        }
        Ok(Undone::Restarted)
    }

    async fn holds(&self, boot: &str) -> Result<(), Stuck> {
        let wanted = boot.to_owned();
        if self.reads(move |status| !status.rescue && status.boot == wanted).await? {
            return Ok(());
        }
        Err(Stuck::because(format!(
            "the provider took the boot setting {boot}, and does not have it when asked"
        )))
    }

    /// Reads the setting until it holds.
    async fn reads(&self, holds: impl Fn(&Status) -> bool) -> Result<bool, Stuck> {
        for attempt in 0..READ_BACKS {
            if attempt > 0 {
                tokio::time::sleep(READ_BACK).await;
            }
            if holds(&self.machine.status().await?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
