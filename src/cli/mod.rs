//! The only room that knows a terminal: arguments to settings, one file per command,
//! diagnostics, exit codes.

mod apply;
mod args;
mod ask;
mod clock;
mod confirm;
pub mod diagnostic;
mod drift;
mod driver;
mod exit;
mod failure;
mod graph;
mod guest;
mod history;
mod import;
mod init;
mod inventory;
mod keep;
#[cfg(target_os = "linux")]
pub mod lab;
mod lint;
mod login;
mod look;
mod lost;
mod parts;
mod ping;
mod plan;
mod project;
mod promisc;
mod prompt;
mod render;
mod report;
mod rescue;
mod resume;
mod rollback;
mod saved;
mod signals;
mod status;
mod store;
mod vault;
mod vmac;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
pub use exit::Exit;

/// Parses the arguments, runs the command, and says how it went.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let colour = args.colour();
    let result = match args.command {
        Command::Init(command) => init::run(&command),
        Command::Import(command) => import::run(&command, colour),
        Command::Inventory(command) => inventory::run(&command, colour),
        Command::Lint(command) => lint::run(&command, colour),
        Command::Render(command) => render::run(&command, colour),
        Command::Graph(command) => graph::run(&command, colour),
        Command::Plan(command) => plan::run(&command, colour),
        Command::Drift(command) => drift::run(&command, colour),
        Command::Report(command) => report::run(&command, colour),
        Command::Apply(command) => apply::run(&command, colour),
        Command::Guest(args::Guest::Restart(command)) => guest::restart(&command, colour),
        Command::Status(command) => status::run(&command, colour),
        Command::Ping(command) => ping::run(&command, colour),
        Command::History(command) => history::run(&command, colour),
        Command::Rollback(command) => rollback::run(&command, colour),
        Command::Rescue(command) => rescue::run(&command, colour),
        Command::Promisc(command) => promisc::run(&command, colour),
        Command::Vmac(command) => vmac::run(&command, colour),
        #[cfg(target_os = "linux")]
        Command::Lab(command) => return lab::main(command, colour),
    };
    failure::ended(result, colour)
}
