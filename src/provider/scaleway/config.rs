//! `config.yaml` of Scaleway's own tools: keys with values, and profiles with the same.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

/// A value from the active profile, else from the file's top.
pub(super) fn value(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path()?).ok()?;
    let chosen = env::var("SCW_PROFILE").ok().filter(|profile| !profile.is_empty());
    of(&text, chosen.as_deref(), name)
}

fn path() -> Option<PathBuf> {
    let of = |name: &str| env::var_os(name).filter(|text| !text.is_empty()).map(PathBuf::from);
    let base = || of("XDG_CONFIG_HOME").or_else(|| of("HOME").map(|home| home.join(".config")));
    of("SCW_CONFIG_PATH").or_else(|| base().map(|base| base.join("scw/config.yaml")))
}

fn of(text: &str, chosen: Option<&str>, name: &str) -> Option<String> {
    let values = flat(text);
    let active = values.get("active_profile").cloned();
    let profile = chosen.map(str::to_owned).or(active);
    let inside = profile.map(|profile| format!("profiles/{profile}/{name}"));
    inside.and_then(|path| values.get(&path)).or_else(|| values.get(name)).cloned()
}

/// Values by the path of their keys. The tools write nothing but mappings of plain or quoted
/// values; anything else is not understood, and is not there.
fn flat(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut above: Vec<(usize, String)> = Vec::new();
    for line in text.lines() {
        let words = line.trim();
        if words.is_empty() || words.starts_with(['#', '-']) {
            continue;
        }
        let Some((key, value)) = words.split_once(':') else { continue };
        let indent = line.len() - line.trim_start().len();
        above.retain(|(outer, _)| *outer < indent);
        let mut path: Vec<&str> = above.iter().map(|(_, key)| key.as_str()).collect();
        path.push(key.trim());
        let value = value.split(" #").next().unwrap_or_default().trim();
        let value = value.trim_matches(['"', '\'']);
        match value.is_empty() {
            true => above.push((indent, key.trim().to_owned())),
            false => drop(found.insert(path.join("/"), value.to_owned())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::of;

    const TEXT: &str = "\
# Scaleway
access_key: SCWX
secret_key: 'one' # the main one
default_zone: fr-par-1
active_profile: lab
profiles:
  lab:
    secret_key: two
  other:
    secret_key: \"three\"
    default_zone: nl-ams-1
";

    #[test]
    fn the_active_profile_wins_over_the_top_and_is_chosen_from_outside() {
        assert_eq!(of(TEXT, None, "secret_key").as_deref(), Some("two"));
        assert_eq!(of(TEXT, None, "default_zone").as_deref(), Some("fr-par-1"));
        assert_eq!(of(TEXT, Some("other"), "secret_key").as_deref(), Some("three"));
        assert_eq!(of(TEXT, Some("other"), "default_zone").as_deref(), Some("nl-ams-1"));
        assert_eq!(of(TEXT, Some("none"), "secret_key").as_deref(), Some("one"));
        assert_eq!(of(TEXT, None, "send_telemetry"), None);
    }
}
