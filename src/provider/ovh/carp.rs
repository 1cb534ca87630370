//! OVHcloud's Hosted Private Cloud: ports of its public switches, which are promiscuous for
//! CARP or not.

use serde_json::{Value, json};

use super::access;
use super::client::Client;
use crate::provider::port::{Policy, Port, Ports, Setting};
use crate::provider::settings::{Fields, SettingsError, wrong};
use crate::provider::words::short;
use crate::provider::{Progress, ProviderError, Task};

const RIGHTS: &str = "make a consumer key with GET and POST on /dedicatedCloud/*, or give the \
                      service account the rights pccVMware:apiovh:datacenter/vm/get, …/enableCarp \
                      and …/disableCarp";

/// The VMs of a Hosted Private Cloud.
pub(in crate::provider) struct Cloud {
    client: Client,
    service: String,
    /// The only datacenter to look in; all of them without.
    datacenter: Option<u64>,
}

/// Reads the settings.
pub(in crate::provider) fn port_driver(settings: &Fields<'_>) -> Result<Cloud, SettingsError> {
    let mut known = vec!["service", "datacenter", "timeout"];
    known.extend(access::FIELDS);
    settings.only(&known)?;
    let service = settings.need("service")?;
    if !service.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
        return Err(wrong("`service` is not a service name, as in pcc-192-0-2-7"));
    }
    let datacenter = match settings.text("datacenter")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| wrong("`datacenter` is not a number"))?),
    };
    let client = Client::new(access::read(settings)?, settings.seconds("timeout")?);
    Ok(Cloud { client: client.needing(RIGHTS), service, datacenter })
}

/// A VM, and where it is asked for.
struct Vm {
    path: String,
    json: Value,
}

impl Cloud {
    fn numbers(&self, path: &str) -> Result<Vec<u64>, ProviderError> {
        let all = self.client.get(path)?;
        let ids = all.as_array().and_then(|all| all.iter().map(Value::as_u64).collect());
        ids.ok_or_else(|| self.client.garbled("a list of numbers is none"))
    }

    /// The paths of the datacenters to look in.
    fn datacenters(&self) -> Result<Vec<String>, ProviderError> {
        let base = format!("/dedicatedCloud/{}/datacenter", self.service);
        let ids = match self.datacenter {
            Some(id) => vec![id],
            None => self.numbers(&base)?,
        };
        Ok(ids.into_iter().map(|id| format!("{base}/{id}")).collect())
    }

    /// All are looked at: a name need not be unique, and which of two is meant is not ours
    /// to choose.
    fn vm(&self, wanted: &str) -> Result<Vm, ProviderError> {
        let mut found: Vec<Vm> = Vec::new();
        let mut seen = 0;
        for datacenter in self.datacenters()? {
            for id in self.numbers(&format!("{datacenter}/vm"))? {
                seen += 1;
                let path = format!("{datacenter}/vm/{id}");
                let json = self.client.get(&path)?;
                if json["moRef"].as_str() == Some(wanted) {
                    return Ok(Vm { path, json });
                }
                if json["name"].as_str() == Some(wanted) {
                    found.push(Vm { path, json });
                }
            }
        }
        let moref = |vm: &Vm| short(vm.json["moRef"].as_str().unwrap_or("?"));
        match found.len() {
            0 => Err(self.client.refused(&format!(
                "{} has no VM with the name or moRef {wanted:?}, of {seen}",
                self.service
            ))),
            1 => Ok(found.remove(0)),
            _ => Err(self.client.refused(&format!(
                "more than one VM has the name {wanted:?}: say which by its moRef, {}",
                found.iter().map(moref).collect::<Vec<_>>().join(" or ")
            ))),
        }
    }

