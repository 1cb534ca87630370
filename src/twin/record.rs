//! A host as it was read one day, kept for its twin.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::live::Live;
use crate::observed::{FileState, Ifupdown, Survey};

/// Which form of record this is.
const VERSION: u32 = 1;

/// Where what configures a network is kept.
const KEPT: [&str; 6] = [
    "/etc/network/",
    "/etc/sysctl.",
    "/etc/nftables.",
    "/etc/iproute2/",
    "/etc/keepalived/",
    "/usr/local/",
];

/// What every form of record has.
#[derive(Deserialize)]
struct Form {
    version: u32,
}

/// A host's configuration and live state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The form.
    version: u32,
    /// The host, as the inventory calls it.
    pub host: String,
    /// When it was read, in seconds since 1970.
    pub taken: u64,
    /// Whether ifupdown2 configures its network.
    pub ifupdown2: bool,
    /// Permission bits and text of each file, by path.
    pub files: BTreeMap<String, (u32, String)>,
    /// MAC addresses by the names of links.
    pub macs: BTreeMap<String, String>,
    /// What was so.
    pub live: Live,
}

impl Record {
    /// Keeps what a look has found.
    pub fn of(host: &str, survey: &Survey, taken: u64) -> Self {
        let wanted = |path: &str| {
            KEPT.iter().any(|place| path.starts_with(place)) && !survey.packaged.contains(path)
        };
        let files = survey.files.iter().filter(|(path, _)| wanted(path));
        let texts = files.filter_map(|(path, state)| match state {
            FileState::File { mode, content, .. } => {
                let text = String::from_utf8(content.clone()).ok()?;
                Some((path.clone(), (*mode, text)))
            }
            _ => None,
        });
        Self {
            version: VERSION,
            host: host.to_owned(),
            taken,
            ifupdown2: survey.ifupdown == Ifupdown::Ifupdown2,
            files: texts.collect(),
            macs: survey.macs.clone(),
            live: survey.live.clone(),
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Another form may lack what this one needs.
        let form: Form = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match form.version {
            VERSION => serde_json::from_str(text).map_err(|error| error.to_string()),
            other => Err(format!("it is of form {other}, and this rappel reads {VERSION}")),
        }
    }
}
