//! Hetzner Robot's driver against a strict stand-in of its web service.

use serde_json::json;

use crate::bench::{Bench, KEY};
use crate::hetzner_api::{PASSWORD, ROOT, Shared, api, fingerprint, settings};
use crate::http::{self, Response};

fn start() -> (Shared, Bench) {
    let robot = api(KEY);
    let bench = Bench::of(&settings(&http::start(&robot)));
    (robot, bench)
}

#[test]
fn a_rescue_is_activated_with_the_keys_fingerprint_and_taken_back() {
    let (robot, bench) = start();
    bench
        .rappel(&["rescue", "--check"])
        .code(0)
        .says("can be rescued (Hetzner Robot 321, boots disk)");
    // Left activated by somebody else, with another key.
    robot.lock().unwrap().active = true;
    bench
        .rescue()
        .code(4)
        .says("restarted into the rescue system")
        .says("its boot setting is disk again, read back")
        .never_says(PASSWORD)
        .never_says(ROOT);
    assert!(
        bench.journal().contains(&format!("MD5:{}", robot.lock().unwrap().host_key)),
        "{}",
        bench.journal()
    );
    assert!(!bench.journal().contains(ROOT));
    let robot = robot.lock().unwrap();
    assert!(!robot.active);
    assert!(robot.log.contains(&"POST /reset/321 type=hw".to_owned()), "{:?}", robot.log);
}

#[test]
fn a_wrong_password_is_tried_once_only_by_a_whole_fleet() {
    let (robot, bench) = start();
    let inventory = bench.read("hosts.yml").replace(PASSWORD, "wrong");
    let host = inventory.split_once("    web1:\n").unwrap().1.to_owned();
    let more: String = (2..7).map(|number| format!("    web{number}:\n{host}")).collect();
    bench.write("hosts.yml", &format!("{inventory}{more}"));
    bench.rappel(&["rescue", "--check", "--forks", "1"]).code(1).says("refuses the credentials");
    assert_eq!(robot.lock().unwrap().log.len(), 1, "{:?}", robot.lock().unwrap().log);
}

#[test]
fn what_would_not_work_is_found_beforehand() {
    let (robot, bench) = start();
    robot.lock().unwrap().keys.clear();
    bench.rappel(&["rescue", "--check"]).code(1).says("is not among those in Robot");
    robot.lock().unwrap().keys.push(fingerprint(KEY));
    robot.lock().unwrap().resets = vec!["man"];
    bench.rappel(&["rescue", "--check"]).code(1).says("only be reset by a technician");
}

/// The public half of the key that the host is logged in to with, whoever names that.
#[test]
fn the_key_of_the_login_opens_the_rescue_system() {
    let robot = api(KEY);
    let bench =
        Bench::new(&settings(&http::start(&robot)).iter().map(String::as_str).collect::<Vec<_>>());
    let known = |bench: &Bench, words: &[&str]| {
        bench.rappel(&[&["rescue", "--check"], words].concat()).code(0).says("can be rescued");
    };
    bench.rappel(&["rescue", "--check"]).code(1);
    let plain = bench.read("hosts.yml");
    let named = |var: &str| {
        plain.replace("      ansible_user", &format!("      {var}\n      ansible_user"))
    };
    bench.write("of_fleet.pub", KEY);
    known(&bench, &["--private-key", "of_fleet"]);
    let path = bench.path("of_fleet").display().to_string();
    for var in [
        format!("ansible_ssh_private_key_file: {path}"),
        format!("ansible_ssh_common_args: -i {path}"),
        format!("ansible_ssh_extra_args: -o IdentityFile={path}"),
    ] {
        bench.write("hosts.yml", &named(&var));
        known(&bench, &[]);
    }
    // What the inventory names is before what the arguments do.
    bench.write("hosts.yml", &named(&format!("ansible_ssh_private_key_file: {path}")));
    bench.write(
        "other.pub",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcdQlQEaNxlhXtGJoxwdlyn69kVzjz+lNfvMmZ8zGsq no",
    );
    known(&bench, &["--private-key", "other"]);
}

#[test]
fn a_spent_rate_limit_ends_in_plain_words() {
    let (robot, bench) = start();
    let body = json!({ "error": { "status": 403, "code": "RATE_LIMIT_EXCEEDED",
        "message": "rate limit exceeded", "max_request": 50, "interval": 3600 } });
    let limit = Response::new(403, body.to_string());
    robot.lock().unwrap().faults = vec![("POST", "/reset", 99, Some(limit))];
    bench
        .rescue()
        .code(4)
        .says("rate limit exceeded RATE_LIMIT_EXCEEDED")
        .says("its boot setting is disk again, read back");
    assert!(!robot.lock().unwrap().active);
}
