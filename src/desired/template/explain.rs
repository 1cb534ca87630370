//! What a template's error means to the person who wrote the template.

use std::error::Error as _;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use crate::desired::nearest;
use crate::desired::yaml::Node;
use crate::diagnostic::{Diagnostic, Place};

use super::{Library, Scope, filters};

/// A diagnostic on its way through the template engine.
#[derive(Debug)]
pub(super) struct Carried(Diagnostic);

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
                (Some(range), _) => Some(source.place(range)),
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
            (Some(source), Some(range), _) => source.place(range),
            (Some(source), None, line) => source.line(line.unwrap_or(1)),
            (None, range, line) => {
                let evaluated = root.template_source().unwrap_or(text);
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
        let mut diagnostic = match root.kind() {
            ErrorKind::UndefinedError => self.undefined(root, place.as_ref()),
            ErrorKind::TemplateNotFound => self.not_found(root),
            ErrorKind::OutOfFuel => Diagnostic::error("the template does not come to an end")
                .remedy("look for loops in loops, or for a macro that calls itself"),
            ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
                unknown_name(root)
            }
            _ if root.detail().is_some_and(|detail| detail.contains("` is undefined")) => {
                self.undefined(root, place.as_ref())
            }
            kind => {
                let detail = root.detail().map(|detail| format!(": {detail}"));
                Diagnostic::error(format!("{kind}{}", detail.unwrap_or_default()))
            }
        };
        if diagnostic.place.is_none() {
            diagnostic.place = place;
        }
        if let (Some(scope), None) = (self.scope, &diagnostic.reason) {
            diagnostic.reason = Some(format!("seen with the vars of host `{}`", scope.host));
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

    fn not_found(&self, error: &Error) -> Diagnostic {
        let detail = error.detail().unwrap_or_default();
        let name = detail.split('"').nth(1).unwrap_or_default();
        missing_template(name, self.library)
    }
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

/// The innermost error of the engine: the one in the included file.
fn root(error: &Error) -> &Error {
    let mut deepest = error;
    while let Some(inner) = deepest.source().and_then(|s| s.downcast_ref::<Error>()) {
        deepest = inner;
    }
    deepest
}

fn carried(error: &Error) -> Option<Diagnostic> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(Carried(diagnostic)) = current.downcast_ref() {
            return Some(diagnostic.clone());
        }
        source = current.source();
    }
    None
}

/// The expression that has no value, as the engine or the source names it.
fn undefined_expression(error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    if let Some(end) = detail.find("` is undefined")
        && let Some(start) = detail[..end].rfind('`')
    {
        return Some(detail[start + 1..end].to_owned());
    }
    let text = error.template_source()?.get(error.range()?)?;
    let simple = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '\'' | '"');
    (!text.is_empty() && text.chars().all(simple)).then(|| text.to_owned())
}

/// The place in a YAML file of a range in a text that stands there as a scalar. Escapes and
/// the indentation of blocks make the two differ; then the line is found, or else the
/// whole scalar.
fn place_within(
    scalar: &Place,
    text: &str,
    range: Option<Range<usize>>,
    line: Option<usize>,
) -> Place {
    let written = scalar.source.text.get(scalar.span.clone()).unwrap_or_default();
    if let (Some(at), Some(range)) = (written.find(text), &range) {
        let start = scalar.span.start + at;
        return scalar.source.place(start + range.start..start + range.end);
    }
    let number = line.or_else(|| {
        let before = text.get(..range?.start)?;
        Some(before.matches('\n').count() + 1)
    });
    let wanted = number.and_then(|number| text.lines().nth(number - 1)).map(str::trim);
    let mut start = scalar.span.start;
    for candidate in written.split_inclusive('\n') {
        if wanted.is_some_and(|wanted| !wanted.is_empty() && candidate.trim() == wanted) {
            let indent = candidate.len() - candidate.trim_start().len();
            let end = start + candidate.trim_end().len();
            return scalar.source.place(start + indent..end);
        }
        start += candidate.len();
    }
    scalar.clone()
}
