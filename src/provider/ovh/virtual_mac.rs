//! Virtual MAC addresses of a dedicated server.

use serde_json::{Value, json};

use super::Ovh;
use crate::provider::virtual_mac::{VirtualMac, VirtualMacList, VirtualMacs};
use crate::provider::words::short;
use crate::provider::{Progress, Provider, ProviderError, Task};

impl Ovh {
    fn texts(&self, path: &str) -> Result<Vec<String>, ProviderError> {
        let all = self.client.get(&self.path(path))?;
        let texts = all.as_array().and_then(|all| {
            all.iter().map(|text| text.as_str().map(short)).collect::<Option<Vec<_>>>()
        });
        texts.ok_or_else(|| self.client.garbled("a list of texts is none"))
    }

    fn virtual_mac(&self, mac: &str) -> Result<VirtualMac, ProviderError> {
        let base = format!("/virtualMac/{mac}/virtualAddress");
        let mut addresses = Vec::new();
        for address in self.texts(&base)? {
            // An IPv6 address would be one of a path of its own.
            let known = self.client.get(&self.path(&format!("{base}/{address}")))?;
            let vm = short(known["virtualMachineName"].as_str().unwrap_or_default());
            addresses.push((address, vm));
        }
        Ok(VirtualMac { mac: mac.to_ascii_lowercase(), addresses })
    }
}

impl VirtualMacs for Ovh {
    fn name(&self) -> String {
        Provider::name(self)
    }

    fn list(&self) -> Result<VirtualMacList, ProviderError> {
        let network = self.client.get(&self.path("/specifications/network"))?;
        let vmac = &network["vmac"];
        let macs = self.texts("/virtualMac")?;
        let all: Result<Vec<VirtualMac>, ProviderError> =
            macs.iter().map(|mac| self.virtual_mac(mac)).collect();
        Ok(VirtualMacList {
            supported: vmac["supported"].as_bool().unwrap_or(false),
            quota: vmac["quota"].as_u64(),
            blocks: self.texts("/ips")?,
            all: all?,
        })
    }

    fn call(&self, mac: Option<&str>, address: &str, vm: &str) -> String {
        let (path, body) = self.asking(mac, address, vm);
        format!("POST {path} {body}")
    }

    fn create(&self, mac: Option<&str>, address: &str, vm: &str) -> Result<Task, ProviderError> {
        let (path, body) = self.asking(mac, address, vm);
        let task = self.client.post_with(&path, &body)?;
        Ok(Task(self.number(&task, "taskId")?.to_string()))
    }

    fn progress(&self, task: &Task) -> Result<Progress, ProviderError> {
        Provider::progress(self, task)
    }
}

impl Ovh {
    fn asking(&self, mac: Option<&str>, address: &str, vm: &str) -> (String, Value) {
        match mac {
            Some(mac) => (
                self.path(&format!("/virtualMac/{mac}/virtualAddress")),
                json!({ "ipAddress": address, "virtualMachineName": vm }),
            ),
            None => (
                self.path("/virtualMac"),
                json!({ "ipAddress": address, "type": "ovh", "virtualMachineName": vm }),
            ),
        }
    }
}
