//! From a host's var to its driver.

use std::time::Duration;

use serde_json::{Map, Value};
use thiserror::Error;

use super::command::CommandDriver;
use super::{Provider, hetzner, ovh, scaleway};

/// The var that says who a host's provider is.
pub const VAR: &str = "rappel_provider";

/// One call of a program may take this long where the inventory says nothing else: an IPMI
/// controller that is slow to answer takes half of it.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a host has no driver.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The var is not there.
    #[error("no provider is named for this host")]
    None,
    /// The var is there and cannot be used.
    #[error("`{VAR}` cannot be used: {0}")]
    Wrong(String),
}

/// The driver that a host's vars ask for.
///
/// # Errors
/// There is none, or its settings are wrong; the text says which, without their values.
pub fn driver(vars: &Map<String, Value>) -> Result<Box<dyn Provider>, SettingsError> {
    let settings = match vars.get(VAR) {
        None | Some(Value::Null) => return Err(SettingsError::None),
        Some(Value::Object(settings)) => Fields { settings },
        Some(_) => return Err(wrong("it is not a mapping with a `driver`")),
    };
    match settings.need("driver")?.as_str() {
        "command" => Ok(Box::new(command(&settings)?)),
        "ovhcloud" => Ok(Box::new(ovh::driver(&settings)?)),
        "hetzner" => Ok(Box::new(hetzner::driver(&settings)?)),
        "dedibox" => Ok(Box::new(scaleway::dedibox(&settings)?)),
        "elastic-metal" => Ok(Box::new(scaleway::metal(&settings)?)),
        other => Err(wrong(&format!(
            "there is no driver `{other}`, but command, ovhcloud, hetzner, dedibox and elastic-metal"
        ))),
    }
}

/// The public key that is to open a host's rescue system, where its vars name one.
///
/// # Errors
/// It is no public key.
pub fn ssh_key(vars: &Map<String, Value>) -> Result<Option<String>, SettingsError> {
    let Some(Value::Object(settings)) = vars.get(VAR) else { return Ok(None) };
    let Some(key) = (Fields { settings }).text("ssh_key")? else { return Ok(None) };
    let mut words = key.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let known = ["ssh-", "ecdsa-", "sk-"].iter().any(|start| kind.starts_with(start));
    if !known || words.next().is_none() || key.contains('\n') {
        return Err(wrong("`ssh_key` is not a line of a public key, as in `ssh-ed25519 AAAA…`"));
    }
    Ok(Some(key))
}

fn command(settings: &Fields<'_>) -> Result<CommandDriver, SettingsError> {
    settings.only(&["driver", "ssh_key", "command", "timeout"])?;
    let argv = settings.words("command")?;
    if argv.first().is_none_or(String::is_empty) {
        return Err(wrong("`command` is not a program with its arguments, as in [./power, web1]"));
    }
    let timeout = settings.seconds("timeout")?.unwrap_or(COMMAND_TIMEOUT);
    Ok(CommandDriver { argv, timeout })
}

pub(super) fn wrong(reason: &str) -> SettingsError {
    SettingsError::Wrong(reason.to_owned())
}

/// The fields of the var. No message repeats a value: it may be a secret.
pub(super) struct Fields<'a> {
    settings: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Those of a mapping inside a var.
    pub fn of(settings: &'a Map<String, Value>) -> Self {
        Self { settings }
    }

    /// A text or number that may be missing.
    pub fn text(&self, name: &str) -> Result<Option<String>, SettingsError> {
        match self.settings.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => {
                Ok(Some(text.trim().to_owned()))
            }
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(wrong(&format!("`{name}` is neither text nor a number"))),
        }
    }

    /// A text or number that must be there.
    pub fn need(&self, name: &str) -> Result<String, SettingsError> {
        self.text(name)?.ok_or_else(|| wrong(&format!("`{name}` is missing")))
    }

    fn words(&self, name: &str) -> Result<Vec<String>, SettingsError> {
        let no = || wrong(&format!("`{name}` is not a list of words"));
        let Some(Value::Array(items)) = self.settings.get(name) else { return Err(no()) };
        let word = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(no()),
        };
        items.iter().map(word).collect()
    }

    /// A number of seconds that may be missing.
    pub fn seconds(&self, name: &str) -> Result<Option<Duration>, SettingsError> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(seconds @ 1..=3600) => Ok(Some(Duration::from_secs(seconds))),
                _ => Err(wrong(&format!("`{name}` is not a number of seconds from 1 to 3600"))),
            },
        }
    }

    /// A misspelt field would otherwise be missed in silence.
    pub fn only(&self, known: &[&str]) -> Result<(), SettingsError> {
        match self.settings.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                Err(wrong(&format!("there is no field `{key}`, but {}", known.join(", "))))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{SettingsError, driver};

    fn of(value: &Value) -> Result<String, SettingsError> {
        let vars = json!({ "rappel_provider": value });
        let Value::Object(vars) = vars else { panic!("no object") };
        driver(&vars).map(|driver| driver.name())
    }

    #[test]
    fn a_command_is_a_driver() {
        let value = json!({ "driver": "command", "command": ["./power", 7] });
        assert_eq!(of(&value).as_deref(), Ok("./power 7"));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_value_is_repeated() {
        assert_eq!(of(&Value::Null), Err(SettingsError::None));
        for (value, word) in [
            (json!("secret"), "mapping"),
            (json!({}), "driver"),
            (json!({ "driver": "command" }), "command"),
            (json!({ "driver": "command", "command": "secret" }), "command"),
            (json!({ "driver": "command", "command": [] }), "command"),
            (json!({ "driver": "command", "command": ["a"], "timeout": "secret" }), "timeout"),
            (json!({ "driver": "command", "command": ["a"], "tiemout": 3 }), "tiemout"),
        ] {
            let error = of(&value).expect_err("wrong").to_string();
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }
}
