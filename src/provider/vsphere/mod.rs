//! Ports of a distributed switch of one's own, through vCenter.

mod find;
mod soap;

use std::env;

use super::http::{Http, endpoint};
use super::port::{Policy, Port, Ports};
use super::settings::{Fields, SettingsError, wrong};
use super::tls::Trust;
use super::words::short;
use super::{Progress, ProviderError, Task};
use find::Plug;
use soap::{Account, Object, Soap, WHAT, child, escape, garbled, kind, object, refused, text};

/// A vCenter.
pub(super) struct VCenter {
    soap: Soap,
    endpoint: String,
}

/// Reads the settings. The inventory wins over the environment, whose names are Ansible's.
pub(super) fn port_driver(settings: &Fields<'_>) -> Result<VCenter, SettingsError> {
    settings.only(&["endpoint", "user", "password", "ca_file", "thumbprint", "timeout"])?;
    let set = |name: &str| -> Result<String, SettingsError> {
        let variable = format!("VMWARE_{}", name.to_uppercase());
        let given = settings.text(name)?.or_else(|| env::var(&variable).ok());
        given
            .filter(|text| !text.is_empty())
            .ok_or_else(|| wrong(&format!("`{name}` is missing, here and as {variable}")))
    };
    let endpoint = endpoint(&settings.need("endpoint")?)?;
    let trust = trust(settings)?;
    let http = Http::trusting(WHAT, settings.seconds("timeout")?, trust);
    let account =
        Account { endpoint: endpoint.clone(), user: set("user")?, password: set("password")? };
    Ok(VCenter { soap: Soap::new(http, account), endpoint })
}

fn trust(settings: &Fields<'_>) -> Result<Trust, SettingsError> {
    match (settings.text("ca_file")?, settings.text("thumbprint")?) {
        (None, None) => Ok(Trust::Usual),
        (Some(_), Some(_)) => Err(wrong("`ca_file` and `thumbprint` are two ways: choose one")),
        (Some(file), None) => {
            let pem = std::fs::read(&file)
                .map_err(|error| wrong(&format!("`ca_file` cannot be read: {error}")))?;
            Trust::in_file(&pem).ok_or_else(|| wrong("`ca_file` holds no certificate in PEM"))
        }
        (None, Some(text)) => Trust::thumbprint(&text).ok_or_else(|| {
            wrong(
                "`thumbprint` is not the SHA-256 of a certificate, 32 bytes in hexadecimal: \
                 openssl x509 -noout -fingerprint -sha256",
            )
        }),
    }
}

impl VCenter {
    fn found(&self, vm: &str, mac: &str, whole: bool) -> Result<Port, ProviderError> {
        let vm = self.soap.vm(vm)?;
        let Some(nic) = vm.nics.iter().find(|nic| nic.mac.eq_ignore_ascii_case(mac)) else {
            let own: Vec<String> =
                vm.nics.iter().map(|nic| format!("{} ({})", short(&nic.mac), nic.label)).collect();
            return Err(refused(&format!(
                "{mac} is not a NIC of {}, which has {}",
                vm.name,
                if own.is_empty() { "none".to_owned() } else { own.join(", ") }
            )));
        };
        let Some(plug) = &nic.plug else {
            return Err(refused(&format!("{} is not on a distributed switch", nic.label)));
        };
        let (mut plug, of_port, of_group) = self.soap.plug(plug)?;
        plug.whole = whole;
        Ok(as_port(&plug, (vm.name, vm.id, mac.to_owned(), nic.label.clone()), of_port, of_group))
    }
}

fn as_port(
    plug: &Plug,
    (vm, moref, mac, label): (String, String, String, String),
    of_port: Policy,
    of_group: Policy,
) -> Port {
    let mut notes = Vec::new();
    if !plug.overridable && !plug.whole {
        notes.push(format!("the port group {} allows no override", plug.group_name));
    }
    if plug.forgets && !plug.whole {
        notes.push(format!(
            "the port group {} resets a port when its VM is disconnected",
            plug.group_name
        ));
    }
    let port = format!("port {}", short(&plug.key));
    let last = if plug.whole { "all its ports".to_owned() } else { port };
    Port {
        handle: serde_json::to_string(plug).unwrap_or_default(),
        vm,
        moref,
        mac,
        place: vec![label, plug.group_name.clone(), plug.switch_name.clone(), last],
        policy: Some(if plug.whole { of_group } else { of_port }),
        notes,
    }
}

fn plug(port: &Port) -> Result<Plug, ProviderError> {
    serde_json::from_str(&port.handle).map_err(|_| garbled("a port that is none"))
}

