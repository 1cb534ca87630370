//! Elastic Metal's API for one server, as it is documented: a secret key, states that refuse a
//! second action while one is under way, a boot type that comes with the restart.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Fault, OnReset, Request, Response, StandIn, faulty};

pub const SECRET: &str = "5c4l3way-0000-4000-8000-secret";
pub const PASSWORD: &str = "r3scue-passw0rd";
pub const SERVER: &str = "8c2d5f0e-1111-4222-8333-944444444444";
const ZONE: &str = "fr-par-2";
const PROJECT: &str = "7a000000-5555-4666-8777-988888888888";
const KEY_ID: &str = "6b000000-1234-4234-8234-123412341234";

pub struct Metal {
    pub boot: &'static str,
    /// The state that it is in when nothing is under way.
    pub state: &'static str,
    /// How many times it is asked until what is under way is done.
    pub polls: usize,
    pub key: String,
    pub log: Vec<String>,
    pub faults: Vec<Fault>,
    /// Whether the next restart ends in an error.
    pub breaks: bool,
    pub login: &'static str,
    pub on_reset: Option<OnReset>,
}

pub type Shared = Arc<Mutex<Metal>>;

pub fn api(key: &str) -> Shared {
    // The account keeps keys without their comments.
    let key: Vec<&str> = key.split_whitespace().take(2).collect();
    Arc::new(Mutex::new(Metal {
        boot: "normal",
        state: "ready",
        polls: 0,
        key: key.join(" "),
        log: Vec::new(),
        faults: Vec::new(),
        breaks: false,
        login: "rescue",
        on_reset: None,
    }))
}

pub fn settings(base: &str) -> Vec<String> {
    let server =
        ["driver: elastic-metal".to_owned(), format!("server: {SERVER}"), format!("zone: {ZONE}")];
    server
        .into_iter()
        .chain([format!("endpoint: {base}"), format!("secret_key: {SECRET}")])
        .collect()
}

fn error(status: u16, kind: &str, more: Value) -> Response {
    let mut body = json!({ "type": kind, "message": kind.replace('_', " ") });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    Response::new(status, body.to_string())
}

fn good(value: Value) -> Response {
    Response::new(200, value.to_string())
}

impl StandIn for Metal {
    fn handle(&mut self, _: &str, request: &Request) -> Option<Response> {
        self.log.push(format!("{} {} {}", request.method, request.path, request.body));
        if let Some(response) = faulty(&mut self.faults, request) {
            return response;
        }
        if request.header("x-auth-token") != SECRET {
            let why = json!({ "method": "api_key", "reason": "not_found" });
            return Some(error(401, "denied_authentication", why));
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
        self.boot == "rescue"
    }
}

impl Metal {
    fn answer(&mut self, request: &Request) -> Response {
        let server = format!("/baremetal/v1/zones/{ZONE}/servers/{SERVER}");
        let keys = format!("/iam/v1alpha1/ssh-keys?project_id={PROJECT}&page_size=100");
        let missing = json!({ "resource": "server", "resource_id": SERVER });
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path == server => {
                let told = self.told();
                self.polls = self.polls.saturating_sub(1);
                good(told)
            }
            ("GET", path) if path == keys => good(json!({ "total_count": 1, "ssh_keys": [{
                "id": KEY_ID, "name": "me", "public_key": self.key, "project_id": PROJECT,
                "disabled": false, "fingerprint": "256 MD5:00 (ssh-ed25519)"
            }] })),
            ("POST", path) if path == format!("{server}/reboot") => self.restart(request, "ready"),
            ("POST", path) if path == format!("{server}/start") => self.restart(request, "stopped"),
            _ => error(404, "not_found", missing),
        }
    }

    fn told(&self) -> Value {
        let state = if self.polls > 0 { "starting" } else { self.state };
        let rescue = json!({ "user": self.login, "password": PASSWORD });
        json!({
            "id": SERVER, "project_id": PROJECT, "organization_id": PROJECT, "name": "web1",
            "status": state, "boot_type": self.boot, "zone": ZONE, "ping_status": "ping_status_up",
            "ips": [{ "address": "127.0.0.2", "version": "IPv4" }],
            "rescue_server": if self.boot == "rescue" { rescue } else { Value::Null },
        })
    }

    fn restart(&mut self, request: &Request, from: &str) -> Response {
        let bad = |name: &str| {
            let details = json!({ "details": [{ "argument_name": name, "reason": "unknown" }] });
            error(400, "invalid_arguments", details)
        };
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let boot = match body["boot_type"].as_str() {
            Some("normal") => "normal",
            Some("rescue") => "rescue",
            _ => return bad("boot_type"),
        };
        let keys = body["ssh_key_ids"].as_array().cloned().unwrap_or_default();
        if request.header("content-type") != "application/json" || keys.iter().any(|k| k != KEY_ID)
        {
            return bad("ssh_key_ids");
        }
        let state = if self.polls > 0 { "starting" } else { self.state };
        if state == "error" {
            return error(412, "precondition_failed", json!({ "precondition": "server_state" }));
        }
        if state != from {
            let more =
                json!({ "resource": "server", "resource_id": SERVER, "current_state": state });
            return error(409, "transient_state", more);
        }
        self.boot = boot;
        self.polls = 2;
        if self.breaks {
            self.state = "error";
        }
        if self.state == "stopped" {
            self.state = "ready";
        }
        if let Some(act) = &self.on_reset {
            act(boot == "rescue", if keys.is_empty() { "" } else { &self.key });
        }
        good(self.told())
    }
}
