//! Lets `a.b.c | default(x)` and `a.b.c is defined` look into what may not be there.
//!
//! Ansible permits both when `a` or `a.b` is missing already; the engine's strict mode does
//! not, and its lenient modes would let a misspelt name print nothing. So exactly these
//! expressions are rewritten to calls of `dig`, and a map of offsets keeps errors pointing
//! at the text as it was written.

use std::ops::Range;

use minijinja::value::Rest;
use minijinja::{Environment, Error, Value};

/// A text with its rewritten chains.
#[derive(Debug, Clone)]
pub(super) struct Rewritten {
    /// What the engine gets.
    pub(super) text: String,
    /// Ranges before and after, ascending.
    moved: Vec<(Range<usize>, Range<usize>)>,
}

/// Adds the function that rewritten chains call.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_function("dig", dig);
}

/// The value at the end of a chain of keys, undefined if any of them is missing.
fn dig(start: &Value, steps: Rest<Value>) -> Result<Value, Error> {
    let mut value = start.clone();
    for step in steps.iter() {
        if value.is_undefined() || value.is_none() {
            return Ok(Value::UNDEFINED);
        }
        value = value.get_item(step)?;
    }
    Ok(value)
}

impl Rewritten {
    /// Where a range of the rewritten text stands in the original.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        let start = self.offset(range.start, |before| before.start);
        let end = self.offset(range.end, |before| before.end);
        start..end.max(start)
    }

    fn offset(&self, at: usize, edge: fn(&Range<usize>) -> usize) -> usize {
        let mut shifted = at;
        for (before, after) in &self.moved {
            if after.contains(&at) && at != after.start {
                return edge(before);
            }
            if after.end <= at {
                shifted = before.end + (at - after.end);
            }
        }
        shifted
    }
}

/// Rewrites a template: only what stands in `{{ }}` and `{% %}`.
pub(super) fn template(text: &str) -> Rewritten {
    let mut chains = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|found| at + found) {
        let (close, is_code) = match text.as_bytes().get(open + 1) {
            Some(b'{') => ("}}", true),
            Some(b'%') => ("%}", true),
            Some(b'#') => ("#}", false),
            _ => {
                at = open + 1;
                continue;
            }
        };
        let start = open + 2;
        let end = if is_code {
            code_end(text, start, close)
        } else {
            text[start..].find(close).map_or(text.len(), |found| start + found)
        };
        let inner = &text[start..end];
        at = (end + 2).min(text.len());
        if is_code && inner.trim_matches(['-', '+', ' ']) == "raw" {
            at = raw_end(text, at);
        } else if is_code {
            find(text, start..end, &mut chains);
        }
    }
    rewrite(text, &chains)
}

/// Rewrites a bare expression.
pub(super) fn expression(text: &str) -> Rewritten {
    let mut chains = Vec::new();
    find(text, 0..text.len(), &mut chains);
    rewrite(text, &chains)
}

/// The end of a tag, not fooled by its closing mark inside quotes.
fn code_end(text: &str, start: usize, close: &str) -> usize {
    let mut quote = None;
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, _) if bytes[at..].starts_with(close.as_bytes()) => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

fn raw_end(text: &str, start: usize) -> usize {
    text[start..].find("endraw").map_or(text.len(), |found| start + found)
}

/// A chain that may be rewritten: its range and the call to put there.
type Chain = (Range<usize>, String);

fn find(text: &str, within: Range<usize>, chains: &mut Vec<Chain>) {
    let bytes = text.as_bytes();
    let mut at = within.start;
    while at < within.end {
        let byte = bytes[at];
        if byte == b'"' || byte == b'\'' {
            at = string_end(bytes, at, within.end);
        } else if is_name(byte) {
            let end = name_end(bytes, at, within.end);
            let follows_dot = text[within.start..at].trim_end().ends_with('.');
            let chain = (!byte.is_ascii_digit() && !follows_dot)
                .then(|| chain(text, at..end, within.end))
                .flatten();
            match chain {
                Some(chain) => {
                    at = chain.0.end;
                    chains.push(chain);
                }
                None => at = end,
            }
        } else {
            at += 1;
        }
    }
}

