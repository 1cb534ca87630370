//! A guest of a host, to be restarted there.

use super::{Lines, RequestError};

/// What is sent to a hypervisor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guest {
    /// What the inventory calls the guest.
    pub name: String,
    /// `virsh`, `qm`, `pct`, `nspawn` or `command`.
    pub manager: &'static str,
    /// What the manager calls it.
    pub id: String,
    /// The command, if that is what restarts it.
    pub command: Option<String>,
    /// The bridge that it is on.
    pub bridge: Option<String>,
    /// The addresses that it must answer at.
    pub addresses: Vec<String>,
    /// How long it may take to stop and to come back, in seconds.
    pub patience: u64,
}

impl Guest {
    /// The request's bytes.
    ///
    /// # Errors
    /// A line break in a value, or a name that a tool would take for an option.
    pub fn encode(&self) -> Result<Vec<u8>, RequestError> {
        if self.id.is_empty() || self.id.starts_with('-') {
            let why = "a tool would not take it for a name";
            return Err(RequestError::Unfit { key: "id", value: self.id.clone(), why });
        }
        let mut lines = Lines::new("guest");
        lines.add("name", &self.name)?;
        lines.add("manager", self.manager)?;
        lines.add("id", &self.id)?;
        if let Some(command) = &self.command {
            lines.add("command", command)?;
        }
        if let Some(bridge) = &self.bridge {
            lines.add("bridge", bridge)?;
        }
        lines.add_all("address", &self.addresses)?;
        lines.add("patience", &self.patience.to_string())?;
        Ok(lines.done())
    }
}

#[cfg(test)]
mod tests {
    use super::Guest;

    #[test]
    fn an_option_is_no_name() {
        let guest = Guest { id: "--all".to_owned(), manager: "virsh", ..Guest::default() };
        assert!(guest.encode().is_err());
    }
}
