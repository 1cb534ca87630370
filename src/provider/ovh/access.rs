//! Credentials for OVHcloud: from the inventory, the environment, or `ovh.conf`, where
//! OVHcloud's own tools keep them.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use crate::provider::http::endpoint;
use crate::provider::settings::{Fields, SettingsError, wrong};

/// How calls are signed.
pub(super) enum Credentials {
    /// An application's key and secret, and a consumer key.
    Signature { application: String, secret: String, consumer: String },
    /// A service account.
    OAuth2 { id: String, secret: String, token: String },
}

/// Where to, and as whom.
pub(super) struct Place {
    pub base: String,
    pub credentials: Credentials,
}

/// The fields that [`read`] knows.
pub(super) const FIELDS: [&str; 7] = [
    "endpoint",
    "token_endpoint",
    "application_key",
    "application_secret",
    "consumer_key",
    "client_id",
    "client_secret",
];

/// Name, API, token endpoint.
const ENDPOINTS: [(&str, &str, &str); 3] = [
    ("ovh-eu", "https://eu.api.ovh.com/1.0", "https://www.ovh.com/auth/oauth2/token"),
    ("ovh-ca", "https://ca.api.ovh.com/1.0", "https://ca.ovh.com/auth/oauth2/token"),
    ("ovh-us", "https://api.us.ovhcloud.com/1.0", "https://us.ovhcloud.com/auth/oauth2/token"),
];

/// Reads them. The inventory wins over the environment, which wins over the files.
pub(super) fn read(settings: &Fields<'_>) -> Result<Place, SettingsError> {
    let files = files();
    let variable = |name: &str| {
        let value = env::var(format!("OVH_{}", name.to_uppercase())).ok();
        value.filter(|value| !value.is_empty())
    };
    let set = |name: &str| -> Result<Option<String>, SettingsError> {
        Ok(settings.text(name)?.or_else(|| variable(name)))
    };
    let of_files = |section: &str, name: &str| {
        files.iter().find_map(|file| file.get(&(section.to_owned(), name.to_owned())).cloned())
    };
    let named = set("endpoint")?.or_else(|| of_files("default", "endpoint"));
    let named = named.unwrap_or_else(|| "ovh-eu".to_owned());
    let known = ENDPOINTS.iter().find(|(name, ..)| *name == named);
    let base = match known {
        Some((_, base, _)) => (*base).to_owned(),
        None => endpoint(&named)?,
    };
    let find = |name: &str| -> Result<Option<String>, SettingsError> {
        Ok(set(name)?.or_else(|| of_files(&named, name)))
    };
    let signature = (find("application_key")?, find("application_secret")?, find("consumer_key")?);
    let credentials = match (signature, find("client_id")?, find("client_secret")?) {
        ((Some(application), Some(secret), Some(consumer)), _, _) => {
            Credentials::Signature { application, secret, consumer }
        }
        (_, Some(id), Some(secret)) => {
            let token = match (settings.text("token_endpoint")?, known) {
                (Some(token), _) => endpoint(&token)?,
                (None, Some((.., token))) => (*token).to_owned(),
                (None, None) => return Err(wrong("`token_endpoint` is missing")),
            };
            Credentials::OAuth2 { id, secret, token }
        }
        _ => {
            return Err(wrong(
                "there are no credentials: set application_key, application_secret and \
                 consumer_key (or client_id and client_secret) here, as OVH_… in the \
                 environment, or in ~/.ovh.conf",
            ));
        }
    };
    Ok(Place { base, credentials })
}

type Ini = BTreeMap<(String, String), String>;

/// The files of OVHcloud's tools, the nearest first.
fn files() -> Vec<Ini> {
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".ovh.conf"));
    let paths = [Some(PathBuf::from("ovh.conf")), home, Some(PathBuf::from("/etc/ovh.conf"))];
    let texts = paths.into_iter().flatten().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.map(|text| ini(&text)).collect()
}

fn ini(text: &str) -> Ini {
    let mut section = String::new();
    let mut found = Ini::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            found.insert((section.clone(), key.trim().to_owned()), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::ini;

    #[test]
    fn sections_are_endpoints() {
        let text = "[default]\nendpoint=ovh-ca\n; no\n[ovh-ca]\napplication_key = a=b\n";
        let found = ini(text);
        let of = |section: &str, key: &str| found.get(&(section.to_owned(), key.to_owned()));
        assert_eq!(of("default", "endpoint").map(String::as_str), Some("ovh-ca"));
        assert_eq!(of("ovh-ca", "application_key").map(String::as_str), Some("a=b"));
    }
}
