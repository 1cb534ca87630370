//! OVHcloud's API for the virtual MACs of one dedicated server, as it is documented.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Request, Response};
use crate::ovh_api::{SERVER, error, now, unauthorized};

/// What the provider chooses next.
pub const NEXT: &str = "02:00:00:9a:6c:01";
pub const USED: &str = "02:00:00:9a:6c:77";

pub struct Server {
    /// MAC address to its addresses, each with its VM.
    pub macs: BTreeMap<String, BTreeMap<String, String>>,
    pub supported: bool,
    pub quota: u64,
    /// How a task ends; `nothing` is one that is done and has changed nothing.
    pub ends: &'static str,
    pub log: Vec<String>,
    tasks: BTreeMap<u64, Task>,
}

struct Task {
    mac: String,
    address: String,
    vm: String,
    looks: usize,
}

pub type Shared = Arc<Mutex<Server>>;

pub fn server() -> Shared {
    let used = BTreeMap::from([("192.0.2.3".to_owned(), "mail".to_owned())]);
    Arc::new(Mutex::new(Server {
        macs: BTreeMap::from([(USED.to_owned(), used)]),
        supported: true,
        quota: 4,
        ends: "done",
        log: Vec::new(),
        tasks: BTreeMap::new(),
    }))
}

pub fn handle(server: &Shared, base: &str, request: &Request) -> Option<Response> {
    let mut server = server.lock().unwrap();
    server.log.push(format!("{} {}", request.method, request.path));
    if request.path == "/1.0/auth/time" {
        return Some(Response::new(200, now().to_string()));
    }
    if let Some(refusal) = unauthorized(base, request) {
        return Some(refusal);
    }
    Some(server.answer(request))
}

fn good(value: &Value) -> Response {
    Response::new(200, value.to_string())
}

fn bad(why: &str) -> Response {
    error(400, "Client::BadRequest", why)
}

fn missing() -> Response {
    error(404, "Client::NotFound", "The requested object does not exist")
}

/// The fields of a body: these, all of them texts, and no other.
fn fields(request: &Request, names: &[&str]) -> Result<Vec<String>, Response> {
    if !request.header("content-type").starts_with("application/json") {
        return Err(bad("the body is not JSON"));
    }
    let Ok(Value::Object(given)) = serde_json::from_str(&request.body) else {
        return Err(bad("no JSON"));
    };
    if let Some(name) = given.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(bad(&format!("Received not described parameters: ({name})")));
    }
    let text = |name: &&str| match given.get(*name) {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(bad(&format!("Missing parameter(s): {name}"))),
    };
    names.iter().map(text).collect()
}

impl Server {
    fn answer(&mut self, request: &Request) -> Response {
        let path = request.path.strip_prefix("/1.0").unwrap_or_default();
        let Some(rest) = path.strip_prefix(&format!("/dedicated/server/{SERVER}")) else {
            return missing();
        };
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["specifications", "network"]) => good(&json!({
                "routing": { "ipv4": { "ip": "203.0.113.10/32", "gateway": "203.0.113.254" } },
                "vmac": { "supported": self.supported, "quota": self.quota },
            })),
            ("GET", ["ips"]) => good(&json!(["203.0.113.10/32", "192.0.2.0/28", "2001:db8::/64"])),
            ("GET", ["virtualMac"]) => good(&json!(self.macs.keys().collect::<Vec<_>>())),
            ("GET", ["virtualMac", mac, "virtualAddress"]) => match self.macs.get(*mac) {
                Some(addresses) => good(&json!(addresses.keys().collect::<Vec<_>>())),
                None => missing(),
            },
            ("GET", ["virtualMac", mac, "virtualAddress", address]) => {
                match self.macs.get(*mac).and_then(|addresses| addresses.get(*address)) {
                    Some(vm) => good(&json!({ "ipAddress": address, "virtualMachineName": vm })),
                    None => missing(),
                }
            }
            ("POST", ["virtualMac"]) => self.create(request),
            ("POST", ["virtualMac", mac, "virtualAddress"]) => self.join(mac, request),
            ("GET", ["task", id]) => self.task(id),
            _ => error(404, "Client::NotFound", "Got an invalid (or empty) URL"),
        }
    }

    fn create(&mut self, request: &Request) -> Response {
        let given = match fields(request, &["ipAddress", "type", "virtualMachineName"]) {
            Ok(given) => given,
            Err(refusal) => return refusal,
        };
        if !["ovh", "vmware"].contains(&given[1].as_str()) {
            return bad("type: not a value of dedicated.server.VmacTypeEnum");
        }
        if !self.supported || self.macs.len() as u64 >= self.quota {
            return error(403, "Client::Forbidden", "No virtual MAC is available");
        }
        self.begin(NEXT, &given[0], &given[2])
    }

    fn join(&mut self, mac: &str, request: &Request) -> Response {
        let given = match fields(request, &["ipAddress", "virtualMachineName"]) {
            Ok(given) => given,
            Err(refusal) => return refusal,
        };
        if !self.macs.contains_key(mac) {
            return missing();
        }
        self.begin(mac, &given[0], &given[1])
    }

    fn begin(&mut self, mac: &str, address: &str, vm: &str) -> Response {
        if !address.starts_with("192.0.2.") {
            return bad("this address is not one of this server");
        }
        if self.macs.values().any(|addresses| addresses.contains_key(address)) {
            return error(409, "Client::Conflict", "this address has a virtual MAC already");
        }
        let id = 3000 + self.tasks.len() as u64;
        let task =
            Task { mac: mac.to_owned(), address: address.to_owned(), vm: vm.to_owned(), looks: 2 };
        self.tasks.insert(id, task);
        good(&described(id, "todo"))
    }

    fn task(&mut self, id: &str) -> Response {
        let number: u64 = id.parse().unwrap_or(0);
        let Some(task) = self.tasks.get_mut(&number) else { return missing() };
        let looks = task.looks;
        task.looks = looks.saturating_sub(1);
        match (looks, self.ends) {
            (2, _) => good(&described(number, "init")),
            (1, _) => good(&described(number, "doing")),
            (_, "nothing") => good(&described(number, "done")),
            (_, "done") => {
                let addresses = self.macs.entry(task.mac.clone()).or_default();
                addresses.insert(task.address.clone(), task.vm.clone());
                good(&described(number, "done"))
            }
            (_, word) => good(&described(number, word)),
        }
    }
}

fn described(id: u64, status: &str) -> Value {
    let comment = (status == "ovhError").then_some("the router does not answer");
    json!({
        "taskId": id, "function": "createVirtualMac", "status": status, "comment": comment,
        "startDate": "2026-11-21T10:00:00+00:00", "doneDate": null,
    })
}
