//! Dedibox's API for one server, as it is documented and as it answers: bearer token, boot mode
//! set apart from the restart, a restart that wants a reason.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Fault, OnReset, Request, Response, StandIn, faulty};

pub const TOKEN: &str = "d3d1b0x-token-that-nobody-may-see";
pub const PASSWORD: &str = "kelG@w55-rescue";
const IMAGES: [&str; 4] = ["winpe64", "ubuntu-22.04_amd64v2", "debian-12_amd64", "debian-10_amd64"];

pub struct Dedibox {
    pub rescue: bool,
    /// The account's keys: lines of `authorized_keys`.
    pub keys: Vec<String>,
    pub log: Vec<String>,
    pub faults: Vec<Fault>,
    /// The account of the rescue system.
    pub login: &'static str,
    pub address: &'static str,
    /// Whether it does restart.
    pub restarts: bool,
    pub on_reset: Option<OnReset>,
}

pub type Shared = Arc<Mutex<Dedibox>>;

pub fn api(key: &str) -> Shared {
    Arc::new(Mutex::new(Dedibox {
        rescue: false,
        keys: vec!["ssh-rsa AAAAB3NzaC1yc2E= old".to_owned(), key.to_owned()],
        log: Vec::new(),
        faults: Vec::new(),
        login: "sd-186260",
        address: "127.0.0.2",
        restarts: true,
        on_reset: None,
    }))
}

pub fn settings(base: &str) -> Vec<String> {
    let lines = ["driver: dedibox", "server: 186260"].map(str::to_owned).into_iter();
    lines.chain([format!("endpoint: {base}/api/v1"), format!("token: {TOKEN}")]).collect()
}

fn error(status: u16, code: u32, words: &str) -> Response {
    Response::new(status, json!({ "error": words, "code": code }).to_string())
}

fn good(value: Value) -> Response {
    Response::new(200, value.to_string())
}

impl StandIn for Dedibox {
    fn handle(&mut self, _: &str, request: &Request) -> Option<Response> {
        self.log.push(format!("{} {}", request.method, request.path));
        if let Some(response) = faulty(&mut self.faults, request) {
            return response;
        }
        if request.header("authorization") != format!("Bearer {TOKEN}") {
            return Some(error(401, 9, "Invalid token"));
        }
        let path = request.path.strip_prefix("/api/v1").unwrap_or_default().to_owned();
        Some(self.answer(request, &path))
    }

    fn faults(&mut self) -> &mut Vec<Fault> {
        &mut self.faults
    }

    fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    fn in_rescue(&self) -> bool {
        self.rescue
    }
}

impl Dedibox {
    fn answer(&mut self, request: &Request, path: &str) -> Response {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match (request.method.as_str(), path) {
            ("GET", "/server/186260") => good(json!({
                "id": 186_260, "offer": "Start-9-M", "hostname": "web1", "power": "ON",
                "os": { "name": "custom installation", "version": "" },
                "boot_mode": if self.rescue { "rescue" } else { "normal" },
                "ip": [{ "address": self.address, "type": "public", "mac": "d8:5e:d3:43:f9:ca" }],
                "rescue_credentials": self.credentials(),
            })),
            ("GET", "/server/rescue_images/186260") => good(json!(IMAGES)),
            ("GET", "/user/key/ssh") => {
                let address = |at: usize| format!("/api/v1/user/key/ssh/{}", at + 40);
                good(json!((0..self.keys.len()).map(address).collect::<Vec<String>>()))
            }
            ("GET", _) if path.starts_with("/user/key/ssh/") => self.key(path),
            ("POST", "/server/boot/rescue/186260") => self.boot_rescue(request),
            ("POST", "/server/boot/normal/186260") if request.body.is_empty() => {
                self.rescue = false;
                good(json!(true))
            }
            ("POST", "/server/reboot/186260") => {
                // Without a reason nothing is done, and that is no error.
                let reason = query.strip_prefix("reason=").is_some_and(|text| !text.is_empty());
                if reason && self.restarts {
                    self.reset();
                }
                good(json!(reason && self.restarts))
            }
            _ => error(404, 5, "Unknown method"),
        }
    }

    fn key(&self, path: &str) -> Response {
        let at = path.rsplit('/').next().and_then(|id| id.parse::<usize>().ok());
        let Some(key) = at.and_then(|at| self.keys.get(at.checked_sub(40)?)) else {
            return error(404, 5, "Unknown key");
        };
        let fields: Vec<&str> = key.split_whitespace().collect();
        good(json!({ "id": at, "description": fields[2], "key": fields[..2].join(" ") }))
    }

    fn boot_rescue(&mut self, request: &Request) -> Response {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let image = body["image"].as_str().filter(|image| IMAGES.contains(image));
        let fields = body.as_object().map_or(0, serde_json::Map::len);
        if request.header("content-type") != "application/json" || fields != 1 || image.is_none() {
            return error(400, 2, "Invalid parameter: image");
        }
        self.rescue = true;
        good(self.credentials())
    }

    fn credentials(&self) -> Value {
        if !self.rescue {
            return Value::Null;
        }
        json!({ "login": self.login, "password": PASSWORD, "protocol": "ssh", "ip": self.address })
    }

    fn reset(&self) {
        if let Some(act) = &self.on_reset {
            act(self.rescue, self.keys.last().map(String::as_str).unwrap_or_default());
        }
    }
}
