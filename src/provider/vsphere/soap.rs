//! vSphere's SOAP API: envelopes, faults, the session.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use roxmltree::{Document, Node};

use crate::provider::ProviderError;
use crate::provider::http::{Answer, Http};
use crate::provider::words::{first_line, short};

pub(super) const WHAT: &str = "vSphere";
/// The version that brought the policy of MAC addresses, and that newer ones still speak.
const ACTION: &str = "urn:vim25/6.7.1";

/// Whose session it is to be.
pub(super) struct Account {
    pub endpoint: String,
    pub user: String,
    pub password: String,
}

/// A managed object: its type and its name at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub kind: String,
    pub id: String,
}

/// What the server says of itself.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub sessions: Object,
    pub properties: Object,
    pub views: Object,
    pub root: Object,
    pub switches: Object,
}

/// A client that logs in when it is first needed, and out at its end.
pub(super) struct Soap {
    http: Http,
    account: Account,
    session: Mutex<Option<(String, Content)>>,
}

impl Soap {
    pub fn new(http: Http, account: Account) -> Self {
        Self { http, account, session: Mutex::new(None) }
    }

    /// Calls a method within the session, and reads its response's element.
    pub fn ask<T>(
        &self,
        method: &str,
        of: impl Fn(&Content) -> Object,
        arguments: &str,
        read: impl Fn(Node<'_, '_>) -> Option<T>,
    ) -> Result<T, ProviderError> {
        let mut again = true;
        loop {
            let (cookie, content) = self.session()?;
            match self.call(Some(&cookie), method, &of(&content), arguments) {
                // It may have ended while a task was waited for.
                Err(Failed::NoSession) if again => {
                    *self.session.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    again = false;
                }
                Err(failed) => return Err(failed.into_error()),
                Ok((text, _)) => return self.read(method, &text, read),
            }
        }
    }

    /// What the server says of itself, within the session.
    pub fn content(&self) -> Result<Content, ProviderError> {
        Ok(self.session()?.1)
    }

    fn session(&self) -> Result<(String, Content), ProviderError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((cookie, content)) = session.as_ref() {
            return Ok((cookie.clone(), content.clone()));
        }
        let instance = Object { kind: "ServiceInstance".into(), id: "ServiceInstance".into() };
        let (text, _) =
            self.call(None, "RetrieveServiceContent", &instance, "").map_err(Failed::into_error)?;
        let content = self.read("RetrieveServiceContent", &text, content)?;
        let arguments = format!(
            "<userName>{}</userName><password>{}</password>",
            escape(&self.account.user),
            escape(&self.account.password)
        );
        let (text, cookie) =
            self.call(None, "Login", &content.sessions, &arguments).map_err(Failed::into_error)?;
        self.read("Login", &text, |node| child(node, "returnval").map(drop))?;
        let cookie = cookie.ok_or_else(|| garbled("a login without a session"))?;
        *session = Some((cookie.clone(), content.clone()));
        Ok((cookie, content))
    }

    fn call(
        &self,
        cookie: Option<&str>,
        method: &str,
        this: &Object,
        arguments: &str,
    ) -> Result<(String, Option<String>), Failed> {
        let envelope = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>\
             <{method} xmlns=\"urn:vim25\">{}{arguments}</{method}>\
             </soapenv:Body></soapenv:Envelope>",
            reference("_this", this)
        );
        let mut headers = vec![
            ("Content-Type", "text/xml; charset=utf-8".to_owned()),
            ("SOAPAction", ACTION.to_owned()),
        ];
        headers.extend(cookie.map(|cookie| ("Cookie", cookie.to_owned())));
        let answer = self.http.send("POST", &self.account.endpoint, &headers, Some(envelope))?;
        if answer.is_good() {
            return Ok((answer.text, answer.cookie));
        }
        Err(fault(&answer))
    }

    fn read<T>(
        &self,
        method: &str,
        text: &str,
        read: impl Fn(Node<'_, '_>) -> Option<T>,
    ) -> Result<T, ProviderError> {
        let document = Document::parse(text).map_err(|_| garbled("an answer that is no XML"))?;
        let name = format!("{method}Response");
        let node = document.descendants().find(|node| node.has_tag_name(("urn:vim25", &*name)));
        let value = node.and_then(read);
        value.ok_or_else(|| garbled(&format!("{method} gave something else than it should")))
    }
}

