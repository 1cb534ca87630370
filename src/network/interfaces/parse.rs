//! Reads the directives out of the logical lines.
//!
//! What is refused here is what ifupdown 0.8.41 refuses, because then it configures
//! nothing at all at boot; or, where that is known to be the reader, what ifupdown2
//! complains about.

use crate::diagnostic::{Diagnostic, Place, Source};

use super::dialect::Keyword;
use super::lines::{self, Kind, Line};
use super::{Dialect, Directive, Interfaces, Mapping, Opt, Stanza, mistake, pattern};

/// Reads a whole file; the mistakes come beside what could be read.
pub(super) fn read(source: &Source, dialect: Dialect) -> (Interfaces, Vec<Diagnostic>) {
    let lines = lines::cut(&source.text, dialect);
    let mut reader = Reader {
        source,
        dialect,
        directives: Vec::new(),
        mistakes: Vec::new(),
        current: Current::Nothing,
    };
    for line in lines.iter().filter(|line| line.kind == Kind::Words) {
        reader.line(line);
    }
    let directives = match dialect {
        Dialect::Ifupdown2 => ranges_expanded(reader.directives),
        _ => reader.directives,
    };
    let spans = lines.into_iter().map(|line| line.span).collect();
    (Interfaces { source: source.clone(), dialect, spans, directives }, reader.mistakes)
}

/// What an option would belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Current {
    Nothing,
    /// The directive of this number, an `iface` or a `vlan`.
    Stanza(usize),
    /// The directive of this number.
    Mapping(usize),
    /// After a line that could not be read: what follows may have belonged to it.
    Lost,
}

struct Reader<'a> {
    source: &'a Source,
    dialect: Dialect,
    directives: Vec<Directive>,
    mistakes: Vec<Diagnostic>,
    current: Current,
}

