//! The template engine, set up like Ansible's `template` module.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};

use super::Library;
use super::lookup::Lookup;
use super::{chain, filters};

/// Instructions per rendering. The largest real configuration needs some ten thousand; an
/// endless template burns this in about a second.
const FUEL: u64 = 20_000_000;

/// Renders templates and evaluates expressions.
pub(crate) struct Engine {
    environment: Environment<'static>,
    /// What templates may be named.
    pub(crate) library: Arc<Library>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over a library.
    pub(crate) fn new(library: Library, lookup: Lookup) -> Self {
        let library = Arc::new(library);
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_syntax(like_ansible());
        // Names the undefined expression in errors. The variables that an error then also
        // carries are never shown.
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(100);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        let from = Arc::clone(&library);
        environment.set_loader(move |name| {
            Ok(from.get(name).map(|source| chain::template(&source.text).text))
        });
        let within = Arc::clone(&library);
        environment.set_path_join_callback(move |name, parent| within.join(name, parent));
        filters::register(&mut environment);
        chain::register(&mut environment);
        super::lookup::register(&mut environment, lookup);
        Self { environment, library }
    }

    /// Renders a template of the library.
    pub(crate) fn file(&self, name: &str, vars: &Value) -> Result<String, Error> {
        self.environment.get_template(name)?.render(vars.clone())
    }

    /// Renders a text as a template.
    pub(crate) fn text(&self, text: &str, vars: &Value) -> Result<String, Error> {
        self.environment
            .template_from_named_str("<text>", &chain::template(text).text)?
            .render(vars.clone())
    }

    /// Evaluates a bare expression.
    pub(crate) fn expression(&self, text: &str, vars: &Value) -> Result<Value, Error> {
        self.environment.compile_expression(&chain::expression(text).text)?.eval(vars.clone())
    }

    /// Evaluates a text as Ansible evaluates a var: a text that is one expression keeps the
    /// expression's type, any other becomes text.
    pub(crate) fn value(&self, text: &str, vars: &Value) -> Result<Value, Error> {
        if let Some(inner) = lone_expression(text)
            && let Ok(expression) =
                self.environment.compile_expression(&chain::expression(inner).text)
        {
            let value = expression.eval(vars.clone())?;
            // Printing it gives the error that names what is undefined.
            return match value.is_undefined() {
                true => self.text(text, vars).map(Value::from),
                false => Ok(value),
            };
        }
        self.text(text, vars).map(Value::from)
    }
}

/// Whether a text has anything to evaluate.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// What stands between `{{` and `}}`, if that is all there is.
pub(super) fn lone_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    Some(inner.strip_suffix('-').unwrap_or(inner).trim())
}

fn like_ansible() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        // Only foreign delimiters can make this fail, and none are set.
        .unwrap_or_default()
}
