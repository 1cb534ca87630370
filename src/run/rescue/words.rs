//! Where a rescue stands, and how a person goes on without rappel.

use super::journal::{State, Step};
use super::reach::Door;
use super::setting::Undone;
use super::wish::Wish;

/// What a shell in a mounted root runs; the root was mounted there before.
pub(super) fn inside(user: &str) -> &'static str {
    match user {
        "root" => "exec chroot /run/rappel-rescue/root /bin/sh -i",
        _ => "exec sudo chroot /run/rappel-rescue/root /bin/sh -i",
    }
}

/// Where it stands; `unset` is what became of the boot setting when it was given up.
pub(super) fn stands(state: &State, unset: Option<&Result<Undone, String>>) -> String {
    let boot = state.boot.as_deref().unwrap_or("its own disk");
    let done = match state.step {
        Step::Begun => "nothing was done to the machine".to_owned(),
        Step::Remembered => format!("nothing but the boot setting ({boot}) was read, or changed"),
        Step::Set => "it was set to boot the rescue system, and not restarted".to_owned(),
        Step::Resetting => {
            "it was restarted into the rescue system, which was not reached".to_owned()
        }
        Step::Reached => "the rescue system runs; no file is restored".to_owned(),
        Step::Restored => "the files are restored; the rescue system still runs".to_owned(),
        Step::Unset => {
            format!("the files are restored and it is set to boot {boot}, but it was not restarted")
        }
        Step::Restarted => {
            format!("the files are restored, and it was restarted from {boot}")
        }
    };
    match unset {
        None => done,
        Some(Ok(Undone::Set)) => format!("{done}; its boot setting is {boot} again, read back"),
        Some(Ok(Undone::Restarted)) => {
            format!(
                "{done}; then it was restarted, and its boot setting is {boot} again, read back"
            )
        }
        Some(Err(reason)) => {
            format!("{done}; IT MAY STILL BE SET TO BOOT THE RESCUE SYSTEM ({reason})")
        }
    }
}

/// How a person goes on.
pub(super) fn by_hand(
    state: &State,
    wish: &Wish,
    door: &Door<'_>,
    unset: &Option<Result<Undone, String>>,
) -> Vec<String> {
    let mut steps = Vec::new();
    if *unset == Some(Ok(Undone::Restarted)) {
        steps.push("boot the rescue system again in the provider's console, and log in".to_owned());
        steps.push("there: mount the root on /mnt, and mend /mnt/etc/network".to_owned());
        steps.push("umount /mnt".to_owned());
    } else if matches!(state.step, Step::Reached) {
        let root = state.root.as_deref().unwrap_or("DEVICE");
        steps.push(format!("log in to the rescue system: {}", door.argv(None).join(" ")));
        steps.push(format!("there: mount {root} /mnt, and mend /mnt/etc/network"));
        steps.push("umount /mnt".to_owned());
    }
    let boot = state.boot.as_deref().unwrap_or("its own disk");
    let provider = wish.provider.by_hand(boot);
    if unset.as_ref().is_some_and(Result::is_err) || state.step < Step::Restarted {
        steps.extend(provider);
    } else {
        steps.push("look at the machine's console: it was restarted from its own disk".to_owned());
    }
    steps
}
