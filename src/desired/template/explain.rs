//! What a template's error means to the person who wrote the template.

use std::fmt;
use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use crate::desired::nearest;
use crate::desired::yaml::Node;
use crate::diagnostic::{Diagnostic, Place};

use super::locate::{as_written, carried, place_within, root, undefined_expression};
use super::{Library, Scope, chain, filters};

/// A diagnostic on its way through the template engine.
#[derive(Debug)]
pub(super) struct Carried(pub(super) Diagnostic);

impl Carried {
    /// The diagnostic as the engine's own error.
    pub(super) fn error(diagnostic: Diagnostic) -> Error {
        Error::new(ErrorKind::InvalidOperation, "a var cannot be evaluated")
            .with_source(Self(diagnostic))
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Carried {}

/// Turns the engine's errors into diagnostics.
pub(crate) struct Explainer<'a> {
    library: &'a Library,
    scope: Option<&'a Arc<Scope>>,
}

impl<'a> Explainer<'a> {
    /// With the vars that were in scope, if any were.
    pub(crate) fn new(library: &'a Library, scope: Option<&'a Arc<Scope>>) -> Self {
        Self { library, scope }
    }

    /// An error from a template of the library; `name` is the one that was asked for.
    pub(crate) fn in_file(&self, error: &Error, name: &str) -> Diagnostic {
        let root = root(error);
        let source = root.name().and_then(|inner| self.library.get(inner));
        let place = match source.or_else(|| self.library.get(name)) {
            Some(source) => match (root.range(), root.line()) {
                (Some(range), _) => {
                    Some(source.place(chain::template(&source.text).original(range)))
                }
                (None, Some(line)) => Some(source.line(line)),
                (None, None) => Some(source.line(1)),
            },
            None => None,
        };
        self.diagnostic(error, root, place)
    }

    /// An error from a text in a YAML file.
    pub(crate) fn in_node(&self, error: &Error, node: &Node, text: &str) -> Diagnostic {
        let root = root(error);
        let file = root.name().and_then(|inner| self.library.get(inner));
        let place = match (file, root.range(), root.line()) {
            (Some(source), Some(range), _) => {
                source.place(chain::template(&source.text).original(range))
            }
            (Some(source), None, line) => source.line(line.unwrap_or(1)),
            (None, range, line) => {
                let (evaluated, range) = as_written(root, text, range);
                place_within(&node.place, evaluated, range, line)
            }
        };
        self.diagnostic(error, root, Some(place))
    }

    /// The kind of the error below all includes.
    pub(crate) fn root_kind(&self, error: &Error) -> ErrorKind {
        root(error).kind()
    }

    fn diagnostic(&self, error: &Error, root: &Error, place: Option<Place>) -> Diagnostic {
        if let Some(carried) = carried(error) {
            return used_at(carried, place.as_ref());
        }
        let detail = root.detail().unwrap_or_default();
        let mut diagnostic = match root.kind() {
            ErrorKind::UndefinedError => self.undefined(root, place.as_ref()),
            _ if detail.contains("` is undefined") => self.undefined(root, place.as_ref()),
            ErrorKind::TemplateNotFound => {
                missing_template(quoted(detail).unwrap_or_default(), self.library)
            }
            ErrorKind::OutOfFuel => endless(),
            _ if detail == "recursion limit exceeded" => endless(),
            ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
                unknown_name(root)
            }
            ErrorKind::SyntaxError => Diagnostic::error(format!("syntax error: {detail}"))
                .remedy("check this tag, and that every block before it is closed"),
            kind => {
                let message = if detail.is_empty() { kind.to_string() } else { detail.to_owned() };
                let seen = self.scope.map(|scope| format!("seen on host `{}`", scope.host));
                let mistake = Diagnostic::error(message);
                Diagnostic { reason: seen, ..mistake }
            }
        };
        if diagnostic.place.is_none() {
            diagnostic.place = place;
        }
        diagnostic
    }

