//! `rappel inventory`: what was understood of the inventory, and where it comes from.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::args::{Output, Show};
use super::driver::write_text;
use super::exit::Exit;
use super::failure::Failure;
use super::project;
use crate::desired::Project;
use crate::diagnostic::{Diagnostic, Place};
use crate::report::clean::clean;

/// Runs the command.
pub fn run(args: &Show, colour: bool) -> Result<Exit, Failure> {
    let project = project::inventory(&args.inventory, colour)?;
    let limit = args.pattern.as_deref().or(args.inventory.limit.as_deref());
    let names = project.names(limit)?;
    let text = if let Some(host) = &args.host {
        explain(&project, host, args.output)?
    } else if args.graph {
        project.graph(&names).lines().fold(String::new(), |all, line| all + &clean(line) + "\n")
    } else {
        pretty(&project.list(&names))
    };
    write_text(&text, colour)?;
    Ok(Exit::Ok)
}

fn explain(project: &Project, host: &str, output: Output) -> Result<String, Failure> {
    let Some(vars) = project.explain(host) else {
        return Err(Diagnostic::error(format!("the inventory has no host `{host}`"))
            .remedy("`rappel inventory --graph` shows all of them")
            .into());
    };
    let groups = project.groups_of(host);
    if output == Output::Json {
        let mut all = Map::new();
        for var in vars {
            let overrides: Vec<String> = var.overrides.iter().map(line).collect();
            let body = json!({ "value": var.value, "from": line(&var.place), "over": overrides });
            all.insert(var.name, body);
        }
        return Ok(pretty(&json!({ "host": host, "groups": groups, "vars": all })));
    }
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", clean(host));
    let _ = writeln!(out, "  groups: {}", clean(&groups.join(", ")));
    for var in vars {
        let value = serde_json::to_string(&var.value).unwrap_or_default();
        let _ = writeln!(out, "  {}: {}", clean(&var.name), clean(&value));
        let _ = writeln!(out, "      from {}", clean(&line(&var.place)));
        for place in &var.overrides {
            let _ = writeln!(out, "      over {}", clean(&line(place)));
        }
    }
    Ok(out)
}

fn line(place: &Place) -> String {
    format!("{}:{}", place.source.name, place.line_column().0)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