impl Reader<'_> {
    fn line(&mut self, line: &Line) {
        let (key, rest) = lines::key_and_rest(&line.text);
        let place = self.source.place(lines::body(&self.source.text, &line.span));
        match self.dialect.keyword(key) {
            Some(keyword) => self.directive(keyword, key, rest, place),
            None => self.option(key, rest, place),
        }
    }

    fn directive(&mut self, keyword: Keyword, key: &str, rest: &str, place: Place) {
        let mut words: Vec<String> = words(rest);
        // Bare inside a stanza, ifupdown's words are for that stanza, which goes on.
        let mut goes_on = false;
        if words.is_empty() && matches!(keyword, Keyword::Boot(_) | Keyword::Modifier) {
            match self.dialect {
                Dialect::Ifupdown2 => {
                    self.mistakes.push(mistake::no_names(key, place));
                    self.current = Current::Nothing;
                    return;
                }
                _ if key == "rename" => {}
                _ => goes_on = self.name_of_stanza().map(|name| words.push(name)).is_some(),
            }
        }
        let directive = match keyword {
            Keyword::Boot(class) => Directive::Boot { class, names: words, place },
            Keyword::Modifier => Directive::Modifier { keyword: key.to_owned(), words, place },
            Keyword::Source { directory } => {
                Directive::Source { path: rest.to_owned(), directory, place }
            }
            Keyword::Mapping => {
                Directive::Mapping(Mapping { patterns: words, options: Vec::new(), place })
            }
            Keyword::Iface | Keyword::Vlan => match stanza(&words, &place, self.dialect) {
                Ok(stanza) if keyword == Keyword::Vlan => Directive::Vlan(stanza),
                Ok(stanza) => Directive::Stanza(stanza),
                Err(mistake) => {
                    self.mistakes.push(*mistake);
                    self.current = Current::Lost;
                    return;
                }
            },
        };
        if !goes_on {
            let next = self.directives.len();
            self.current = match directive {
                Directive::Stanza(_) | Directive::Vlan(_) => Current::Stanza(next),
                Directive::Mapping(_) => Current::Mapping(next),
                // ifupdown2 reads a `source` line and goes on behind it like this.
                _ => Current::Nothing,
            };
        }
        self.directives.push(directive);
    }

    fn name_of_stanza(&self) -> Option<String> {
        let Current::Stanza(at) = self.current else {
            return None;
        };
        match &self.directives[at] {
            Directive::Stanza(stanza) => Some(stanza.name.clone()),
            _ => None,
        }
    }

    fn option(&mut self, key: &str, value: &str, place: Place) {
        let value_place = self.source.place(lines::value_span(&self.source.text, &place.span, key));
        let opt = Opt { key: key.to_owned(), value: value.to_owned(), place, value_place };
        match self.current {
            Current::Lost => {}
            Current::Nothing => self.mistakes.push(mistake::misplaced(&opt, self.dialect)),
            Current::Stanza(at) => {
                if opt.value.is_empty() {
                    self.mistakes.push(mistake::empty(&opt, self.dialect));
                    if self.dialect == Dialect::Ifupdown2 {
                        return;
                    }
                }
                if let Directive::Stanza(stanza) | Directive::Vlan(stanza) =
                    &mut self.directives[at]
                {
                    stanza.extent.end = opt.place.span.end;
                    stanza.options.push(opt);
                }
            }
            Current::Mapping(at) => {
                let Directive::Mapping(mapping) = &mut self.directives[at] else {
                    return;
                };
                match key {
                    "script" if mapping.options.iter().any(|opt| opt.key == "script") => {
                        self.mistakes.push(mistake::second_script(&opt));
                    }
                    "script" | "map" => mapping.options.push(opt),
                    _ => self.mistakes.push(mistake::misplaced(&opt, self.dialect)),
                }
            }
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(lines::is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Reads the words of an `iface` line: a name, a family, a method, and `inherits` at the
/// place where any of the last two may stand or behind them.
fn stanza(words: &[String], place: &Place, dialect: Dialect) -> Result<Stanza, Box<Diagnostic>> {
    let mut words = words.iter();
    let Some(name) = words.next() else {
        return Err(Box::new(mistake::no_name(place.clone(), dialect)));
    };
    let mut positional: Vec<String> = Vec::new();
    let mut inherits = None;
    for _ in 0..3 {
        let Some(word) = words.next() else { break };
        if word == "inherits" && dialect != Dialect::Ifupdown2 {
            let Some(template) = words.next() else {
                return Err(Box::new(mistake::no_template(place.clone())));
            };
            inherits = Some(template.clone());
            break;
        }
        positional.push(word.clone());
    }
    let mut positional = positional.into_iter();
    let mut stanza = Stanza {
        name: name.clone(),
        family: positional.next().unwrap_or_default(),
        method: positional.next().unwrap_or_default(),
        inherits,
        extra: positional.chain(words.cloned()).collect(),
        options: Vec::new(),
        place: place.clone(),
        extent: place.span.clone(),
    };
    match dialect {
        // For it an alias is one more way to write the interface itself.
        Dialect::Ifupdown2 => {
            if let Some((base, _)) = name.split_once(':') {
                stanza.name = base.to_owned();
            }
        }
        Dialect::Ifupdown if stanza.inherits.is_none() && stanza.method.is_empty() => {
            return Err(Box::new(mistake::no_method(place.clone())));
        }
        _ => {}
    }
    Ok(stanza)
}

/// ifupdown2's ranges of names, written out.
fn ranges_expanded(directives: Vec<Directive>) -> Vec<Directive> {
    let mut expanded = Vec::new();
    for directive in directives {
        match directive {
            Directive::Boot { class, names, place } => {
                let names = names
                    .into_iter()
                    .flat_map(|name| pattern::range(&name).unwrap_or_else(|| vec![name]))
                    .collect();
                expanded.push(Directive::Boot { class, names, place });
            }
            Directive::Stanza(stanza) => match pattern::range(&stanza.name) {
                Some(names) => expanded.extend(
                    names
                        .into_iter()
                        .map(|name| Directive::Stanza(Stanza { name, ..stanza.clone() })),
                ),
                None => expanded.push(Directive::Stanza(stanza)),
            },
            other => expanded.push(other),
        }
    }
    expanded
}
