//! Which root of a rescued host to restore, and what that changes, for people.

use serde::Serialize;

use super::diff::unified;
use super::secret::without_secrets;
use crate::desired::Host;
use crate::observed::{Candidate, Disks, Kept};

/// Why no root was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoot {
    /// None was found; what may hide it.
    None(Vec<String>),
    /// More than one, and nothing that tells which.
    Many(Vec<Candidate>),
}

/// The root to restore: the only one that rappel knows something about, else the only one.
///
/// # Errors
/// There is none, or more than one that it may be.
pub fn choose_root(disks: &Disks) -> Result<&Candidate, NoRoot> {
    let known: Vec<&Candidate> = disks.candidates.iter().filter(|c| c.has_state()).collect();
    match (known.as_slice(), disks.candidates.as_slice()) {
        ([root], _) => Ok(*root),
        ([], [root]) => Ok(root),
        (_, []) => Err(NoRoot::None(disks.obstacles.clone())),
        (_, all) => Err(NoRoot::Many(all.to_vec())),
    }
}

/// A file that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Its path.
    pub path: String,
    /// The unified diff of its contents; empty if only owner or mode differ.
    pub diff: String,
    /// Owner and mode, where they change, for people.
    pub attributes: Option<String>,
}

/// What a restore changes; secrets do not show.
pub fn restored(kept: &Kept, host: &Host) -> Vec<Restored> {
    let of = |state: &str| {
        let mut words = state.split(' ');
        let is_file = words.next() == Some("file");
        is_file.then(|| words.take(3).map(str::to_owned).collect::<Vec<_>>())
    };
    let change = |file: &crate::observed::KeptFile| {
        let attributes = match (of(&file.now), of(&file.aim)) {
            (Some(now), Some(aim)) if now != aim => {
                Some(format!("mode and owner {} → {}", now.join(" "), aim.join(" ")))
            }
            _ => None,
        };
        let diff = unified(&file.path, file.before.as_deref(), file.after.as_deref());
        let diff = without_secrets(&diff, host);
        Restored { path: file.path.clone(), diff, attributes }
    };
    kept.files.iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::{NoRoot, choose_root};
    use crate::observed::{Candidate, Disks};

    fn root(device: &str, generation: u32) -> Candidate {
        Candidate {
            device: device.to_owned(),
            filesystem: "ext4".to_owned(),
            layout: "partition".to_owned(),
            uuid: String::new(),
            generation,
            transaction: "none".to_owned(),
            machine_id: String::new(),
            hostname: String::new(),
            system: String::new(),
        }
    }

    fn chosen(generations: &[u32]) -> Option<String> {
        let number = |(at, generation): (usize, &u32)| root(&format!("/dev/vda{at}"), *generation);
        let candidates = generations.iter().enumerate().map(number).collect();
        let disks = Disks { candidates, obstacles: Vec::new() };
        choose_root(&disks).ok().map(|root| root.device.clone())
    }

    #[test]
    fn the_one_with_our_state_else_the_only_one() {
        assert_eq!(chosen(&[0]).as_deref(), Some("/dev/vda0"));
        assert_eq!(chosen(&[0, 4, 0]).as_deref(), Some("/dev/vda1"));
        assert_eq!(chosen(&[0, 0]), None);
        assert_eq!(chosen(&[1, 2]), None);
    }

    /// What was kept last may stand in the journal alone: it is not passed over for another.
    #[test]
    fn a_root_whose_journal_nobody_has_read_may_be_the_one() {
        let unread = Candidate { transaction: "unread".to_owned(), ..root("/dev/vda1", 0) };
        let choose = |others: &[Candidate]| {
            let candidates = [std::slice::from_ref(&unread), others].concat();
            let disks = Disks { candidates, obstacles: Vec::new() };
            choose_root(&disks).ok().map(|root| root.device.clone())
        };
        assert_eq!(choose(&[]).as_deref(), Some("/dev/vda1"));
        assert_eq!(choose(&[root("/dev/vdb1", 0)]).as_deref(), Some("/dev/vda1"));
        assert_eq!(choose(&[root("/dev/vdb1", 3)]), None);
    }

    #[test]
    fn without_any_the_obstacles_are_told() {
        let obstacles = vec!["/dev/sda2 is encrypted (LUKS)".to_owned()];
        let disks = Disks { candidates: Vec::new(), obstacles: obstacles.clone() };
        assert_eq!(choose_root(&disks), Err(NoRoot::None(obstacles)));
    }
}
