//! Templates by themselves: a shipped one rendered from vars without any project, and a text
//! as a template that renders to just that text.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Serde;

use super::{Engine, Library};

/// What a shipped template makes of vars; none if it does not know the template, or if they
/// lack what it needs.
pub fn render_shipped(
    name: &str,
    vars: &serde_json::Map<String, serde_json::Value>,
) -> Option<String> {
    let engine = Engine::new(
        Library::new(BTreeMap::new()),
        Arc::new(|_, _| Err("nothing is looked up here".to_owned())),
    );
    let own = minijinja::context! {
        rappel_managed => super::scope::MANAGED,
        ..Value::from(Serde(vars))
    };
    engine.file(name, &own).ok()
}

/// A template that renders to exactly this text, whatever stands in it.
pub fn verbatim(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let end = rest.len().min(at + 2);
        let mark = rest.get(at..end).filter(|two| matches!(*two, "{{" | "{%" | "{#"));
        let (before, after) = rest.split_at(at + mark.map_or(1, str::len));
        match mark {
            Some(mark) => {
                out.push_str(&before[..at]);
                out.push_str("{{ '");
                out.push_str(mark);
                out.push_str("' }}");
            }
            None => out.push_str(before),
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use proptest::prelude::{ProptestConfig, proptest};

    use super::{Engine, Library, render_shipped, verbatim};
    use crate::diagnostic::Source;

    fn comes_back(text: &str) {
        let own = BTreeMap::from([("x".to_owned(), Source::new("x", verbatim(text)))]);
        let engine =
            Engine::new(Library::new(own), Arc::new(|_, _| panic!("nothing is looked up")));
        let rendered = engine.file("x", &minijinja::context! {}).expect("renders");
        assert_eq!(rendered, text);
    }

    #[test]
    fn any_text_comes_back() {
        for text in [
            "",
            "\n",
            "a",
            "\n\n a\n\n",
            "{{ lookup('pipe', 'id') }}",
            "{% raw %}{% endraw %}",
            "{#{{{%",
            "{{{",
            "a{\n{b",
            "é{é",
            "x\r\n  {% if a %}\n",
        ] {
            comes_back(text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_other_text_comes_back(text in "[{}%#'\" \\n\\r\\\\a-]{0,30}") {
            comes_back(&text);
        }
    }

    #[test]
    fn shipped_templates_render_from_vars_alone() {
        let vars = serde_json::json!({"network": {"uplink": {"name": "eth0", "ipv4": {"address": "203.0.113.10/24"}}}});
        let text = render_shipped("network/interfaces.j2", vars.as_object().expect("a map"));
        let text = text.expect("renders");
        assert!(text.starts_with("# managed by rappel; edits are overwritten\n"), "{text}");
        assert!(text.contains("iface eth0 inet static\n    address 203.0.113.10/24\n"), "{text}");
        assert_eq!(render_shipped("network/interfaces-proxmox.j2", &serde_json::Map::new()), None);
    }
}