    fn undefined(&self, error: &Error, place: Option<&Place>) -> Diagnostic {
        let Some(expression) = undefined_expression(error) else {
            return Diagnostic::error("something here is undefined");
        };
        let first = expression.split(['.', '[']).next().unwrap_or_default();
        let Some(scope) = self.scope else {
            return Diagnostic::error(format!("`{expression}` is undefined"));
        };
        if let Some(broken) = scope.broken(first) {
            return used_at(broken, place);
        }
        let host = &scope.host;
        if let Some(other) = expression.strip_prefix("hostvars[").and_then(quoted) {
            return no_such_host(other, scope);
        }
        let message = format!("`{expression}` is undefined for host `{host}`");
        Diagnostic::error(message).remedy(match self.near(&expression) {
            Some(near) => format!("did you mean `{near}`? Or define it in host_vars/{host}.yml"),
            None => format!(
                "define it in host_vars/{host}.yml or a group's vars, \
                 or give it a default: `{expression} | default(…)`"
            ),
        })
    }

    /// The name nearest to the last step of a path that does exist up to there.
    fn near(&self, expression: &str) -> Option<String> {
        let scope = self.scope?;
        let (parents, last) = match expression.rsplit_once('.') {
            Some((parents, last)) => (Some(parents), last),
            None => (None, expression),
        };
        let Some(parents) = parents else {
            return nearest(last, scope.names()).map(str::to_owned);
        };
        let mut steps = parents.split('.');
        let first = steps.next()?;
        let start = scope.get(first).ok().flatten();
        let Some(start) = start else {
            return nearest(first, scope.names()).map(str::to_owned);
        };
        let parent = steps.try_fold(start, |value, step| {
            value.get_attr(step).ok().filter(|found| !found.is_undefined())
        })?;
        let keys: Vec<String> =
            parent.try_iter().ok()?.filter_map(|key| key.as_str().map(str::to_owned)).collect();
        nearest(last, keys.iter().map(String::as_str)).map(|near| format!("{parents}.{near}"))
    }
}

/// What stands in the first quotes of a text.
fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '\''])?;
    let quote = text.get(start..=start)?;
    text[start + 1..].split(quote).next()
}

fn endless() -> Diagnostic {
    Diagnostic::error("the template does not come to an end")
        .remedy("look for loops in loops, or for a macro or template that calls itself")
}

fn no_such_host(name: &str, scope: &Arc<Scope>) -> Diagnostic {
    let known = scope.hosts();
    let near = nearest(name, known.iter().map(String::as_str));
    Diagnostic::error(format!("`{name}` is not a host of the inventory")).remedy(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add it, or test with `'…' in hostvars` first".to_owned(),
    })
}

/// A template that is nowhere.
pub(crate) fn missing_template(name: &str, library: &Library) -> Diagnostic {
    let remedy = match nearest(name, library.names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "put it into `templates/` beside the playbook".to_owned(),
    };
    Diagnostic::error(format!("there is no template `{name}`")).remedy(remedy)
}

fn unknown_name(error: &Error) -> Diagnostic {
    let detail = error.detail().unwrap_or_default().to_owned();
    let name = detail.split_whitespace().nth(1).unwrap_or_default();
    let word = match error.kind() {
        ErrorKind::UnknownFilter => "filter",
        ErrorKind::UnknownTest => "test",
        _ => "function",
    };
    let name = if error.kind() == ErrorKind::UnknownFunction {
        detail.split_whitespace().next().unwrap_or_default()
    } else {
        name
    };
    let near = nearest(name, filters::NAMES.iter().copied()).filter(|near| *near != name);
    Diagnostic::error(format!("there is no {word} `{name}`")).remedy(near.map_or_else(
        || "the book's page on templates lists what there is".to_owned(),
        |near| format!("did you mean `{near}`?"),
    ))
}

/// A mistake in a var, reached from a template.
fn used_at(mut diagnostic: Diagnostic, place: Option<&Place>) -> Diagnostic {
    if let (Some(place), None) =
        (place.filter(|at| Some(*at) != diagnostic.place.as_ref()), &diagnostic.reason)
    {
        diagnostic.reason = Some(format!("used at {place}"));
    } else if let (Some(place), Some(reason)) = (place, &diagnostic.reason)
        && !reason.contains("used at")
        && diagnostic.place.as_ref() != Some(place)
    {
        diagnostic.reason = Some(format!("{reason}; used at {place}"));
    }
    diagnostic
}
