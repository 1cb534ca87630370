//! Scaleway's two drivers against strict stand-ins of their APIs.

use serde_json::json;

use crate::bench::{Bench, KEY};
use crate::dedibox_api;
use crate::http::{self, Response};
use crate::metal_api;

#[test]
fn dedibox_sets_restarts_with_a_reason_and_returns() {
    let api = dedibox_api::api(KEY);
    let bench = Bench::of(&dedibox_api::settings(&http::start(&api)));
    let check = bench.rappel(&["rescue", "--check"]).code(0);
    check.says("web1: can be rescued (Dedibox sd-186260, boots normal)");
    assert!(api.lock().unwrap().log.iter().all(|call| call.starts_with("GET ")));
    let said = bench.rescue().code(4).says("restarted into the rescue system");
    said.says("its boot setting is normal again, read back")
        .never_says(dedibox_api::TOKEN)
        .never_says(dedibox_api::PASSWORD);
    // The rescue system's address and account are the provider's; its password is not kept.
    let journal = bench.journal();
    assert!(journal.contains("\"user\": \"sd-186260\""), "{journal}");
    assert!(journal.contains("\"address\": \"127.0.0.2\""), "{journal}");
    assert!(!journal.contains(dedibox_api::PASSWORD));
    let api = api.lock().unwrap();
    let set = api.log.iter().position(|call| call == "POST /api/v1/server/boot/rescue/186260");
    let reset = api.log.iter().position(|call| {
        call.starts_with("POST /api/v1/server/reboot/186260?reason=rappel%20rescue")
    });
    assert!(set.is_some() && set < reset, "{:?}", api.log);
}

#[test]
fn dedibox_is_not_believed_to_restart_when_it_says_false() {
    let api = dedibox_api::api(KEY);
    let bench = Bench::of(&dedibox_api::settings(&http::start(&api)));
    api.lock().unwrap().restarts = false;
    let said = bench.rescue().code(4).says("it did not do /server/reboot/186260");
    said.says("and not restarted").says("its boot setting is normal again, read back");
    assert!(!api.lock().unwrap().rescue);
}

#[test]
fn what_would_not_work_at_dedibox_is_found_beforehand() {
    let api = dedibox_api::api(KEY);
    let mut settings = dedibox_api::settings(&http::start(&api));
    let bench = Bench::of(&settings);
    api.lock().unwrap().keys.pop();
    bench.rappel(&["rescue", "--check"]).code(1).says("is not among those of the account");
    bench.rescue().code(4).says("is not among those of the account").says("read back");
    api.lock().unwrap().keys.push(KEY.to_owned());
    settings.extend(["image: debian-11_amd64".to_owned(), format!("ssh_key: {KEY}")]);
    bench.provider(&settings.iter().map(String::as_str).collect::<Vec<&str>>());
    bench.rappel(&["rescue", "--check"]).code(1).says("no such rescue image");
    let api = api.lock().unwrap();
    let changes = |call: &&String| call.contains("/boot/rescue/") || call.contains("/reboot/");
    assert_eq!(api.log.iter().find(changes), None);
}

#[test]
fn an_image_without_ssh_is_none_for_a_rescue() {
    let api = dedibox_api::api(KEY);
    let bench = Bench::of(&dedibox_api::settings(&http::start(&api)));
    let vnc = json!({ "login": "sd", "password": "x", "protocol": "vnc", "ip": "127.0.0.2" });
    let vnc = Response::new(200, vnc.to_string());
    api.lock().unwrap().faults = vec![("POST", "/server/boot/rescue", 1, Some(vnc))];
    bench.rescue().code(4).says("is reached by vnc, not by ssh").says("read back");
}

#[test]
fn elastic_metal_restarts_with_the_key_and_back_without_being_left_in_rescue() {
    let api = metal_api::api(KEY);
    let bench = Bench::of(&metal_api::settings(&http::start(&api)));
    let check = bench.rappel(&["rescue", "--check"]).code(0);
    check.says(&format!("web1: can be rescued (Elastic Metal {} in fr-par-2", metal_api::SERVER));
    let said = bench.rescue().code(4).says("the provider's task rescue is starting");
    said.says("then it was restarted, and its boot setting is normal again, read back")
        .says("boot the rescue system again in the provider's console")
        .never_says(metal_api::SECRET)
        .never_says(metal_api::PASSWORD);
    let journal = bench.journal();
    assert!(journal.contains("\"user\": \"rescue\""), "{journal}");
    assert!(!journal.contains(metal_api::PASSWORD));
    let api = api.lock().unwrap();
    assert_eq!(api.boot, "normal");
    let posts: Vec<&String> = api.log.iter().filter(|call| call.starts_with("POST")).collect();
    assert!(posts[0].contains("\"boot_type\":\"rescue\"") && posts[0].contains("ssh_key_ids"));
    assert!(posts.last().unwrap().contains("{\"boot_type\":\"normal\"}"), "{posts:?}");
}

#[test]
fn elastic_metal_that_is_off_is_started() {
    let api = metal_api::api(KEY);
    let bench = Bench::of(&metal_api::settings(&http::start(&api)));
    api.lock().unwrap().state = "stopped";
    bench.rescue().code(4).says("the server's state is stopped").says("read back");
    let api = api.lock().unwrap();
    assert!(api.log.iter().any(|call| call.starts_with("POST") && call.contains("/start ")));
}

#[test]
fn elastic_metal_in_an_error_ends_in_clear_steps() {
    let api = metal_api::api(KEY);
    let bench = Bench::of(&metal_api::settings(&http::start(&api)));
    api.lock().unwrap().breaks = true;
    bench
        .rescue()
        .code(4)
        .says("task rescue failed: the server's state is error")
        .says("IT MAY STILL BE SET TO BOOT THE RESCUE SYSTEM")
        .says("scw baremetal server reboot");
    bench.rappel(&["rescue", "--check"]).code(1).says("it is set to boot the rescue system");
}

#[test]
fn elastic_metals_credentials_come_from_the_environment_and_from_scw() {
    let api = metal_api::api(KEY);
    let base = http::start(&api);
    let bench = Bench::of(&[
        "driver: elastic-metal".to_owned(),
        format!("server: {}", metal_api::SERVER),
        format!("endpoint: {base}"),
    ]);
    bench.rappel(&["rescue", "--check"]).code(1).says("`zone` is missing");
    std::fs::create_dir_all(bench.path(".config/scw")).unwrap();
    bench.write(
        ".config/scw/config.yaml",
        &format!("secret_key: {}\ndefault_zone: nl-ams-1\n", metal_api::SECRET),
    );
    let mut command = bench.command(&["rescue", "--check"]);
    let output = command.env("SCW_DEFAULT_ZONE", "fr-par-2").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let told = "the public key is not among those of the server's project";
    api.lock().unwrap().key = "ssh-ed25519 AAAA".to_owned();
    let output = bench.command(&["rescue", "--check"]).env("SCW_DEFAULT_ZONE", "fr-par-2").output();
    assert!(String::from_utf8_lossy(&output.unwrap().stdout).contains(told));
}
