//! vSphere's SOAP API as far as ports of distributed switches need it, as it is documented:
//! sessions, faults, the order of elements, versions of configurations, tasks. What the real
//! one would refuse is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use roxmltree::{Document, Node};

use crate::http::{Request, Response};

pub const USER: &str = "promisc@vsphere.local";
pub const PASSWORD: &str = "p4ss<&>\"word";
pub const LAN: &str = "00:50:56:00:00:12";
const SESSION: &str = "vmware_soap_session=\"5f1c-53cr3t-session\"";

/// A port group.
pub struct Group {
    pub name: &'static str,
    pub overridable: bool,
    pub forgets: bool,
    pub on: [bool; 3],
    version: u32,
}

/// A port: its group, its own policy if it has one.
pub struct Port {
    group: &'static str,
    pub own: Option<[bool; 3]>,
    version: u32,
}

enum Work {
    Port { key: String, on: Option<[bool; 3]>, version: String },
    Group { id: String, on: [bool; 3], version: String },
}

pub struct VCenter {
    pub groups: BTreeMap<&'static str, Group>,
    pub ports: BTreeMap<&'static str, Port>,
    /// Names of the switches, by their UUIDs.
    pub switches: BTreeMap<&'static str, (&'static str, String)>,
    pub log: Vec<String>,
    /// Sessions that are open.
    pub open: usize,
    /// Ends the session once, before this method.
    pub ends_before: Option<&'static str>,
    /// Somebody else reconfigures every port between a look and a change.
    pub somebody_else: bool,
    pub sabotage: bool,
    tasks: BTreeMap<String, (Work, usize)>,
}

pub type Shared = Arc<Mutex<VCenter>>;

/// Label, MAC, and switch, group and port.
type Nic = (&'static str, &'static str, Option<[&'static str; 3]>);

/// `moRef`, name, NICs.
const VMS: [(&str, &str, &[Nic]); 5] = [
    (
        "vm-100",
        "db1",
        &[("Network adapter 1", "00:50:56:00:00:99", Some(["uuid-v", "dvportgroup-31", "50"]))],
    ),
    (
        "vm-102",
        "fw1",
        &[
            ("Network adapter 1", "00:50:56:00:00:11", Some(["uuid-p", "dvportgroup-21", "40"])),
            ("Network adapter 2", LAN, Some(["uuid-v", "dvportgroup-31", "51"])),
            ("Network adapter 3", "00:50:56:00:00:13", Some(["uuid-v", "dvportgroup-32", "60"])),
            ("Network adapter 4", "00:50:56:00:00:14", None),
        ],
    ),
    ("vm-103", "twin", &[]),
    ("vm-104", "twin", &[]),
    ("vm-105", "last", &[]),
];

pub fn vcenter() -> Shared {
    let group = |name, overridable, forgets| Group {
        name,
        overridable,
        forgets,
        on: [false; 3],
        version: 3,
    };
    let port = |group| Port { group, own: None, version: 7 };
    Arc::new(Mutex::new(VCenter {
        groups: BTreeMap::from([
            ("dvportgroup-21", group("VM Network", true, false)),
            ("dvportgroup-31", group("VLAN10", true, false)),
            ("dvportgroup-32", group("VLAN <20> & more", false, true)),
        ]),
        ports: BTreeMap::from([
            ("40", port("dvportgroup-21")),
            ("50", port("dvportgroup-31")),
            ("51", port("dvportgroup-31")),
            ("60", port("dvportgroup-32")),
        ]),
        switches: BTreeMap::from([
            ("uuid-p", ("dvs-10", "pcc-192-0-2-7_DC1-dvs".to_owned())),
            ("uuid-v", ("dvs-20", "pcc-192-0-2-7_DC1-vrack".to_owned())),
        ]),
        log: Vec::new(),
        open: 0,
        ends_before: None,
        somebody_else: false,
        sabotage: false,
        tasks: BTreeMap::new(),
    }))
}

pub fn handle(vcenter: &Shared, request: &Request) -> Option<Response> {
    let mut vcenter = vcenter.lock().unwrap();
    let answer = vcenter.answer(request);
    Some(match answer {
        Ok((method, inner)) => {
            let body = format!("<{method}Response xmlns=\"urn:vim25\">{inner}</{method}Response>");
            let response = Response::new(200, envelope(&body));
            match method.as_str() {
                "Login" => {
                    response.with("Set-Cookie", &format!("{SESSION}; Path=/; HttpOnly; Secure;"))
                }
                _ => response,
            }
        }
        Err((kind, said)) => Response::new(
            500,
            envelope(&format!(
                "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{said}</faultstring>\
                 <detail><{kind}Fault xmlns=\"urn:vim25\" xsi:type=\"{kind}\"/></detail></soapenv:Fault>"
            )),
        ),
    })
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n{body}\n\
         </soapenv:Body>\n</soapenv:Envelope>"
    )
}

type Fault = (&'static str, String);

fn bad(why: &str) -> Fault {
    ("InvalidRequest", why.to_owned())
}

/// The child elements' names, which have an order in every type.
fn names<'a>(node: Node<'a, '_>) -> Vec<&'a str> {
    node.children().filter(Node::is_element).map(|child| child.tag_name().name()).collect()
}

fn at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Result<Node<'a, 'i>, Fault> {
    path.iter().try_fold(node, |node, name| {
        node.children()
            .find(|child| child.has_tag_name(("urn:vim25", *name)))
            .ok_or_else(|| bad(&format!("{name} is missing")))
    })
}

fn text<'a>(node: Node<'a, '_>, path: &[&str]) -> Result<&'a str, Fault> {
    Ok(at(node, path)?.text().unwrap_or_default())
}

fn typed(node: Node<'_, '_>, wanted: &str) -> Result<(), Fault> {
    let kind = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "type"));
    match kind == Some(wanted) {
        true => Ok(()),
        false => Err(bad(&format!("{:?} instead of {wanted}", kind))),
    }
}

