//! OVHcloud's API for the VMs of a Hosted Private Cloud, as it is documented: signatures,
//! paths, required fields and their types, task states. What the real one would refuse is
//! refused, and what need not be asked for twice is refused the second time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Fault, Request, Response, faulty};
use crate::ovh_api::{error, now, token, unauthorized};

pub const SERVICE: &str = "pcc-192-0-2-7";
pub const DATACENTER: u64 = 42;
pub const WAN: &str = "00:50:56:00:00:11";
pub const LAN: &str = "00:50:56:00:00:12";
pub const OTHER: &str = "00:50:56:00:00:99";

/// A VM's NIC: its MAC address, its port, and whether it is promiscuous.
pub struct Nic {
    pub mac: &'static str,
    pub on: [bool; 3],
}

pub struct Vm {
    pub name: &'static str,
    pub moref: &'static str,
    pub nics: Vec<Nic>,
}

struct Task {
    vm: u64,
    mac: String,
    on: bool,
    looks: usize,
}

pub struct Cloud {
    pub vms: BTreeMap<u64, Vm>,
    pub log: Vec<String>,
    pub faults: Vec<Fault>,
    pub rules: Value,
    /// How a task ends; `nothing` is one that is done and has changed nothing.
    pub ends: &'static str,
    /// Whether the API tells the ports' policies.
    pub tells: bool,
    tasks: BTreeMap<u64, Task>,
}

pub type Shared = Arc<Mutex<Cloud>>;

pub fn cloud() -> Shared {
    let nic = |mac| Nic { mac, on: [false; 3] };
    let vm = |name, moref, macs: &[&'static str]| Vm {
        name,
        moref,
        nics: macs.iter().map(|mac| nic(mac)).collect(),
    };
    let vms = [
        (7, vm("db1", "vm-100", &[OTHER])),
        (9, vm("fw1", "vm-102", &[WAN, LAN])),
        (11, vm("twin", "vm-103", &["00:50:56:00:00:21"])),
        (12, vm("twin", "vm-104", &["00:50:56:00:00:22"])),
    ];
    Arc::new(Mutex::new(Cloud {
        vms: vms.into_iter().collect(),
        log: Vec::new(),
        faults: Vec::new(),
        rules: json!([{ "method": "GET", "path": "/*" }, { "method": "POST", "path": "/*" }]),
        ends: "done",
        tells: true,
        tasks: BTreeMap::new(),
    }))
}

/// Handles one call; `base` is where the API is.
pub fn handle(cloud: &Shared, base: &str, request: &Request) -> Option<Response> {
    let mut cloud = cloud.lock().unwrap();
    cloud.log.push(format!("{} {}", request.method, request.path));
    if let Some(response) = faulty(&mut cloud.faults, request) {
        return response;
    }
    match request.path.as_str() {
        "/1.0/auth/time" => return Some(Response::new(200, now().to_string())),
        "/token" => return Some(token(request)),
        _ => {}
    }
    if let Some(refusal) = unauthorized(base, request) {
        return Some(refusal);
    }
    Some(cloud.answer(request))
}

fn good(value: &Value) -> Response {
    Response::new(200, value.to_string())
}

fn missing() -> Response {
    error(404, "Client::NotFound", "The requested object does not exist")
}

fn bad(why: &str) -> Response {
    error(400, "Client::BadRequest", why)
}

