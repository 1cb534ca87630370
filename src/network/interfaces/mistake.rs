//! What ifupdown or ifupdown2 complains about when it reads a file.

use crate::diagnostic::{Diagnostic, Place};

use super::{Dialect, Opt};

const REFUSES: &str = "ifupdown refuses the whole file and brings nothing up at boot";

/// What ifupdown2 does with a line that it does not understand.
const SKIPS: &str = "ifupdown2 reports an error and leaves the line out";

pub(super) fn misplaced(opt: &Opt, dialect: Dialect) -> Diagnostic {
    let reason = match dialect {
        Dialect::Ifupdown2 => SKIPS,
        _ => "ifupdown refuses the whole file (\"misplaced option\") and brings nothing up at boot",
    };
    Diagnostic::error(format!("`{}` stands outside of any stanza", opt.key))
        .rule("IF01")
        .at(opt.place.clone())
        .because(reason)
        .remedy("correct the word, or move the line below its `iface` line")
}

pub(super) fn empty(opt: &Opt, dialect: Dialect) -> Diagnostic {
    let reason = match dialect {
        Dialect::Ifupdown2 => SKIPS,
        _ => {
            "ifupdown refuses the whole file (\"option with empty value\") and brings nothing up at boot"
        }
    };
    Diagnostic::error(format!("option `{}` has no value", opt.key))
        .rule("IF22")
        .at(opt.place.clone())
        .because(reason)
        .remedy("give it a value, or delete the line")
}

pub(super) fn no_names(key: &str, place: Place) -> Diagnostic {
    Diagnostic::error(format!("`{key}` without the name of an interface"))
        .at(place)
        .because("ifupdown2 knows no bare `auto` inside a stanza, and reports an error")
        .remedy("write the name of the interface behind it, above the stanza")
}

pub(super) fn no_name(place: Place, dialect: Dialect) -> Diagnostic {
    let reason = match dialect {
        Dialect::Ifupdown2 => "ifupdown2 ends with a Python error and configures nothing",
        _ => REFUSES,
    };
    Diagnostic::error("`iface` without the name of an interface")
        .at(place)
        .because(reason)
        .remedy("write `iface NAME FAMILY METHOD`, as in `iface eth0 inet static`")
}

pub(super) fn no_template(place: Place) -> Diagnostic {
    Diagnostic::error("`inherits` without the name of an interface")
        .at(place)
        .because(REFUSES)
        .remedy("name the stanza to inherit from, or delete the word")
}

pub(super) fn no_method(place: Place) -> Diagnostic {
    Diagnostic::error("`iface` without family and method")
        .at(place)
        .because(REFUSES)
        .remedy("write `iface NAME FAMILY METHOD`, as in `iface eth0 inet static`")
}

pub(super) fn second_script(opt: &Opt) -> Diagnostic {
    Diagnostic::error("a second `script` in one mapping")
        .at(opt.place.clone())
        .because(
            "ifupdown refuses the whole file (\"duplicate script\") and brings nothing up at boot",
        )
        .remedy("keep one `script` line")
}
