//! What can be typed. The doc comments are the help texts.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

mod graph;
mod guest;
mod history;
mod import;
#[cfg(target_os = "linux")]
mod lab;
mod lost;
mod part;
mod ping;
mod promisc;
mod report;
mod vmac;

pub use graph::{Form, Graph};
pub use guest::{Guest, GuestRestart};
pub use history::History;
pub use import::Import;
#[cfg(target_os = "linux")]
pub use lab::{
    FaultWord, Lab, LabApply, LabFault, LabRecord, LabSsh, LabUp, Named, Rehearse, Twinning,
};
pub use lost::{Lost, When};
pub use part::{Part, Together};
pub use ping::{Ping, Status};
pub use promisc::{Promisc, Switching};
pub use report::Report;
pub use vmac::{Making, Vmac};

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

const EXIT_CODES: &str = "Exit codes: 0 nothing to do or all confirmed, 1 error, 2 changes planned or drift found, \
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
    /// Copy a starting point: inventory, vars and playbook of a shipped topology
    Init(Init),
    /// Take up a host as it is: a new project of its files and vars, whose plan is empty
    Import(Import),
    /// Show hosts, groups and vars as they were understood, and where each var comes from
    Inventory(Show),
    /// Look for mistakes in what would be rendered, or in files; needs no connection
    Lint(Lint),
    /// Render the templates and show the files; needs no connection
    Render(RenderTo),
    /// Draw the hosts' networks, as they are wanted or as they are: SVG, DOT or Mermaid
    Graph(Graph),
    /// Read the hosts and show what would change
    Plan(PlanTo),
    /// Show what somebody changed on the hosts, in files and live state; changes nothing
    Drift(Drift),
    /// Write the same as a page for a browser: all hosts, their past, diffs and pictures
    Report(Report),
    /// Change the hosts; each one reverts by itself unless it is verified and confirmed
    Apply(Apply),
    /// Show what rappel knows on each host: generation, open transaction, watchdog, lock
    Status(Status),
    /// Make the checks that the playbook declares, and change nothing
    Ping(Ping),
    /// Show what was done to each host, or what each run did
    History(History),
    /// Return hosts to an earlier generation, as a transaction of its own
    Rollback(Rollback),
    /// Restart guests of the hosts
    #[command(subcommand)]
    Guest(Guest),
    /// Bring hosts back that nobody can reach, through their provider's rescue system
    Rescue(Rescue),
    /// Show or switch ports of virtual switches that are promiscuous, for CARP and VRRP
    Promisc(Promisc),
    /// Show or make the virtual MACs that a provider lets a server's VMs send from
    Vmac(Vmac),
    /// Rehearse on throw-away twins of your hosts, on this machine; needs Linux and root
    #[cfg(target_os = "linux")]
    #[command(subcommand)]
    Lab(Lab),
}

/// Which inventory, and which of its hosts.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Inventory {
    /// Inventory as for Ansible (YAML, INI, program, directory), or `vagrant:DIR`; may be given
    /// several times
    #[arg(short, long, value_name = "PATH", env = "RAPPEL_INVENTORY", value_delimiter = ',')]
    pub inventory: Vec<PathBuf>,
    /// Only these hosts: names, groups and patterns as in Ansible (`web*:&paris:!db`, `@file`)
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// All but these hosts, by a pattern as for --limit
    #[arg(short = 'x', long, value_name = "PATTERN")]
    pub exclude: Option<String>,
    /// A var that wins over all others: `key=value`, JSON or YAML, or `@file`
    #[arg(short, long, value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// Take a password of Ansible Vault from a file, or from a program that prints it [env:
    /// ANSIBLE_VAULT_PASSWORD_FILE=]
    #[arg(long, value_name = "FILE")]
    pub vault_password_file: Vec<PathBuf>,
    /// The same for encrypted values with this name; `NAME@prompt` asks
    #[arg(long, value_name = "NAME@FILE")]
    pub vault_id: Vec<String>,
    /// Ask for the password of Ansible Vault
    #[arg(short = 'J', long)]
    pub ask_vault_pass: bool,
    /// A file with an identity for files that are encrypted with age
    #[arg(long, value_name = "FILE", env = "RAPPEL_AGE_IDENTITY")]
    pub age_identity: Vec<PathBuf>,
}

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// Which one: t0, t1, t1-routed, t2, t3, t4, static, single-address, hetzner, bond
    #[arg(long, value_name = "NAME")]
    pub topology: String,
    /// The directory to write to; files that are there are never overwritten [default: here]
    #[arg(value_name = "DIRECTORY")]
    pub directory: Option<PathBuf>,
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
    /// The ssh_config to read instead of ~/.ssh/config and /etc/ssh/ssh_config; `none` for none
    #[arg(short = 'F', long, value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// The known_hosts file to use instead of all others
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    /// The file that keeps what runs did, a PostgreSQL database (`postgresql://…`), or `none`
    /// [default: ~/.local/state/rappel/journal.db]
    #[arg(long, value_name = "FILE|URL", env = "RAPPEL_JOURNAL", hide_env_values = true)]
    pub journal: Option<String>,
    /// Seconds to wait for a connection [default: as ssh_config says, or 10]
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Ask for the password to log in with, once for all hosts
    #[arg(short = 'k', long)]
    pub ask_pass: bool,
    /// Take that password from a file, or from a program that prints it
    #[arg(long, value_name = "FILE", conflicts_with = "ask_pass")]
    pub connection_password_file: Option<PathBuf>,
    /// Become root after logging in, where the inventory does not say
    #[arg(short = 'b', long)]
    pub r#become: bool,
    /// How to become root
    #[arg(long, value_enum, default_value_t = BecomeMethod::Sudo, value_name = "METHOD")]
    pub become_method: BecomeMethod,
    /// Ask for the password to become root with, once for all hosts
    #[arg(short = 'K', long)]
    pub ask_become_pass: bool,
    /// Take that password from a file, or from a program that prints it
    #[arg(long, value_name = "FILE", conflicts_with = "ask_become_pass")]
    pub become_password_file: Option<PathBuf>,
    /// Text for people, or JSON lines for programs
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub output: Output,
}