/// Reads the steps after a first name; a chain only if a default or a test for being
/// defined follows.
fn chain(text: &str, first: Range<usize>, limit: usize) -> Option<Chain> {
    let bytes = text.as_bytes();
    let mut call = format!("dig({}", &text[first.clone()]);
    let mut at = first.end;
    let mut steps = 0;
    loop {
        match bytes.get(at).filter(|_| at < limit) {
            Some(b'.') => {
                let end = name_end(bytes, at + 1, limit);
                if end == at + 1 {
                    return None;
                }
                let step = &text[at + 1..end];
                let number = step.bytes().all(|byte| byte.is_ascii_digit());
                call.push_str(&if number { format!(",{step}") } else { format!(",'{step}'") });
                at = end;
            }
            Some(b'[') => {
                let close = simple_index(text, at + 1, limit)?;
                call.push(',');
                call.push_str(&text[at + 1..close]);
                at = close + 1;
            }
            _ => break,
        }
        steps += 1;
    }
    if steps == 0 || !excused(text[at..limit].trim_start()) {
        return None;
    }
    call.push(')');
    Some((first.start..at, call))
}

/// The `]` of an index that is a string, a number or a name.
fn simple_index(text: &str, start: usize, limit: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = match bytes.get(start)? {
        b'"' | b'\'' => string_end(bytes, start, limit),
        _ => name_end(bytes, start, limit),
    };
    (end > start && bytes.get(end) == Some(&b']')).then_some(end)
}

/// Whether what follows makes it harmless that something is missing.
fn excused(rest: &str) -> bool {
    if let Some(filter) = rest.strip_prefix('|') {
        let filter = filter.trim_start();
        let name = &filter[..name_end(filter.as_bytes(), 0, filter.len())];
        return matches!(name, "default" | "d");
    }
    let mut words = rest.split_whitespace();
    if words.next() != Some("is") {
        return false;
    }
    let word = match words.next() {
        Some("not") => words.next(),
        word => word,
    };
    let word = word.unwrap_or_default().trim_end_matches(|c: char| !c.is_alphanumeric());
    matches!(word, "defined" | "undefined")
}

fn rewrite(text: &str, chains: &[Chain]) -> Rewritten {
    let mut out = String::with_capacity(text.len() + chains.len() * 16);
    let mut moved = Vec::with_capacity(chains.len());
    let mut at = 0;
    for (range, call) in chains {
        out.push_str(&text[at..range.start]);
        let start = out.len();
        out.push_str(call);
        moved.push((range.clone(), start..out.len()));
        at = range.end;
    }
    out.push_str(&text[at..]);
    Rewritten { text: out, moved }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn name_end(bytes: &[u8], start: usize, limit: usize) -> usize {
    (start..limit).find(|at| !bytes.get(*at).copied().is_some_and(is_name)).unwrap_or(limit)
}

/// After the closing quote.
fn string_end(bytes: &[u8], start: usize, limit: usize) -> usize {
    let mut at = start + 1;
    while at < limit {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == bytes[start] => return at + 1,
            _ => {}
        }
        at += 1;
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::{expression, template};

    #[test]
    fn only_excused_chains_are_rewritten() {
        for (written, engine) in [
            ("a.b | default(1)", "dig(a,'b') | default(1)"),
            ("a.b['c'][0].d|d('x')", "dig(a,'b','c',0,'d')|d('x')"),
            ("h[name].x is defined", "dig(h,name,'x') is defined"),
            ("a.b is not defined)", "dig(a,'b') is not defined)"),
            ("not a.b is undefined", "not dig(a,'b') is undefined"),
            ("a.b is none", "a.b is none"),
            ("a.b | upper", "a.b | upper"),
            ("a | default(b.c)", "a | default(b.c)"),
            ("a.get('x') | default(1)", "a.get('x') | default(1)"),
            ("'a.b | default(1)'", "'a.b | default(1)'"),
            ("a[b.c] | default(1)", "a[b.c] | default(1)"),
            ("(x or a.b | d) ~ 'é'", "(x or dig(a,'b') | d) ~ 'é'"),
        ] {
            assert_eq!(expression(written).text, engine);
        }
    }

    #[test]
    fn text_comments_and_raw_blocks_stay() {
        for text in [
            "a.b | default(1)",
            "{# a.b | default(1) #}",
            "{% raw %}{{ a.b | default(1) }}{% endraw %}",
            "{ a.b | default(1) }",
            "{{ 'x}}' ~ a.b }}",
            "{{",
        ] {
            assert_eq!(template(text).text, text);
        }
        assert_eq!(template("{{ '}}' }} {{ a.b|d }}").text, "{{ '}}' }} {{ dig(a,'b')|d }}");
    }

    #[test]
    fn offsets_lead_back_to_what_was_written() {
        let written = "{{ a.b | default(1) }} {{ wrong }}";
        let engine = template(written);
        let at = engine.text.find("wrong").unwrap_or_default();
        let range = engine.original(at..at + 5);
        assert_eq!(&written[range], "wrong");
        let inside = engine.text.find("'b'").unwrap_or_default();
        assert_eq!(&written[engine.original(inside..inside + 3)], "a.b");
    }
}
