//! Brings a host back that nobody can reach, through its provider.
//!
//! Every step is noted in a [`journal::Journal`] once it is done and read back, so that a
//! rescue can be gone on with after the controller died. Whatever goes wrong, the machine is
//! not left set to boot the rescue system, and what is said at the end is where it stands.

mod back;
mod disk;
mod journal;
mod machine;
mod reach;
mod stuck;
mod survey;
mod wish;
mod words;

use std::time::Duration;

use tokio::time::timeout;

use super::context::Context;
use super::link::Link;
use super::way::Way;
use crate::provider::Boot;
use crate::rollout::outcome::Outcome;
use disk::Disk;
use journal::{Journal, Step};
use machine::{Machine, unless_stopped};
use reach::Door;
use stuck::Stuck;
pub use survey::{Survey, dry_run, survey};
pub use wish::{Ask, Wish};

/// For finding a rescue system again that was left earlier.
const AGAIN: Duration = Duration::from_secs(20);
/// For finding a host that was restarted before the controller died.
const BACK_ALREADY: Duration = Duration::from_secs(90);
/// A provider may show its old answer for a moment.
const READ_BACK: Duration = Duration::from_secs(3);
/// How often a setting is read back before it is believed not to hold.
const READ_BACKS: u32 = 5;

/// Rescues one host and says how it ended.
pub async fn rescue(context: &Context, wish: &Wish) -> Outcome {
    let provider = wish.provider.name();
    let host = &wish.host.name;
    // The way to the rescue system is that to the host, as far as it goes.
    let way = match Way::named(context, &wish.host).await {
        Ok(way) => way,
        Err(outcome) => return outcome,
    };
    let journal = Journal::open(&wish.journals, host, &provider, &context.run);
    let mut journal = match journal {
        Ok(journal) => journal,
        Err(reason) => {
            let remedy = Some("finish that one, or move the file away".to_owned());
            return Outcome::Refused { reason, remedy };
        }
    };
    let machine = Machine { context, host, provider: &wish.provider };
    let job = Job { wish, machine, way };
    match job.steps(&mut journal).await {
        Ok(failing) => match journal.close() {
            Ok(()) => Outcome::Rescued { restored: journal.state.restored.clone(), failing },
            Err(error) => job.strand(&mut journal, error.into()).await,
        },
        Err(stuck) => job.strand(&mut journal, stuck).await,
    }
}

struct Job<'a> {
    wish: &'a Wish,
    machine: Machine<'a>,
    way: Way,
}

