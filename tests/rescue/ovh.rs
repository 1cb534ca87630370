//! OVHcloud's driver against a strict stand-in of its API.

use serde_json::json;

use crate::bench::{Bench, KEY, Said};
use crate::http::{self, Response};
use crate::ovh_api::{
    APPLICATION, CLIENT, CLIENT_SECRET, CONSUMER, DISK, RESCUE, SECRET, SERVER, Shared, TOKEN, api,
    settings,
};

const SECRETS: [&str; 5] = [SECRET, CONSUMER, CLIENT_SECRET, TOKEN, "$1$"];

fn start() -> (Shared, String) {
    let api = api();
    let base = http::start(&api);
    (api, base)
}

fn signed(base: &str) -> Bench {
    Bench::of(&settings(base))
}

#[track_caller]
fn keeps_secrets(bench: &Bench, said: Said) -> Said {
    for secret in SECRETS {
        assert!(!said.text.contains(secret), "{secret} in\n{}", said.text);
        assert!(!bench.journal().contains(secret), "{secret} in the journal");
    }
    said
}

#[test]
fn a_check_reads_the_setting_the_rescue_system_and_the_rights() {
    let (api, base) = start();
    let bench = signed(&base);
    let said = bench.rappel(&["rescue", "--check"]);
    keeps_secrets(&bench, said)
        .code(0)
        .says("web1: can be rescued (OVHcloud ns1.ip-192-0-2.eu, boots 1)");
    api.lock().unwrap().rules = json!([{ "method": "GET", "path": "/*" }]);
    let said = bench.rappel(&["rescue", "--check"]);
    keeps_secrets(&bench, said).code(1).says("the consumer key may not PUT /dedicated/server/");
    api.lock().unwrap().blocked = true;
    bench.rappel(&["rescue", "web1", "--dry-run"]).says("blocks 192.0.2.10 for its ARP traffic");
    assert!(api.lock().unwrap().log.iter().all(|call| call.starts_with("GET ")));
}

#[test]
fn a_service_account_is_as_good() {
    let (_, base) = start();
    let bench = Bench::new(&[
        "driver: ovhcloud",
        &format!("server: {SERVER}"),
        &format!("endpoint: {base}/1.0"),
        &format!("token_endpoint: {base}/token"),
        &format!("client_id: {CLIENT}"),
        &format!("client_secret: {CLIENT_SECRET}"),
        &format!("ssh_key: {KEY}"),
    ]);
    let said = bench.rappel(&["rescue", "--check"]);
    keeps_secrets(&bench, said).code(0).says("can be rescued");
}

#[test]
fn credentials_come_from_the_environment_and_from_ovh_conf() {
    let (_, base) = start();
    let bench =
        Bench::new(&["driver: ovhcloud", &format!("server: {SERVER}"), &format!("ssh_key: {KEY}")]);
    bench.rappel(&["rescue", "--check"]).code(1).says("there are no credentials");
    bench.write(
        ".ovh.conf",
        &format!("[default]\nendpoint={base}/1.0\n[{base}/1.0]\napplication_key={APPLICATION}\napplication_secret={SECRET}\n"),
    );
    let mut command = bench.command(&["rescue", "--check"]);
    let output = command.env("OVH_CONSUMER_KEY", CONSUMER).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_rescue_sets_restarts_polls_and_returns() {
    let (api, base) = start();
    let bench = signed(&base);
    let said = bench.rescue();
    keeps_secrets(&bench, said)
        .code(4)
        .says("the provider's task 1000 is init")
        .says("is doing")
        .says("the rescue system")
        .says("its boot setting is 1 again, read back");
    let api = api.lock().unwrap();
    assert_eq!((api.boot, api.key.as_deref()), (DISK, Some(KEY)));
    let puts = api.log.iter().filter(|call| call.starts_with("PUT")).count();
    assert_eq!(puts, 2, "{:?}", api.log);
    assert_ne!(RESCUE, DISK);
}

#[test]
fn errors_that_pass_are_waited_for() {
    let (api, base) = start();
    let busy = Response::new(429, r#"{"message":"Too many requests"}"#).with("Retry-After", "1");
    api.lock().unwrap().faults = vec![
        ("GET", "/boot/1", 1, Some(busy)),
        ("PUT", "/dedicated", 1, Some(Response::new(500, "<html>oops</html>"))),
        // No answer at all: the connection ends.
        ("POST", "/reboot", 1, None),
    ];
    let bench = signed(&base);
    bench
        .rescue()
        .code(4)
        .says("Too many requests (429); asking again in 1 s")
        .says("oops")
        .says("does not answer")
        .says("restarted into the rescue system");
    assert_eq!(api.lock().unwrap().boot, DISK);
}

#[test]
fn a_refusal_is_told_with_its_reason_and_not_repeated() {
    let (api, base) = start();
    let body = json!({
        "class": "Client::Forbidden", "message": "User is not granted for this request",
        "details": { "unauthorizedActionsByIAM": "dedicatedServer:apiovh:reboot" }
    });
    let refusal = Response::new(403, body.to_string()).with("X-Ovh-QueryID", "EU.ext-9.1");
    api.lock().unwrap().faults = vec![("POST", "/reboot", 99, Some(refusal))];
    let bench = signed(&base);
    let said = bench.rescue();
    keeps_secrets(&bench, said)
        .code(4)
        .says("User is not granted for this request")
        .says("dedicatedServer:apiovh:reboot")
        .says("EU.ext-9.1")
        .says("it was set to boot the rescue system, and not restarted")
        .says("its boot setting is 1 again, read back")
        .says("in the OVHcloud manager");
    let api = api.lock().unwrap();
    assert_eq!(api.boot, DISK);
    let tries = api.log.iter().filter(|call| call.starts_with("POST")).count();
    assert_eq!(tries, 1, "{:?}", api.log);
}

#[test]
fn wrong_credentials_change_nothing() {
    let (api, base) = start();
    let bench = signed(&base);
    let inventory = bench.read("hosts.yml");
    for (right, wrong, words) in [
        (CONSUMER, "another", "This credential does not exist"),
        (SECRET, "another", "Invalid signature"),
        (APPLICATION, "another", "This application key is invalid"),
    ] {
        bench.write("hosts.yml", &inventory.replace(right, wrong));
        let said = bench.rescue();
        keeps_secrets(&bench, said).code(1).says(words);
        assert_eq!(bench.journal(), "");
    }
    assert!(api.lock().unwrap().log.iter().all(|call| call.starts_with("GET ")));
}

#[test]
fn a_task_that_ends_in_an_error_is_no_restart() {
    let (api, base) = start();
    api.lock().unwrap().task_ends = "ovhError";
    signed(&base)
        .rescue()
        .code(4)
        .says("task 1000 failed: ovhError: the machine does not answer to its power")
        .says("its boot setting is 1 again, read back");
    assert_eq!(api.lock().unwrap().boot, DISK);
}
