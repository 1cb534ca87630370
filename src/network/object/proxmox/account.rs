//! Groups and users of Proxmox VE. What an artifact does not say of one stays as it is.

use super::{bad_user, fields, is_name, value};
use crate::network::object::Unfit;

/// What can be said of a user, in the order in which it is shown.
const OF_USER: [&str; 7] =
    ["enable", "groups", "comment", "email", "expire", "firstname", "lastname"];

/// What can be said of a group.
const OF_GROUP: [&str; 1] = ["comment"];

/// The state that a group's text leads to.
///
/// # Errors
/// The text is none of a group.
pub fn group(name: &str, text: &str, present: Option<&str>) -> Result<String, Unfit> {
    Ok(format!("groupid {}\n{}", quoted(name), said(text, &OF_GROUP, present)?))
}

/// The state that a user's text leads to.
///
/// # Errors
/// The text is none of a user.
pub fn user(name: &str, text: &str, present: Option<&str>) -> Result<String, Unfit> {
    if let Some(why) = bad_user(name) {
        return Err(Unfit(why.to_owned()));
    }
    let mut state = said(text, &OF_USER, present)?;
    if value(&state, "enable").is_none() {
        state.push_str("enable 1\n");
    }
    Ok(format!("userid {}\n{state}", quoted(name)))
}

/// The lines of a state for what a text says, and for what it leaves as it is.
fn said(text: &str, known: &[&str], present: Option<&str>) -> Result<String, Unfit> {
    let fields = fields(text, false)?;
    if let Some((key, _)) = fields.iter().find(|(key, _)| !known.contains(key)) {
        let known = known.join("`, `");
        return Err(Unfit(format!("it has no `{key}`; there is `{known}`")));
    }
    let mut state = String::new();
    for key in known {
        let wanted = match fields.iter().find(|(own, _)| own == key) {
            Some((_, text)) => encoded(key, text)?,
            None => present.and_then(|state| value(state, key)).map(str::to_owned),
        };
        if let Some(wanted) = wanted {
            state.push_str(&format!("{key} {wanted}\n"));
        }
    }
    Ok(state)
}

/// A value as a state has it; none where it is empty, or the same as if nothing were said.
fn encoded(key: &str, text: &str) -> Result<Option<String>, Unfit> {
    match key {
        "enable" => match text {
            "1" | "true" | "yes" => Ok(Some("1".to_owned())),
            "0" | "false" | "no" => Ok(Some("0".to_owned())),
            _ => Err(Unfit(format!("`enable: {text}` is neither 1 nor 0"))),
        },
        "expire" => match text.parse::<u64>() {
            Ok(0) => Ok(None),
            Ok(seconds) => Ok(Some(seconds.to_string())),
            Err(_) => Err(Unfit(format!("`expire: {text}` is no number of seconds since 1970"))),
        },
        "groups" => {
            let mut groups: Vec<&str> =
                text.split([',', ' ']).filter(|name| !name.is_empty()).collect();
            if let Some(bad) = groups.iter().find(|name| !is_name(name)) {
                return Err(Unfit(format!("`{bad}` is no name of a group")));
            }
            groups.sort_unstable();
            groups.dedup();
            Ok((!groups.is_empty()).then(|| quoted(&groups.join(","))))
        }
        _ if text.starts_with('-') => Err(Unfit(format!("`{key}` begins with a `-`"))),
        _ if text.chars().any(char::is_control) => {
            Err(Unfit(format!("`{key}` has control characters")))
        }
        _ => Ok((!text.is_empty()).then(|| quoted(text))),
    }
}

/// As JSON has it, and Proxmox prints it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What can be said of a state. That an account is on, its groups and a group's comment are
/// always said, so that a change by hand shows; what else it has not is nobody's business.
pub fn text(state: &str) -> String {
    let (keys, always): (&[&str], &[&str]) = match value(state, "userid") {
        Some(_) => (&OF_USER, &["groups"]),
        None => (&OF_GROUP, &OF_GROUP),
    };
    let said = keys.iter().filter_map(|key| match value(state, key) {
        Some(raw) => Some(format!("{key}: {}\n", plain(raw))),
        None => always.contains(key).then(|| format!("{key}:\n")),
    });
    said.collect()
}