    fn port(&self, vm: &Vm, mac: &str) -> Result<Port, ProviderError> {
        let text = |value: &Value| short(value.as_str().unwrap_or_default());
        let networks = vm.json["networks"].as_array().cloned().unwrap_or_default();
        let is = |network: &&Value| {
            network["macAddress"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(mac))
        };
        let Some(network) = networks.iter().find(is) else {
            let own: Vec<String> = networks
                .iter()
                .map(|n| format!("{} ({})", text(&n["macAddress"]), text(&n["label"])))
                .collect();
            return Err(self.client.refused(&format!(
                "{mac} is not a NIC of {}, which has {}",
                text(&vm.json["name"]),
                if own.is_empty() { "none".to_owned() } else { own.join(", ") }
            )));
        };
        let backing = &network["backing"];
        let named = [
            text(&network["label"]),
            text(&backing["portGroupName"]),
            backing["portKey"]
                .as_str()
                .map_or_else(String::new, |key| format!("port {}", short(key))),
        ];
        let mut notes = Vec::new();
        if let Some(state) = backing["carpState"].as_str() {
            notes.push(format!("OVHcloud's word for it is {}", short(state)));
        }
        if network["connected"].as_bool() == Some(false) {
            notes.push("the NIC is not connected".to_owned());
        }
        Ok(Port {
            handle: vm.path.clone(),
            vm: text(&vm.json["name"]),
            moref: text(&vm.json["moRef"]),
            mac: mac.to_owned(),
            place: named.into_iter().filter(|name| !name.is_empty()).collect(),
            policy: policy(&backing["portKeySecurityPolicy"]),
            notes,
        })
    }
}

/// All three settings, or none: a part of them proves nothing.
fn policy(json: &Value) -> Option<Policy> {
    let setting = |name: &str| {
        let accepted = json[name]["value"].as_bool()?;
        Some(Setting { accepted, inherited: json[name]["inherited"].as_bool().unwrap_or(false) })
    };
    Some(Policy {
        promiscuous: setting("allowPromiscuous")?,
        forged_transmits: setting("forgedTransmits")?,
        mac_changes: setting("macChanges")?,
    })
}

fn action(on: bool) -> &'static str {
    if on { "enableCarp" } else { "disableCarp" }
}

impl Ports for Cloud {
    fn name(&self) -> String {
        format!("OVHcloud {}", self.service)
    }

    fn find(&self, vm: &str, mac: &str) -> Result<Port, ProviderError> {
        let vm = self.vm(vm)?;
        self.port(&vm, mac)
    }

    fn check(&self, port: &Port) -> Result<(), ProviderError> {
        let calls = [true, false].map(|on| ("POST", format!("{}/{}", port.handle, action(on))));
        self.client.may(&calls)
    }

    fn call(&self, port: &Port, on: bool) -> String {
        format!("POST {}/{} {{\"macAddress\":\"{}\"}}", port.handle, action(on), port.mac)
    }

    fn set(&self, port: &Port, on: bool) -> Result<Task, ProviderError> {
        let path = format!("{}/{}", port.handle, action(on));
        let task = self.client.post_with(&path, &json!({ "macAddress": port.mac }))?;
        let id = task["taskId"].as_u64();
        let id = id.ok_or_else(|| self.client.garbled("a task without a `taskId`"))?;
        let datacenter = port.handle.split("/vm/").next().unwrap_or_default();
        Ok(Task(format!("{datacenter}/task/{id}")))
    }

    fn progress(&self, task: &Task) -> Result<Progress, ProviderError> {
        let json = self.client.get(&task.0)?;
        let said = json["description"].as_str().filter(|text| !text.is_empty());
        let said = said.map_or_else(|| "no reason is given".to_owned(), short);
        match json["state"].as_str() {
            Some("done") => Ok(Progress::Done),
            Some(word @ ("canceled" | "error")) => Ok(Progress::Failed(format!("{word}: {said}"))),
            // It does not go on by itself: it has failed, and somebody there is to mend it.
            Some("fixing") => Ok(Progress::Failed(format!(
                "fixing: {said}; OVHcloud's people are at it, and it may still be done later"
            ))),
            Some(
                word @ ("doing" | "toCancel" | "toCreate" | "todo" | "unknown" | "waitingForChilds"
                | "waitingTodo"),
            ) => Ok(Progress::Running(match json["progress"].as_u64() {
                Some(percent) => format!("{word}, {percent} %"),
                None => word.to_owned(),
            })),
            _ => Err(self.client.garbled("a task without a known state")),
        }
    }
}
