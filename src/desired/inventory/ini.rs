//! INI inventories: sections of hosts, of children and of vars.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::desired::yaml::{Node, Text};
use crate::diagnostic::Place;

use super::Vars;
use super::parse::Reader;
use super::python::literal;

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Hosts,
    Children,
    Vars,
}

/// Reads a whole text.
pub(super) fn read(reader: &mut Reader, text: &Text) {
    let mut group = "ungrouped".to_owned();
    let mut section = Section::Hosts;
    let mut offset = 0;
    for raw in text.raw().split_inclusive('\n') {
        let line = raw.trim();
        let start = offset + (raw.len() - raw.trim_start().len());
        offset += raw.len();
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        let place = text.shown.place(Range { start, end: start + line.len() });
        if line.starts_with('[') && !is_range(line) {
            match head(line) {
                Some((name, found)) => {
                    (group, section) = (name, found);
                    reader.touch_group(&group, &place);
                    if section != Section::Vars {
                        reader.define(&group);
                    }
                }
                None => {
                    let remedy = "write `[name]`, `[name:children]` or `[name:vars]`";
                    reader.mistake("this is not a section".to_owned(), &place, remedy);
                }
            }
            continue;
        }
        match section {
            Section::Hosts => hosts(reader, line, &place, &group),
            Section::Children => child(reader, line, &place, &group),
            Section::Vars => var(reader, line, &place, &group),
        }
    }
}

/// A host whose name begins with a range, as in `[a:b]web`.
fn is_range(line: &str) -> bool {
    line.split_once(']').is_some_and(|(_, behind)| {
        !behind.is_empty() && !behind.trim_start().starts_with('#') && !behind.starts_with(' ')
    })
}

fn head(line: &str) -> Option<(String, Section)> {
    let (inside, behind) = line.strip_prefix('[')?.split_once(']')?;
    let behind = behind.trim();
    if !(behind.is_empty() || behind.starts_with('#')) {
        return None;
    }
    let (name, kind) = inside.split_once(':').unwrap_or((inside, "hosts"));
    let section = match kind {
        "hosts" => Section::Hosts,
        "children" => Section::Children,
        "vars" => Section::Vars,
        _ => return None,
    };
    let fine = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == ':');
    fine.then(|| (name.to_owned(), section))
}

fn hosts(reader: &mut Reader, line: &str, place: &Place, group: &str) {
    let Some(words) = words(line) else {
        return reader.mistake("a quote is not closed".to_owned(), place, "close it");
    };
    let Some((pattern, assigned)) = words.split_first() else {
        return;
    };
    let mut vars = Vars::new();
    for word in assigned {
        match word.split_once('=') {
            Some((name, text)) => {
                vars.insert(name.to_owned(), Arc::new(value(text, place)));
            }
            None => {
                let message = format!("`{word}` is not `name=value`");
                reader.mistake(message, place, "write the vars of a host behind its name");
                return;
            }
        }
    }
    reader.named_hosts(pattern, place, vars, group);
}

fn child(reader: &mut Reader, line: &str, place: &Place, group: &str) {
    let name = line.split('#').next().unwrap_or_default().trim();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || matches!(c, ':' | ']')) {
        let message = format!("`{line}` is not the name of a group");
        reader.mistake(message, place, "write one group a line");
        return;
    }
    reader.touch_group(name, place);
    reader.link(group, name);
}

fn var(reader: &mut Reader, line: &str, place: &Place, group: &str) {
    match line.split_once('=') {
        Some((name, text)) => {
            reader.set_var(group, name.trim(), value(text.trim(), place));
        }
        None => {
            reader.mistake("this is not `name=value`".to_owned(), place, "write one var a line")
        }
    }
}

/// A Python literal, or else text.
fn value(text: &str, place: &Place) -> Node {
    let value = literal(text).unwrap_or_else(|| Value::String(text.to_owned()));
    Node::of_json(value, place)
}

/// Splits as a shell does, up to a comment. Nothing if a quote is not closed.
fn words(line: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' => break,
            c if c.is_whitespace() => found.extend(word.take()),
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    found.extend(word);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        let split = |line| words(line).map(|words| words.join("|"));
        assert_eq!(split("a  b='c d' e=\"f \\\" g\" # h").as_deref(), Some("a|b=c d|e=f \" g"));
        assert_eq!(split("a b=\\# c#d").as_deref(), Some("a|b=#|c"));
        assert_eq!(split("a 'b"), None);
    }
}