impl VCenter {
    fn answer(&mut self, request: &Request) -> Result<(String, String), Fault> {
        if (request.method.as_str(), request.path.as_str()) != ("POST", "/sdk")
            || !request.header("content-type").starts_with("text/xml")
            || !request.header("soapaction").trim_matches('"').starts_with("urn:vim25/")
        {
            return Err(bad("no call of this API"));
        }
        let document = Document::parse(&request.body).map_err(|error| bad(&error.to_string()))?;
        let soap = "http://schemas.xmlsoap.org/soap/envelope/";
        let body = document.descendants().find(|node| node.has_tag_name((soap, "Body")));
        let call =
            body.and_then(|body| body.first_element_child()).ok_or_else(|| bad("no body"))?;
        if call.tag_name().namespace() != Some("urn:vim25") {
            return Err(bad("no method of vim25"));
        }
        let method = call.tag_name().name().to_owned();
        self.log.push(method.clone());
        let this = at(call, &["_this"])?;
        let this = (this.attribute("type").unwrap_or(""), this.text().unwrap_or(""));
        if self.ends_before == Some(method.as_str()) {
            self.ends_before = None;
            self.open -= 1;
        }
        let known = request.header("cookie") == SESSION && self.open > 0;
        if !known && !["RetrieveServiceContent", "Login"].contains(&method.as_str()) {
            return Err(("NotAuthenticated", "The session is not authenticated.".to_owned()));
        }
        let inner = self.method(&method, this, call)?;
        Ok((method, inner))
    }

