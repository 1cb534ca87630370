//! Elastic Metal: a server whose boot type is a word of the restart itself.

use std::env;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{config, keys::same};
use crate::provider::http::{Answer, Http, endpoint};
use crate::provider::settings::{Fields, SettingsError, wrong};
use crate::provider::words::{first_line, short};
use crate::provider::{Access, Boot, Password, Progress, Provider, ProviderError, Status, Task};

const WHAT: &str = "Elastic Metal";
const BASE: &str = "https://api.scaleway.com";
/// The boot types, as the API has them.
const RESCUE: &str = "rescue";
const USUAL: &str = "normal";

/// A server.
pub(in crate::provider) struct Metal {
    http: Http,
    base: String,
    zone: String,
    id: String,
    secret: String,
    /// The key that opens the next rescue system: it goes with the restart.
    key: Mutex<Option<String>>,
}

/// Reads the settings.
pub(in crate::provider) fn driver(settings: &Fields<'_>) -> Result<Metal, SettingsError> {
    settings.only(&["driver", "ssh_key", "server", "zone", "endpoint", "secret_key", "timeout"])?;
    let find = |field: &str, variable: &str, name: &str| -> Result<Option<String>, SettingsError> {
        let told = settings.text(field)?.or_else(|| env::var(variable).ok());
        Ok(told.filter(|text| !text.is_empty()).or_else(|| config::value(name)))
    };
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let id = settings.need("server")?;
    if id.len() != 36 || !plain(&id) {
        return Err(wrong("`server` is not the server's id, as in 8c2d5f0e-…"));
    }
    let zone = find("zone", "SCW_DEFAULT_ZONE", "default_zone")?;
    let zone = zone.ok_or_else(|| wrong("`zone` is missing, as in fr-par-2"))?;
    if !plain(&zone) {
        return Err(wrong("`zone` is not a zone, as in fr-par-2"));
    }
    let secret = find("secret_key", "SCW_SECRET_KEY", "secret_key")?.ok_or_else(|| {
        wrong(
            "`secret_key` is missing: set it here, as SCW_SECRET_KEY in the environment, or in \
             scw's config.yaml",
        )
    })?;
    let base = settings.text("endpoint")?.map_or_else(|| Ok(BASE.to_owned()), |e| endpoint(&e))?;
    let http = Http::new(WHAT, settings.seconds("timeout")?);
    Ok(Metal { http, base, zone, id, secret, key: Mutex::new(None) })
}

impl Metal {
    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, ProviderError> {
        let mut headers = vec![("X-Auth-Token", self.secret.clone())];
        if body.is_some() {
            headers.push(("Content-Type", "application/json".to_owned()));
        }
        let url = format!("{}{path}", self.base);
        let answer = self.http.send(method, &url, &headers, body.map(|body| body.to_string()))?;
        if answer.is_good() { answer.json(WHAT) } else { Err(error(&answer)) }
    }

    fn path(&self, rest: &str) -> String {
        format!("/baremetal/v1/zones/{}/servers/{}{rest}", self.zone, self.id)
    }

    fn server(&self) -> Result<Server, ProviderError> {
        let json = self.call("GET", &self.path(""), None)?;
        let text = |field: &str| match json[field].as_str() {
            Some(text) if !text.is_empty() => Ok(short(text)),
            _ => Err(garbled(&format!("a server without `{field}`"))),
        };
        let (state, boot, project) = (text("status")?, text("boot_type")?, text("project_id")?);
        Ok(Server { state, boot, project, rescue: json["rescue_server"].clone() })
    }

    /// The number of our key in the server's project.
    fn known(&self, key: Option<&str>, project: &str) -> Result<String, ProviderError> {
        let Some(key) = key else { return Err(refused("the rescue system needs a public key")) };
        // More keys than that belong to no project that people look after.
        let path = format!("/iam/v1alpha1/ssh-keys?project_id={project}&page_size=100");
        let answer = self.call("GET", &path, None)?;
        let Some(all) = answer["ssh_keys"].as_array() else {
            return Err(garbled("the list of keys is none"));
        };
        let ours = |one: &&Value| {
            one["public_key"].as_str().is_some_and(|text| same(text, key))
                && one["disabled"].as_bool() != Some(true)
        };
        let id = all.iter().find(ours).and_then(|one| one["id"].as_str());
        id.map(str::to_owned).ok_or_else(|| {
            refused("the public key is not among those of the server's project (IAM, SSH keys)")
        })
    }
}

/// What is read of a server.
struct Server {
    state: String,
    boot: String,
    project: String,
    rescue: Value,
}

