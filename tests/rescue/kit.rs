//! Every provider with an API, as the same tests see them.

use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use crate::bench::{Bench, KEY};
use crate::http::{self, Response, StandIn};
use crate::{dedibox_api, hetzner_api, metal_api, ovh_api};

/// A part of a test.
pub type Work = Box<dyn FnOnce() + Send>;

/// Runs parts of this test at the same time: most of what they do is to wait.
pub fn beside_each_other(work: Vec<Work>) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    let begin = |part: Work| thread::Builder::new().name(test.clone()).spawn(part).unwrap();
    let parts: Vec<_> = work.into_iter().map(begin).collect();
    let failed = parts.into_iter().map(thread::JoinHandle::join).filter(Result::is_err).count();
    assert_eq!(failed, 0, "parts of the test that failed");
}

/// A method and a part of a path.
pub type Call = (&'static str, &'static str);

/// A provider's stand-in, a host behind it, and what its API says when it refuses.
pub struct Kit {
    pub bench: Bench,
    pub api: Arc<Mutex<dyn StandIn>>,
    pub settings: Vec<String>,
    /// Reads what is booted; sets the rescue system; restarts; takes the setting back.
    pub status: Call,
    pub set: Call,
    pub reset: Call,
    pub unset: Call,
    /// 401, 403 and the rate limit, each with the words of it that have to be shown.
    pub unauthorized: (Response, &'static str),
    pub forbidden: (Response, &'static str),
    pub limit: (Response, &'static str),
    /// What nobody may see.
    pub secrets: Vec<&'static str>,
    /// A word of the steps by hand.
    pub by_hand: &'static str,
}

impl Kit {
    pub fn log(&self) -> Vec<String> {
        self.api.lock().unwrap().log()
    }

    /// How often a call was made.
    pub fn calls(&self, call: Call) -> usize {
        let made = |line: &&String| line.starts_with(call.0) && line.contains(call.1);
        self.log().iter().filter(made).count()
    }

    pub fn in_rescue(&self) -> bool {
        self.api.lock().unwrap().in_rescue()
    }

    /// From now on these calls are answered so, so many times.
    pub fn fault(&self, call: Call, times: usize, answer: Option<Response>) {
        self.api.lock().unwrap().faults().push((call.0, call.1, times, answer));
    }

    pub fn mend(&self) {
        self.api.lock().unwrap().faults().clear();
    }

    /// Requires that a text, and what is kept of the rescue, tell no secret.
    #[track_caller]
    pub fn keeps_secrets(&self, text: &str) {
        for secret in &self.secrets {
            assert!(!text.contains(secret), "{secret} in\n{text}");
            assert!(!self.bench.journal().contains(secret), "{secret} in the journal");
        }
    }
}

fn said(status: u16, body: &serde_json::Value) -> Response {
    Response::new(status, body.to_string())
}

fn later(status: u16, body: &serde_json::Value) -> Response {
    said(status, body).with("Retry-After", "1")
}

pub fn ovh() -> Kit {
    let api = ovh_api::api();
    let settings = ovh_api::settings(&http::start(&api));
    Kit {
        bench: Bench::of(&settings),
        api,
        settings,
        status: ("GET", "/boot/1"),
        set: ("PUT", "/dedicated/server"),
        reset: ("POST", "/reboot"),
        unset: ("PUT", "/dedicated/server"),
        unauthorized: (
            said(
                401,
                &json!({ "class": "Client::Unauthorized", "message": "You must login first" }),
            ),
            "You must login first",
        ),
        forbidden: (
            said(
                403,
                &json!({
                    "class": "Client::Forbidden", "message": "User is not granted for this request",
                    "details": { "unauthorizedActionsByIAM": "dedicatedServer:apiovh:reboot" }
                }),
            ),
            "User is not granted for this request; missing: dedicatedServer:apiovh:reboot",
        ),
        limit: (later(429, &json!({ "message": "Too many requests" })), "Too many requests"),
        secrets: vec![ovh_api::SECRET, ovh_api::CONSUMER],
        by_hand: "in the OVHcloud manager",
    }
}

pub fn hetzner() -> Kit {
    let api = hetzner_api::api(KEY);
    let settings = hetzner_api::settings(&http::start(&api));
    let error = |status: u16, code: &str, message: &str| {
        json!({ "error": { "status": status, "code": code, "message": message,
            "max_request": 50, "interval": 1 } })
    };
    Kit {
        bench: Bench::of(&settings),
        api,
        settings,
        status: ("GET", "/boot/321/rescue"),
        set: ("POST", "/boot/321/rescue"),
        reset: ("POST", "/reset/321"),
        unset: ("DELETE", "/boot/321/rescue"),
        unauthorized: (said(401, &error(401, "UNAUTHORIZED", "Unauthorized")), "Unauthorized"),
        forbidden: (
            said(403, &error(403, "RESET_NOT_ALLOWED", "no right to reset this server")),
            "no right to reset this server RESET_NOT_ALLOWED",
        ),
        limit: (
            said(403, &error(403, "RATE_LIMIT_EXCEEDED", "rate limit exceeded")),
            "rate limit exceeded RATE_LIMIT_EXCEEDED",
        ),
        secrets: vec![hetzner_api::PASSWORD, hetzner_api::ROOT],
        by_hand: "in Robot: Server, 321",
    }
}

pub fn dedibox() -> Kit {
    let api = dedibox_api::api(KEY);
    let settings = dedibox_api::settings(&http::start(&api));
    Kit {
        bench: Bench::of(&settings),
        api,
        settings,
        status: ("GET", "/server/186260"),
        set: ("POST", "/server/boot/rescue"),
        reset: ("POST", "/server/reboot"),
        unset: ("POST", "/server/boot/normal"),
        unauthorized: (said(401, &json!({ "error": "Invalid token", "code": 9 })), "Invalid token"),
        forbidden: (
            said(403, &json!({ "error": "Your token has no right to reboot", "code": 3 })),
            "Your token has no right to reboot",
        ),
        limit: (later(429, &json!({ "error": "Rate limit", "code": 8 })), "Rate limit"),
        secrets: vec![dedibox_api::TOKEN, dedibox_api::PASSWORD],
        by_hand: "in console.online.net: Server, sd-186260",
    }
}

pub fn metal() -> Kit {
    let api = metal_api::api(KEY);
    let settings = metal_api::settings(&http::start(&api));
    Kit {
        bench: Bench::of(&settings),
        api,
        settings,
        status: ("GET", "/servers/"),
        set: ("GET", "/iam/v1alpha1/ssh-keys"),
        reset: ("POST", "/reboot"),
        unset: ("POST", "/reboot"),
        unauthorized: (
            said(
                401,
                &json!({
                    "type": "denied_authentication", "message": "authentication is denied",
                    "method": "api_key", "reason": "expired"
                }),
            ),
            "authentication is denied (expired)",
        ),
        forbidden: (
            said(
                403,
                &json!({
                    "type": "permissions_denied", "message": "insufficient permissions",
                    "details": [{ "resource": "baremetal_server", "action": "write" }]
                }),
            ),
            "insufficient permissions; write on baremetal_server",
        ),
        limit: (
            later(429, &json!({ "type": "too_many_requests", "message": "too many requests" })),
            "too many requests",
        ),
        secrets: vec![metal_api::SECRET, metal_api::PASSWORD],
        by_hand: "in Scaleway's console: Elastic Metal",
    }
}
