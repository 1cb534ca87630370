//! Evaluated settings → values of their types. A value that a tool on the host could take
//! for an option, or that would break a line of the request, is a mistake here.

use std::net::IpAddr;

use serde_json::Value;

use crate::desired::yaml::Node;
use crate::diagnostic::Diagnostic;

/// A setting that was evaluated: its name, its value, and where it was written.
pub(super) struct Setting<'a> {
    pub(super) key: &'static str,
    pub(super) value: Value,
    pub(super) node: &'a Node,
}

type Read<T> = Result<T, Box<Diagnostic>>;

impl Setting<'_> {
    fn text(&self) -> Read<String> {
        match &self.value {
            Value::String(text) => Ok(text.trim().to_owned()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(self.mistake("text", "write it on the same line as its key")),
        }
    }

    /// An address without prefix length.
    pub(super) fn address(&self) -> Read<IpAddr> {
        self.text()?
            .parse()
            .map_err(|_| self.mistake("an address", "write an address without a prefix length"))
    }

    /// Addresses; a prefix length behind one is left out.
    pub(super) fn addresses(&self) -> Read<Vec<IpAddr>> {
        let Value::Array(items) = &self.value else {
            return Err(self.mistake("a list of addresses", "begin each one with `- `"));
        };
        let parse = |item: &Value| item.as_str().and_then(without_length);
        let all: Option<Vec<IpAddr>> = items.iter().map(parse).collect();
        all.ok_or_else(|| self.mistake("a list of addresses", "check each of them"))
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, least: u16, most: u16) -> Read<u16> {
        let number = self.text()?.parse().ok().filter(|n| (least..=most).contains(n));
        number.ok_or_else(|| {
            let remedy = format!("give it a number from {least} to {most}");
            self.mistake("such a number", &remedy)
        })
    }

    /// An address or a name of the DNS.
    pub(super) fn target(&self) -> Read<String> {
        let text = self.text()?;
        let inner = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let named = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && text.len() <= 253
            && text.chars().all(inner);
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) if named => Ok(text),
            Err(_) => Err(self.mistake("an address or a name", "write an address or a host name")),
        }
    }

    /// An address, a prefix, or `default`.
    pub(super) fn destination(&self) -> Read<String> {
        let text = self.text()?;
        let prefix = text.parse::<ipnet::IpNet>().map(|net| net.trunc().to_string());
        let address = text.parse::<IpAddr>().map(|address| address.to_string());
        match prefix.or(address) {
            Ok(destination) => Ok(destination),
            Err(_) if text == "default" => Ok(text),
            Err(_) => Err(self.mistake(
                "a destination",
                "write an address, a prefix such as 10.1.0.0/16, or `default`",
            )),
        }
    }

    /// The name of an interface.
    pub(super) fn interface(&self) -> Read<String> {
        let text = self.text()?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if text.is_empty() || text.len() > 15 || text.starts_with('-') || text.contains(odd) {
            return Err(self.mistake("the name of an interface", "write a name such as eth0"));
        }
        Ok(text)
    }

    /// A command of one line.
    pub(super) fn command(&self) -> Read<String> {
        let text = self.text()?;
        if text.is_empty() || text.contains(char::is_control) {
            let remedy = "write one line; a longer script belongs into a `file` of its own";
            return Err(self.mistake("a command of one line", remedy));
        }
        Ok(text)
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Read<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        found.ok_or_else(|| {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let remedy = match crate::desired::nearest(&text, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there is: {}", names.join(", ")),
            };
            self.mistake("one of its words", &remedy)
        })
    }

    /// The value is not what it should be. It is not shown: it may come from a secret.
    pub(super) fn mistake(&self, wanted: &str, remedy: &str) -> Box<Diagnostic> {
        Diagnostic::error(format!("`{}` is not {wanted}", self.key))
            .at(self.node.place.clone())
            .remedy(remedy)
            .into()
    }
}

/// An address, with or without a prefix length behind it.
pub(super) fn without_length(text: &str) -> Option<IpAddr> {
    text.split_once('/').map_or(text, |(address, _)| address).trim().parse().ok()
}
