//! What can be typed. The doc comments are the help texts.

#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Changes the network configuration of servers over SSH, and never loses one.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

const EXIT_CODES: &str = "Exit codes: 0 nothing to do or all confirmed, 1 error, 2 changes planned, \
3 rolled back and safe, 4 unreachable or lost, 5 refused, 130 interrupted.";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

impl Args {
    /// Whether to use colours: as asked for, else on a terminal unless `NO_COLOR` is set.
    pub fn colour(&self) -> bool {
        match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
            }
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look for mistakes in what would be rendered; needs no connection
    Lint(Render),
    /// Render the templates and show the files; needs no connection
    Render(RenderTo),
    /// Read the hosts and show what would change
    Plan(Plan),
    /// Change the hosts; each one reverts by itself unless it is verified and confirmed
    Apply(Apply),
    /// Show what rappel knows on each host: generation, open transaction, watchdog, lock
    Status(Hosts),
    /// Make the checks that the playbook declares, and change nothing
    Ping(Ping),
    /// Show what was done to each host, and how it ended
    History(Hosts),
    /// Return hosts to an earlier generation, as a transaction of its own
    Rollback(Rollback),
    /// Bring hosts back that nobody can reach, through their provider's rescue system
    Rescue(Rescue),
    /// Run a command inside a throw-away lab
    #[cfg(target_os = "linux")]
    #[command(hide = true, disable_help_flag = true)]
    Lab {
        /// The lab's own words.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

/// Which inventory, and which of its hosts.
#[derive(Debug, clap::Args)]
pub struct Inventory {
    /// Inventory file or directory, in Ansible's YAML format; may be given several times
    #[arg(short, long, value_name = "PATH", env = "RAPPEL_INVENTORY", value_delimiter = ',')]
    pub inventory: Vec<PathBuf>,
    /// Only these hosts: names, groups and patterns as in Ansible (`web*:&paris:!db`, `@file`)
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// A var that wins over all others: `key=value`, JSON or YAML, or `@file`
    #[arg(short, long, value_name = "VARS")]
    pub extra_vars: Vec<String>,
}

/// How hosts are reached.
#[derive(Debug, clap::Args)]
pub struct Reach {
    /// How many hosts to work on at once
    #[arg(short, long, value_name = "N", default_value_t = 20)]
    pub forks: usize,
    /// Accept host keys that are not known yet, and remember them
    #[arg(long)]
    pub accept_new: bool,
    /// Log in as this user where the inventory names none
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// The private key to log in with
    #[arg(long, value_name = "FILE")]
    pub private_key: Option<PathBuf>,
    /// The known_hosts file to use instead of ~/.ssh/known_hosts
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    /// Seconds to wait for a connection
    #[arg(short = 'T', long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    /// Text for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub output: Output,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned text, with progress on a terminal.
    Text,
    /// One JSON object a line: the events.
    Json,
}

/// What to render, for which hosts.
#[derive(Debug, clap::Args)]
pub struct Render {
    /// The playbook
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: Option<PathBuf>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
}

/// Rendering, and where to.
#[derive(Debug, clap::Args)]
pub struct RenderTo {
    /// What.
    #[command(flatten)]
    pub render: Render,
    /// Write the files below this directory, one directory a host, instead of showing them
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
}

/// Options of `plan`.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// What to render.
    #[command(flatten)]
    pub render: Render,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
    /// Go on in spite of lint errors
    #[arg(long)]
    pub ignore_lint: bool,
}

/// Options of `apply`.
#[derive(Debug, clap::Args)]
pub struct Apply {
    /// As for `plan`.
    #[command(flatten)]
    pub plan: Plan,
    /// How.
    #[command(flatten)]
    pub change: Change,
}

/// How a change is made.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// Do not ask before changing hosts
    #[arg(short, long)]
    pub yes: bool,
    /// Seconds that a host waits for its confirmation before it reverts [default: the play's]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(5..=3600))]
    pub confirm_window: Option<u64>,
    /// Accept hosts that no init system would revert at boot
    #[arg(long)]
    pub without_boot_revert: bool,
    /// Whether a host that is lost in spite of all is rescued through its provider
    #[arg(long, value_enum, default_value_t = WhenLost::Ask, value_name = "WHEN")]
    pub rescue: WhenLost,
}

/// When to rescue a host that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhenLost {
    /// At once, without asking; a host key that the provider does not tell is not accepted.
    Auto,
    /// Ask on the terminal; never without one.
    Ask,
    /// Never.
    Never,
}

/// Which hosts, for commands that need no playbook.
#[derive(Debug, clap::Args)]
pub struct Hosts {
    /// Which hosts, as for --limit
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
}

/// Options of `ping`.
#[derive(Debug, clap::Args)]
pub struct Ping {
    /// Which hosts, as for --limit; or the playbook, if it is the name of a file
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// The playbook that declares the checks; the usual ones without any
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: Option<PathBuf>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
}

/// Options of `rollback`.
#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// Which hosts.
    #[command(flatten)]
    pub hosts: Hosts,
    /// The generation to return to; 0 is the host before rappel [default: the one before the last]
    #[arg(long, value_name = "GENERATION")]
    pub to: Option<u32>,
    /// How.
    #[command(flatten)]
    pub change: Change,
}

/// Options of `rescue`.
#[derive(Debug, clap::Args)]
pub struct Rescue {
    /// Which hosts.
    #[command(flatten)]
    pub hosts: Hosts,
    /// Find out whether the hosts could be rescued: credentials, rights, keys; changes nothing
    #[arg(long, conflicts_with_all = ["dry_run", "shell", "render", "to", "root"])]
    pub check: bool,
    /// Print the steps and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before restarting a host and before restoring its files
    #[arg(short, long)]
    pub yes: bool,
    /// The device of the root file system, instead of looking for it
    #[arg(long, value_name = "DEVICE")]
    pub root: Option<String>,
    /// Restore the files as this generation left them; 0 is the host before rappel
    /// [default: as before an open change, else as the last generation left them]
    #[arg(long, value_name = "GENERATION", conflicts_with = "render")]
    pub to: Option<u32>,
    /// Write the files that this playbook renders, for a host without anything to restore
    #[arg(long, value_name = "PLAYBOOK")]
    pub render: Option<PathBuf>,
    /// Open a shell in the mounted root instead of restoring files
    #[arg(long, conflicts_with_all = ["to", "render"])]
    pub shell: bool,
    /// The boot setting to return to, where the provider cannot tell what it was
    #[arg(long, value_name = "SETTING")]
    pub boot: Option<String>,
    /// Seconds that a restart, and the system after it, may take
    #[arg(long, value_name = "SECONDS", default_value_t = 900,
        value_parser = clap::value_parser!(u64).range(10..=7200))]
    pub wait: u64,
}

#[cfg(test)]
mod tests {
    use super::Args;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
