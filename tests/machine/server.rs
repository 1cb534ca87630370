//! A provider's API in front of the machine: a process at the controller's place that switches
//! boot source and power as its calls ask for. It is this very test program again.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::bench::{ADDRESS, Bench};
use crate::http::{OnReset, StandIn, serve};
use crate::{dedibox_api, hetzner_api, metal_api, ovh_api};

/// Which API; the process serves it if this is set.
const WHICH: &str = "RAPPEL_STAND_IN";
/// The machine's directory.
const MACHINE: &str = "RAPPEL_STAND_IN_MACHINE";
const PLACE: &str = "127.0.0.1:8099";
/// What it is called from the controller.
pub const BASE: &str = "http://127.0.0.1:8099";

/// A running server.
pub struct Server(Child);

impl Server {
    /// Serves `which`, a driver's name; of `hetzner!` the host key that it tells is wrong.
    pub fn of(bench: &Bench, which: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let argv = [program.to_str().unwrap(), "--exact", "server::serves", "--ignored"];
        let log = fs::File::create(bench.machine("server.log")).unwrap();
        let mut command = bench.lab.controller(&argv).unwrap();
        command.env(WHICH, which).env(MACHINE, bench.machine(""));
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self(child);
        let end = Instant::now() + Duration::from_secs(60);
        while !bench.machine("serves").exists() {
            assert!(Instant::now() < end, "the stand-in does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        fs::remove_file(bench.machine("serves")).unwrap();
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone is what it is to be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "a process of other tests"]
fn serves() {
    let (Some(which), Some(machine)) = (std::env::var_os(WHICH), std::env::var_os(MACHINE)) else {
        return;
    };
    let machine = PathBuf::from(machine);
    let api = api(which.to_str().unwrap(), &machine);
    let listener = TcpListener::bind(PLACE).unwrap();
    let calls = machine.join("calls-of-the-api");
    serve(listener, move |request| {
        let mut api = api.lock().unwrap();
        let answer = api.handle(BASE, &request);
        fs::write(&calls, api.log().join("\n")).unwrap();
        answer
    });
    fs::write(machine.join("serves"), "").unwrap();
    loop {
        std::thread::park();
    }
}

fn api(which: &str, machine: &Path) -> Arc<Mutex<dyn StandIn>> {
    let read = |name: &str| fs::read_to_string(machine.join("images").join(name)).unwrap();
    let key = read("key.pub").trim().to_owned();
    let on_reset = Some(power(machine));
    match which {
        "ovhcloud" => {
            let api = ovh_api::api();
            api.lock().unwrap().on_reset = on_reset;
            api
        }
        "dedibox" => {
            let api = dedibox_api::api(&key);
            {
                let mut server = api.lock().unwrap();
                // This rescue system has no other account.
                (server.login, server.address) = ("root", ADDRESS);
                server.on_reset = on_reset;
            }
            api
        }
        "elastic-metal" => {
            let api = metal_api::api(&key);
            {
                let mut server = api.lock().unwrap();
                server.login = "root";
                server.on_reset = on_reset;
            }
            api
        }
        _ => {
            let api = hetzner_api::api(&key);
            {
                let mut robot = api.lock().unwrap();
                if which == "hetzner" {
                    robot.host_key = hetzner_api::fingerprint(&read("rescue.pub"));
                }
                robot.on_reset = on_reset;
            }
            api
        }
    }
}

/// Switches the boot source, and the power off and on.
fn power(machine: &Path) -> OnReset {
    let machine = machine.to_owned();
    Box::new(move |rescue, key| {
        fs::write(machine.join("boot"), if rescue { "rescue" } else { "disk" }).unwrap();
        if rescue {
            fs::write(machine.join("key"), format!("{key}\n")).unwrap();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machine/power.sh");
        let done = Command::new("sh").arg(script).arg(&machine).arg("reset").status().unwrap();
        assert!(done.success(), "{done}");
    })
}