/// The three settings, or none of its own.
fn setting(on: bool, whole: bool) -> String {
    let rules = match (on, whole) {
        (true, _) => {
            "<inherited>false</inherited><allowPromiscuous>true</allowPromiscuous>\
                      <macChanges>true</macChanges><forgedTransmits>true</forgedTransmits>"
        }
        // A group has nothing of its own to go back to: what a new one has.
        (false, true) => {
            "<inherited>false</inherited><allowPromiscuous>false</allowPromiscuous>\
                          <macChanges>false</macChanges><forgedTransmits>false</forgedTransmits>"
        }
        (false, false) => "<inherited>true</inherited>",
    };
    format!("<macManagementPolicy>{rules}</macManagementPolicy>")
}

impl Ports for VCenter {
    fn name(&self) -> String {
        format!("{WHAT} {}", self.endpoint)
    }

    fn find(&self, vm: &str, mac: &str) -> Result<Port, ProviderError> {
        self.found(vm, mac, false)
    }

    fn group(&self, vm: &str, mac: &str) -> Result<Port, ProviderError> {
        self.found(vm, mac, true)
    }

    fn check(&self, port: &Port) -> Result<(), ProviderError> {
        let plug = plug(port)?;
        let (switch, group) = (&plug.switch_name, &plug.group_name);
        // By what it is, not by what it is not: another name is another switch.
        if plug.whole && !switch.ends_with("-vrack") {
            return Err(refused(&format!(
                "{group} is on the switch {switch}: a whole port group is switched on a -vrack \
                 switch only, where all who hear are your own"
            )));
        }
        if switch.ends_with("-dvs") {
            return Err(refused(&format!(
                "{} is on the provider's public switch {switch}, whose ports OVHcloud switches: \
                 say `switch: public` of the NIC",
                port.mac
            )));
        }
        if !plug.whole && !plug.overridable {
            return Err(refused(&format!(
                "the port group {group} lets no port have a security policy of its own: in \
                 vSphere, Edit Settings, Advanced, allow the override of the security policy"
            )));
        }
        Ok(())
    }

    fn call(&self, port: &Port, on: bool) -> String {
        match plug(port) {
            Ok(plug) if plug.whole => {
                format!("ReconfigureDVPortgroup_Task {} {}", plug.group, setting(on, true))
            }
            Ok(plug) => format!(
                "ReconfigureDVPort_Task {} port {} {}",
                plug.switch,
                plug.key,
                setting(on, false)
            ),
            Err(error) => error.to_string(),
        }
    }

    fn set(&self, port: &Port, on: bool) -> Result<Task, ProviderError> {
        let plug = plug(port)?;
        let setting = setting(on, plug.whole);
        let setting =
            |name: &str| format!("<{name} xsi:type=\"VMwareDVSPortSetting\">{setting}</{name}>");
        let (method, of, arguments) = if plug.whole {
            let of = ("DistributedVirtualPortgroup", plug.group);
            let version = escape(&plug.group_version);
            let spec = setting("defaultPortConfig");
            let arguments = format!("<spec><configVersion>{version}</configVersion>{spec}</spec>");
            ("ReconfigureDVPortgroup_Task", of, arguments)
        } else {
            let of = ("VmwareDistributedVirtualSwitch", plug.switch);
            let arguments = format!(
                "<port><operation>edit</operation><key>{}</key>{}<configVersion>{}</configVersion></port>",
                escape(&plug.key),
                setting("setting"),
                escape(&plug.version)
            );
            ("ReconfigureDVPort_Task", of, arguments)
        };
        let of = Object { kind: of.0.to_owned(), id: of.1 };
        let task = self.soap.ask(
            method,
            |_| of.clone(),
            &arguments,
            |node| object(child(node, "returnval")?),
        )?;
        Ok(Task(task.id))
    }

    fn progress(&self, task: &Task) -> Result<Progress, ProviderError> {
        let of = Object { kind: "Task".to_owned(), id: task.0.clone() };
        self.soap.of_one(&of, &["info"], |found| {
            let set = child(found, "propSet")?;
            let info = child(set, "val")?;
            Some(match text(info, &["state"])? {
                "success" => Progress::Done,
                "error" => {
                    let error = child(info, "error");
                    let said = error.and_then(|error| text(error, &["localizedMessage"]));
                    let fault = error.and_then(|error| child(error, "fault")).map(kind);
                    let fault = fault.unwrap_or_else(|| "no fault is named".to_owned());
                    Progress::Failed(short(&format!("{} ({fault})", said.unwrap_or("error"))))
                }
                word @ ("queued" | "running") => match text(info, &["progress"]) {
                    Some(percent) => Progress::Running(short(&format!("{word}, {percent} %"))),
                    None => Progress::Running(word.to_owned()),
                },
                _ => return None,
            })
        })
    }
}
