//! HTTPS with bounds: no redirects (a credential would follow them), no endless answers, no
//! waiting for ever. Plain HTTP only to this very machine.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request, Response};

use super::ProviderError;
use super::settings::{SettingsError, wrong};
use super::tls::{Trust, agent};
use super::words::{first_line, short};

/// One call, from the look-up of the name to the last byte of the answer.
const LIMIT: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const LONGEST: u64 = 1 << 20;

/// A client of one API.
pub(super) struct Http {
    agent: Agent,
    /// What messages call it.
    pub what: String,
}

/// An answer, whatever its status is.
pub(super) struct Answer {
    pub status: u16,
    pub text: String,
    /// Seconds, from `Retry-After`.
    pub after: Option<Duration>,
    /// The provider's own number for the call, where it gives one.
    pub query: Option<String>,
    /// The first cookie that it sets, `NAME=VALUE`.
    pub cookie: Option<String>,
}

impl Http {
    pub fn new(what: &str, limit: Option<Duration>) -> Self {
        Self::trusting(what, limit, Trust::Usual)
    }

    /// The same with a server whose certificate not everybody trusts.
    pub fn trusting(what: &str, limit: Option<Duration>, trust: Trust) -> Self {
        let settings = Agent::config_builder()
            .timeout_global(Some(limit.unwrap_or(LIMIT)))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("rappel/", env!("CARGO_PKG_VERSION")));
        Self { agent: agent(settings, trust), what: what.to_owned() }
    }

    /// Sends a request. Every answer is one, also an error of the provider's.
    pub fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, String)],
        body: Option<String>,
    ) -> Result<Answer, ProviderError> {
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::GET);
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        // What stands in a header or address that cannot be sent may be a secret.
        let unfit = |_| ProviderError::Refused {
            what: self.what.clone(),
            reason: "an address or a credential has letters that cannot be sent".to_owned(),
        };
        let response = match body {
            Some(body) => self.agent.run(request.body(body).map_err(unfit)?),
            None => self.agent.run(request.body(()).map_err(unfit)?),
        };
        let response = response.map_err(|error| self.unreachable(&error))?;
        self.read(response)
    }

    fn read(&self, response: Response<ureq::Body>) -> Result<Answer, ProviderError> {
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let after = header("retry-after").and_then(|text| text.trim().parse().ok());
        let query = header("x-ovh-queryid").map(|text| short(&text));
        let cookie = header("set-cookie").map(|text| first_part(&text));
        let status = response.status().as_u16();
        let text = response.into_body().into_with_config().limit(LONGEST).read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        Ok(Answer { status, text, after: after.map(Duration::from_secs), query, cookie })
    }

    fn unreachable(&self, error: &ureq::Error) -> ProviderError {
        let (what, reason) = (self.what.clone(), short(&error.to_string()));
        match untrusted(error) {
            true => ProviderError::Untrusted { what, reason },
            false => ProviderError::Unreachable { what, reason },
        }
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self, what: &str) -> Result<Value, ProviderError> {
        serde_json::from_str(&self.text).map_err(|_| ProviderError::Garbled {
            what: what.to_owned(),
            reason: format!("{:?} instead of JSON", first_line(&self.text)),
        })
    }

    /// Whether it is 200 to 299.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error of a status that means the same everywhere; none for the others.
    pub fn usual_error(&self, what: &str, said: &str) -> Option<ProviderError> {
        let what = what.to_owned();
        let reason = format!("{} ({})", said, self.status);
        match self.status {
            429 | 500..=599 => Some(ProviderError::Busy { what, reason, after: self.after }),
            _ => None,
        }
    }
}

/// Whether the other side's certificate is the reason.
fn untrusted(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}

/// A cookie without its attributes.
fn first_part(cookie: &str) -> String {
    cookie.split(';').next().unwrap_or_default().trim().to_owned()
}

/// `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    out.push(char::from(byte));
                }
                other => {
                    let _ = write!(out, "%{other:02X}");
                }
            }
            out
        })
    };
    let pairs: Vec<String> =
        fields.iter().map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    pairs.join("&")
}

/// An endpoint: HTTPS, or plain HTTP to this machine alone. Without its last slash.
pub(super) fn endpoint(text: &str) -> Result<String, SettingsError> {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let good = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() && !host(rest).contains('@'),
        (None, Some(rest)) => {
            let host = host(rest);
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
            matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        }
        (None, None) => false,
    };
    match good {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(wrong("`endpoint` is not an https:// address")),
    }
}

#[cfg(test)]
mod tests {
    use super::{endpoint, form};

    #[test]
    fn a_form_hides_nothing_that_means_something_else() {
        assert_eq!(form(&[("a", "b c&d=%+é")]), "a=b%20c%26d%3D%25%2B%C3%A9");
    }

    #[test]
    fn credentials_go_over_tls_or_stay_on_this_machine() {
        for good in ["https://eu.api.ovh.com/1.0/", "http://127.0.0.1:80/a", "http://[::1]:8"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in [
            "http://eu.api.ovh.com/1.0",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://",
            "ftp://a",
            "ovh",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
