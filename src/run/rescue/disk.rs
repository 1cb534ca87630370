//! In the rescue system: finds the root, shows what would be restored, restores it.

use std::sync::Arc;
use std::time::Duration;

use super::journal::{Journal, Step};
use super::machine::{Machine, unless_stopped};
use super::stuck::Stuck;
use super::wish::Wish;
use crate::observed::{Candidate, Disks, Kept};
use crate::plan::{NoRoot, choose_root, restored};
use crate::remote::request::{Rescue, Target, Verb};
use crate::remote::scripts;
use crate::remote::wire::Reply;
use crate::rollout::event::Event;
use crate::run::link::Link;

/// Looking at disks: arrays that assemble, volumes that come up, file systems of terabytes
/// that are mounted one after the other.
const LOOK_LIMIT: Duration = Duration::from_secs(180);
/// Restoring: above all the check of a large file system.
const RESTORE_LIMIT: Duration = Duration::from_secs(1800);

/// Work on the disks of one host.
pub(super) struct Disk<'a> {
    pub machine: &'a Machine<'a>,
    pub wish: &'a Wish,
    pub link: &'a Link,
}

impl Disk<'_> {
    /// Finds the root and notes it.
    pub async fn find(&self, journal: &mut Journal) -> Result<String, Stuck> {
        let reply = self.ask(journal, Verb::Look, self.wish.root.as_deref(), LOOK_LIMIT).await?;
        let disks = Disks::parse(&reply).map_err(|error| Stuck::because(error.to_string()))?;
        for obstacle in &disks.obstacles {
            self.machine.note(obstacle.clone());
        }
        let root = match choose_root(&disks) {
            Ok(root) => root.clone(),
            Err(NoRoot::Many(all)) => self.which(all).await?,
            Err(NoRoot::None(obstacles)) => return Err(nowhere(&obstacles)),
        };
        self.machine.note(format!("the root is {}", words(&root)));
        journal.state.root = Some(root.device.clone());
        journal.save()?;
        Ok(root.device)
    }

    async fn which(&self, mut all: Vec<Candidate>) -> Result<Candidate, Stuck> {
        let choices: Vec<String> = all.iter().map(words).collect();
        let devices: Vec<&str> = all.iter().map(|root| root.device.as_str()).collect();
        let remedy = format!("name it: --root {}", devices.join(" or --root "));
        let ask = Arc::clone(&self.wish.ask);
        let question = format!("More than one root is on {}. Which one?", self.wish.host.name);
        let shown = choices.clone();
        let said = tokio::task::spawn_blocking(move || ask.which(&question, &shown)).await;
        match said {
            Ok(Ok(Some(at))) if at < all.len() => Ok(all.swap_remove(at)),
            Ok(Ok(_)) => Err(Stuck::refused("none of the roots was chosen")),
            Ok(Err(reason)) => Err(Stuck::with(
                format!("more than one root was found, and {reason}: {}", choices.join("; ")),
                remedy,
            )),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Shows what comes back, asks, restores and reads it back.
    pub async fn restore(&self, journal: &mut Journal, root: &str) -> Result<(), Stuck> {
        let shown = unless_stopped(
            self.machine.context,
            self.ask(journal, Verb::Show, Some(root), LOOK_LIMIT),
        );
        let reply = shown.await?;
        let kept = Kept::parse(&reply).map_err(|error| Stuck::because(error.to_string()))?;
        for path in &kept.unknown {
            self.machine.note(format!("nothing is kept of {path}: it stays as it is"));
        }
        let files = restored(&kept, &self.wish.host);
        if files.is_empty() && kept.open.is_none() {
            return Err(nothing(&kept));
        }
        let (host, root_shown) = (self.wish.host.name.clone(), root.to_owned());
        let target = self.target(&kept);
        self.machine.context.tell(Event::RescuePlanned { host, root: root_shown, target, files });
        self.confirm(&kept).await?;
        // From here to its end nothing is cut short: it takes seconds.
        let reply = self.ask(journal, Verb::Restore, Some(root), RESTORE_LIMIT).await?;
        let residue: Vec<&str> = reply.all("residue").collect();
        if !residue.is_empty() {
            return Err(Stuck::because(format!("not all is restored: {}", residue.join("; "))));
        }
        if reply.first("restored").is_none() && reply.first("nothing").is_none() {
            return Err(Stuck::because("the rescue system does not say that it has restored"));
        }
        journal.state.restored = reply.all("good").map(str::to_owned).collect();
        journal.state.machine_id = Some(kept.machine_id).filter(|id| !id.is_empty());
        journal.at(Step::Restored)?;
        self.machine.step("rescue-restored");
        Ok(())
    }

    async fn confirm(&self, kept: &Kept) -> Result<(), Stuck> {
        if self.wish.yes {
            return Ok(());
        }
        let ask = Arc::clone(&self.wish.ask);
        let what = match kept.files.len() {
            0 => "End the open change".to_owned(),
            1 => "Restore this file".to_owned(),
            number => format!("Restore these {number} files"),
        };
        let question = format!("{what} on {}?", self.wish.host.name);
        match tokio::task::spawn_blocking(move || ask.yes(&question)).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Stuck::refused("the files were not to be restored")),
            Ok(Err(reason)) => {
                Err(Stuck { remedy: Some("--yes".to_owned()), ..Stuck::refused(reason) })
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Mounts the root for a person, lets them work, and unmounts it.
    pub async fn shell(
        &self,
        journal: &mut Journal,
        root: &str,
        argv: Vec<String>,
    ) -> Result<(), Stuck> {
        self.ask(journal, Verb::Open, Some(root), RESTORE_LIMIT).await?;
        self.machine.note(format!("{root} is mounted: this shell is inside it"));
        let ask = Arc::clone(&self.wish.ask);
        match tokio::task::spawn_blocking(move || ask.shell(&argv)).await {
            Ok(ended) => ended.map_err(Stuck::because)?,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        self.ask(journal, Verb::Close, Some(root), LOOK_LIMIT).await?;
        let ask = Arc::clone(&self.wish.ask);
        let question = format!("Restart {} from its own disk now?", self.wish.host.name);
        match tokio::task::spawn_blocking(move || ask.yes(&question)).await {
            Ok(Ok(true)) => journal.at(Step::Restored).map_err(Stuck::from),
            Ok(Ok(false)) => Err(Stuck::refused("it is not to be restarted yet")),
            Ok(Err(reason)) => Err(Stuck::refused(reason)),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn target(&self, kept: &Kept) -> String {
        match (&self.wish.target, &kept.open, kept.target) {
            (Target::Rendered(_), ..) => "files as rendered from the inventory".to_owned(),
            (_, Some(state), _) => format!("files as before the change that is still {state}"),
            (_, None, Some(0)) => "files as before rappel".to_owned(),
            (_, None, Some(number)) => format!("files as generation {number} left them"),
            (_, None, None) => "files".to_owned(),
        }
    }

    async fn ask(
        &self,
        journal: &Journal,
        verb: Verb,
        root: Option<&str>,
        limit: Duration,
    ) -> Result<Reply, Stuck> {
        let run = &journal.state.run;
        let target = &self.wish.target;
        let request = Rescue { verb, root, target, run, who: &self.machine.context.who };
        let bytes = request.encode().map_err(|error| Stuck::because(error.to_string()))?;
        Ok(self.link.ask(&scripts::rescue(), &bytes, limit).await?)
    }
}

fn words(root: &Candidate) -> String {
    let Candidate { device, filesystem, layout, hostname, system, generation, .. } = root;
    let kept = match (generation, root.has_state()) {
        (_, false) => "nothing kept by rappel".to_owned(),
        (0, true) if root.transaction == "unread" => "a journal that is to be replayed".to_owned(),
        (0, true) => "an open change".to_owned(),
        (number, true) => format!("generation {number}"),
    };
    format!("{device} ({filesystem} on {layout}, {hostname}, {system}, {kept})")
}

fn nowhere(obstacles: &[String]) -> Stuck {
    let hidden = match obstacles {
        [] => String::new(),
        all => format!(": {}", all.join("; ")),
    };
    // As the scripts name it, see src/remote/scripts/disks.sh.
    let encrypted = obstacles.iter().find_map(|text| text.strip_suffix(" is encrypted (LUKS)"));
    let remedy = match encrypted {
        Some(device) => format!(
            "log in to the rescue system and open it: cryptsetup open {device} opened; then run \
             this again with --root /dev/mapper/opened, or after vgchange --activate y with the \
             volume in it that is the root"
        ),
        None => "log in to the rescue system and open it (zpool import, mdadm --assemble); then \
                 run this again with --root DEVICE"
            .to_owned(),
    };
    Stuck::with(format!("no root file system was found{hidden}"), remedy)
}

fn nothing(kept: &Kept) -> Stuck {
    let earlier = kept.generations.iter().rev().find(|n| Some(**n) < kept.target);
    let to = earlier.copied().unwrap_or(0);
    Stuck::with(
        "the files are as they should be: the fault is somewhere else, or in them",
        format!("choose an earlier generation (--to {to}), or look for yourself (--shell)"),
    )
}

#[cfg(test)]
mod tests {
    use super::nowhere;

    #[test]
    fn what_is_encrypted_is_named_with_the_command_that_opens_it() {
        assert!(include_str!("../../remote/scripts/disks.sh").contains("is encrypted (LUKS)\""));
        let stuck = nowhere(&["/dev/sda2 is encrypted (LUKS)".to_owned()]);
        assert!(stuck.reason.ends_with("was found: /dev/sda2 is encrypted (LUKS)"), "{stuck:?}");
        let remedy = stuck.remedy.unwrap_or_default();
        assert!(remedy.contains("cryptsetup open /dev/sda2 opened;"), "{remedy}");
        assert!(remedy.contains("--root /dev/mapper/opened"), "{remedy}");
        let other = nowhere(&["/dev/sda3 belongs to a ZFS pool".to_owned()]);
        assert!(other.remedy.is_some_and(|remedy| remedy.contains("zpool import")));
    }
}