    fn method(
        &mut self,
        method: &str,
        this: (&str, &str),
        call: Node<'_, '_>,
    ) -> Result<String, Fault> {
        match (method, this) {
            ("RetrieveServiceContent", ("ServiceInstance", "ServiceInstance")) => {
                Ok(CONTENT.to_owned())
            }
            ("Login", ("SessionManager", "SessionManager")) => {
                let who = (text(call, &["userName"])?, text(call, &["password"])?);
                if who != (USER, PASSWORD) {
                    let said = "Cannot complete login due to an incorrect user name or password.";
                    return Err(("InvalidLogin", said.to_owned()));
                }
                self.open += 1;
                Ok("<returnval><key>52</key><userName>x</userName></returnval>".to_owned())
            }
            ("Logout", ("SessionManager", "SessionManager")) => {
                self.open -= 1;
                Ok(String::new())
            }
            ("CreateContainerView", ("ViewManager", "ViewManager")) => {
                let wanted = ["_this", "container", "type", "recursive"];
                if names(call) != wanted || text(call, &["container"])? != "group-d1" {
                    return Err(bad("no such view"));
                }
                Ok("<returnval type=\"ContainerView\">session[52]view-1</returnval>".to_owned())
            }
            ("RetrievePropertiesEx", ("PropertyCollector", "propertyCollector")) => {
                self.properties(call)
            }
            ("ContinueRetrievePropertiesEx", ("PropertyCollector", "propertyCollector")) => {
                let from = text(call, &["token"])?.parse().map_err(|_| bad("token"))?;
                Ok(page(from))
            }
            ("QueryDvsByUuid", ("DistributedVirtualSwitchManager", "DVSManager")) => {
                let uuid = text(call, &["uuid"])?;
                let found = self.switches.get(uuid).ok_or_else(|| bad("no such switch"))?;
                Ok(format!(
                    "<returnval type=\"VmwareDistributedVirtualSwitch\">{}</returnval>",
                    found.0
                ))
            }
            ("FetchDVPorts", ("VmwareDistributedVirtualSwitch", _)) => {
                let key = text(call, &["criteria", "portKey"])?;
                let (key, port) =
                    self.ports.get_key_value(key).ok_or_else(|| bad("no such port"))?;
                Ok(self.port(key, port))
            }
            ("ReconfigureDVPort_Task", ("VmwareDistributedVirtualSwitch", _)) => {
                self.reconfigure(call)
            }
            ("ReconfigureDVPortgroup_Task", ("DistributedVirtualPortgroup", id)) => {
                let spec = at(call, &["spec"])?;
                if names(spec) != ["configVersion", "defaultPortConfig"] {
                    return Err(bad("DVPortgroupConfigSpec: elements out of order"));
                }
                let setting = at(spec, &["defaultPortConfig"])?;
                let on = policy(setting)?.ok_or_else(|| bad("a group inherits from nobody"))?;
                let version = text(spec, &["configVersion"])?.to_owned();
                Ok(self.begin(Work::Group { id: id.to_owned(), on, version }))
            }
            _ => Err(bad(&format!("no method {method} of {this:?}"))),
        }
    }

    fn reconfigure(&mut self, call: Node<'_, '_>) -> Result<String, Fault> {
        let spec = at(call, &["port"])?;
        if names(spec) != ["operation", "key", "setting", "configVersion"] {
            return Err(bad("DVPortConfigSpec: elements out of order"));
        }
        if text(spec, &["operation"])? != "edit" {
            return Err(bad("a port is edited"));
        }
        let on = policy(at(spec, &["setting"])?)?;
        let key = text(spec, &["key"])?.to_owned();
        let version = text(spec, &["configVersion"])?.to_owned();
        if self.somebody_else {
            self.ports.values_mut().for_each(|port| port.version += 1);
        }
        Ok(self.begin(Work::Port { key, on, version }))
    }

    fn begin(&mut self, work: Work) -> String {
        let id = format!("task-{}", 80 + self.tasks.len());
        self.tasks.insert(id.clone(), (work, 2));
        format!("<returnval type=\"Task\">{id}</returnval>")
    }

