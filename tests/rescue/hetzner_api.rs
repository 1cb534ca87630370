//! Hetzner Robot's web service for one server, as it is documented.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Fault, OnReset, Request, Response, StandIn, faulty};

pub const PASSWORD: &str = "r0bot-passw0rd";
/// The rescue system's root password.
pub const ROOT: &str = "jEt0dvnsbqKFmmdi";
/// `user:r0bot-passw0rd`.
const BASIC: &str = "Basic dXNlcjpyMGJvdC1wYXNzdzByZA==";

pub struct Robot {
    pub active: bool,
    /// Fingerprints of the keys in Robot.
    pub keys: Vec<String>,
    pub resets: Vec<&'static str>,
    /// The rescue system's host key: what `ssh-keygen -l -E md5` says of it.
    pub host_key: String,
    pub log: Vec<String>,
    pub faults: Vec<Fault>,
    pub on_reset: Option<OnReset>,
    /// The line of `authorized_keys` that opens the rescue system.
    pub key: String,
}

pub type Shared = Arc<Mutex<Robot>>;

pub fn fingerprint(key: &str) -> String {
    rappel::provider::md5_fingerprint(key).unwrap().replace("MD5:", "")
}

pub fn api(key: &str) -> Shared {
    Arc::new(Mutex::new(Robot {
        active: false,
        keys: vec![fingerprint(key)],
        resets: vec!["sw", "hw", "man"],
        host_key: "c1:e4:08:73:dd:f7:e9:d1:94:ab:e9:0f:28:b2:d2:ed".to_owned(),
        log: Vec::new(),
        faults: Vec::new(),
        on_reset: None,
        key: key.to_owned(),
    }))
}

pub fn settings(base: &str) -> Vec<String> {
    let lines = ["driver: hetzner", "server: 321", "user: user"].map(str::to_owned).into_iter();
    lines.chain([format!("endpoint: {base}"), format!("password: {PASSWORD}")]).collect()
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let error = json!({ "error": { "status": status, "code": code, "message": message } });
    Response::new(status, error.to_string())
}

impl StandIn for Robot {
    fn handle(&mut self, _: &str, request: &Request) -> Option<Response> {
        let Request { method, path, body, .. } = request;
        self.log.push(format!("{method} {path} {body}").trim().to_owned());
        if request.header("authorization") != BASIC {
            return Some(error(401, "UNAUTHORIZED", "Unauthorized"));
        }
        if let Some(response) = faulty(&mut self.faults, request) {
            return response;
        }
        Some(self.answer(request))
    }

    fn faults(&mut self) -> &mut Vec<Fault> {
        &mut self.faults
    }

    fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    fn in_rescue(&self) -> bool {
        self.active
    }
}

impl Robot {
    fn answer(&mut self, request: &Request) -> Response {
        let Request { method, path, body, .. } = request;
        let form = request.header("content-type") == "application/x-www-form-urlencoded";
        if !body.is_empty() && !form {
            return error(400, "INVALID_INPUT", "invalid input");
        }
        match (method.as_str(), path.as_str()) {
            ("GET", "/boot/321/rescue") => self.rescue(),
            ("DELETE", "/boot/321/rescue") => {
                self.active = false;
                self.rescue()
            }
            ("POST", "/boot/321/rescue") => self.activate(body),
            ("GET", "/reset/321") => Response::new(
                200,
                json!({ "reset": { "server_number": 321, "type": self.resets } }).to_string(),
            ),
            ("POST", "/reset/321") => match body.strip_prefix("type=") {
                Some(kind) if self.resets.contains(&kind) => {
                    self.reset();
                    Response::new(200, json!({ "reset": { "type": kind } }).to_string())
                }
                _ => error(400, "INVALID_INPUT", "invalid input"),
            },
            ("GET", _) if path.starts_with("/key/") => {
                match self.keys.iter().any(|key| path == &format!("/key/{key}")) {
                    true => Response::new(200, json!({ "key": { "name": "me" } }).to_string()),
                    false => error(404, "NOT_FOUND", "Key not found"),
                }
            }
            _ => error(404, "SERVER_NOT_FOUND", "Server not found"),
        }
    }

    /// The activation is over once it has been booted.
    fn reset(&mut self) {
        let into = std::mem::take(&mut self.active);
        match &self.on_reset {
            Some(act) => act(into, &self.key),
            // Without a machine nothing boots, and the setting stays as it is.
            None => self.active = into,
        }
    }

    fn activate(&mut self, body: &str) -> Response {
        let wanted = format!("os=linux&authorized_key={}", self.keys[0].replace(':', "%3A"));
        if self.active || body != wanted {
            return error(400, "INVALID_INPUT", "invalid input");
        }
        self.active = true;
        self.rescue()
    }

    fn rescue(&self) -> Response {
        let host_key =
            json!([{ "key": { "fingerprint": self.host_key, "type": "ED25519", "size": 256 } }]);
        let active = self.active;
        let rescue = json!({
            "server_ip": "192.0.2.10", "server_number": 321, "active": active,
            "os": if active { json!("linux") } else { json!(["linux", "vkvm"]) },
            "password": if active { json!(ROOT) } else { Value::Null },
            "authorized_key": [], "host_key": if active { host_key } else { json!([]) },
        });
        Response::new(200, json!({ "rescue": rescue }).to_string())
    }
}