impl Drop for Soap {
    fn drop(&mut self) {
        let session = self.session.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((cookie, content)) = session {
            // It would end by itself after half an hour.
            let _ = self.call(Some(&cookie), "Logout", &content.sessions, "");
        }
    }
}

/// Why a call failed.
enum Failed {
    NoSession,
    Error(ProviderError),
}

impl Failed {
    fn into_error(self) -> ProviderError {
        match self {
            Self::Error(error) => error,
            Self::NoSession => refused("it ends our session at once"),
        }
    }
}

impl From<ProviderError> for Failed {
    fn from(error: ProviderError) -> Self {
        Self::Error(error)
    }
}

/// A fault comes with status 500, like a server that is only ill: its body tells.
fn fault(answer: &Answer) -> Failed {
    let document = Document::parse(&answer.text).ok();
    let fault = document
        .as_ref()
        .and_then(|document| document.descendants().find(|node| node.tag_name().name() == "Fault"));
    let Some(fault) = fault else {
        let said = first_line(&answer.text);
        let error = answer.usual_error(WHAT, &said);
        return Failed::Error(
            error.unwrap_or_else(|| garbled(&format!("{said:?} ({})", answer.status))),
        );
    };
    let said = short(text(fault, &["faultstring"]).unwrap_or("no reason is given"));
    let detail = child(fault, "detail").and_then(|detail| detail.first_element_child());
    let kind = detail.map(kind).unwrap_or_default();
    match kind.as_str() {
        "NotAuthenticated" => Failed::NoSession,
        "InvalidLogin" | "NoPermission" => Failed::Error(ProviderError::Denied {
            what: WHAT.to_owned(),
            reason: said,
            remedy: "correct `user` and `password`; the account needs to read VMs, and DVPort \
                     configuration on the distributed switch"
                .to_owned(),
        }),
        "" => Failed::Error(refused(&said)),
        kind => Failed::Error(refused(&format!("{said} ({kind})"))),
    }
}

fn content(node: Node<'_, '_>) -> Option<Content> {
    let node = child(node, "returnval")?;
    let object = |name: &str| object(child(node, name)?);
    Some(Content {
        sessions: object("sessionManager")?,
        properties: object("propertyCollector")?,
        views: object("viewManager")?,
        root: object("rootFolder")?,
        switches: object("dvSwitchManager")?,
    })
}

/// The managed object that an element names.
pub(super) fn object(node: Node<'_, '_>) -> Option<Object> {
    Some(Object { kind: node.attribute("type")?.to_owned(), id: node.text()?.trim().to_owned() })
}

/// An element that names a managed object.
pub(super) fn reference(name: &str, object: &Object) -> String {
    format!("<{name} type=\"{}\">{}</{name}>", escape(&object.kind), escape(&object.id))
}

/// An element's `xsi:type`, without its prefix.
pub(super) fn kind(node: Node<'_, '_>) -> String {
    let kind = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "type"));
    let kind = kind.unwrap_or_else(|| node.tag_name().name());
    kind.rsplit(':').next().unwrap_or_default().to_owned()
}

/// The first child element of that name.
pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The text at a path below an element.
pub(super) fn text<'a>(node: Node<'a, '_>, path: &[&str]) -> Option<&'a str> {
    let node = path.iter().try_fold(node, |node, name| child(node, name))?;
    Some(node.text().unwrap_or_default().trim())
}

/// A truth value at a path below an element.
pub(super) fn truth(node: Node<'_, '_>, path: &[&str]) -> Option<bool> {
    match text(node, path)? {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Text as XML has it.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
        out
    })
}

pub(super) fn refused(reason: &str) -> ProviderError {
    ProviderError::Refused { what: WHAT.to_owned(), reason: reason.to_owned() }
}

pub(super) fn garbled(reason: &str) -> ProviderError {
    ProviderError::Garbled { what: WHAT.to_owned(), reason: reason.to_owned() }
}