    fn properties(&mut self, call: Node<'_, '_>) -> Result<String, Fault> {
        let specification = at(call, &["specSet"])?;
        at(call, &["options"])?;
        if names(specification) != ["propSet", "objectSet"] {
            return Err(bad("PropertyFilterSpec: elements out of order"));
        }
        let kind = text(specification, &["propSet", "type"])?;
        let set = at(specification, &["objectSet"])?;
        let of = at(set, &["obj"])?;
        let id = of.text().unwrap_or_default();
        if of.attribute("type") == Some("ContainerView") {
            typed(at(set, &["selectSet"])?, "TraversalSpec")?;
            if kind != "VirtualMachine" || text(set, &["selectSet", "path"])? != "view" {
                return Err(bad("nothing is in this view"));
            }
            return Ok(page(0));
        }
        if of.attribute("type") != Some(kind) {
            return Err(bad("the object is of another type"));
        }
        let values = match kind {
            "VirtualMachine" => {
                vec![("config.hardware.device", "ArrayOfVirtualDevice", devices(id)?)]
            }
            "VmwareDistributedVirtualSwitch" => {
                let name = self.switches.values().find(|(own, _)| *own == id);
                vec![("name", "xsd:string", name.ok_or_else(|| bad("no switch"))?.1.clone())]
            }
            "DistributedVirtualPortgroup" => {
                let group = self.groups.get(id).ok_or_else(|| bad("no group"))?;
                let name =
                    group.name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                vec![
                    ("name", "xsd:string", name),
                    ("config", "DVPortgroupConfigInfo", config(id, group)),
                ]
            }
            "Task" => vec![("info", "TaskInfo", self.task(id)?)],
            other => return Err(bad(&format!("no type {other}"))),
        };
        let values: String = values
            .iter()
            .map(|(name, kind, value)| {
                format!(
                    "<propSet><name>{name}</name><val xsi:type=\"{kind}\">{value}</val></propSet>"
                )
            })
            .collect();
        Ok(format!(
            "<returnval><objects><obj type=\"{kind}\">{id}</obj>{values}</objects></returnval>"
        ))
    }

    fn task(&mut self, id: &str) -> Result<String, Fault> {
        let (work, looks) = self.tasks.get_mut(id).ok_or_else(|| bad("no task"))?;
        *looks = looks.saturating_sub(1);
        if *looks > 0 {
            return Ok("<key>x</key><state>running</state><progress>40</progress>".to_owned());
        }
        let failed = |kind: &str, said: &str| {
            format!(
                "<key>x</key><state>error</state><error><fault xsi:type=\"{kind}\"/>\
                 <localizedMessage>{said}</localizedMessage></error>"
            )
        };
        let late = failed("ConcurrentAccess", "The resource was changed by somebody else.");
        match work {
            Work::Port { key, on, version } => {
                let port = self.ports.get_mut(key.as_str()).ok_or_else(|| bad("no port"))?;
                if !self.groups[port.group].overridable {
                    return Ok(failed(
                        "InvalidArgument",
                        "A specified parameter was not correct: spec.setting",
                    ));
                }
                if port.version.to_string() != *version {
                    return Ok(late);
                }
                if !self.sabotage {
                    port.own = *on;
                    port.version += 1;
                }
            }
            Work::Group { id, on, version } => {
                let group = self.groups.get_mut(id.as_str()).ok_or_else(|| bad("no group"))?;
                if group.version.to_string() != *version {
                    return Ok(late);
                }
                group.on = *on;
                group.version += 1;
            }
        }
        *looks = 1;
        Ok("<key>x</key><state>success</state>".to_owned())
    }

    fn port(&self, key: &str, port: &Port) -> String {
        let group = &self.groups[port.group];
        let setting = setting(port.own.unwrap_or(group.on), port.own.is_none());
        format!(
            "<returnval><key>{key}</key><config><setting xsi:type=\"VMwareDVSPortSetting\">{setting}\
             </setting><configVersion>{}</configVersion></config><portgroupKey>{}</portgroupKey></returnval>",
            port.version, port.group
        )
    }
}

fn setting(on: [bool; 3], inherited: bool) -> String {
    format!(
        "<macManagementPolicy><inherited>{inherited}</inherited><allowPromiscuous>{}</allowPromiscuous>\
         <macChanges>{}</macChanges><forgedTransmits>{}</forgedTransmits></macManagementPolicy>",
        on[0], on[1], on[2]
    )
}

