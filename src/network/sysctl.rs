//! sysctl.d(5): kernel settings as assignments.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Place, Source};

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key, dotted. Within a component a dot is written `/`, as sysctl(8) does it:
    /// `net.ipv4.conf.eth0/5.forwarding`.
    pub key: String,
    /// The value, trimmed; may be empty.
    pub value: String,
    /// Whether a leading `-` says that failing to set it is no error.
    pub ignore_errors: bool,
    /// Key and value in the text.
    pub place: Place,
}

impl Setting {
    /// The path below `/proc/sys`.
    pub fn path(&self) -> String {
        swap(&self.key)
    }

    /// Whether the key holds a pattern, so that only the host knows what it sets.
    pub fn is_glob(&self) -> bool {
        self.key.contains(['*', '?', '['])
    }

    /// The interface of a `net.*.conf.NAME.*` or `net.*.neigh.NAME.*` key, as the kernel
    /// spells it; also `all` and `default`.
    pub fn interface(&self) -> Option<String> {
        let parts: Vec<&str> = self.key.split('.').collect();
        match parts.as_slice() {
            ["net", _, "conf" | "neigh", name, _] => Some(name.replace('/', ".")),
            _ => None,
        }
    }
}

/// Reads a file. Lines that only exclude a key from a pattern (`-key` without a value) set
/// nothing and are left out.
///
/// # Errors
///
/// A line that is neither comment nor assignment, for every such line.
pub fn parse(source: &Source) -> Result<Vec<Setting>, Vec<Diagnostic>> {
    let (settings, mistakes) = read(source);
    if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
}

/// Reads a file and goes on after a mistake.
pub fn read(source: &Source) -> (Vec<Setting>, Vec<Diagnostic>) {
    let mut settings = Vec::new();
    let mut mistakes = Vec::new();
    let mut at = 0;
    for raw in source.text.split_inclusive('\n') {
        let start = at + (raw.len() - raw.trim_start().len());
        let line = raw.trim();
        at += raw.len();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        match setting(source, line, start..start + line.len()) {
            Ok(setting) => settings.extend(setting),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    (settings, mistakes)
}

fn setting(
    source: &Source,
    line: &str,
    span: Range<usize>,
) -> Result<Option<Setting>, Box<Diagnostic>> {
    let place = source.place(span);
    let (ignore_errors, rest) = match line.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let Some((key, value)) = rest.split_once('=') else {
        if ignore_errors {
            return Ok(None);
        }
        return Err(Box::new(
            Diagnostic::error(format!("`{line}` is not an assignment"))
                .at(place)
                .because("systemd-sysctl skips the line, sysctl(8) stops with an error")
                .remedy("write `key = value`"),
        ));
    };
    let key = key.trim();
    if key.is_empty() || key.contains(char::is_whitespace) {
        return Err(Box::new(
            Diagnostic::error("the key of a setting is one word")
                .at(place)
                .remedy("write `key = value`"),
        ));
    }
    Ok(Some(Setting { key: canonical(key), value: value.trim().to_owned(), ignore_errors, place }))
}

/// A key in its one spelling. The first separator decides: after a slash, dots are part
/// of names; after a dot, slashes stand for the dots in names.
pub fn canonical(key: &str) -> String {
    match key.find(['.', '/']) {
        Some(at) if key.as_bytes()[at] == b'/' => swap(key),
        _ => key.to_owned(),
    }
}

fn swap(key: &str) -> String {
    key.chars()
        .map(|c| match c {
            '.' => '/',
            '/' => '.',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Setting, canonical, parse};
    use crate::diagnostic::Source;
    use proptest::prelude::proptest;

    fn read(text: &str) -> Vec<Setting> {
        match parse(&Source::new("90.conf", text)) {
            Ok(settings) => settings,
            Err(mistakes) => panic!("{mistakes:?}"),
        }
    }

    #[test]
    fn reads_both_spellings_of_a_key() {
        let dotted = "net.ipv4.conf.eth0/5.forwarding";
        assert_eq!(canonical("net/ipv4/conf/eth0.5/forwarding"), dotted);
        assert_eq!(canonical(dotted), dotted);
        let settings = read("net/ipv4/conf/eth0.5/forwarding=1\n");
        assert_eq!(settings[0].path(), "net/ipv4/conf/eth0.5/forwarding");
        assert_eq!(settings[0].interface().as_deref(), Some("eth0.5"));
    }

    #[test]
    fn reads_comments_values_and_the_minus() {
        let text = "# a\n; b\n\n  net.ipv4.ip_forward = 1 \n-net.ipv4.tcp_rmem=4096 87380  1\n-net.ipv4.conf.x.rp_filter\n";
        let settings = read(text);
        assert_eq!(settings.len(), 2);
        assert_eq!(settings[0].value, "1");
        assert_eq!(settings[0].interface(), None);
        assert_eq!(&text[settings[0].place.span.clone()], "net.ipv4.ip_forward = 1");
        assert!(settings[1].ignore_errors && !settings[0].ignore_errors);
        assert_eq!(settings[1].value, "4096 87380  1");
    }

    #[test]
    fn refuses_what_sets_nothing() {
        let found = parse(&Source::new("90.conf", "a = 1\nnet.ipv4.ip_forward 1\n = 2\n"));
        let places: Vec<_> = found
            .err()
            .unwrap_or_default()
            .iter()
            .filter_map(|mistake| mistake.place.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(places, ["90.conf:2:1", "90.conf:3:2"]);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "(?s).{0,80}") {
            let _ = parse(&Source::new("x", text));
        }
    }
}
