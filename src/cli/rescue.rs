//! `rappel rescue`: brings hosts back through their providers, or finds out beforehand
//! whether that would work.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::args::{Inventory, Render, Rescue};
use super::confirm::finish;
use super::driver::{Driver, write_text};
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::desired::{CheckSpec, Host, Masks};
use crate::diagnostic::Diagnostic;
use crate::plan::as_file;
use crate::provider::{Provider, SettingsError, driver, ssh_key};
use crate::remote::request::Target;
use crate::report::clean::clean;
use crate::report::json::line;
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::run::journal::{Head, Wanted};
use crate::run::{Ask, Context, Survey, Wish, dry_run, overrides, rescue, survey};

/// Runs the command.
pub fn run(args: &Rescue, colour: bool) -> Result<Exit, Failure> {
    if args.check {
        return check(args, colour);
    }
    if args.hosts.pattern.is_none() && args.hosts.inventory.limit.is_none() {
        return Err(Failure::refused(vec![
            Diagnostic::error("no host is named, and a rescue restarts every host it is told of")
                .remedy("name the host: rappel rescue HOST"),
        ]));
    }
    let mut driver = Driver::new(&args.hosts.reach, None, colour)?;
    let wishes = wishes(args, &driver, colour)?;
    if args.dry_run {
        return show_steps(&mut driver, wishes);
    }
    all(args, &mut driver, wishes)
}

/// Rescues hosts one after the other: each one may ask.
fn all(args: &Rescue, driver: &mut Driver, wishes: Vec<Wish>) -> Result<Exit, Failure> {
    driver.without_picture();
    let wanted = |wish: &Wish| Wanted::of(&wish.host.name, None);
    let head = Head {
        command: "rescue".to_owned(),
        playbook: args.render.as_ref().map(|playbook| playbook.display().to_string()),
        hosts: wishes.iter().map(wanted).collect(),
        ..Head::default()
    };
    let secrets = Masks::of_all(wishes.iter().map(|wish| &wish.host));
    driver.begin(&args.hosts.reach, head, secrets)?;
    let context = driver.context().clone();
    let outcomes = driver.run(async move {
        let mut outcomes = Vec::new();
        for wish in wishes {
            outcomes.push((wish.host.name.clone(), one(&context, &wish, None).await));
        }
        outcomes
    })?;
    finish(driver, &outcomes)
}

/// Rescues a host, and tells of it. `before` is what is known of it where it is lost: a rescue
/// that did not begin leaves it so.
pub(super) async fn one(context: &Context, wish: &Wish, before: Option<Outcome>) -> Outcome {
    let started = Instant::now();
    context.tell(Event::HostStarted { host: wish.host.name.clone() });
    let outcome = match context.interrupted() {
        true => Outcome::Skipped { reason: "interrupted".to_owned() },
        false => rescue(context, wish).await,
    };
    let outcome = match before {
        Some(before) => still_lost(before, outcome),
        None => outcome,
    };
    let (host, seconds) = (wish.host.name.clone(), started.elapsed().as_secs_f64());
    context.tell(Event::HostFinished { host, outcome: outcome.clone(), seconds });
    outcome
}

/// What is known after a rescue that may not have begun.
fn still_lost(before: Outcome, rescue: Outcome) -> Outcome {
    match (&before, &rescue) {
        (_, Outcome::Rescued { .. } | Outcome::Stranded { .. }) => rescue,
        (Outcome::Unknown { reason }, _) => Outcome::Unknown {
            reason: format!(
                "{reason}; not rescued: {}",
                rescue.reason().unwrap_or("it says nothing")
            ),
        },
        _ => before,
    }
}

fn wishes(args: &Rescue, driver: &Driver, colour: bool) -> Result<Vec<Wish>, Failure> {
    let ask: Arc<dyn Ask> = Arc::new(Terminal::default());
    let hosts = project::hosts(&args.hosts.inventory, args.hosts.pattern.as_deref())?;
    if args.shell && hosts.len() != 1 {
        return Err(Failure::refused(vec![
            Diagnostic::error(format!("--shell is for one host, not for {}", hosts.len()))
                .remedy("name one host"),
        ]));
    }
    let rendered = rendered(args, colour)?;
    let wish = |host: Host| {
        let target = match (&rendered, args.to) {
            (Some(all), _) => {
                let files = all.iter().find(|(name, _)| *name == host.name);
                Target::Rendered(files.map(|(_, files)| files.clone()).unwrap_or_default())
            }
            (None, Some(generation)) => Target::Generation(generation),
            (None, None) => Target::Last,
        };
        let mut wish = plain_wish(driver.context(), host, &ask)?;
        wish.root.clone_from(&args.root);
        wish.boot.clone_from(&args.boot);
        wish.target = target;
        wish.yes = args.yes;
        wish.accept_key = args.hosts.reach.accept_new;
        wish.shell = args.shell;
        wish.patience = Duration::from_secs(args.wait);
        Ok(wish)
    };
    hosts.into_iter().map(wish).collect()
}