/// A value without the quotes that JSON has around texts.
fn plain(raw: &str) -> String {
    match serde_json::from_str(raw) {
        Ok(serde_json::Value::String(text)) => text,
        _ => raw.to_owned(),
    }
}

/// A state for people, and for comparing.
pub fn shown(state: &str) -> String {
    let mut out = String::new();
    let of_user = value(state, "userid").is_some();
    let keys: &[&str] = if of_user { &OF_USER } else { &OF_GROUP };
    for key in keys {
        let Some(raw) = value(state, key) else {
            if !of_user {
                out.push_str("comment:\n");
            }
            continue;
        };
        let text = plain(raw);
        // An account that is on says nothing else of itself.
        let text = match (*key, text.as_str()) {
            ("enable", "1") => "yes",
            ("enable", "0") => "no",
            ("groups", groups) => &groups.replace(',', ", "),
            (_, text) => text,
        };
        out.push_str(&format!("{key}: {}\n", text.escape_debug()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{group, shown, text, user};
    use crate::network::object::ObjectKind;

    /// As the host's scripts print it.
    const ANNA: &str = "comment \"Anna \\\"A\\\" Ö\"\nemail \"a@example.net\"\nenable 1\n\
                        groups \"g1,g2\"\nuserid \"anna@pve\"\n";

    #[test]
    fn what_is_not_said_stays_as_it_is() {
        let state = user("anna@pve", "groups: g2, g1\n", Some(ANNA)).expect("a user");
        assert_eq!(shown(&state), shown(ANNA));
        assert!(state.contains("comment \"Anna \\\"A\\\" Ö\"\n"), "{state}");
        let state = user("anna@pve", "groups: g1\ncomment:\n", Some(ANNA)).expect("a user");
        assert_eq!(shown(&state), "enable: yes\ngroups: g1\nemail: a@example.net\n");
    }

    #[test]
    fn a_new_user_is_enabled_and_a_new_group_needs_no_words() {
        let state = user("anna@pve", "# by hand\n\ncomment: Ö \"x\"\n", None).expect("a user");
        assert_eq!(state, "userid \"anna@pve\"\ncomment \"Ö \\\"x\\\"\"\nenable 1\n");
        assert_eq!(group("g1", "", None).expect("a group"), "groupid \"g1\"\n");
        assert_eq!(shown("groupid \"g1\"\n"), "comment:\n");
    }

    #[test]
    fn the_text_of_a_state_wants_just_that() {
        let (user, group) = (ObjectKind::ProxmoxUser, ObjectKind::ProxmoxGroup);
        let said = "enable: 1\ngroups: g1,g2\ncomment: Anna \"A\" Ö\nemail: a@example.net\n";
        assert_eq!(text(ANNA), said);
        assert_eq!(user.wants_as_it_is("anna@pve", said, ANNA), Ok(()));
        let alone = "userid \"anna@pve\"\nenable 0\n";
        assert_eq!(text(alone), "enable: 0\ngroups:\n");
        assert_eq!(user.wants_as_it_is("anna@pve", &text(alone), alone), Ok(()));
        // In no group, and so another one shows.
        assert!(user.wants_as_it_is("anna@pve", &text(alone), ANNA).is_err());
        assert_eq!(text("groupid \"g1\"\n"), "comment:\n");
        assert_eq!(group.wants_as_it_is("g1", "comment:\n", "groupid \"g1\"\n"), Ok(()));
        // Nothing of a value may become a field of its own, or get lost.
        for comment in ["\"a\\nenable: 0\"", "\"a\\nb\"", "\" a\"", "\"-a\""] {
            let odd = format!("groupid \"g1\"\ncomment {comment}\n");
            assert!(group.wants_as_it_is("g1", &text(&odd), &odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for (name, text, why) in [
            ("anna", "", "NAME@REALM"),
            ("a:b@pve", "", "other characters"),
            ("anna@2", "", "no realm"),
            ("anna@pve", "password: x", "no `password`"),
            ("anna@pve", "groups: a/b", "`a/b`"),
            ("anna@pve", "enable: maybe", "neither"),
            ("anna@pve", "comment: -x", "begins with"),
            ("anna@pve", "comment", "`KEY: VALUE`"),
            ("anna@pve", "email: a\nemail: b", "twice"),
        ] {
            let error = user(name, text, None).expect_err(text);
            assert!(error.0.contains(why), "{error}");
        }
    }
}
