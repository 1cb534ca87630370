//! Hetzner Robot's driver against a strict stand-in of its web service.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::bench::{Bench, KEY};
use crate::http::{Request, Response, serve};

const PASSWORD: &str = "r0bot-passw0rd";
/// `user:r0bot-passw0rd`.
const BASIC: &str = "Basic dXNlcjpyMGJvdC1wYXNzdzByZA==";
/// What `ssh-keygen -l -E md5` says of the key.
const HOST_KEY: &str = "c1:e4:08:73:dd:f7:e9:d1:94:ab:e9:0f:28:b2:d2:ed";

struct Robot {
    active: bool,
    keys: Vec<String>,
    resets: Vec<&'static str>,
    log: Vec<String>,
    fault: Option<(&'static str, Response)>,
}

type Shared = Arc<Mutex<Robot>>;

fn fingerprint() -> String {
    rappel::provider::md5_fingerprint(KEY).unwrap().replace("MD5:", "")
}

fn start() -> (Shared, Bench) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let robot = Arc::new(Mutex::new(Robot {
        active: false,
        keys: vec![fingerprint()],
        resets: vec!["sw", "hw", "man"],
        log: Vec::new(),
        fault: None,
    }));
    let shared = Arc::clone(&robot);
    serve(listener, move |request| Some(shared.lock().unwrap().answer(&request)));
    let bench = Bench::new(&[
        "driver: hetzner",
        "server: 321",
        &format!("endpoint: {base}"),
        "user: user",
        &format!("password: {PASSWORD}"),
        &format!("ssh_key: {KEY}"),
    ]);
    (robot, bench)
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let error = json!({ "error": { "status": status, "code": code, "message": message } });
    Response::new(status, error.to_string())
}

impl Robot {
    fn answer(&mut self, request: &Request) -> Response {
        let Request { method, path, body, .. } = request;
        self.log.push(format!("{method} {path} {body}").trim().to_owned());
        if request.header("authorization") != BASIC {
            return error(401, "UNAUTHORIZED", "Unauthorized");
        }
        if let Some((start, response)) = &self.fault
            && format!("{method} {path}").starts_with(start)
        {
            return response.clone();
        }
        let form = request.header("content-type") == "application/x-www-form-urlencoded";
        if !body.is_empty() && !form {
            return error(400, "INVALID_INPUT", "invalid input");
        }
        match (method.as_str(), path.as_str()) {
            ("GET", "/boot/321/rescue") => self.rescue(),
            ("DELETE", "/boot/321/rescue") => {
                self.active = false;
                self.rescue()
            }
            ("POST", "/boot/321/rescue") => self.activate(body),
            ("GET", "/reset/321") => Response::new(
                200,
                json!({ "reset": { "server_number": 321, "type": self.resets } }).to_string(),
            ),
            ("POST", "/reset/321") => match body.strip_prefix("type=") {
                Some(kind) if self.resets.contains(&kind) => {
                    Response::new(200, json!({ "reset": { "type": kind } }).to_string())
                }
                _ => error(400, "INVALID_INPUT", "invalid input"),
            },
            ("GET", _) if path.starts_with("/key/") => {
                match self.keys.iter().any(|key| path == &format!("/key/{key}")) {
                    true => Response::new(200, json!({ "key": { "name": "me" } }).to_string()),
                    false => error(404, "NOT_FOUND", "Key not found"),
                }
            }
            _ => error(404, "SERVER_NOT_FOUND", "Server not found"),
        }
    }

    fn activate(&mut self, body: &str) -> Response {
        let wanted = format!("os=linux&authorized_key={}", fingerprint().replace(':', "%3A"));
        if self.active || body != wanted {
            return error(400, "INVALID_INPUT", "invalid input");
        }
        self.active = true;
        self.rescue()
    }

    fn rescue(&self) -> Response {
        let host_key =
            json!([{ "key": { "fingerprint": HOST_KEY, "type": "ED25519", "size": 256 } }]);
        let active = self.active;
        let rescue = json!({
            "server_ip": "192.0.2.10", "server_number": 321, "active": active,
            "os": if active { json!("linux") } else { json!(["linux", "vkvm"]) },
            "password": if active { json!("jEt0dvnsbqKFmmdi") } else { Value::Null },
            "authorized_key": [], "host_key": if active { host_key } else { json!([]) },
        });
        Response::new(200, json!({ "rescue": rescue }).to_string())
    }
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
        .never_says("jEt0dvnsbqKFmmdi");
    assert!(bench.journal().contains(&format!("MD5:{HOST_KEY}")), "{}", bench.journal());
    assert!(!bench.journal().contains("jEt0dvnsbqKFmmdi"));
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
    robot.lock().unwrap().keys.push(fingerprint());
    robot.lock().unwrap().resets = vec!["man"];
    bench.rappel(&["rescue", "--check"]).code(1).says("only be reset by a technician");
}

#[test]
fn a_spent_rate_limit_ends_in_plain_words() {
    let (robot, bench) = start();
    let body = json!({ "error": { "status": 403, "code": "RATE_LIMIT_EXCEEDED",
        "message": "rate limit exceeded", "max_request": 50, "interval": 3600 } });
    robot.lock().unwrap().fault = Some(("POST /reset", Response::new(403, body.to_string())));
    bench
        .rescue()
        .code(4)
        .says("rate limit exceeded RATE_LIMIT_EXCEEDED")
        .says("its boot setting is disk again, read back");
    assert!(!robot.lock().unwrap().active);
}
