//! Calls to OVHcloud's API, signed or with a token, and its errors.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::access::{Credentials, Place};
use crate::provider::ProviderError;
use crate::provider::http::{Answer, Http, form};
use crate::provider::words::{first_line, short};

const WHAT: &str = "OVHcloud";
const SERVER_RIGHTS: &str = "make a consumer key with GET, PUT and POST on /dedicated/server/* and \
                             GET on /ip/* and /auth/*, or give the service account these rights";

/// A client with credentials.
pub(super) struct Client {
    http: Http,
    place: Place,
    /// Seconds by which the API's clock is ahead of ours; read once.
    ahead: Mutex<Option<i64>>,
    /// The token of a service account, and when it is to be renewed.
    token: Mutex<Option<(String, SystemTime)>>,
    /// What to do about missing rights.
    rights: &'static str,
}

impl Client {
    pub fn new(place: Place, limit: Option<Duration>) -> Self {
        let http = Http::new(WHAT, limit);
        let (ahead, token) = (Mutex::new(None), Mutex::new(None));
        Self { http, place, ahead, token, rights: SERVER_RIGHTS }
    }

    /// The same for calls that need other rights than those for a server.
    pub fn needing(self, rights: &'static str) -> Self {
        Self { rights, ..self }
    }

    pub fn get(&self, path: &str) -> Result<Value, ProviderError> {
        self.call("GET", path, None)?.json(WHAT)
    }

    pub fn post(&self, path: &str) -> Result<Value, ProviderError> {
        self.call("POST", path, None)?.json(WHAT)
    }

    pub fn post_with(&self, path: &str, body: &Value) -> Result<Value, ProviderError> {
        self.call("POST", path, Some(body.to_string()))?.json(WHAT)
    }

    /// Its answer is empty.
    pub fn put(&self, path: &str, body: &Value) -> Result<(), ProviderError> {
        self.call("PUT", path, Some(body.to_string())).map(drop)
    }

