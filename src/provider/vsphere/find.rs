//! VMs, their NICs, the ports and port groups that these are plugged into.

use roxmltree::Node;
use serde::{Deserialize, Serialize};

use super::soap::{Object, Soap, child, escape, kind, object, reference, refused, text, truth};
use crate::provider::ProviderError;
use crate::provider::port::{Policy, Setting};
use crate::provider::words::short;

/// A VM's NIC on a distributed switch.
pub(super) struct Nic {
    pub label: String,
    pub mac: String,
    /// Switch, port group, port; none on another kind of network.
    pub plug: Option<(String, String, String)>,
}

/// A VM.
pub(super) struct Vm {
    pub name: String,
    pub id: String,
    pub nics: Vec<Nic>,
}

/// Where a NIC is plugged in, and what may be changed there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plug {
    pub switch: String,
    pub switch_name: String,
    pub group: String,
    pub group_name: String,
    pub group_version: String,
    pub key: String,
    pub version: String,
    /// Whether the group lets a port have a policy of its own.
    pub overridable: bool,
    /// Whether a port forgets it when its VM is disconnected.
    pub forgets: bool,
    /// Whether the whole group is meant.
    pub whole: bool,
}

/// Properties of one object type, read through a view or of one object alone.
fn filter(kind: &str, paths: &[&str], root: &str) -> String {
    let paths: String = paths.iter().map(|path| format!("<pathSet>{path}</pathSet>")).collect();
    format!(
        "<specSet><propSet><type>{kind}</type>{paths}</propSet>\
         <objectSet>{root}</objectSet></specSet><options/>"
    )
}

/// The value of a property in an `objects` element.
fn value<'a, 'i>(object: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    let set = object
        .children()
        .find(|node| node.tag_name().name() == "propSet" && text(*node, &["name"]) == Some(name))?;
    child(set, "val")
}

impl Soap {
    /// Reads properties of one object.
    pub fn of_one<T>(
        &self,
        of: &Object,
        paths: &[&str],
        read: impl Fn(Node<'_, '_>) -> Option<T>,
    ) -> Result<T, ProviderError> {
        let arguments = filter(&of.kind, paths, &reference("obj", of));
        self.ask(
            "RetrievePropertiesEx",
            |content| content.properties.clone(),
            &arguments,
            |node| read(child(child(node, "returnval")?, "objects")?),
        )
    }

    /// Name and object of every VM.
    fn vms(&self) -> Result<Vec<(String, Object)>, ProviderError> {
        let root = self.content()?.root;
        let arguments = format!(
            "{}<type>VirtualMachine</type><recursive>true</recursive>",
            reference("container", &root)
        );
        let view = self.ask(
            "CreateContainerView",
            |c| c.views.clone(),
            &arguments,
            |node| object(child(node, "returnval")?),
        )?;
        let root = format!(
            "{}<skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><name>view</name>\
             <type>ContainerView</type><path>view</path><skip>false</skip></selectSet>",
            reference("obj", &view)
        );
        let arguments = filter("VirtualMachine", &["name"], &root);
        let of = |content: &super::soap::Content| content.properties.clone();
        let (mut all, mut token) = self.ask("RetrievePropertiesEx", of, &arguments, page)?;
        while let Some(next) = token {
            let arguments = format!("<token>{}</token>", escape(&next));
            let (more, rest) = self.ask("ContinueRetrievePropertiesEx", of, &arguments, page)?;
            all.extend(more);
            token = rest;
        }
        Ok(all)
    }

    /// The VM of that name or object id, with its NICs.
    pub fn vm(&self, wanted: &str) -> Result<Vm, ProviderError> {
        let all = self.vms()?;
        let by_id = all.iter().find(|(_, object)| object.id == wanted);
        let named: Vec<_> = all.iter().filter(|(name, _)| name == wanted).collect();
        let (name, of) = match (by_id, named.as_slice()) {
            (Some(vm), _) => vm,
            (None, [vm]) => *vm,
            (None, []) => {
                return Err(refused(&format!(
                    "there is no VM with the name or moRef {wanted:?}, of {}",
                    all.len()
                )));
            }
            (None, named) => {
                let ids: Vec<String> = named.iter().map(|(_, of)| short(&of.id)).collect();
                return Err(refused(&format!(
                    "more than one VM has the name {wanted:?}: say which by its moRef, {}",
                    ids.join(" or ")
                )));
            }
        };
        let nics = self.of_one(of, &["config.hardware.device"], |object| {
            let devices = value(object, "config.hardware.device")?;
            Some(devices.children().filter(Node::is_element).filter_map(nic).collect())
        })?;
        Ok(Vm { name: short(name), id: of.id.clone(), nics })
    }