impl Job<'_> {
    /// From wherever it stands to the host that is back; gives the checks that fail.
    async fn steps(&self, journal: &mut Journal) -> Result<Vec<String>, Stuck> {
        if journal.resumed {
            let words = words::stands(&journal.state, None);
            self.machine.note(format!("going on with an earlier rescue: {words}"));
        }
        if journal.state.step == Step::Restarted {
            let back = back::await_host(&self.machine, self.wish, journal, BACK_ALREADY).await;
            match back {
                Err(stuck) if !self.machine.context.interrupted() => {
                    self.machine.note(format!("{}; beginning again", stuck.reason));
                    journal.at(Step::Remembered)?;
                }
                other => return other,
            }
        }
        if journal.state.step < Step::Restored {
            let link = match self.again(journal).await {
                Some(link) => {
                    journal.at(Step::Reached)?;
                    link
                }
                None => self.boot_rescue(journal).await?,
            };
            self.work(journal, &link).await?;
        }
        if journal.state.step < Step::Unset {
            self.leave(journal).await?;
            journal.at(Step::Unset)?;
            self.machine.step("rescue-unset");
        }
        self.restart(journal).await?;
        back::await_host(&self.machine, self.wish, journal, self.wish.patience).await
    }

    /// The rescue system of an earlier attempt, if it still runs.
    async fn again(&self, journal: &Journal) -> Option<Link> {
        let told = !journal.state.access.host_keys.is_empty() || self.wish.accept_key;
        let from = if told { Step::Resetting } else { Step::Reached };
        // Nobody is asked about a key in passing.
        if journal.state.step < from {
            return None;
        }
        let door = self.door(journal);
        let link = timeout(AGAIN, door.open(AGAIN)).await.ok()?.ok()?;
        self.machine.note("the rescue system is still there".to_owned());
        Some(link)
    }

    /// Remembers the boot setting, boots the rescue system, logs in.
    async fn boot_rescue(&self, journal: &mut Journal) -> Result<Link, Stuck> {
        if !self.wish.yes {
            self.ask_first().await?;
        }
        let resetting = journal.state.step == Step::Resetting;
        if !(resetting && self.is_set().await?) {
            self.remember(journal).await?;
            let key = self.wish.key.as_deref();
            // Noted before it is done: from here on it may be set.
            journal.state.access = self.machine.rescue_on(key).await?;
            if !self.is_set().await? {
                return Err(Stuck::because(
                    "the provider took the rescue setting, and does not have it when asked",
                ));
            }
            journal.at(Step::Set)?;
            self.machine.step("rescue-set");
            journal.state.task = self.machine.reset(Boot::Rescue).await?;
            journal.at(Step::Resetting)?;
        }
        if let Some(task) = journal.state.task.clone() {
            self.machine.finished(&task, self.wish.patience).await?;
        }
        self.machine.step("rescue-reset");
        journal.state.access = self.machine.access(&journal.state.access).await?;
        journal.save()?;
        let door = self.door(journal);
        door.fresh()?;
        let link = unless_stopped(self.machine.context, door.open(self.wish.patience)).await?;
        journal.at(Step::Reached)?;
        self.machine.step("rescue-reached");
        Ok(link)
    }

    async fn ask_first(&self) -> Result<(), Stuck> {
        let ask = std::sync::Arc::clone(&self.wish.ask);
        let question = format!(
            "Restart {} into the rescue system of {}, and again from its own disk?",
            self.wish.host.name,
            self.wish.provider.name()
        );
        match tokio::task::spawn_blocking(move || ask.yes(&question)).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Stuck::refused("it is not to be restarted")),
            Ok(Err(reason)) => {
                Err(Stuck { remedy: Some("--yes".to_owned()), ..Stuck::refused(reason) })
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Whether the rescue system is what is booted next. A provider whose setting comes with
    /// the restart has nothing to read before it.
    async fn is_set(&self) -> Result<bool, Stuck> {
        if !self.wish.provider.settles() {
            return Ok(true);
        }
        self.reads(|status| status.rescue).await
    }

    async fn remember(&self, journal: &mut Journal) -> Result<(), Stuck> {
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

    /// The work on the disks.
    async fn work(&self, journal: &mut Journal, link: &Link) -> Result<(), Stuck> {
        let disk = Disk { machine: &self.machine, wish: self.wish, link };
        let root = unless_stopped(self.machine.context, disk.find(journal)).await?;
        if self.wish.shell {
            let argv = self.door(journal).argv(Some(words::INSIDE));
            return disk.shell(journal, &root, argv).await;
        }
        disk.restore(journal, &root).await
    }

    /// Restores the boot setting and reads it back.
    async fn leave(&self, journal: &Journal) -> Result<(), Stuck> {
        let Some(boot) = journal.state.boot.as_deref() else { return Ok(()) };
        self.machine.rescue_off(boot).await?;
        let wanted = boot.to_owned();
        if self.reads(move |status| !status.rescue && status.boot == wanted).await? {
            return Ok(());
        }
        Err(Stuck::because(format!(
            "the provider took the boot setting {boot}, and does not have it when asked"
        )))
    }

    /// Reads the setting until it holds; a provider may show its old answer for a moment.
    async fn reads(&self, holds: impl Fn(&crate::provider::Status) -> bool) -> Result<bool, Stuck> {
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

    /// Restarts the machine from its disk.
    async fn restart(&self, journal: &mut Journal) -> Result<(), Stuck> {
        journal.state.task = self.machine.reset(Boot::Usual).await?;
        journal.at(Step::Restarted)?;
        if let Some(task) = journal.state.task.clone() {
            self.machine.finished(&task, self.wish.patience).await?;
        }
        self.machine.step("rescue-restarted");
        Ok(())
    }

    /// Nothing more can be done: leaves no rescue setting behind, and says where it stands.
    async fn strand(&self, journal: &mut Journal, stuck: Stuck) -> Outcome {
        let step = journal.state.step;
        if step == Step::Begun {
            let Stuck { reason, remedy, refused } = stuck;
            // Nothing was done, so there is nothing to go on with.
            let _ = journal.close();
            return match refused {
                true => Outcome::Refused { reason, remedy },
                false => Outcome::Failed { reason, remedy },
            };
        }
        let mut unset = None;
        if (Step::Remembered..Step::Unset).contains(&step) {
            unset = Some(self.leave(journal).await.map_err(|stuck| stuck.reason));
        }
        let by_hand = words::by_hand(&journal.state, self.wish, &self.door(journal), &unset);
        let reason = match stuck.remedy {
            Some(remedy) => format!("{}\n{remedy}", stuck.reason),
            None => stuck.reason,
        };
        let stands = words::stands(&journal.state, unset.as_ref());
        Outcome::Stranded { reason, stands, by_hand }
    }

    fn door<'b>(&'b self, journal: &'b Journal) -> Door<'b> {
        Door {
            machine: &self.machine,
            wish: self.wish,
            way: &self.way,
            access: &journal.state.access,
            known_hosts: journal.known_hosts(),
        }
    }
}