/// How to become root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BecomeMethod {
    /// With or without a password.
    Sudo,
    /// Without a password.
    Doas,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned text, with progress on a terminal.
    Text,
    /// One JSON object a line: the events.
    Json,
}

/// What to show of an inventory.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Which hosts, as for --limit
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// All groups, hosts and vars, in the form of `ansible-inventory --list` (the default)
    #[arg(long, conflicts_with_all = ["graph", "host"])]
    pub list: bool,
    /// The tree of groups and hosts
    #[arg(long, conflicts_with = "host")]
    pub graph: bool,
    /// The vars of one host, each with the file and line that it comes from
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// Text for people, or JSON
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub output: Output,
}

/// What to render, for which hosts.
#[derive(Debug, clap::Args)]
pub struct Render {
    /// The playbook; for `apply` also a plan that `plan --out` has kept
    #[arg(value_name = "PLAYBOOK")]
    pub playbook: Option<PathBuf>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
}

/// What to look for mistakes in.
#[derive(Debug, clap::Args)]
pub struct Lint {
    /// The playbook (*.yml), or configuration files as a host has them; `-` is standard input
    #[arg(value_name = "PLAYBOOK|FILE")]
    pub paths: Vec<PathBuf>,
    /// What kind of files they are, where their paths and texts do not show it
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<FileKind>,
    /// The program that configures the network of the hosts that the files are for
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub system: Option<SystemWord>,
    /// The inventory.
    #[command(flatten)]
    pub inventory: Inventory,
    /// Text for people, JSON lines for programs, or SARIF for continuous integration
    #[arg(long, value_enum, default_value_t = LintOutput::Text, value_name = "FORM")]
    pub output: LintOutput,
}

/// A kind of configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// interfaces(5)
    Interfaces,
    /// sysctl.d(5)
    Sysctl,
    /// A script for `nft -f`
    Nft,
    /// A script that ifupdown runs
    Hook,
}

/// A program that configures the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SystemWord {
    /// Debian's classic ifupdown
    Ifupdown,
    /// ifupdown2
    Ifupdown2,
    /// ifupdown-ng
    IfupdownNg,
    /// Proxmox VE
    Proxmox,
}

/// The form of lint's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintOutput {
    /// Findings with file, line and caret.
    Text,
    /// One JSON object a finding.
    Json,
    /// One SARIF 2.1.0 document.
    Sarif,
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
pub struct PlanTo {
    /// What.
    #[command(flatten)]
    pub plan: Plan,
    /// Keep the plan in this file, for `rappel apply FILE`; it holds the files' contents
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Try changes of interfaces and hooks on the host itself, where they can do no harm
    #[arg(long)]
    pub rehearse: bool,
}

/// What `plan` and `apply` have in common.
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
    /// Which part of the hosts.
    #[command(flatten)]
    pub part: Part,
}

/// Options of `drift`.
#[derive(Debug, clap::Args)]
pub struct Drift {
    /// What to render.
    #[command(flatten)]
    pub render: Render,
    /// How to reach the hosts.
    #[command(flatten)]
    pub reach: Reach,
    /// Which part of the hosts.
    #[command(flatten)]
    pub part: Part,
    /// Also write JUnit XML to this file, a test case for each host
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Also write metrics to this file, for the textfile collector of Prometheus' node exporter
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,
}

/// Options of `apply`.
#[derive(Debug, clap::Args)]
pub struct Apply {
    /// As for `plan`.
    #[command(flatten)]
    pub plan: Plan,
    /// Take up the rest of a broken-off run: by its id, or the last one of this playbook
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub resume: Option<String>,
    /// With --resume: go on although other files are rendered now
    #[arg(long, requires = "resume")]
    pub accept_changes: bool,
    /// What becomes of hosts that are lost.
    #[command(flatten)]
    pub lost: Lost,
    /// How parts of a rollout find each other.
    #[command(flatten)]
    pub together: Together,
    /// Go on to the last host whatever fails, without pauses: the hosts are twins
    #[arg(long, hide = true)]
    pub rehearsal: bool,
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