impl Cloud {
    fn answer(&mut self, request: &Request) -> Response {
        let path = request.path.strip_prefix("/1.0").unwrap_or_default();
        if (request.method.as_str(), path) == ("GET", "/auth/currentCredential") {
            return good(&json!({ "rules": self.rules, "status": "validated" }));
        }
        let Some(rest) = path.strip_prefix(&format!("/dedicatedCloud/{SERVICE}/datacenter")) else {
            return missing();
        };
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        if parts.first().is_some_and(|id| *id != DATACENTER.to_string()) {
            return missing();
        }
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", []) => good(&json!([DATACENTER])),
            ("GET", [_, "vm"]) => good(&json!(self.vms.keys().collect::<Vec<_>>())),
            ("GET", [_, "vm", id]) => self.vm(id),
            ("GET", [_, "task", id]) => self.task(id),
            ("POST", [_, "vm", id, "enableCarp"]) => self.carp(id, true, request),
            ("POST", [_, "vm", id, "disableCarp"]) => self.carp(id, false, request),
            _ => error(404, "Client::NotFound", "Got an invalid (or empty) URL"),
        }
    }

    fn vm(&self, id: &str) -> Response {
        let Some((id, vm)) = id.parse().ok().and_then(|id: u64| Some((id, self.vms.get(&id)?)))
        else {
            return missing();
        };
        let networks: Vec<Value> = vm.nics.iter().enumerate().map(|n| self.network(n)).collect();
        good(&json!({
            "vmId": id, "moRef": vm.moref, "name": vm.name, "powerState": "poweredOn",
            "networks": networks,
        }))
    }

    fn network(&self, (number, nic): (usize, &Nic)) -> Value {
        let setting = |at: usize| json!({ "inherited": !nic.on[at], "value": nic.on[at] });
        let on = nic.on.iter().all(|on| *on);
        let mut backing = json!({
            "type": "DVS", "portKey": (40 + number).to_string(), "portGroupKey": "dvportgroup-21",
            "portGroupName": "VM Network", "switchUuid": "50 1f 2e",
            "carpState": if on { "enabled" } else { "disabled" },
        });
        if self.tells {
            backing["portKeySecurityPolicy"] = json!({
                "allowPromiscuous": setting(0), "forgedTransmits": setting(1),
                "macChanges": setting(2),
            });
        }
        json!({
            "label": format!("Network adapter {}", number + 1), "macAddress": nic.mac,
            "connected": true, "startConnected": true, "status": "ok", "backing": backing,
        })
    }

    fn carp(&mut self, id: &str, on: bool, request: &Request) -> Response {
        if !request.header("content-type").starts_with("application/json") {
            return bad("the body is not JSON");
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(&request.body) else {
            return bad("no JSON");
        };
        let Some(Value::String(mac)) = fields.get("macAddress") else {
            return bad("Missing parameter(s): macAddress");
        };
        if let Some(name) = fields.keys().find(|name| *name != "macAddress") {
            return bad(&format!("Received not described parameters: ({name})"));
        }
        let Some((id, vm)) = id.parse().ok().and_then(|id: u64| Some((id, self.vms.get(&id)?)))
        else {
            return missing();
        };
        let Some(nic) = vm.nics.iter().find(|nic| nic.mac == mac) else {
            return error(404, "Client::NotFound", "No network card has this MAC address");
        };
        if nic.on.iter().all(|is| *is == on) {
            return error(409, "Client::Conflict", "CARP is in this state already");
        }
        if self.tasks.values().any(|task| task.vm == id && task.looks > 0) {
            return error(409, "Client::Conflict", "A task is in progress on this VM");
        }
        let number = 700 + self.tasks.len() as u64;
        self.tasks.insert(number, Task { vm: id, mac: mac.clone(), on, looks: 2 });
        good(&described(number, "todo", 0, None))
    }

    fn task(&mut self, id: &str) -> Response {
        let number: u64 = id.parse().unwrap_or(0);
        let Some(task) = self.tasks.get_mut(&number) else { return missing() };
        let looks = task.looks;
        task.looks = looks.saturating_sub(1);
        match (looks, self.ends) {
            (2, _) => good(&described(number, "todo", 0, None)),
            (1, _) => good(&described(number, "doing", 50, None)),
            (_, "nothing") => good(&described(number, "done", 100, None)),
            (_, "done") => {
                let vm = self.vms.get_mut(&task.vm).unwrap();
                let nic = vm.nics.iter_mut().find(|nic| nic.mac == task.mac).unwrap();
                nic.on = [task.on; 3];
                good(&described(number, "done", 100, None))
            }
            (_, word) => good(&described(number, word, 50, Some("the switch does not answer"))),
        }
    }
}

fn described(id: u64, state: &str, progress: u64, description: Option<&str>) -> Value {
    json!({
        "taskId": id, "name": "enableCarp", "type": "generic", "state": state,
        "progress": progress, "description": description,
        "executionDate": "2026-11-21T10:00:00+00:00", "endDate": null,
    })
}
