//! Hetzner Robot: rescue activation and resets of dedicated servers.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::http::{Answer, Http, endpoint, form};
use super::settings::{Fields, SettingsError, wrong};
use super::words::{first_line, short};
use super::{Access, Boot, Progress, Provider, ProviderError, Status, Task};

const WHAT: &str = "Hetzner Robot";
const BASE: &str = "https://robot-ws.your-server.de";
/// What the machine boots when no rescue system is activated. Robot has no word for it.
const USUAL: &str = "disk";
/// Resets that need nobody to walk there, the surest first.
const RESETS: [&str; 2] = ["hw", "sw"];

/// Accounts that were refused. Three wrong passwords lock this address out for ten minutes,
/// and a fleet has more hosts than that.
static REFUSED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A dedicated server.
pub(super) struct Hetzner {
    http: Http,
    base: String,
    number: String,
    user: String,
    password: String,
}

/// Reads the settings.
pub(super) fn driver(settings: &Fields<'_>) -> Result<Hetzner, SettingsError> {
    settings.only(&["driver", "ssh_key", "server", "endpoint", "user", "password", "timeout"])?;
    let number = settings.need("server")?;
    if !number.chars().all(|c| c.is_ascii_digit()) {
        return Err(wrong("`server` is not the server's number"));
    }
    let credential = |field: &str, variable: &str| -> Result<String, SettingsError> {
        let told = settings.text(field)?.or_else(|| env::var(variable).ok());
        told.filter(|text| !text.is_empty()).ok_or_else(|| {
            wrong(&format!("`{field}` is missing: set it here, or {variable} in the environment"))
        })
    };
    let base = settings.text("endpoint")?.map_or_else(|| Ok(BASE.to_owned()), |e| endpoint(&e))?;
    Ok(Hetzner {
        http: Http::new(WHAT, settings.seconds("timeout")?),
        base,
        number,
        user: credential("user", "HROBOT_USER")?,
        password: credential("password", "HROBOT_PASSWORD")?,
    })
}

impl Hetzner {
    fn call(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Value, ProviderError> {
        let account = format!("{}@{}", self.user, self.base);
        let refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner).contains(&account);
        if refused {
            return Err(self.denied("the same account was refused a moment ago; not tried again"));
        }
        let basic = STANDARD.encode(format!("{}:{}", self.user, self.password));
        let mut headers = vec![("Authorization", format!("Basic {basic}"))];
        let body = (!fields.is_empty()).then(|| form(fields));
        if body.is_some() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded".to_owned()));
        }
        let answer = self.http.send(method, &format!("{}{path}", self.base), &headers, body)?;
        if answer.is_good() {
            return answer.json(WHAT);
        }
        if answer.status == 401 {
            REFUSED.lock().unwrap_or_else(PoisonError::into_inner).insert(account);
        }
        Err(self.error(&answer))
    }

    fn error(&self, answer: &Answer) -> ProviderError {
        let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let error = &json["error"];
        let code = short(error["code"].as_str().unwrap_or_default());
        let mut said = match error["message"].as_str() {
            Some(message) => format!("{} {code}", short(message)),
            None => first_line(&answer.text),
        };
        for field in ["missing", "invalid"] {
            if error[field].is_array() {
                let _ = write!(said, "; {field}: {}", short(&error[field].to_string()));
            }
        }
        if code == "RATE_LIMIT_EXCEEDED" {
            let after = error["interval"].as_u64().map(Duration::from_secs);
            return ProviderError::Busy { what: WHAT.to_owned(), reason: said, after };
        }
        match answer.usual_error(WHAT, said.trim()) {
            Some(error) => error,
            None if answer.status == 401 => self.denied(said.trim()),
            None => refused(&format!("{} ({})", said.trim(), answer.status)),
        }
    }

    fn denied(&self, reason: &str) -> ProviderError {
        ProviderError::Denied {
            what: WHAT.to_owned(),
            reason: reason.to_owned(),
            remedy: "correct the account of the web service (Robot: Settings, Web service); after \
                     three wrong passwords Robot refuses this address for ten minutes"
                .to_owned(),
        }
    }

    fn rescue(&self, method: &str, fields: &[(&str, &str)]) -> Result<Value, ProviderError> {
        let answer = self.call(method, &format!("/boot/{}/rescue", self.number), fields)?;
        match answer["rescue"]["active"].is_boolean() {
            true => Ok(answer["rescue"].clone()),
            false => Err(garbled("no `active` in the rescue setting")),
        }
    }

    fn is_active(&self) -> Result<bool, ProviderError> {
        Ok(self.rescue("GET", &[])?["active"].as_bool() == Some(true))
    }

    /// The fingerprint of a key that Robot knows.
    fn known(&self, key: Option<&str>) -> Result<String, ProviderError> {
        let Some(key) = key else { return Err(refused("the rescue system needs a public key")) };
        let blob = key.split_whitespace().nth(1).and_then(|data| STANDARD.decode(data).ok());
        let fingerprint = md5_of(&blob.ok_or_else(|| refused("the public key cannot be read"))?);
        match self.call("GET", &format!("/key/{fingerprint}"), &[]) {
            Ok(_) => Ok(fingerprint),
            Err(ProviderError::Refused { reason, .. }) => Err(refused(&format!(
                "the key {fingerprint} is not among those in Robot (Server, Key management): {reason}"
            ))),
            Err(error) => Err(error),
        }
    }

    fn reset_kind(&self) -> Result<&'static str, ProviderError> {
        let answer = self.call("GET", &format!("/reset/{}", self.number), &[])?;
        let kinds = answer["reset"]["type"].as_array().cloned().unwrap_or_default();
        let offered = |kind: &&str| kinds.iter().any(|one| one.as_str() == Some(kind));
        RESETS.into_iter().find(offered).ok_or_else(|| {
            refused("this server can only be reset by a technician: order one in Robot")
        })
    }
}

