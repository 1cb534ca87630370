//! What `lab` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{Hosts, Output, Render};

/// What is done with labs.
#[derive(Debug, Subcommand)]
pub enum Lab {
    /// Make throw-away twins of the inventory's hosts, and keep them until `lab down`
    Up(LabUp),
    /// Rehearse a rollout on fresh twins: which hosts would have been lost?
    Rehearse(Rehearse),
    /// Run `rappel apply` on the twins that are up
    Apply(LabApply),
    /// Log in to a twin, or run a command on it
    Ssh(LabSsh),
    /// Break something: a cable, a disk, the gateway, a host
    Fault(LabFault),
    /// Show the twins that are up
    Status(Named),
    /// End the lab, and leave nothing behind
    Down(Named),
    /// Read hosts as they are, for twins that begin where the hosts are; changes nothing
    Record(LabRecord),
    /// Run a command inside a ready-made lab, which ends with the command
    Run {
        /// Which lab: t0, t1, t1-routed, t2, t3, t4, plain-pair, or fleet:N[:BASE]
        #[arg(value_name = "TOPOLOGY")]
        topology: String,
        /// The command
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Hold one lab, as process 1 of its namespaces.
    #[command(hide = true)]
    Daemon,
    /// Hold one lab until somebody ends it.
    #[command(hide = true)]
    Hold,
    /// Orders to the lab that the command runs in.
    #[command(external_subcommand)]
    Order(Vec<OsString>),
}

/// Which of the labs that are up.
#[derive(Debug, Clone, clap::Args)]
pub struct Named {
    /// The name of the lab, where there are several
    #[arg(long, value_name = "NAME", default_value = "lab")]
    pub name: String,
}

/// What twins are made of.
#[derive(Debug, clap::Args)]
pub struct Twinning {
    /// The hosts, and what is wanted of them.
    #[command(flatten)]
    pub render: Render,
    /// An inventory that is in force today: what it says of hosts is true, of their gateways too
    #[arg(long, value_name = "PATH")]
    pub baseline: Option<PathBuf>,
    /// The playbook that is in force today [default: the same path beside the baseline; the same
    /// playbook if there is none]
    #[arg(long, value_name = "PLAYBOOK", requires = "baseline")]
    pub baseline_playbook: Option<PathBuf>,
    /// Where `lab record` keeps what hosts are like
    #[arg(long, value_name = "DIR", default_value = ".rappel/lab")]
    pub records: PathBuf,
    /// The Debian root of all twins (bookworm, bookworm-ifupdown2, trixie, …) [default: as each
    /// host needs]
    #[arg(long, value_name = "ROOT")]
    pub base: Option<String>,
    /// MiB of each twin's disk, which can be full; 0 for none of its own
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub disk: u32,
    /// Who logs in where the inventory names nobody
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
}

/// Options of `lab up`.
#[derive(Debug, clap::Args)]
pub struct LabUp {
    /// What of.
    #[command(flatten)]
    pub twins: Twinning,
    /// Which lab.
    #[command(flatten)]
    pub name: Named,
}

/// Options of `lab rehearse`.
#[derive(Debug, clap::Args)]
pub struct Rehearse {
    /// What of.
    #[command(flatten)]
    pub twins: Twinning,
    /// Heed the play's failure budget and pauses, instead of going on to the last host
    #[arg(long)]
    pub as_written: bool,
    /// Do not try what the same files do without rappel
    #[arg(long)]
    pub only_rappel: bool,
    /// Break something when a host's change begins, or while it stands still at a step of it:
    /// `HOST=FAULT[@STEP]`; rappel lab fault --list has both
    #[arg(long, value_name = "HOST=FAULT[@STEP]")]
    pub fault: Vec<String>,
    /// Seconds that a host waits for its confirmation before it reverts [default: the play's]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(5..=3600))]
    pub confirm_window: Option<u64>,
    /// Text for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub output: Output,
}

/// Options of `lab apply`.
#[derive(Debug, clap::Args)]
pub struct LabApply {
    /// Which lab.
    #[command(flatten)]
    pub name: Named,
    /// The playbook [default: that of `lab up`], and further options of `rappel apply`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PLAYBOOK OPTIONS")]
    pub words: Vec<OsString>,
}

/// Options of `lab ssh`.
#[derive(Debug, clap::Args)]
pub struct LabSsh {
    /// The host, as the inventory calls it
    #[arg(value_name = "HOST")]
    pub host: String,
    /// Which lab.
    #[command(flatten)]
    pub name: Named,
    /// The command; a shell without
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Options of `lab fault`.
#[derive(Debug, clap::Args)]
pub struct LabFault {
    /// The host, as the inventory calls it
    #[arg(value_name = "HOST", required_unless_present = "list")]
    pub host: Option<String>,
    /// What is to go wrong
    #[arg(
        value_name = "FAULT",
        value_enum,
        hide_possible_values = true,
        required_unless_present = "list"
    )]
    pub fault: Option<FaultWord>,
    /// Show the faults, what each does, and the steps of a change
    #[arg(long)]
    pub list: bool,
    /// Which lab.
    #[command(flatten)]
    pub name: Named,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FaultWord {
    /// The cables are pulled
    LinkDown,
    /// They are plugged in again
    LinkUp,
    /// New SSH connections are dropped on the way; open ones go on
    DropNew,
    /// Nothing gets through, though the cable is plugged in
    BlackHole,
    /// 30 of 100 frames are lost, each way
    Loss,
    /// What goes to the host comes 200 ms late (the kernel must have netem)
    Slow,
    /// The host reboots in good order
    Reboot,
    /// The plug is pulled: what was not synced is lost
    PowerCut,
    /// The power is back
    PowerOn,
    /// The disk is full to its last block
    DiskFull,
    /// The disk has room again
    DiskFree,
    /// The disk meets an error, and can be read only until the next boot
    DiskError,
    /// The provider's gateway of the host's network is gone, for all hosts there
    GatewayDown,
    /// It is back
    GatewayUp,
    /// Somebody else on the wire takes the host's address
    DuplicateAddress,
    /// He gives it back
    DuplicateGone,
    /// Cables and wire are good again, and the disk is free
    Heal,
}

/// Options of `lab record`.
#[derive(Debug, clap::Args)]
pub struct LabRecord {
    /// Which hosts.
    #[command(flatten)]
    pub hosts: Hosts,
    /// Where to keep what they are like
    #[arg(long, value_name = "DIR", default_value = ".rappel/lab")]
    pub records: PathBuf,
}
