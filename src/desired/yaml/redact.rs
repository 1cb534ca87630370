//! Hides secrets in the text that diagnostics show.
//!
//! A diagnostic carries the whole file so that its lines can be drawn. What is drawn must
//! not hold a password, so the values of keys that name one are replaced, byte for byte:
//! every offset stays true.

/// The text with the values of secret keys replaced by `*`, of the same length in bytes.
pub(super) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if let Some(outer) = block {
            if line.trim().is_empty() || indent > outer {
                hide(&mut out, line);
                continue;
            }
            block = None;
        }
        match secret_value(line) {
            Some(start) => {
                let value = line[start..].trim();
                if value.is_empty() || value.starts_with(['|', '>']) {
                    block = Some(indent);
                    out.push_str(line);
                } else if is_reference(value) {
                    out.push_str(line);
                } else {
                    // A quoted scalar may go on below, indented.
                    block = Some(indent);
                    out.push_str(&line[..start]);
                    hide(&mut out, &line[start..]);
                }
            }
            None => out.push_str(line),
        }
    }
    out
}

/// `"{{ name }}"`: the name of a secret is none.
fn is_reference(value: &str) -> bool {
    let inner = value.trim_matches(['"', '\'']);
    let inner = inner.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| !inner.contains(['"', '\'', '{', '}']))
}

fn hide(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            ' ' | '\n' | '\r' => out.push(c),
            _ => out.extend(std::iter::repeat_n('*', c.len_utf8())),
        }
    }
}

/// Where the value after the first secret key of the line begins.
fn secret_value(line: &str) -> Option<usize> {
    line.match_indices([':', '=']).find_map(|(colon, sign)| {
        let before = line[..colon].trim_end_matches(['"', '\'']);
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            .map_or(0, |at| at + 1);
        let after = &line[colon + 1..];
        let is_key = sign == "=" || after.is_empty() || after.starts_with([' ', '\n', '\r', '\t']);
        (is_key && is_secret(&before[start..])).then_some(colon + 1)
    })
}

/// Whether a name says that its value must not be shown, in the spelling of vars and of
/// configuration files.
pub(crate) fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    let named = ["passw", "secret", "token", "passphrase", "private_key"]
        .iter()
        .any(|word| key.contains(word));
    let fields = ["psk", "privatekey", "presharedkey", "preshared_key", "wireless_key", "authkey"];
    let field = fields.iter().any(|field| key.ends_with(field));
    (named || field || key.ends_with("_pass") || key == "pass")
        && !key.ends_with("_file")
        && !key.ends_with("_path")
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn values_of_secret_keys_are_hidden_byte_for_byte() {
        let text = "a: 1\nansible_become_password: hün ter2\nb: 2\n";
        let shown = redact(text);
        assert_eq!(shown.len(), text.len());
        assert_eq!(shown, "a: 1\nansible_become_password: **** ****\nb: 2\n");
    }

    #[test]
    fn blocks_and_inline_maps_are_hidden() {
        let text = "vpn_private_key: |\n  AAAA\n  BBBB\nnext: x\nh: {api_token: abc, z: 1}\n";
        let shown = redact(text);
        assert!(!shown.contains("AAAA") && !shown.contains("BBBB") && !shown.contains("abc"));
        assert!(shown.contains("next: x"));
    }

    #[test]
    fn assignments_are_hidden_to_the_end_of_the_line() {
        let shown = redact("web1 ansible_user=ada ansible_password=hunter2 x=1\nweb2\n");
        assert!(shown.contains("ansible_user=ada") && shown.contains("web2"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn paths_and_references_stay() {
        let text = "ansible_ssh_private_key_file: ~/.ssh/id\nansible_become_pass: \"{{ p }}\"\n";
        assert_eq!(redact(text), text);
    }
}
