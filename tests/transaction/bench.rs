//! A lab, a project directory, and the program under test at the controller's place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rappel::lab::{HostSpec, Lab, Spec, topology};

#[allow(dead_code, reason = "each suite takes what it needs")]
#[path = "proof.rs"]
pub mod proof;

use proof::Proof;

/// The binary under test.
pub const RAPPEL: &str = env!("CARGO_BIN_EXE_rappel");

/// A lab and a project that a case may edit.
pub struct Bench {
    _proof: Proof,
    pub lab: Lab,
    pub project: tempfile::TempDir,
}

/// What a command printed, and its exit code.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// What a command that has ended said.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Requires an exit code.
    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "\n{}\n{}", self.out, self.err);
        self
    }

    /// Requires a text in either output.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "no {text:?} in\n{}\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Requires that a text is in neither output.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(
            !self.out.contains(text) && !self.err.contains(text),
            "{text:?} in\n{}\n{}",
            self.out,
            self.err
        );
        self
    }
}

/// No Proxmox VE runs in a lab: what only its tools can make is left out of the vars. Whoever
/// puts stand-ins on the host takes the shipped vars again.
fn without_proxmox(vars: &Path) {
    let Ok(text) = fs::read_to_string(vars) else { return };
    if let Some((before, _)) = text.split_once("\nproxmox:\n") {
        fs::write(vars, format!("{before}\n")).expect("written");
    }
}

impl Bench {
    /// The hypervisor topology with the shipped inventory and playbook.
    pub fn t3() -> Self {
        Self::of(&topology::t3())
    }

    /// Any lab with the hypervisor's project.
    pub fn of(spec: &Spec) -> Self {
        Self::shipped(spec, "t3")
    }

