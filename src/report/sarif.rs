//! Findings for continuous integration: SARIF 2.1.0, as code hosts show it at the lines of
//! a change, and JSON lines for programs of one's own.

use serde_json::{Value, json};

use super::json::line;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::network::lint::RULES;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// All findings as one document, on one line.
pub fn document(findings: &[Diagnostic]) -> String {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.reason },
                "help": { "text": rule.remedy },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rappel",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    line(&document).unwrap_or_default()
}

fn result(finding: &Diagnostic) -> Value {
    let mut text = finding.message.clone();
    for more in [&finding.reason, &finding.remedy].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    let mut result = json!({
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": finding.place.iter().map(location).collect::<Vec<Value>>(),
    });
    let index = finding.rule.and_then(|id| RULES.iter().position(|rule| rule.id == id));
    if let (Some(id), Some(index)) = (finding.rule, index) {
        result["ruleId"] = json!(id);
        result["ruleIndex"] = json!(index);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn location(place: &Place) -> Value {
    let (line, column) = place.line_column();
    let end = place.source.place(place.span.end..place.span.end).line_column();
    // An empty region has no length; its end would be no mark at all.
    let (end_line, end_column) = end.max((line, column));
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&place.source.name) },
        "region": {
            "startLine": line, "startColumn": column,
            "endLine": end_line, "endColumn": end_column,
        },
    } })
}

/// A file's name as a relative URI: what is no plain letter is escaped, also the colon
/// between a host and its file, which would make a scheme of the host.
fn uri(name: &str) -> String {
    let absolute = name.starts_with('/');
    let mut uri = String::from(if absolute { "file://" } else { "" });
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// One finding as a line of JSON, without its newline.
pub fn finding(finding: &Diagnostic) -> String {
    let place = finding.place.as_ref();
    let at = place.map(Place::line_column);
    let object = json!({
        "event": "finding",
        "rule": finding.rule,
        "severity": level(finding.severity),
        "message": finding.message,
        "file": place.map(|place| &*place.source.name),
        "line": at.map(|(line, _)| line),
        "column": at.map(|(_, column)| column),
        "reason": finding.reason,
        "remedy": finding.remedy,
    });
    line(&object).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use serde_json::Value;

    use super::{document, finding, uri};
    use crate::diagnostic::{Diagnostic, Source};
    use crate::network::lint::{LintFile, LintKind, RULES, check};

    /// Every property of an object is one that SARIF 2.1.0 knows there, and the required
    /// ones are there.
    fn object<'v>(value: &'v Value, required: &[&str], optional: &[&str]) -> &'v Value {
        let entries = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
        for key in entries.keys() {
            let known = required.contains(&key.as_str()) || optional.contains(&key.as_str());
            assert!(known, "`{key}` in {value}");
        }
        for key in required {
            assert!(entries.contains_key(*key), "no `{key}` in {value}");
        }
        value
    }

    fn message(value: &Value) {
        assert!(
            object(value, &["text"], &[])["text"].as_str().is_some_and(|text| !text.is_empty())
        );
    }

    /// The part of the standard's schema that these documents use.
    fn is_valid(text: &str) {
        let value: Value = serde_json::from_str(text).expect("JSON");
        object(&value, &["$schema", "version", "runs"], &[]);
        assert_eq!(value["version"], "2.1.0");
        let run = object(&value["runs"][0], &["tool", "results"], &["columnKind"]);
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        object(&run["tool"], &["driver"], &[]);
        let driver = object(&run["tool"]["driver"], &["name", "rules"], &["version"]);
        let rules = driver["rules"].as_array().expect("rules");
        for rule in rules {
            object(
                rule,
                &["id"],
                &["shortDescription", "fullDescription", "help", "defaultConfiguration"],
            );
            for key in ["shortDescription", "fullDescription", "help"] {
                message(&rule[key]);
            }
            let level = object(&rule["defaultConfiguration"], &["level"], &[]);
            assert!(["error", "warning", "note", "none"].iter().any(|l| level["level"] == *l));
        }
        for result in run["results"].as_array().expect("results") {
            object(result, &["message"], &["level", "locations", "ruleId", "ruleIndex"]);
            message(&result["message"]);
            if let Some(index) = result["ruleIndex"].as_u64() {
                assert_eq!(rules[usize::try_from(index).expect("small")]["id"], result["ruleId"]);
            }
            for place in result["locations"].as_array().expect("a list") {
                let place = &object(place, &["physicalLocation"], &[])["physicalLocation"];
                object(place, &["artifactLocation", "region"], &[]);
                let uri = object(&place["artifactLocation"], &["uri"], &[])["uri"].as_str();
                let legal = |c: char| c.is_ascii_alphanumeric() || "-._~/%:".contains(c);
                assert!(uri.is_some_and(|uri| uri.chars().all(legal)));
                let keys = ["startLine", "startColumn", "endLine", "endColumn"];
                let region = object(&place["region"], &keys, &[]);
                let number = |key: &str| region[key].as_u64().unwrap_or(0);
                assert!(keys.iter().all(|key| number(key) >= 1), "{region}");
                let start = (number("startLine"), number("startColumn"));
                assert!((number("endLine"), number("endColumn")) >= start);
            }
        }
    }

    #[test]
    fn a_document_has_every_rule_and_the_findings() {
        let text = "auto eth0:1\niface eth0:1 inet static\n\taddress 10.0.0.1/24\nfoo\n";
        let source = Source::new("/etc/network/interfaces", text);
        let file = LintFile {
            kind: LintKind::Interfaces,
            path: "/etc/network/interfaces".to_owned(),
            mode: 0o644,
            source,
        };
        let text = document(&check(&[file]));
        is_valid(&text);
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let run = &value["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(RULES.len()));
        let first = &run["results"][0];
        assert_eq!(first["ruleId"], "IF14");
        let place = &first["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "file:///etc/network/interfaces");
        assert_eq!(place["region"]["startLine"], 2);
        is_valid(&document(&[]));
    }

    #[test]
    fn names_become_uris() {
        assert_eq!(uri("hv1:templates/a b.j2"), "hv1%3Atemplates/a%20b.j2");
        assert_eq!(uri("é"), "%C3%A9");
    }

    #[test]
    fn a_finding_is_one_line() {
        let found =
            Diagnostic::warning("a\nb").rule("IF01").at(Source::new("f", "x\ny").place(2..3));
        let value: Value = serde_json::from_str(&finding(&found)).expect("JSON");
        assert!(!finding(&found).contains('\n'));
        assert_eq!((&value["line"], &value["column"]), (&2.into(), &1.into()));
        assert_eq!(value["severity"], "warning");
        assert!(value["remedy"].is_null());
    }

    proptest! {
        #[test]
        fn documents_are_valid_whatever_is_in_them(
            text in any::<String>(),
            start in 0..60_usize,
            length in 0..60_usize,
        ) {
            let found = Diagnostic::error(format!("m{text}"))
                .at(Source::new(text.as_str(), text.as_str()).place(start..start + length));
            is_valid(&document(&[found]));
        }
    }
}
