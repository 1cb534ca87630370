//! A disk of a host's own, so that it can be full, and so that a power cut loses what was
//! written but not synced.
//!
//! Files of a container are otherwise in the machine's page cache, which no power cut of
//! the lab's can empty: whoever forgets to sync would never notice.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::root::overlay;
use crate::lab::command::run;
use crate::lab::error::LabError;
use crate::lab::place::{STORE, of_host, root};
use crate::lab::protocol::Site;
use crate::lab::spec::HostSpec;

/// Strict, as far as a file system may be: nothing is written before it has to be, and a
/// rename does not wait for the contents of the file that it renames. After an error it can
/// be read only, as Debian mounts its root.
const OPTIONS: &str = "loop,noauto_da_alloc,commit=300,errors=remount-ro";

/// The file system stops this instant, and nothing more gets out of its caches: ext4's own
/// way to be tried for crashes (`EXT4_IOC_SHUTDOWN`, without flushing the log). perl is on
/// every Debian and can call it.
const STOP: &str =
    r#"open my $d, "<", $ARGV[0] or die; my $f = pack "L", 2; ioctl $d, 0x8004587d, $f or die $!"#;

/// How long the last process of a host may keep its disk busy.
const BUSY: Duration = Duration::from_secs(10);

fn image(host: &str) -> PathBuf {
    Path::new(STORE).join(format!("{host}.img"))
}

/// Makes a disk and mounts it as the host's directory.
pub(super) fn make(host: &str, mebibytes: u32) -> Result<(), LabError> {
    let image = image(host);
    File::create(&image)
        .and_then(|file| file.set_len(u64::from(mebibytes) << 20))
        .map_err(LabError::io(format!("cannot make the disk of {host}")))?;
    let path = image.display().to_string();
    // Few inodes, so that they can run out as well; no space that only root may use.
    let inodes = "6000";
    run(&["mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-N", inodes, "-J", "size=4", &path])?;
    mount(host)
}

fn mount(host: &str) -> Result<(), LabError> {
    let (image, dir) = (image(host).display().to_string(), of_host(host).display().to_string());
    run(&["mount", "-t", "ext4", "-o", OPTIONS, &image, &dir]).map(drop)
}

/// The power goes: what is not on the disk by now is lost.
pub(super) fn stop(host: &str) -> Result<(), LabError> {
    run(&["perl", "-e", STOP, &of_host(host).display().to_string()]).map(drop)
}

/// What a boot finds: the disk as it was when the power went, its journal replayed.
pub(super) fn again(spec: &HostSpec, site: &Site) -> Result<(), LabError> {
    let end = Instant::now() + BUSY;
    unmount(&root(&spec.name), end)?;
    loop {
        unmount(&of_host(&spec.name), end)?;
        mount(&spec.name)?;
        // The kernel may not be done with the last process: then this is the file system that
        // has stopped, once more.
        match fs::write(of_host(&spec.name).join("mounted"), "") {
            Ok(()) => return overlay(spec, site),
            Err(error) if Instant::now() > end => {
                return Err(LabError::io(format!("the disk of {} is dead", spec.name))(error));
            }
            Err(_) => sleep(Duration::from_millis(50)),
        }
    }
}

fn unmount(path: &Path, end: Instant) -> Result<(), LabError> {
    let path = path.display().to_string();
    while let Err(error) = run(&["umount", &path]) {
        if Instant::now() > end {
            return Err(error);
        }
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
