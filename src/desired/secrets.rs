//! Which values of a host must not be written anywhere.

use serde_json::Value;

use super::yaml::is_secret;
use super::{Become, Host};

impl Host {
    /// The passwords to log in and to become root, and the values of vars whose names say that they are
    /// secrets.
    pub fn secrets(&self) -> Vec<String> {
        let mut found: Vec<String> = self.connection.password.iter().cloned().collect();
        if let Some(Become::Sudo { password: Some(password) }) = &self.connection.r#become {
            found.push(password.clone());
        }
        for (name, value) in &self.vars {
            collect(value, is_secret(name), &mut found);
        }
        found
    }
}

fn collect(value: &Value, secret: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if secret => found.push(text.clone()),
        Value::Number(number) if secret => found.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, found)),
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| collect(field, secret || is_secret(name), found))
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::desired::{Become, Connection, Host, SshOptions};

    #[test]
    fn names_tell_which_vars_are_secrets_at_any_depth() {
        let vars = json!({
            "wg_private_key": "AAAA",
            "vpn": {"psk_secret": ["one", 12345], "port": 51820},
            "key_file_path": "/x", "passw_file": "/y", "colour": "blue",
        });
        let Value::Object(vars) = vars else { panic!("no object") };
        let connection = Connection {
            address: "a".to_owned(),
            port: None,
            user: None,
            identity_file: None,
            password: Some("log in".to_owned()),
            options: SshOptions::default(),
            r#become: Some(Become::Sudo { password: Some("hunter2".to_owned()) }),
            other: None,
        };
        let host = Host {
            name: "a".to_owned(),
            groups: Vec::new(),
            vars,
            connection,
            secrets: crate::desired::Masks::default(),
        };
        let mut found = host.secrets();
        found.sort();
        assert_eq!(found, ["12345", "AAAA", "hunter2", "log in", "one"]);
    }
}