fn error(answer: &Answer) -> ProviderError {
    let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let kind = json["type"].as_str().unwrap_or_default();
    let mut said = json["message"].as_str().map_or_else(|| first_line(&answer.text), short);
    for detail in json["details"].as_array().into_iter().flatten() {
        let text = |field: &str| short(detail[field].as_str().unwrap_or_default());
        let words = match kind {
            "permissions_denied" => format!("{} on {}", text("action"), text("resource")),
            _ => format!("{} {}", text("argument_name"), text("reason")),
        };
        let _ = write!(said, "; {}", words.trim());
    }
    if kind == "denied_authentication" {
        let _ = write!(said, " ({})", short(json["reason"].as_str().unwrap_or_default()));
    }
    if kind == "transient_state" {
        let state = short(json["current_state"].as_str().unwrap_or("not known"));
        let reason = format!("the server's state is {state} ({})", answer.status);
        return ProviderError::Busy { what: WHAT.to_owned(), reason, after: answer.after };
    }
    match answer.usual_error(WHAT, &said) {
        Some(error) => error,
        None if matches!(answer.status, 401 | 403) => ProviderError::Denied {
            what: WHAT.to_owned(),
            reason: format!("{said} ({})", answer.status),
            remedy: "make an API key whose policy has ElasticMetalFullAccess and \
                     SSHKeysReadOnly on the server's project"
                .to_owned(),
        },
        None => refused(&format!("{said} ({})", answer.status)),
    }
}

fn refused(reason: &str) -> ProviderError {
    ProviderError::Refused { what: WHAT.to_owned(), reason: reason.to_owned() }
}

fn garbled(reason: &str) -> ProviderError {
    ProviderError::Garbled { what: WHAT.to_owned(), reason: reason.to_owned() }
}

impl Provider for Metal {
    fn name(&self) -> String {
        format!("{WHAT} {} in {}", self.id, self.zone)
    }

    fn status(&self) -> Result<Status, ProviderError> {
        let Server { state, boot, .. } = self.server()?;
        let notes = match state.as_str() {
            "ready" => Vec::new(),
            other => vec![format!("{WHAT} says that the server's state is {other}")],
        };
        Ok(Status { rescue: boot == RESCUE, boot, usual: Some(USUAL.to_owned()), notes })
    }

    fn check(&self, key: Option<&str>) -> Result<(), ProviderError> {
        let server = self.server()?;
        self.known(key, &server.project)?;
        match server.state.as_str() {
            "error" | "locked" | "deleting" | "out_of_stock" => {
                Err(refused(&format!("the server's state is {}", server.state)))
            }
            _ => Ok(()),
        }
    }

    fn settles(&self) -> bool {
        false
    }

    fn rescue_on(&self, key: Option<&str>) -> Result<Access, ProviderError> {
        let id = self.known(key, &self.server()?.project)?;
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        Ok(Access::default())
    }

    fn rescue_off(&self, boot: &str) -> Result<(), ProviderError> {
        match boot {
            USUAL => Ok(()),
            other => Err(refused(&format!("it can be returned to {USUAL}, not to {other}"))),
        }
    }

    fn reset(&self, into: Boot) -> Result<Option<Task>, ProviderError> {
        let (boot, keys) = match into {
            Boot::Rescue => {
                let key = self.key.lock().unwrap_or_else(PoisonError::into_inner).clone();
                (RESCUE, key.into_iter().collect::<Vec<String>>())
            }
            Boot::Usual => (USUAL, Vec::new()),
        };
        // A server that is off is started; a restart would be refused.
        let action = if self.server()?.state == "stopped" { "/start" } else { "/reboot" };
        let mut body = json!({ "boot_type": boot });
        if !keys.is_empty() {
            body["ssh_key_ids"] = json!(keys);
        }
        self.call("POST", &self.path(action), Some(body))?;
        Ok(Some(Task(boot.to_owned())))
    }

    fn progress(&self, task: &Task) -> Result<Progress, ProviderError> {
        let Server { state, boot, .. } = self.server()?;
        Ok(match state.as_str() {
            "ready" if boot == task.0 => Progress::Done,
            "error" | "locked" | "deleting" | "out_of_stock" => {
                Progress::Failed(format!("the server's state is {state}"))
            }
            _ => Progress::Running(format!("{state}, boot type {boot}")),
        })
    }

    fn access(&self, known: &Access) -> Result<Access, ProviderError> {
        let rescue = self.server()?.rescue;
        let text = |field: &str| rescue[field].as_str().filter(|text| !text.is_empty());
        Ok(Access {
            user: text("user").map(str::to_owned).or_else(|| known.user.clone()),
            password: text("password").map(Password::new).or_else(|| known.password.clone()),
            ..known.clone()
        })
    }

    fn by_hand(&self, _: &str) -> Vec<String> {
        vec![format!(
            "in Scaleway's console: Elastic Metal, server {} ({}): reboot it in normal mode; or \
             scw baremetal server reboot {} boot-type={USUAL} zone={}",
            self.id, self.zone, self.id, self.zone
        )]
    }
}