/// A rescue of a host as its vars say, that asks before it does anything.
pub(super) fn plain_wish(
    context: &Context,
    host: Host,
    ask: &Arc<dyn Ask>,
) -> Result<Wish, Failure> {
    Ok(Wish {
        provider: provider(&host)?,
        key: key(context, &host)?,
        host,
        journals: journals()?,
        root: None,
        target: Target::Last,
        boot: None,
        yes: false,
        accept_key: false,
        shell: false,
        patience: Duration::from_secs(900),
        checks: CheckSpec::usual(),
        ask: Arc::clone(ask),
    })
}

/// A host's name and files.
type Rendered = (String, Vec<crate::plan::File>);

fn rendered(args: &Rescue, colour: bool) -> Result<Option<Vec<Rendered>>, Failure> {
    let Some(playbook) = &args.render else { return Ok(None) };
    let render = Render {
        playbook: Some(playbook.clone()),
        inventory: Inventory {
            limit: args.hosts.pattern.clone().or_else(|| args.hosts.inventory.limit.clone()),
            ..args.hosts.inventory.clone()
        },
    };
    let rendered = project::render(&render, colour)?;
    super::lint::gate(&rendered, false, colour)?;
    let files = |desired: crate::desired::Desired| {
        (desired.host.name.clone(), desired.artifacts.iter().filter(on_disk).map(as_file).collect())
    };
    Ok(Some(rendered.hosts.into_iter().map(files).collect()))
}

/// A rescue system has the host's disk, and not its tools.
fn on_disk(artifact: &&crate::desired::Artifact) -> bool {
    !matches!(artifact.kind, crate::desired::ArtifactKind::Object(_))
}

fn provider(host: &Host) -> Result<Arc<dyn Provider>, Failure> {
    driver(&host.vars).map(Arc::from).map_err(|error| {
        let message = format!("{} cannot be rescued: {error}", host.name);
        Failure::refused(vec![Diagnostic::error(message).remedy(remedy(&error))])
    })
}

fn remedy(error: &SettingsError) -> &'static str {
    match error {
        SettingsError::None => {
            "set `rappel_provider` for it (docs/book/rescue.md), or use the provider's own console"
        }
        SettingsError::Wrong(_) => "correct `rappel_provider` in the inventory",
    }
}

/// The public key that is to open the rescue system: as the inventory says, else the one
/// beside the private key that this host is logged in to with.
fn key(context: &Context, host: &Host) -> Result<Option<String>, Failure> {
    let told = ssh_key(&host.vars).map_err(|error| {
        Failure::refused(vec![Diagnostic::error(format!("{}: {error}", host.name))])
    })?;
    if told.is_some() {
        return Ok(told);
    }
    // What is wrong with `ssh_config` or the vars is said when the host is to be reached.
    let connection = &host.connection;
    let options = overrides(&context.login, connection, connection.port)
        .and_then(|overrides| context.ssh.config.resolve(&connection.address, &overrides));
    let named = options.map(|options| options.identity_files).unwrap_or_default();
    let named = named.iter().map(|file| &file.path);
    let mut files = named.chain(&context.ssh.settings.default_identities);
    Ok(files.find_map(|file| public_half(file)))
}

fn public_half(private: &Path) -> Option<String> {
    let mut name = private.as_os_str().to_owned();
    name.push(".pub");
    let text = std::fs::read_to_string(PathBuf::from(name)).ok()?;
    let first = text.lines().next().map(str::trim).unwrap_or_default();
    (!first.is_empty()).then(|| first.to_owned())
}

/// Where a rescue is remembered, as the XDG rules have it.
fn journals() -> Result<PathBuf, Failure> {
    let of = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = of("XDG_STATE_HOME").or_else(|| of("HOME").map(|home| home.join(".local/state")));
    match base {
        Some(base) => Ok(base.join("rappel/rescue")),
        None => Err(Diagnostic::error("there is no place to remember a rescue in")
            .remedy("set HOME or XDG_STATE_HOME")
            .into()),
    }
}