    /// Whether the credentials allow these calls, as far as they tell.
    pub fn may(&self, needed: &[(&str, String)]) -> Result<(), ProviderError> {
        if matches!(self.place.credentials, Credentials::OAuth2 { .. }) {
            return Ok(());
        }
        let credential = self.get("/auth/currentCredential")?;
        let rules = credential["rules"].as_array().cloned().unwrap_or_default();
        for (method, path) in needed {
            let allowed = rules.iter().any(|rule| {
                let matches = rule["path"].as_str().is_some_and(|rule| fits(rule, path));
                rule["method"].as_str() == Some(method) && matches
            });
            if !allowed {
                return Err(self.denied(&format!("the consumer key may not {method} {path}")));
            }
        }
        Ok(())
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, ProviderError> {
        let url = format!("{}{path}", self.place.base);
        let mut headers = self.authorization(method, &url, body.as_deref().unwrap_or_default())?;
        if body.is_some() {
            headers.push(("Content-Type", "application/json;charset=utf-8".to_owned()));
        }
        let answer = self.http.send(method, &url, &headers, body)?;
        if answer.is_good() { Ok(answer) } else { Err(self.error(&answer)) }
    }

    fn authorization(
        &self,
        method: &str,
        url: &str,
        body: &str,
    ) -> Result<Vec<(&'static str, String)>, ProviderError> {
        match &self.place.credentials {
            Credentials::Signature { application, secret, consumer } => {
                let time = self.time()?.to_string();
                let signed = [secret, consumer, method, url, body, &time].join("+");
                Ok(vec![
                    ("X-Ovh-Application", application.clone()),
                    ("X-Ovh-Consumer", consumer.clone()),
                    ("X-Ovh-Timestamp", time),
                    ("X-Ovh-Signature", signature(&signed)),
                ])
            }
            Credentials::OAuth2 { id, secret, token } => {
                let token = self.token(id, secret, token)?;
                Ok(vec![("Authorization", format!("Bearer {token}"))])
            }
        }
    }

    /// The API's time: signatures of a wrong clock are refused.
    fn time(&self) -> Result<i64, ProviderError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let now = i64::try_from(now).unwrap_or(0);
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ahead) = *ahead {
            return Ok(now + ahead);
        }
        let url = format!("{}/auth/time", self.place.base);
        let answer = self.http.send("GET", &url, &[], None)?;
        if !answer.is_good() {
            return Err(self.error(&answer));
        }
        let theirs = answer.json(WHAT)?.as_i64();
        let theirs = theirs.ok_or_else(|| self.garbled("its time is not a number"))?;
        *ahead = Some(theirs - now);
        Ok(theirs)
    }

    fn token(&self, id: &str, secret: &str, url: &str) -> Result<String, ProviderError> {
        let mut kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, until)) = kept.as_ref()
            && SystemTime::now() < *until
        {
            return Ok(token.clone());
        }
        let form = form(&[
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", "all"),
        ]);
        let kind = ("Content-Type", "application/x-www-form-urlencoded".to_owned());
        let answer = self.http.send("POST", url, &[kind], Some(form))?;
        if !answer.is_good() {
            return Err(self.error(&answer));
        }
        let json = answer.json(WHAT)?;
        let token = json["access_token"].as_str().ok_or_else(|| self.garbled("no token"))?;
        let lives = json["expires_in"].as_u64().unwrap_or(60);
        // A little early, so that none expires on its way.
        let until = SystemTime::now() + Duration::from_secs(lives.saturating_sub(30));
        *kept = Some((token.to_owned(), until));
        Ok(token.to_owned())
    }

    fn error(&self, answer: &Answer) -> ProviderError {
        let json: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let said = ["message", "error_description", "error"].iter().find_map(|f| json[f].as_str());
        let mut said = said.map_or_else(|| first_line(&answer.text), short);
        for field in ["unauthorizedActionsByIAM", "unauthorizedActionsByAuthentication"] {
            let actions = &json["details"][field];
            let text = actions.as_str().map(str::to_owned).or_else(|| {
                let list: Option<Vec<&str>> =
                    actions.as_array()?.iter().map(Value::as_str).collect();
                list.map(|list| list.join(", "))
            });
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                let _ = write!(said, "; missing: {}", short(&text));
            }
        }
        if let Some(query) = &answer.query {
            let _ = write!(said, " (query {query})");
        }
        match answer.usual_error(WHAT, &said) {
            Some(error) => error,
            None if matches!(answer.status, 401 | 403) => self.denied(&said),
            None => self.refused(&format!("{said} ({})", answer.status)),
        }
    }

    fn denied(&self, reason: &str) -> ProviderError {
        ProviderError::Denied {
            what: WHAT.to_owned(),
            reason: reason.to_owned(),
            remedy: self.rights.to_owned(),
        }
    }

    pub fn refused(&self, reason: &str) -> ProviderError {
        ProviderError::Refused { what: WHAT.to_owned(), reason: reason.to_owned() }
    }

    pub fn garbled(&self, reason: &str) -> ProviderError {
        ProviderError::Garbled { what: WHAT.to_owned(), reason: reason.to_owned() }
    }
}

fn signature(text: &str) -> String {
    let mut out = String::from("$1$");
    for byte in Sha1::digest(text) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Whether a rule's path, in which `*` stands for anything, allows a path.
fn fits(rule: &str, path: &str) -> bool {
    let mut parts = rule.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{fits, signature};

    #[test]
    fn a_signature_is_the_plain_digest_of_six_parts() {
        let text = "EgWIz07P0HYwtQDs+MtSwSrPpNjqfVSmJhLbPyr2i45lSwPwM+GET+https://eu.api.ovh.com/1.0/dedicated/server++1366560945";
        let signed = signature(text);
        assert!(signed.starts_with("$1$") && signed.len() == 43, "{signed}");
    }

    #[test]
    fn a_rule_allows_what_its_star_stands_for() {
        for (rule, path, fit) in [
            ("/*", "/dedicated/server/ns1", true),
            ("/dedicated/server/*", "/dedicated/server/ns1/reboot", true),
            ("/dedicated/server/*/reboot", "/dedicated/server/ns1/reboot", true),
            ("/dedicated/server/ns1", "/dedicated/server/ns1/reboot", false),
            ("/dedicated/server/ns2*", "/dedicated/server/ns1", false),
        ] {
            assert_eq!(fits(rule, path), fit, "{rule} {path}");
        }
    }
}
