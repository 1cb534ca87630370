//! Filters and tests over text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};
use regex::{Regex, RegexBuilder};

use super::{defined, filter, wrong};

pub(super) fn register(environment: &mut Environment<'static>) {
    filter!(environment, ["ansible.builtin"], "regex_replace", regex_replace);
    filter!(environment, ["ansible.builtin"], "regex_search", regex_search);
    filter!(environment, ["ansible.builtin"], "regex_findall", regex_findall);
    filter!(environment, ["ansible.builtin"], "quote", quote);
    filter!(environment, ["ansible.builtin"], "comment", comment);
    filter!(environment, ["ansible.builtin"], "basename", basename);
    filter!(environment, ["ansible.builtin"], "dirname", dirname);
    filter!(environment, ["ansible.builtin"], "b64encode", b64encode);
    filter!(environment, ["ansible.builtin"], "b64decode", b64decode);
    environment.add_test("match", matches_start);
    environment.add_test("search", matches_anywhere);
    environment.add_test("ansible.builtin.match", matches_start);
    environment.add_test("ansible.builtin.search", matches_anywhere);
}

/// The words `multiline` and `ignorecase` as keyword arguments.
fn pattern(text: &str, kwargs: &Kwargs) -> Result<Regex, Error> {
    let flag = |name| kwargs.get::<Option<bool>>(name).map(|set| set.unwrap_or(false));
    let (multiline, ignorecase) = (flag("multiline")?, flag("ignorecase")?);
    kwargs.assert_all_used()?;
    RegexBuilder::new(text)
        .multi_line(multiline)
        .case_insensitive(ignorecase)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| wrong(format!("`{text}` is not a regular expression: {error}")))
}

/// Python's `\1` and `\g<name>` in a replacement, as `${1}` and `${name}`.
fn replacement(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let digits = match rest.strip_prefix('\\') {
            Some(after) => after.bytes().take_while(u8::is_ascii_digit).count(),
            None => 0,
        };
        if digits > 0 {
            out.push_str(&format!("${{{}}}", &rest[1..=digits]));
            rest = &rest[1 + digits..];
        } else if let Some((name, after)) =
            rest.strip_prefix("\\g<").and_then(|named| named.split_once('>'))
        {
            out.push_str(&format!("${{{name}}}"));
            rest = after;
        } else {
            out.push_str(if c == '$' { "$$" } else { &rest[..c.len_utf8()] });
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn regex_replace(text: &str, find: &str, with: &str, kwargs: Kwargs) -> Result<String, Error> {
    let pattern = pattern(find, &kwargs)?;
    Ok(pattern.replace_all(text, replacement(with)).into_owned())
}

/// The first match, or none.
fn regex_search(text: &str, find: &str, kwargs: Kwargs) -> Result<Value, Error> {
    let pattern = pattern(find, &kwargs)?;
    let found = pattern.find(text);
    Ok(found.map_or(Value::from(()), |found| Value::from(found.as_str())))
}

fn regex_findall(text: &str, find: &str, kwargs: Kwargs) -> Result<Vec<String>, Error> {
    let pattern = pattern(find, &kwargs)?;
    Ok(pattern
        .captures_iter(text)
        .filter_map(|found| found.get(1).or_else(|| found.get(0)))
        .map(|found| found.as_str().to_owned())
        .collect())
}

fn matches_start(text: &str, find: &str, kwargs: Kwargs) -> Result<bool, Error> {
    let found = pattern(find, &kwargs)?.find(text).map(|found| found.start());
    Ok(found == Some(0))
}

fn matches_anywhere(text: &str, find: &str, kwargs: Kwargs) -> Result<bool, Error> {
    Ok(pattern(find, &kwargs)?.is_match(text))
}

/// For a POSIX shell: one word, whatever it contains.
fn quote(value: &Value) -> Result<String, Error> {
    defined(value)?;
    let text = value.to_string();
    let safe = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return Ok(text);
    }
    Ok(format!("'{}'", text.replace('\'', "'\"'\"'")))
}

/// Every line behind `# `.
fn comment(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| format!("# {line}").trim_end().to_owned()).collect();
    format!("#\n{}\n#", lines.join("\n"))
}

fn basename(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn dirname(path: &str) -> String {
    let directory = match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory,
        None => "",
    };
    directory.to_owned()
}

fn b64encode(text: &str) -> String {
    STANDARD.encode(text)
}

fn b64decode(text: &str) -> Result<String, Error> {
    let bytes = STANDARD.decode(text).map_err(|_| wrong("b64decode was given no base64"))?;
    String::from_utf8(bytes).map_err(|_| wrong("b64decode gives bytes that are not UTF-8"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{quote, replacement};

    #[test]
    fn replacements_speak_python() {
        assert_eq!(replacement(r"\1-\g<x>"), "${1}-${x}");
        assert_eq!(replacement("a$b\\"), "a$$b\\");
        assert_eq!(replacement("é\\12"), "é${12}");
    }

    #[test]
    fn a_quoted_word_is_one_word() {
        assert_eq!(quote(&"eth0".into()).unwrap(), "eth0");
        assert_eq!(quote(&"".into()).unwrap(), "''");
        assert_eq!(quote(&"a; rm 'x'".into()).unwrap(), r#"'a; rm '"'"'x'"'"''"#);
    }
}
