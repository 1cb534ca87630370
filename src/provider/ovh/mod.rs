//! OVHcloud: boot ids and restarts of dedicated servers, ports of a Hosted Private Cloud.

mod access;
mod carp;
mod client;
mod virtual_mac;

use serde_json::{Value, json};

use super::settings::{Fields, SettingsError};
use super::words::short;
use super::{Access, Boot, Progress, Provider, ProviderError, Status, Task};
pub(super) use carp::port_driver;
use client::Client;

/// The rescue system for customers: read from the API, where its id differs from region to
/// region.
const KERNEL: &str = "rescue-customer";

/// A dedicated server.
pub(super) struct Ovh {
    client: Client,
    server: String,
}

/// Reads the settings.
pub(super) fn driver(settings: &Fields<'_>) -> Result<Ovh, SettingsError> {
    let mut known = vec!["driver", "ssh_key", "server", "timeout"];
    known.extend(access::FIELDS);
    settings.only(&known)?;
    let server = settings.need("server")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if !server.chars().all(plain) {
        return Err(super::settings::wrong(
            "`server` is not a service name, as in ns1.ip-192-0-2.eu",
        ));
    }
    let client = Client::new(access::read(settings)?, settings.seconds("timeout")?);
    Ok(Ovh { client, server })
}

impl Ovh {
    fn path(&self, rest: &str) -> String {
        format!("/dedicated/server/{}{rest}", self.server)
    }

    fn number(&self, value: &Value, field: &str) -> Result<u64, ProviderError> {
        value[field].as_u64().ok_or_else(|| self.client.garbled(&format!("no number in `{field}`")))
    }

    /// Boot ids of a type.
    fn boots(&self, kind: &str) -> Result<Vec<u64>, ProviderError> {
        let all = self.client.get(&self.path(&format!("/boot?bootType={kind}")))?;
        let ids = all.as_array().and_then(|all| all.iter().map(Value::as_u64).collect());
        ids.ok_or_else(|| self.client.garbled("the list of boot ids is none"))
    }

    /// The id of the rescue system: the customers' one, else the only one.
    fn rescue_id(&self) -> Result<u64, ProviderError> {
        let ids = self.boots("rescue")?;
        let mut kernels = Vec::new();
        for id in &ids {
            let boot = self.client.get(&self.path(&format!("/boot/{id}")))?;
            let kernel = boot["kernel"].as_str().unwrap_or_default().to_owned();
            if kernel == KERNEL {
                return Ok(*id);
            }
            kernels.push(short(&kernel));
        }
        match ids.as_slice() {
            [id] => Ok(*id),
            _ => Err(self.client.refused(&format!(
                "no rescue system for customers is among those of this server ({})",
                kernels.join(", ")
            ))),
        }
    }

    /// Addresses that OVHcloud blocks because of their ARP traffic: a host that cannot be
    /// reached for that is not mended by a rescue.
    fn blocked(&self, ip: &str) -> Vec<String> {
        let block = format!("{ip}%2F32");
        let listed = self.client.get(&format!("/ip/{block}/arp"));
        let Ok(Value::Array(addresses)) = listed else { return Vec::new() };
        let describe = |address: &Value| {
            let address = address.as_str()?;
            let state = self.client.get(&format!("/ip/{block}/arp/{address}")).ok()?;
            let of = |field: &str| short(state[field].as_str().unwrap_or("?"));
            Some(format!(
                "OVHcloud blocks {} for its ARP traffic: {} since {}",
                short(address),
                of("state"),
                of("blockedSince")
            ))
        };
        addresses.iter().filter_map(describe).collect()
    }

    fn set(&self, body: &Value) -> Result<(), ProviderError> {
        self.client.put(&self.path(""), body)
    }
}

impl Provider for Ovh {
    fn name(&self) -> String {
        format!("OVHcloud {}", self.server)
    }

    fn status(&self) -> Result<Status, ProviderError> {
        let server = self.client.get(&self.path(""))?;
        let id = self.number(&server, "bootId")?;
        let boot = self.client.get(&self.path(&format!("/boot/{id}")))?;
        let rescue = match boot["bootType"].as_str() {
            Some(kind) => kind == "rescue",
            None => return Err(self.client.garbled("a boot without `bootType`")),
        };
        let usual = match rescue {
            true => self.boots("harddisk")?.first().map(u64::to_string),
            false => None,
        };
        let mut notes = Vec::new();
        if let Some(state) = server["state"].as_str().filter(|state| *state != "ok") {
            notes.push(format!("OVHcloud says that the server's state is {}", short(state)));
        }
        if let Some(ip) = server["ip"].as_str() {
            notes.extend(self.blocked(ip));
        }
        Ok(Status { boot: id.to_string(), rescue, usual, notes })
    }

    fn check(&self, key: Option<&str>) -> Result<(), ProviderError> {
        self.usable(key)?;
        self.rescue_id()?;
        let needed = [("PUT", self.path("")), ("POST", self.path("/reboot"))];
        self.client.may(&needed)
    }

    fn rescue_on(&self, key: Option<&str>) -> Result<Access, ProviderError> {
        let key = self.usable(key)?;
        let id = self.rescue_id()?;
        self.set(&json!({ "bootId": id, "rescueSshKey": key }))?;
        Ok(Access::default())
    }

    fn rescue_off(&self, boot: &str) -> Result<(), ProviderError> {
        let id: u64 = boot.parse().map_err(|_| self.client.refused("a boot id is a number"))?;
        self.set(&json!({ "bootId": id }))
    }

    fn reset(&self, _: Boot) -> Result<Option<Task>, ProviderError> {
        let task = self.client.post(&self.path("/reboot"))?;
        Ok(Some(Task(self.number(&task, "taskId")?.to_string())))
    }

    fn progress(&self, task: &Task) -> Result<Progress, ProviderError> {
        let state = self.client.get(&self.path(&format!("/task/{}", task.0)))?;
        let comment = short(state["comment"].as_str().unwrap_or("no reason is given"));
        match state["status"].as_str() {
            Some("done") => Ok(Progress::Done),
            Some(word @ ("init" | "todo" | "doing")) => Ok(Progress::Running(word.to_owned())),
            Some(word @ ("cancelled" | "customerError" | "ovhError")) => {
                Ok(Progress::Failed(format!("{word}: {comment}")))
            }
            _ => Err(self.client.garbled("a task without a known status")),
        }
    }

    fn by_hand(&self, boot: &str) -> Vec<String> {
        vec![
            format!(
                "in the OVHcloud manager: Bare Metal Cloud, {}, Boot: choose the hard disk (id {boot})",
                self.server
            ),
            "there: Status, Restart".to_owned(),
        ]
    }
}

impl Ovh {
    /// The rescue system takes a key of three types; without one it would mail a password.
    fn usable<'a>(&self, key: Option<&'a str>) -> Result<&'a str, ProviderError> {
        let kind = |key: &str| key.split(' ').next().unwrap_or_default().to_owned();
        match key {
            Some(key)
                if kind(key).starts_with("ssh-ed25519")
                    || kind(key).starts_with("ssh-rsa")
                    || kind(key).starts_with("ecdsa-") =>
            {
                Ok(key)
            }
            Some(key) => {
                Err(self.client.refused(&format!("it takes no key of type {}", kind(key))))
            }
            None => Err(self.client.refused("the rescue system needs a public key")),
        }
    }
}