    /// Any lab with a shipped inventory, by its name, and the shipped playbooks.
    pub fn shipped(spec: &Spec, inventory: &str) -> Self {
        let program = Path::new(RAPPEL);
        let lab = Lab::up(program, spec)
            .unwrap_or_else(|error| panic!("the lab does not come up: {error}"));
        let project = tempfile::tempdir().expect("a directory");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("inventories").join(inventory), &project.path().join("inventory"));
        copy(&root.join("playbooks"), &project.path().join("playbooks"));
        without_proxmox(&project.path().join("inventory/host_vars/hv1.yml"));
        let _proof = Proof::in_lab(spec).at_home(project.path());
        Self { _proof, lab, project }
    }

    /// Replaces a text in a file of the project; it must be there.
    #[track_caller]
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.project.path().join(file);
        let text = fs::read_to_string(&path).expect("the file");
        assert!(text.contains(from), "{from:?} is not in {file}");
        fs::write(&path, text.replace(from, to)).expect("written");
    }

    /// Writes a file of the project.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.project.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// The command, not started yet.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.at_controller(&[&[RAPPEL], words].concat());
        command.stdin(Stdio::null());
        command
    }

    /// Any command at the controller's place, with this project as its home.
    pub fn at_controller(&self, argv: &[&str]) -> Command {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        let mut command = self.lab.controller(&argv).expect("a command");
        command
            .current_dir(self.project.path())
            .env("HOME", self.project.path())
            .env("RAPPEL_INVENTORY", "inventory")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("XDG_STATE_HOME")
            .env_remove("RAPPEL_JOURNAL")
            .env_remove("USER");
        command
    }

    /// How this lab's hosts are reached.
    pub fn reach(&self) -> Vec<String> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        vec![
            "--private-key".to_owned(),
            text(self.lab.key()),
            "--known-hosts".to_owned(),
            text(self.lab.known_hosts()),
        ]
    }

    /// As with OpenSSH, --private-key is for the hosts themselves; those on the way to them
    /// have what the configuration says.
    pub fn key_for_jump_hosts(&self) {
        let (key, known) = (self.lab.key(), self.lab.known_hosts());
        let (key, known) = (key.display(), known.display());
        let config = format!("Host *\n  IdentityFile {key}\n  UserKnownHostsFile {known}\n");
        self.write(".ssh/config", &config);
    }

    /// Runs a command that reaches hosts.
    pub fn rappel(&self, words: &[&str]) -> Said {
        let reach = self.reach();
        let words: Vec<&str> =
            words.iter().copied().chain(reach.iter().map(String::as_str)).collect();
        Said::of(&self.command(&words).output().expect("runs"))
    }

    /// Starts a command that reaches hosts.
    pub fn start(&self, words: &[&str]) -> Child {
        let reach = self.reach();
        let words: Vec<&str> =
            words.iter().copied().chain(reach.iter().map(String::as_str)).collect();
        self.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    }

    /// `rappel apply --yes` of the project's playbook, with a short window.
    pub fn apply(&self) -> Said {
        self.rappel(&["apply", "playbooks/t3.yml", "--yes", "--confirm-window", "12"])
    }

    /// The same in spite of what lint says.
    pub fn apply_against_lint(&self) -> Said {
        self.rappel(&[
            "apply",
            "playbooks/t3.yml",
            "--yes",
            "--confirm-window",
            "12",
            "--ignore-lint",
        ])
    }

    /// Runs a script on a host's console, out of band; it must succeed.
    #[track_caller]
    pub fn console(&self, host: &str, script: &str) -> String {
        self.lab.sh(host, script).unwrap_or_else(|error| panic!("{host}: {script}: {error}"))
    }

    /// Whether a command on a host's console succeeds.
    pub fn holds(&self, host: &str, script: &str) -> bool {
        self.lab.exec(host, &["sh", "-c", script]).is_ok_and(|output| output.status.success())
    }

    /// Whether the provider's gateway gets an answer from an address, with no old
    /// neighbour entry to speak for it.
    pub fn gateway_pings(&self, address: &str) -> bool {
        self.lab.flush_neighbours().expect("flushed");
        let argv = ["ping", "-n", "-q", "-c", "2", "-i", "0.5", "-W", "2", address];
        self.lab.gateway(&argv).is_ok_and(|output| output.status.success())
    }

    /// What is there in everybody's kernel, for whoever has to find out why it fails.
    pub fn network(&self) -> String {
        let look = "ip -br link; ip -br addr; bridge link; ip neigh; ip -6 neigh show proxy";
        let of = |host: &HostSpec| match self.lab.exec(&host.name, &["sh", "-c", look]) {
            Ok(output) => format!("-- {}\n{}", host.name, String::from_utf8_lossy(&output.stdout)),
            Err(error) => format!("-- {}: {error}\n", host.name),
        };
        self.lab.spec().hosts.iter().map(of).collect()
    }

    /// Waits until something holds.
    #[track_caller]
    pub fn eventually(&self, what: &str, limit: Duration, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            let late = start.elapsed() >= limit;
            assert!(!late, "not within {limit:?}: {what}\n{}", self.network());
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// A new login over SSH from the controller works.
    pub fn ssh_works(&self) -> bool {
        self.rappel(&["status"]).code == Some(0)
    }

    /// Everything about a host that a change may touch, read on its console: files and
    /// live state, one text.
    pub fn picture(&self, host: &str) -> String {
        self.console(host, PICTURE)
    }
}

/// Files with owner, mode and digest; addresses, routes, rules, proxies, links, nft,
/// forwarding. Link-local addresses and indexes are left out: they come and go.
const PICTURE: &str = r#"
find /etc/network /etc/sysctl.d /etc/nftables.d /etc/systemd/system -type f -exec stat -c '%n %a %U:%G' {} + -exec sha256sum {} + 2>/dev/null | sort
ip -o addr show scope global | sed 's/^[0-9]*: //; s/ *valid_lft.*//' | sort
ip -4 route show table all | grep -v 'table local' | sort
ip -6 route show table all | grep -v -e 'table local' -e '^fe80' -e '^ff00' -e 'multicast' | sort
ip rule; ip -6 rule; ip neigh show proxy; ip -6 neigh show proxy
ip -o link show | sed 's/^[0-9]*: //; s/@[^:]*:/:/; s/ qlen.*//; s/ qdisc [a-z_]*//; s/<[^>]*>//' | sort
nft list ruleset
sysctl -a 2>/dev/null | grep -E 'ip_forward |\.forwarding |proxy_ndp |accept_ra |proxy_arp ' | sort
"#;

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").arg(from).arg(to).status().expect("cp");
    assert!(status.success());
}
