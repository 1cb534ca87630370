//! Filters that Ansible has and the template engine has not.
//!
//! Each is known by its short name and by its collection's, as in
//! `ansible.utils.ipaddr`, so that existing templates work as they are.

mod address;
mod data;
mod text;

use minijinja::{Environment, Error, ErrorKind, Value};

/// Names of filters, tests and functions, for "did you mean".
pub(super) const NAMES: &[&str] = &[
    "abs",
    "attr",
    "b64decode",
    "b64encode",
    "basename",
    "batch",
    "bool",
    "capitalize",
    "combine",
    "comment",
    "count",
    "d",
    "default",
    "defined",
    "dict2items",
    "dictsort",
    "difference",
    "dirname",
    "divisibleby",
    "endingwith",
    "even",
    "first",
    "flatten",
    "float",
    "format",
    "from_json",
    "groupby",
    "hash",
    "in",
    "indent",
    "int",
    "integer",
    "intersect",
    "ipaddr",
    "ipmath",
    "ipsubnet",
    "ipv4",
    "ipv6",
    "ipwrap",
    "items",
    "items2dict",
    "iterable",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "mandatory",
    "map",
    "mapping",
    "match",
    "max",
    "min",
    "namespace",
    "network_in_usable",
    "none",
    "nthhost",
    "number",
    "odd",
    "quote",
    "range",
    "regex_findall",
    "regex_replace",
    "regex_search",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "search",
    "select",
    "selectattr",
    "sequence",
    "slice",
    "sort",
    "split",
    "splitext",
    "startingwith",
    "string",
    "sum",
    "symmetric_difference",
    "ternary",
    "title",
    "to_json",
    "to_nice_json",
    "to_nice_yaml",
    "to_yaml",
    "trim",
    "undefined",
    "union",
    "unique",
    "upper",
    "zip",
];

/// Adds every filter and test to an environment.
pub(super) fn register(environment: &mut Environment<'static>) {
    data::register(environment);
    text::register(environment);
    address::register(environment);
}

/// An error about what a filter was given. Never with the value: it may be a secret.
fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// Refuses an undefined value, which the engine lets through to filters that take any.
fn defined(value: &Value) -> Result<(), Error> {
    // Of a value that is undefined the engine knows where it came from, and says so in the
    // error that any access to it gives.
    match value.get_attr("") {
        Err(error) if value.is_undefined() => Err(error),
        _ => Ok(()),
    }
}

/// Registers a filter under its short name and those of its collections.
macro_rules! filter {
    ($environment:expr, [$($collection:literal),*], $name:literal, $function:expr) => {
        $environment.add_filter($name, $function);
        $($environment.add_filter(concat!($collection, ".", $name), $function);)*
    };
}
use filter;
