//! Reads the directives out of the logical lines.
//!
//! What is refused here is what ifupdown 0.8.41 refuses, because then it configures
//! nothing at all at boot. What it only warns about or ifupdown2 allows is taken.

use crate::diagnostic::{Diagnostic, Place, Source};

use super::lines::{self, Kind, Line};
use super::{Directive, Interfaces, Mapping, Opt, Stanza};

/// Reads a whole file; the mistakes come beside what could be read.
pub(super) fn read(source: &Source) -> (Interfaces, Vec<Diagnostic>) {
    let lines = lines::cut(&source.text);
    let mut reader = Reader { source, directives: Vec::new(), mistakes: Vec::new(), lost: false };
    for line in &lines {
        if line.kind == Kind::Words {
            reader.line(line);
        }
    }
    let interfaces = Interfaces {
        source: source.clone(),
        spans: lines.into_iter().map(|line| line.span).collect(),
        directives: reader.directives,
    };
    (interfaces, reader.mistakes)
}

struct Reader<'a> {
    source: &'a Source,
    directives: Vec<Directive>,
    mistakes: Vec<Diagnostic>,
    /// After a line that could not be read: what follows may have belonged to it.
    lost: bool,
}

impl Reader<'_> {
    fn line(&mut self, line: &Line) {
        let text = lines::joined(&self.source.text[line.span.clone()]);
        let (key, rest) = lines::key_and_rest(&text);
        let body = lines::body(&self.source.text, &line.span);
        let place = self.source.place(body);
        match directive(key, rest, &place) {
            Some(Ok(directive)) => {
                self.lost = false;
                self.directives.push(directive);
            }
            Some(Err(mistake)) => {
                self.lost = true;
                self.mistakes.push(*mistake);
            }
            None => self.option(key, rest, place),
        }
    }

    fn option(&mut self, key: &str, value: &str, place: Place) {
        if self.lost {
            return;
        }
        let value_place = self.source.place(lines::value_span(&self.source.text, &place.span, key));
        let opt = Opt { key: key.to_owned(), value: value.to_owned(), place, value_place };
        let options = match self.directives.last_mut() {
            Some(Directive::Stanza(stanza)) => {
                stanza.extent.end = opt.place.span.end;
                &mut stanza.options
            }
            Some(Directive::Mapping(mapping)) if matches!(key, "script" | "map") => {
                &mut mapping.options
            }
            _ => {
                self.mistakes.push(misplaced(&opt));
                return;
            }
        };
        if opt.value.is_empty() {
            self.mistakes.push(empty(&opt));
        }
        options.push(opt);
    }
}

/// The directive that a line begins, if its first word begins one.
fn directive(key: &str, rest: &str, place: &Place) -> Option<Result<Directive, Box<Diagnostic>>> {
    let words = || -> Vec<String> {
        rest.split(lines::is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let place = place.clone();
    Some(Ok(match key {
        "auto" => Directive::Boot { class: "auto".to_owned(), names: words(), place },
        "no-auto-down" | "no-scripts" | "rename" => {
            Directive::Modifier { keyword: key.to_owned(), words: words(), place }
        }
        "source" | "source-directory" => {
            Directive::Source { path: rest.to_owned(), directory: key == "source-directory", place }
        }
        "mapping" => Directive::Mapping(Mapping { patterns: words(), options: Vec::new(), place }),
        "iface" => return Some(iface(&words(), place)),
        _ => match key.strip_prefix("allow-") {
            Some(class) => Directive::Boot { class: class.to_owned(), names: words(), place },
            None => return None,
        },
    }))
}

fn iface(words: &[String], place: Place) -> Result<Directive, Box<Diagnostic>> {
    let mut positional = Vec::new();
    let mut inherits = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "inherits" {
            inherits = words.next().cloned();
            if inherits.is_none() {
                return Err(Box::new(
                    Diagnostic::error("`inherits` without the name of an interface")
                        .at(place)
                        .remedy("name the stanza to inherit from, or delete the word"),
                ));
            }
        } else {
            positional.push(word.clone());
        }
    }
    let mut positional = positional.into_iter();
    let Some(name) = positional.next() else {
        return Err(Box::new(
            Diagnostic::error("`iface` without the name of an interface")
                .at(place)
                .because("ifupdown refuses the whole file and brings nothing up at boot")
                .remedy("write `iface NAME FAMILY METHOD`, as in `iface eth0 inet static`"),
        ));
    };
    let extent = place.span.clone();
    Ok(Directive::Stanza(Stanza {
        name,
        family: positional.next().unwrap_or_default(),
        method: positional.next().unwrap_or_default(),
        inherits,
        options: Vec::new(),
        place,
        extent,
    }))
}

fn misplaced(opt: &Opt) -> Diagnostic {
    Diagnostic::error(format!("`{}` stands outside of any stanza", opt.key))
        .rule("IF01")
        .at(opt.place.clone())
        .because(
            "ifupdown refuses the whole file (\"misplaced option\") and brings nothing up at boot",
        )
        .remedy("correct the word, or move the line below its `iface` line")
}

fn empty(opt: &Opt) -> Diagnostic {
    Diagnostic::error(format!("option `{}` has no value", opt.key))
        .rule("IF22")
        .at(opt.place.clone())
        .because("ifupdown refuses the whole file (\"option with empty value\") and brings nothing up at boot")
        .remedy("give it a value, or delete the line")
}
