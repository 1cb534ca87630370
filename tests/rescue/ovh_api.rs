//! OVHcloud's API for one dedicated server, as it is documented: signatures, required fields,
//! types, task states. What the real one would refuse is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::http::{Fault, OnReset, Request, Response, StandIn, faulty};

pub const APPLICATION: &str = "appkey0123456789";
pub const SECRET: &str = "s3cr3t-application-secret";
pub const CONSUMER: &str = "c0nsumer-key-that-nobody-may-see";
pub const CLIENT: &str = "EU.0123456789abcdef";
pub const CLIENT_SECRET: &str = "cl13nt-secret";
pub const TOKEN: &str = "bearer-t0ken";
pub const SERVER: &str = "ns1.ip-192-0-2.eu";
/// Its clock is not ours.
const AHEAD: u64 = 5000;
/// The rescue system's id: another one in each region.
pub const RESCUE: u64 = 4711;
pub const DISK: u64 = 1;

pub struct Api {
    pub boot: u64,
    pub key: Option<String>,
    pub log: Vec<String>,
    pub faults: Vec<Fault>,
    /// How a task ends.
    pub task_ends: &'static str,
    /// Rules of the consumer key.
    pub rules: Value,
    pub blocked: bool,
    pub on_reset: Option<OnReset>,
    tasks: BTreeMap<u64, usize>,
}

pub type Shared = Arc<Mutex<Api>>;

pub fn api() -> Shared {
    let all = ["GET", "PUT", "POST"].map(|method| json!({ "method": method, "path": "/*" }));
    Arc::new(Mutex::new(Api {
        boot: DISK,
        key: None,
        log: Vec::new(),
        faults: Vec::new(),
        task_ends: "done",
        rules: json!(all),
        blocked: false,
        on_reset: None,
        tasks: BTreeMap::new(),
    }))
}

pub fn error(status: u16, class: &str, message: &str) -> Response {
    let body = json!({ "class": class, "message": message });
    Response::new(status, body.to_string()).with("X-Ovh-QueryID", "EU.ext-3.abc.123")
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + AHEAD
}

impl StandIn for Api {
    fn handle(&mut self, base: &str, request: &Request) -> Option<Response> {
        self.log.push(format!("{} {}", request.method, request.path));
        if let Some(response) = faulty(&mut self.faults, request) {
            return response;
        }
        if request.path == "/1.0/auth/time" {
            return Some(Response::new(200, now().to_string()));
        }
        if request.path == "/token" {
            return Some(token(request));
        }
        if let Some(refusal) = unauthorized(base, request) {
            return Some(refusal);
        }
        let path = request.path.strip_prefix("/1.0").unwrap_or_default().to_owned();
        Some(self.answer(&request.method, &path, &request.body))
    }

    fn faults(&mut self) -> &mut Vec<Fault> {
        &mut self.faults
    }

    fn log(&self) -> Vec<String> {
        self.log.clone()
    }

    fn in_rescue(&self) -> bool {
        self.boot == RESCUE
    }
}

pub fn settings(base: &str) -> Vec<String> {
    vec![
        "driver: ovhcloud".to_owned(),
        format!("server: {SERVER}"),
        format!("endpoint: {base}/1.0"),
        format!("application_key: {APPLICATION}"),
        format!("application_secret: {SECRET}"),
        format!("consumer_key: {CONSUMER}"),
    ]
}

pub fn token(request: &Request) -> Response {
    let form = &request.body;
    let wanted = ["grant_type=client_credentials", "scope=all"];
    let known = form.contains(&format!("client_id={CLIENT}"))
        && form.contains(&format!("client_secret={CLIENT_SECRET}"));
    let kind = request.header("content-type") == "application/x-www-form-urlencoded";
    if request.method != "POST" || !kind || !wanted.iter().all(|part| form.contains(part)) {
        return Response::new(400, r#"{"error":"invalid_request"}"#);
    }
    if !known {
        return Response::new(401, r#"{"error":"invalid_client"}"#);
    }
    let body = json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3599, "scope": "all" });
    Response::new(200, body.to_string())
}

/// Why a call is not let in.
pub fn unauthorized(base: &str, request: &Request) -> Option<Response> {
    let bearer = request.header("authorization");
    if !bearer.is_empty() {
        let good = bearer == format!("Bearer {TOKEN}");
        return (!good).then(|| error(401, "Client::Unauthorized", "invalid_token"));
    }
    let time = request.header("x-ovh-timestamp");
    let late = time.parse::<u64>().map_or(u64::MAX, |time| time.abs_diff(now()));
    if request.header("x-ovh-application") != APPLICATION {
        return Some(error(403, "Client::Forbidden", "This application key is invalid"));
    }
    if request.header("x-ovh-consumer") != CONSUMER {
        return Some(error(403, "Client::Forbidden", "This credential does not exist"));
    }
    if late > 30 {
        return Some(error(400, "Client::BadRequest", "Query is out of time"));
    }
    let url = format!("{base}{}", request.path);
    let text = [SECRET, CONSUMER, &request.method, &url, &request.body, time].join("+");
    let digest: String = Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let good = request.header("x-ovh-signature") == format!("$1${digest}");
    (!good).then(|| error(400, "Client::BadRequest", "Invalid signature"))
}

