//! Dedibox: the boot mode and restarts of a dedicated server, by the API that it has from
//! online.net.

use std::env;

use serde_json::{Value, json};

use super::keys::same;
use crate::provider::http::{Answer, Http, endpoint, form};
use crate::provider::settings::{Fields, SettingsError, wrong};
use crate::provider::words::{first_line, short};
use crate::provider::{Access, Boot, Password, Progress, Provider, ProviderError, Status, Task};

const WHAT: &str = "Dedibox";
const BASE: &str = "https://api.online.net/api/v1";
/// The boot mode of a server that boots its own disk.
const USUAL: &str = "normal";

/// A dedicated server.
pub(in crate::provider) struct Dedibox {
    http: Http,
    base: String,
    number: String,
    token: String,
    /// The rescue image, where the user wants a certain one.
    image: Option<String>,
}

/// Reads the settings.
pub(in crate::provider) fn driver(settings: &Fields<'_>) -> Result<Dedibox, SettingsError> {
    settings.only(&["driver", "ssh_key", "server", "endpoint", "token", "image", "timeout"])?;
    let number = settings.need("server")?;
    if !number.chars().all(|c| c.is_ascii_digit()) {
        return Err(wrong("`server` is not the server's number, as in 123456 of sd-123456"));
    }
    let told = settings.text("token")?.or_else(|| env::var("ONLINE_TOKEN").ok());
    let token = told.filter(|text| !text.is_empty()).ok_or_else(|| {
        wrong("`token` is missing: set it here, or ONLINE_TOKEN in the environment")
    })?;
    let base = settings.text("endpoint")?.map_or_else(|| Ok(BASE.to_owned()), |e| endpoint(&e))?;
    let http = Http::new(WHAT, settings.seconds("timeout")?);
    Ok(Dedibox { http, base, number, token, image: settings.text("image")? })
}

impl Dedibox {
    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, ProviderError> {
        let mut headers = vec![("Authorization", format!("Bearer {}", self.token))];
        if body.is_some() {
            headers.push(("Content-Type", "application/json".to_owned()));
        }
        let url = format!("{}{path}", self.base);
        let answer = self.http.send(method, &url, &headers, body.map(|body| body.to_string()))?;
        if answer.is_good() { answer.json(WHAT) } else { Err(error(&answer)) }
    }

    /// A call that is answered by `true`, or by `false` if nothing was done.
    fn done(&self, path: &str) -> Result<(), ProviderError> {
        match self.call("POST", path, None)? {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) => Err(refused(&format!("it did not do {path}"))),
            _ => Err(garbled("neither true nor false")),
        }
    }

    fn server(&self) -> Result<Value, ProviderError> {
        self.call("GET", &format!("/server/{}", self.number), None)
    }

    /// The account's keys are what opens every rescue system: ours has to be among them.
    fn known(&self, key: Option<&str>) -> Result<(), ProviderError> {
        let Some(key) = key else { return Err(refused("the rescue system needs a public key")) };
        let all = self.call("GET", "/user/key/ssh", None)?;
        let Some(all) = all.as_array() else { return Err(garbled("the list of keys is none")) };
        for one in all {
            // Listed whole, or as the addresses of what is to be asked for.
            let whole = match one.as_str().map(|address| address.rsplit('/').next()) {
                Some(id) => {
                    let id = id.unwrap_or_default();
                    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                        return Err(garbled("a key without a name"));
                    }
                    self.call("GET", &format!("/user/key/ssh/{id}"), None)?
                }
                None => one.clone(),
            };
            let text = ["key", "content"].iter().find_map(|field| whole[field].as_str());
            if text.is_some_and(|text| same(text, key)) {
                return Ok(());
            }
        }
        Err(refused(
            "the public key is not among those of the account (console.online.net: SSH keys)",
        ))
    }

    /// The rescue image: the one that is wanted, else the newest Debian, else Ubuntu.
    fn image(&self) -> Result<String, ProviderError> {
        let all = self.call("GET", &format!("/server/rescue_images/{}", self.number), None)?;
        let names: Option<Vec<&str>> =
            all.as_array().and_then(|all| all.iter().map(Value::as_str).collect());
        let Some(names) = names else { return Err(garbled("the list of images is none")) };
        let found = match &self.image {
            Some(wanted) => names.iter().find(|name| *name == wanted).copied(),
            None => newest(&names),
        };
        found.map(str::to_owned).ok_or_else(|| {
            refused(&format!("no such rescue image is among {}", short(&names.join(", "))))
        })
    }
}

