//! The commands of stanzas and hooks, split well enough to review them.
//!
//! This is no shell. It splits at separators and white space, strips quotes, and knows
//! `$IFACE` in a stanza. What it does not understand, no rule matches.

use crate::diagnostic::{Place, Source};
use crate::network::interfaces::Interfaces;

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// The program without its directory, and its arguments.
    pub(super) words: Vec<String>,
    /// The option's value, or the hook's line.
    pub(super) place: Place,
    /// The interface of the stanza it stands in; `None` in a hook.
    pub(super) iface: Option<String>,
    /// `pre_up`, `up`, `down` or `post_down`; empty in a hook.
    pub(super) phase: String,
    /// Whether its failure is caught by `||`.
    pub(super) tolerated: bool,
}

impl Command {
    pub(super) fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The arguments of `ip OBJECT`, options before the object left out; `None` for any
    /// other command or object. Abbreviations as in `ip r a` are understood.
    pub(super) fn ip(&self, object: &str) -> Option<Vec<&str>> {
        if self.program() != "ip" {
            return None;
        }
        let mut words = self.words[1..].iter().map(String::as_str).peekable();
        while words.next_if(|word| word.starts_with('-')).is_some() {}
        let first = match words.next()? {
            "neighbor" => "neighbour",
            // `ip r` is the route.
            "r" if object == "rule" => return None,
            "" => return None,
            first => first,
        };
        object.starts_with(first).then(|| words.collect())
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// The word after a word.
    pub(super) fn after(&self, word: &str) -> Option<&str> {
        let at = self.words.iter().position(|own| own == word)?;
        self.words.get(at + 1).map(String::as_str)
    }
}

/// The commands of all stanzas.
pub(super) fn of_interfaces(interfaces: &Interfaces) -> Vec<Command> {
    let mut found = Vec::new();
    for stanza in interfaces.stanzas() {
        for opt in stanza.options.iter().filter(|opt| opt.is_command()) {
            for (words, tolerated) in split(&opt.value) {
                let words = words
                    .iter()
                    .map(|word| {
                        word.replace("${IFACE}", &stanza.name).replace("$IFACE", &stanza.name)
                    })
                    .collect();
                found.push(Command {
                    words,
                    place: opt.value_place.clone(),
                    iface: Some(stanza.name.clone()),
                    phase: opt.canonical(),
                    tolerated,
                });
            }
        }
    }
    found
}

/// The commands of a hook.
pub(super) fn of_hook(source: &Source) -> Vec<Command> {
    let mut found = Vec::new();
    let mut at = 0;
    for raw in source.text.split_inclusive('\n') {
        let line = raw.trim();
        let start = at + (raw.len() - raw.trim_start().len());
        at += raw.len();
        if line.starts_with('#') {
            continue;
        }
        for (words, tolerated) in split(line) {
            found.push(Command {
                words,
                place: source.place(start..start + line.len()),
                iface: None,
                phase: String::new(),
                tolerated,
            });
        }
    }
    found
}

/// The commands of a line that the playbook has, at its place.
pub(super) fn of_line(line: &str, place: &Place) -> Vec<Command> {
    let one = |(words, tolerated)| Command {
        words,
        place: place.clone(),
        iface: None,
        phase: String::new(),
        tolerated,
    };
    split(line).into_iter().map(one).collect()
}

/// Splits a line into simple commands, each with whether `||` follows it.
fn split(line: &str) -> Vec<(Vec<String>, bool)> {
    let mut found: Vec<(Vec<String>, bool)> = Vec::new();
    let spaced = line
        .replace("||", " \u{1} ")
        .replace("&&", " ; ")
        .replace(['|', ';', '(', ')', '{', '}'], " ; ")
        .replace("$ ; IFACE ; ", "$IFACE");
    let mut words: Vec<String> = Vec::new();
    for word in spaced.split_whitespace() {
        match word {
            ";" | "\u{1}" => {
                if !words.is_empty() {
                    found.push((std::mem::take(&mut words), word == "\u{1}"));
                }
            }
            _ if word.starts_with('#') => break,
            _ => words.push(word.trim_matches(['"', '\'']).to_owned()),
        }
    }
    if !words.is_empty() {
        found.push((words, false));
    }
    for (words, _) in &mut found {
        let skip = words
            .iter()
            .take_while(|word| SHELL.contains(&word.as_str()) || is_assignment(word))
            .count();
        words.drain(..skip);
        if let Some(program) = words.first_mut()
            && let Some((_, name)) = program.rsplit_once('/')
        {
            *program = name.to_owned();
        }
    }
    found.retain(|(words, _)| !words.is_empty());
    found
}

const SHELL: [&str; 8] = ["if", "then", "else", "elif", "do", "!", "exec", "while"];

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    fn words(line: &str) -> Vec<(String, bool)> {
        split(line).into_iter().map(|(words, tolerated)| (words.join(" "), tolerated)).collect()
    }

    #[test]
    fn splits_and_strips() {
        assert_eq!(
            words("[ \"$IFACE\" = eth0 ] && /sbin/ip route add default || true # why"),
            [
                ("[ $IFACE = eth0 ]".to_owned(), false),
                ("ip route add default".to_owned(), true),
                ("true".to_owned(), false),
            ]
        );
        assert_eq!(
            words("if LC_ALL=C ip -6 addr show dev ${IFACE}; then"),
            [("ip -6 addr show dev $IFACE".to_owned(), false)]
        );
    }
}