fn check(args: &Rescue, colour: bool) -> Result<Exit, Failure> {
    let hosts = project::hosts(&args.hosts.inventory, args.hosts.pattern.as_deref())?;
    let mut driver = Driver::new(&args.hosts.reach, None, colour)?;
    let mut wanted = Vec::new();
    for host in hosts {
        let provider: Result<Arc<dyn Provider>, String> =
            crate::provider::driver(&host.vars).map(Arc::from).map_err(|error| error.to_string());
        let key = key(driver.context(), &host)?;
        wanted.push((host.name, provider, key));
    }
    let context = driver.context().clone();
    let found = driver.run(async move { survey(&context, wanted).await })?;
    for survey in &found {
        let words = match driver.for_people() {
            true => describe(survey),
            false => format!("{}\n", line(&as_json(survey))?),
        };
        write_text(&words, colour)?;
    }
    let good = found.iter().all(|survey| survey.problems.is_empty());
    Ok(if good { Exit::Ok } else { Exit::Error })
}

fn as_json(survey: &Survey) -> serde_json::Value {
    let Survey { host, machine, boot, notes, problems } = survey;
    serde_json::json!({
        "host": host, "machine": machine, "boot": boot, "notes": notes, "problems": problems,
    })
}

fn describe(survey: &Survey) -> String {
    let machine = survey.machine.as_deref().unwrap_or("no provider");
    let boot = survey.boot.as_deref().map_or_else(String::new, |boot| format!(", boots {boot}"));
    let verdict = if survey.problems.is_empty() { "can be rescued" } else { "cannot be rescued" };
    let mut out =
        format!("{}: {verdict} ({}{})\n", clean(&survey.host), clean(machine), clean(&boot));
    for text in survey.problems.iter().chain(&survey.notes) {
        out.push_str(&format!("    {}\n", clean(text)));
    }
    out
}

fn show_steps(driver: &mut Driver, wishes: Vec<Wish>) -> Result<Exit, Failure> {
    let mut exit = Exit::Ok;
    for wish in wishes {
        let host = wish.host.name.clone();
        let steps = driver.run(async move { dry_run(&wish).await })?;
        match steps {
            Ok(steps) => {
                let mut out = format!("{}: a rescue would\n", clean(&host));
                for (number, step) in steps.iter().enumerate() {
                    out.push_str(&format!("  {}. {}\n", number + 1, clean(step)));
                }
                driver.print(&out)?;
            }
            Err(reason) => {
                driver.print(&format!("{}: {}\n", clean(&host), clean(&reason)))?;
                exit = Exit::Error;
            }
        }
    }
    Ok(exit)
}

/// Asks at the terminal that rappel was started on. One question at a time.
#[derive(Debug, Default)]
pub struct Terminal {
    turn: Mutex<()>,
}

impl Terminal {
    fn read(&self, question: &str) -> Result<String, String> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::io::stdin().is_terminal() {
            return Err("nobody can be asked: standard input is no terminal".to_owned());
        }
        let mut err = std::io::stderr();
        let mut answer = String::new();
        let asked = write!(err, "{question} ").and_then(|()| err.flush());
        asked.and_then(|()| std::io::stdin().read_line(&mut answer)).map_err(|e| e.to_string())?;
        Ok(answer.trim().to_owned())
    }
}

impl Ask for Terminal {
    fn yes(&self, question: &str) -> Result<bool, String> {
        let answer = self.read(&format!("{} [y/N]", clean(question)))?;
        Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
    }

    fn which(&self, question: &str, choices: &[String]) -> Result<Option<usize>, String> {
        let mut words = clean(question);
        for (number, choice) in choices.iter().enumerate() {
            words.push_str(&format!("\n  {}. {}", number + 1, clean(choice)));
        }
        let answer = self.read(&format!("{words}\nNumber, or nothing to stop:"))?;
        Ok(answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1)))
    }

    fn shell(&self, argv: &[String]) -> Result<(), String> {
        let Some((program, words)) = argv.split_first() else { return Ok(()) };
        // How the shell ends is the user's business.
        let ended = std::process::Command::new(program).args(words).status();
        ended.map(drop).map_err(|error| format!("{program} cannot be run: {error}"))
    }
}