    /// Where a NIC is plugged in, with the policy of its port and that of its group.
    pub fn plug(
        &self,
        (uuid, group, key): &(String, String, String),
    ) -> Result<(Plug, Policy, Policy), ProviderError> {
        let arguments = format!("<uuid>{}</uuid>", escape(uuid));
        let switch = self.ask(
            "QueryDvsByUuid",
            |c| c.switches.clone(),
            &arguments,
            |node| object(child(node, "returnval")?),
        )?;
        let switch_name =
            self.of_one(&switch, &["name"], |object| value(object, "name")?.text().map(short))?;
        let of = Object { kind: "DistributedVirtualPortgroup".into(), id: group.clone() };
        let (mut plug, of_group) = self.of_one(&of, &["name", "config"], read_group)?;
        let arguments = format!("<criteria><portKey>{}</portKey></criteria>", escape(key));
        let (version, of_port) = self.ask(
            "FetchDVPorts",
            |_| switch.clone(),
            &arguments,
            |node| {
                let port = node.children().find(|port| text(*port, &["key"]) == Some(key))?;
                let config = child(port, "config")?;
                let version = text(config, &["configVersion"])?.to_owned();
                Some((version, policy(child(config, "setting")?)?))
            },
        )?;
        plug.switch = switch.id;
        plug.switch_name = switch_name;
        group.clone_into(&mut plug.group);
        key.clone_into(&mut plug.key);
        plug.version = version;
        Ok((plug, of_port, of_group))
    }
}

/// Names and objects of one page of VMs, and what asks for the next one.
type Page = (Vec<(String, Object)>, Option<String>);

fn page(node: Node<'_, '_>) -> Option<Page> {
    // Without a single VM there is no `returnval` either.
    let Some(node) = child(node, "returnval") else { return Some((Vec::new(), None)) };
    let objects = node.children().filter(|node| node.tag_name().name() == "objects");
    let all = objects.map(|found| {
        let name = value(found, "name")?.text().unwrap_or_default().to_owned();
        Some((name, object(child(found, "obj")?)?))
    });
    Some((all.collect::<Option<_>>()?, text(node, &["token"]).map(str::to_owned)))
}

/// A device that has a MAC address is a NIC.
fn nic(device: Node<'_, '_>) -> Option<Nic> {
    let mac = text(device, &["macAddress"])?.to_ascii_lowercase();
    let label = short(text(device, &["deviceInfo", "label"]).unwrap_or("NIC"));
    let port = child(device, "backing")
        .filter(|backing| kind(*backing) == "VirtualEthernetCardDistributedVirtualPortBackingInfo");
    let plug = port.and_then(|backing| child(backing, "port")).and_then(|port| {
        let of = |name: &str| text(port, &[name]).map(str::to_owned);
        Some((of("switchUuid")?, of("portgroupKey")?, of("portKey")?))
    });
    Some(Nic { label, mac, plug })
}

fn read_group(object: Node<'_, '_>) -> Option<(Plug, Policy)> {
    let config = value(object, "config")?;
    let rules = child(config, "policy")?;
    let overridable = truth(rules, &["macManagementOverrideAllowed"])
        .or_else(|| truth(rules, &["securityPolicyOverrideAllowed"]))?;
    let plug = Plug {
        switch: String::new(),
        switch_name: String::new(),
        group: String::new(),
        group_name: short(value(object, "name")?.text()?),
        group_version: text(config, &["configVersion"])?.to_owned(),
        key: String::new(),
        version: String::new(),
        overridable,
        forgets: truth(rules, &["portConfigResetAtDisconnect"]).unwrap_or(false),
        whole: false,
    };
    Some((plug, policy(child(config, "defaultPortConfig")?)?))
}

/// What a port accepts. One word says for all three whether they are the group's.
fn policy(setting: Node<'_, '_>) -> Option<Policy> {
    let rules = child(setting, "macManagementPolicy")?;
    let inherited = truth(rules, &["inherited"])?;
    let of = |name: &str| Some(Setting { accepted: truth(rules, &[name])?, inherited });
    Some(Policy {
        promiscuous: of("allowPromiscuous")?,
        forged_transmits: of("forgedTransmits")?,
        mac_changes: of("macChanges")?,
    })
}