impl Provider for Hetzner {
    fn name(&self) -> String {
        format!("{WHAT} {}", self.number)
    }

    fn status(&self) -> Result<Status, ProviderError> {
        let rescue = self.is_active()?;
        let boot = if rescue { "rescue" } else { USUAL };
        Ok(Status {
            boot: boot.to_owned(),
            rescue,
            usual: Some(USUAL.to_owned()),
            notes: Vec::new(),
        })
    }

    fn check(&self, key: Option<&str>) -> Result<(), ProviderError> {
        self.known(key)?;
        self.reset_kind().map(drop)
    }

    fn tells_host_key(&self) -> bool {
        true
    }

    fn rescue_on(&self, key: Option<&str>) -> Result<Access, ProviderError> {
        let fingerprint = self.known(key)?;
        // One that is activated already has another key, and would keep it.
        if self.is_active()? {
            self.rescue("DELETE", &[])?;
        }
        let rescue = self.rescue("POST", &[("os", "linux"), ("authorized_key", &fingerprint)])?;
        let keys = rescue["host_key"].as_array().cloned().unwrap_or_default();
        let print = |key: &Value| {
            let text = key["key"]["fingerprint"].as_str().or_else(|| key.as_str())?;
            Some(if text.contains(' ') || text.starts_with("SHA256:") {
                text.to_owned()
            } else {
                format!("MD5:{text}")
            })
        };
        Ok(Access { host_keys: keys.iter().filter_map(print).collect(), ..Access::default() })
    }

    fn rescue_off(&self, _: &str) -> Result<(), ProviderError> {
        // It is over by itself once it has been booted.
        match self.is_active()? {
            true => self.rescue("DELETE", &[]).map(drop),
            false => Ok(()),
        }
    }

    fn reset(&self, _: Boot) -> Result<Option<Task>, ProviderError> {
        let kind = self.reset_kind()?;
        self.call("POST", &format!("/reset/{}", self.number), &[("type", kind)])?;
        Ok(None)
    }

    fn progress(&self, _: &Task) -> Result<Progress, ProviderError> {
        Ok(Progress::Done)
    }

    fn by_hand(&self, _: &str) -> Vec<String> {
        vec![
            format!("in Robot: Server, {}, Rescue: deactivate it if it is active", self.number),
            "there: Reset, automatic hardware reset".to_owned(),
        ]
    }
}

/// As Robot writes fingerprints: `aa:bb:…`.
fn md5_of(blob: &[u8]) -> String {
    let bytes: Vec<String> = md5::compute(blob).iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

fn refused(reason: &str) -> ProviderError {
    ProviderError::Refused { what: WHAT.to_owned(), reason: reason.to_owned() }
}

fn garbled(reason: &str) -> ProviderError {
    ProviderError::Garbled { what: WHAT.to_owned(), reason: reason.to_owned() }
}

/// The MD5 fingerprint of a key written as `TYPE BASE64`, as in `MD5:aa:bb:…`.
pub fn md5_fingerprint(key: &str) -> Option<String> {
    let blob = STANDARD.decode(key.split_whitespace().nth(1)?).ok()?;
    Some(format!("MD5:{}", md5_of(&blob)))
}

#[cfg(test)]
mod tests {
    use super::md5_fingerprint;

    #[test]
    fn a_fingerprint_is_that_of_ssh_keygen() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcdQlQEaNxlhXtGJoxwdlyn69kVzjz+lNfvMmZ8zGsp";
        let print = md5_fingerprint(key).expect("a fingerprint");
        assert_eq!(print.len(), 4 + 47, "{print}");
        assert_eq!(md5_fingerprint("ssh-ed25519"), None);
    }
}