fn config(id: &str, group: &Group) -> String {
    format!(
        "<key>{id}</key><defaultPortConfig xsi:type=\"VMwareDVSPortSetting\">{}</defaultPortConfig>\
         <policy xsi:type=\"VMwareDVSPortgroupPolicy\"><portConfigResetAtDisconnect>{}\
         </portConfigResetAtDisconnect><securityPolicyOverrideAllowed>{}</securityPolicyOverrideAllowed>\
         <macManagementOverrideAllowed>{}</macManagementOverrideAllowed></policy>\
         <configVersion>{}</configVersion>",
        setting(group.on, false),
        group.forgets,
        group.overridable,
        group.overridable,
        group.version
    )
}

/// The three settings of a policy; none if they are to be inherited.
fn policy(setting: Node<'_, '_>) -> Result<Option<[bool; 3]>, Fault> {
    typed(setting, "VMwareDVSPortSetting")?;
    let rules = at(setting, &["macManagementPolicy"])?;
    let truth = |name: &str| match text(rules, &[name])? {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(bad(&format!("{name} is {other:?}"))),
    };
    if truth("inherited")? {
        return Ok(None);
    }
    if names(rules) != ["inherited", "allowPromiscuous", "macChanges", "forgedTransmits"] {
        return Err(bad("DVSMacManagementPolicy: elements out of order"));
    }
    Ok(Some([truth("allowPromiscuous")?, truth("macChanges")?, truth("forgedTransmits")?]))
}

/// Two VMs at a time, and a token for the next two.
fn page(from: usize) -> String {
    let token =
        if from + 2 < VMS.len() { format!("<token>{}</token>", from + 2) } else { String::new() };
    let objects: String = VMS
        .iter()
        .skip(from)
        .take(2)
        .map(|(id, name, _)| {
            format!(
                "<objects><obj type=\"VirtualMachine\">{id}</obj><propSet><name>name</name>\
                 <val xsi:type=\"xsd:string\">{name}</val></propSet></objects>"
            )
        })
        .collect();
    format!("<returnval>{token}{objects}</returnval>")
}

fn devices(id: &str) -> Result<String, Fault> {
    let vm = VMS.iter().find(|(own, ..)| *own == id).ok_or_else(|| bad("no VM"))?;
    let disk = "<VirtualDevice xsi:type=\"VirtualDisk\"><key>2000</key><deviceInfo><label>Hard disk 1\
                </label></deviceInfo></VirtualDevice>";
    let nics = vm.2.iter().map(|(label, mac, plug)| {
        let backing = match plug {
            Some([switch, group, port]) => format!(
                "<backing xsi:type=\"VirtualEthernetCardDistributedVirtualPortBackingInfo\"><port>\
                 <switchUuid>{switch}</switchUuid><portgroupKey>{group}</portgroupKey>\
                 <portKey>{port}</portKey></port></backing>"
            ),
            None => "<backing xsi:type=\"VirtualEthernetCardNetworkBackingInfo\"/>".to_owned(),
        };
        format!(
            "<VirtualDevice xsi:type=\"VirtualVmxnet3\"><key>4000</key><deviceInfo><label>{label}</label>\
             </deviceInfo>{backing}<addressType>assigned</addressType><macAddress>{mac}</macAddress></VirtualDevice>"
        )
    });
    Ok(format!("{disk}{}", nics.collect::<String>()))
}

const CONTENT: &str = "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>\
    <propertyCollector type=\"PropertyCollector\">propertyCollector</propertyCollector>\
    <viewManager type=\"ViewManager\">ViewManager</viewManager>\
    <about><apiVersion>8.0.1.0</apiVersion></about>\
    <sessionManager type=\"SessionManager\">SessionManager</sessionManager>\
    <dvSwitchManager type=\"DistributedVirtualSwitchManager\">DVSManager</dvSwitchManager></returnval>";
