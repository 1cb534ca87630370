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
mod setting;
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
            // Else it is the restart that sets it.
            if self.wish.provider.settles() {
                journal.at(Step::Unset)?;
                self.machine.step("rescue-unset");
            }
        }
        self.restart(journal).await?;
        back::await_host(&self.machine, self.wish, journal, self.wish.patience).await
    }

    /// The rescue system of an earlier attempt, if it still runs.
    async fn again(&self, journal: &mut Journal) -> Option<Link> {
        let told = !journal.state.access.host_keys.is_empty() || self.wish.accept_key;
        let from = if told { Step::Resetting } else { Step::Reached };
        // Nobody is asked about a key in passing.
        if journal.state.step < from {
            return None;
        }
        // A password is asked for again, because it was not kept.
        if let Ok(access) = self.machine.access(&journal.state.access).await {
            journal.state.access = access;
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
            self.set(journal).await?;
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

    /// The work on the disks.
    async fn work(&self, journal: &mut Journal, link: &Link) -> Result<(), Stuck> {
        let disk = Disk { machine: &self.machine, wish: self.wish, link };
        let root = unless_stopped(self.machine.context, disk.find(journal)).await?;
        if self.wish.shell {
            let door = self.door(journal);
            let argv = door.argv(Some(words::inside(door.user())));
            return disk.shell(journal, &root, argv).await;
        }
        disk.restore(journal, &root).await
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
        let unset = self.undo(journal).await;
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
