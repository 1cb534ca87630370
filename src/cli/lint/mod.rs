//! `rappel lint`, and the gate that plan and apply go through.

mod bare;

use std::io::Write;
use std::path::Path;

use super::args::{Lint, LintOutput, Render};
use super::diagnostic::draw_all;
use super::driver::write_text;
use super::exit::Exit;
use super::failure::Failure;
use super::project::{self, Rendered};
use crate::desired::{ArtifactKind, Desired};
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::network::lint::{Known, LintFile, LintHost, LintKind, review};
use crate::plan::sources;
use crate::report::sarif;

/// Runs the command: findings to standard output; errors among them refuse.
pub fn run(args: &Lint, colour: bool) -> Result<Exit, Failure> {
    let (findings, about) = match playbook(args)? {
        Some(render) => {
            let rendered = project::render(&render, colour)?;
            let about = format!("{} host(s)", rendered.hosts.len());
            (of_project(&rendered, args), about)
        }
        None => bare::findings(args)?,
    };
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    match args.output {
        LintOutput::Text => {
            let warnings = findings.len() - errors;
            write_text(&draw_all(&findings, colour), colour)?;
            write_text(&format!("{about}, {errors} error(s), {warnings} warning(s)\n"), colour)?;
        }
        LintOutput::Json => {
            let lines: String = findings.iter().map(|one| sarif::finding(one) + "\n").collect();
            write_text(&lines, false)?;
        }
        LintOutput::Sarif => write_text(&(sarif::document(&findings) + "\n"), false)?,
    }
    Ok(if errors > 0 { Exit::Refused } else { Exit::Ok })
}

/// What to render, unless bare files are named.
fn playbook(args: &Lint) -> Result<Option<Render>, Failure> {
    let is_playbook =
        |path: &Path| path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml");
    let bare = args.kind.is_some() || args.paths.iter().any(|path| !is_playbook(path));
    if !bare && args.paths.len() <= 1 {
        let inventory = args.inventory.clone();
        return Ok(Some(Render { playbook: args.paths.first().cloned(), inventory }));
    }
    match args.paths.iter().find(|path| args.kind.is_none() && is_playbook(path)) {
        None => Ok(None),
        Some(path) => Err(Diagnostic::error(format!(
            "{} is a playbook, and stands beside other files",
            path.display()
        ))
        .remedy("lint one playbook, or configuration files, not both at once")
        .into()),
    }
}

/// Everything that is found in a rendered project.
pub fn findings(rendered: &Rendered) -> Vec<Diagnostic> {
    of_hosts(rendered, |known| known)
}

/// Shows findings, and refuses to go on if errors are among them and not overridden.
pub fn gate(rendered: &Rendered, ignore: bool, colour: bool) -> Result<(), Failure> {
    let findings = findings(rendered);
    let fatal = findings.iter().any(|f| f.severity == Severity::Error);
    if fatal && !ignore {
        let advice = Diagnostic::error("lint found errors; no host was contacted")
            .remedy("mend them, or go on with --ignore-lint if you know better");
        return Err(Failure::refused(findings.into_iter().chain([advice]).collect()));
    }
    // Standard error may be closed; there is nobody left to tell.
    let _ = anstream::stderr().write_all(draw_all(&findings, colour).as_bytes());
    Ok(())
}

fn of_project(rendered: &Rendered, args: &Lint) -> Vec<Diagnostic> {
    of_hosts(rendered, |known| match args.system {
        Some(system) => Known { system: Some(bare::system(system)), ..known },
        None => known,
    })
}

fn of_hosts(rendered: &Rendered, told: impl Fn(Known) -> Known) -> Vec<Diagnostic> {
    let hosts: Vec<(&str, Vec<LintFile>, Known)> = rendered
        .hosts
        .iter()
        .map(|host| (host.host.name.as_str(), files(host), told(rendered.project.known(host))))
        .collect();
    let hosts: Vec<LintHost<'_>> =
        hosts.iter().map(|(name, files, known)| LintHost { name, files, known }).collect();
    let mut found = review(&hosts);
    // What an exception is for may be on a host that was left out.
    found.retain(|one| rendered.whole || one.rule != Some("LN03"));
    found
}

fn files(desired: &Desired) -> Vec<LintFile> {
    let artifacts = desired.artifacts.iter().zip(sources(desired));
    artifacts
        .map(|(artifact, source)| {
            let kind = match artifact.kind {
                ArtifactKind::Interfaces => LintKind::Interfaces,
                ArtifactKind::Sysctl => LintKind::Sysctl,
                ArtifactKind::Nft => LintKind::Nft,
                ArtifactKind::Hook(_) => LintKind::Hook,
                ArtifactKind::File { .. } | ArtifactKind::Object(_) => LintKind::Other,
            };
            // The rendered text is what the finding points into: name host and file.
            let name = format!("{}:{}", desired.host.name, source.name);
            let source = Source::new(name, source.text);
            LintFile { kind, path: artifact.path.clone(), mode: artifact.mode, source }
        })
        .collect()
}