impl Api {
    fn answer(&mut self, method: &str, path: &str, body: &str) -> Response {
        let server = format!("/dedicated/server/{SERVER}");
        let good = |value: Value| Response::new(200, value.to_string());
        if (method, path) == ("GET", "/auth/currentCredential") {
            return good(json!({ "rules": self.rules, "status": "validated" }));
        }
        if let Some(rest) = path.strip_prefix("/ip/192.0.2.10%2F32/arp") {
            return match (method, rest, self.blocked) {
                ("GET", "", true) => good(json!(["192.0.2.10"])),
                ("GET", "", false) => good(json!([])),
                ("GET", "/192.0.2.10", true) => good(json!({
                    "ipBlocked": "192.0.2.10", "state": "blocked", "logs": "x",
                    "blockedSince": "2026-11-20T08:00:00+01:00", "time": 3600
                })),
                _ => error(404, "Client::NotFound", "The requested object does not exist"),
            };
        }
        let Some(rest) = path.strip_prefix(&server) else {
            return error(404, "Client::NotFound", "Got an invalid (or empty) URL");
        };
        match (method, rest) {
            ("GET", "") => good(json!({
                "name": SERVER, "bootId": self.boot, "ip": "192.0.2.10", "state": "ok",
                "rescueSshKey": self.key, "os": "debian12_64", "datacenter": "gra2"
            })),
            ("PUT", "") => self.put(body),
            ("GET", "/boot?bootType=rescue") => good(json!([1122, RESCUE])),
            ("GET", "/boot?bootType=harddisk") => good(json!([DISK])),
            ("GET", "/boot/1122") => good(boot(1122, "rescue", "rescue-ovh-pro")),
            ("GET", "/boot/4711") => good(boot(RESCUE, "rescue", "rescue-customer")),
            ("GET", "/boot/1") => good(boot(DISK, "harddisk", "hd")),
            ("POST", "/reboot") if body.is_empty() || body == "{}" => self.reboot(),
            ("GET", _) if rest.starts_with("/task/") => self.task(rest),
            _ => error(404, "Client::NotFound", "Got an invalid (or empty) URL"),
        }
    }

    fn put(&mut self, body: &str) -> Response {
        let bad = |why: &str| error(400, "Client::BadRequest", why);
        let Ok(Value::Object(fields)) = serde_json::from_str(body) else { return bad("no JSON") };
        for (name, value) in fields {
            match (name.as_str(), &value) {
                ("bootId", Value::Number(id))
                    if [Some(DISK), Some(RESCUE), Some(1122)].contains(&id.as_u64()) =>
                {
                    self.boot = id.as_u64().unwrap();
                }
                ("rescueSshKey", Value::String(key)) => self.key = Some(key.clone()),
                ("rescueSshKey", Value::Null) => self.key = None,
                _ => return bad(&format!("Invalid field or value: {name}")),
            }
        }
        Response::new(200, "null")
    }

    fn reboot(&mut self) -> Response {
        if self.tasks.values().any(|polls| *polls > 0) {
            return error(409, "Client::Conflict", "A reboot is already in progress");
        }
        let id = 1000 + self.tasks.len() as u64;
        self.tasks.insert(id, 2);
        if let Some(act) = &self.on_reset {
            act(self.boot == RESCUE, self.key.as_deref().unwrap_or_default());
        }
        Response::new(
            200,
            json!({ "taskId": id, "function": "hardReboot", "status": "todo",
            "comment": null, "startDate": "2026-11-21T10:00:00+00:00", "doneDate": null })
            .to_string(),
        )
    }

    fn task(&mut self, rest: &str) -> Response {
        let id = rest.trim_start_matches("/task/").parse::<u64>().unwrap_or(0);
        let Some(polls) = self.tasks.get_mut(&id) else {
            return error(404, "Client::NotFound", "The requested object does not exist");
        };
        let status = match polls {
            2 => "init",
            1 => "doing",
            _ => self.task_ends,
        };
        *polls = polls.saturating_sub(1);
        let comment = (status == "ovhError").then_some("the machine does not answer to its power");
        Response::new(
            200,
            json!({ "taskId": id, "function": "hardReboot", "status": status,
            "comment": comment, "startDate": "2026-11-21T10:00:00+00:00" })
            .to_string(),
        )
    }
}

fn boot(id: u64, kind: &str, kernel: &str) -> Value {
    json!({ "bootId": id, "bootType": kind, "description": "x", "kernel": kernel })
}