/// The image with the highest number.
fn newest<'a>(names: &[&'a str]) -> Option<&'a str> {
    let version = |name: &str| -> Vec<u32> {
        let text = name.split(['-', '_']).nth(1).unwrap_or_default();
        text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    };
    ["debian", "ubuntu"].into_iter().find_map(|system| {
        let of = names.iter().filter(|name| name.starts_with(system));
        of.max_by_key(|name| version(name)).copied()
    })
}

fn error(answer: &Answer) -> ProviderError {
    let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let said = ["error_description", "error", "message"].iter().find_map(|f| json[f].as_str());
    let said = said.map_or_else(|| first_line(&answer.text), short);
    match answer.usual_error(WHAT, &said) {
        Some(error) => error,
        None if matches!(answer.status, 401 | 403) => ProviderError::Denied {
            what: WHAT.to_owned(),
            reason: format!("{said} ({})", answer.status),
            remedy: "take the private access token of console.online.net (Account, API), of an \
                     account that owns the server or is its technical contact"
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

/// From what is told of a rescue system; what is not told stays as it is known.
fn access(told: &Value, known: &Access) -> Access {
    let text = |field: &str| told[field].as_str().filter(|text| !text.is_empty());
    Access {
        user: text("login").map(str::to_owned).or_else(|| known.user.clone()),
        address: text("ip").map(str::to_owned).or_else(|| known.address.clone()),
        password: text("password").map(Password::new).or_else(|| known.password.clone()),
        ..known.clone()
    }
}

impl Provider for Dedibox {
    fn name(&self) -> String {
        format!("{WHAT} sd-{}", self.number)
    }

    fn status(&self) -> Result<Status, ProviderError> {
        let server = self.server()?;
        let boot = match server["boot_mode"].as_str() {
            Some(mode) if !mode.is_empty() => short(mode),
            _ => return Err(garbled("a server without `boot_mode`")),
        };
        let off = server["power"].as_str().is_some_and(|power| power.eq_ignore_ascii_case("off"));
        let notes = if off { vec![format!("{WHAT} says that the server is off")] } else { vec![] };
        Ok(Status { rescue: boot == "rescue", boot, usual: Some(USUAL.to_owned()), notes })
    }

    fn check(&self, key: Option<&str>) -> Result<(), ProviderError> {
        self.known(key)?;
        self.image().map(drop)
    }

    fn rescue_on(&self, key: Option<&str>) -> Result<Access, ProviderError> {
        self.known(key)?;
        let body = json!({ "image": self.image()? });
        let path = format!("/server/boot/rescue/{}", self.number);
        let told = self.call("POST", &path, Some(body))?;
        match told["protocol"].as_str() {
            None | Some("ssh") => {}
            Some(other) => {
                return Err(refused(&format!(
                    "its rescue system is reached by {}, not by ssh: name another `image`",
                    short(other)
                )));
            }
        }
        Ok(access(&told, &Access::default()))
    }

    fn rescue_off(&self, boot: &str) -> Result<(), ProviderError> {
        match boot {
            USUAL => self.done(&format!("/server/boot/normal/{}", self.number)),
            other => Err(refused(&format!("it can be returned to {USUAL}, not to {other}"))),
        }
    }

    fn reset(&self, into: Boot) -> Result<Option<Task>, ProviderError> {
        // Without a reason nothing is done.
        let reason = match into {
            Boot::Rescue => "rappel rescue: boot the rescue system",
            Boot::Usual => "rappel rescue: back to the disk",
        };
        let path = format!("/server/reboot/{}?{}", self.number, form(&[("reason", reason)]));
        self.done(&path).map(|()| None)
    }

    fn progress(&self, _: &Task) -> Result<Progress, ProviderError> {
        Ok(Progress::Done)
    }

    fn access(&self, known: &Access) -> Result<Access, ProviderError> {
        Ok(access(&self.server()?["rescue_credentials"], known))
    }

    fn by_hand(&self, _: &str) -> Vec<String> {
        vec![
            format!(
                "in console.online.net: Server, sd-{}, Rescue: return to normal mode",
                self.number
            ),
            "there: Restart".to_owned(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_debian_is_taken_and_windows_never() {
        let all = ["ubuntu-22.04_amd64v2", "debian-10_amd64", "debian-12_amd64", "winpe64"];
        assert_eq!(newest(&all), Some("debian-12_amd64"));
        assert_eq!(
            newest(&["ubuntu-9.10_amd64", "ubuntu-22.04_amd64"]),
            Some("ubuntu-22.04_amd64")
        );
        assert_eq!(newest(&["winpe64"]), None);
    }
}
