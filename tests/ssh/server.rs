//! A real sshd on the loopback, with its own keys and configuration, ended with the test.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rappel::remote::ssh::{Settings, Target};
use tempfile::TempDir;

/// Longer than anything takes that ends at all, on however busy a machine.
pub const LIMIT: Duration = Duration::from_secs(60);
const SSHD: &str = "/usr/sbin/sshd";

/// What differs from a usual server.
#[derive(Default)]
pub struct Options {
    /// Types of its host keys; `ed25519` if none is given.
    pub host_keys: Vec<&'static str>,
    /// An authority, made on the spot, signs its ed25519 key for these names and times.
    pub certify: Option<(String, String)>,
    /// Further lines of its configuration, with HOME for its directory.
    pub config: String,
    /// The password of the account, for this server alone.
    pub password: Option<&'static str>,
}

/// A running server, the directory of its files, and a user whose key it takes.
pub struct Server {
    pub home: TempDir,
    pub port: u16,
    child: Child,
}

/// Runs a program that has to succeed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes a key pair.
pub fn keygen(file: &Path, kind: &str, passphrase: &str) {
    let file = file.to_str().unwrap();
    run("ssh-keygen", &["-q", "-t", kind, "-N", passphrase, "-f", file]);
}

/// Has the authority in a directory sign a public key there.
pub fn sign(home: &Path, public: &str, options: &[&str]) {
    let (authority, public) = (home.join("authority"), home.join(public));
    let mut arguments = vec!["-q", "-s", authority.to_str().unwrap(), "-I", "test"];
    arguments.extend(options);
    arguments.push(public.to_str().unwrap());
    run("ssh-keygen", &arguments);
}

impl Server {
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        assert!(Path::new(SSHD).exists(), "{SSHD} is missing: install openssh-server");
        // sshd wants its empty directory when it runs as root.
        let _exists = fs::create_dir_all("/run/sshd");
        let home = tempfile::tempdir().unwrap();
        let at = home.path();
        let kinds = match options.host_keys.as_slice() {
            [] => &["ed25519"],
            kinds => kinds,
        };
        // The first value of a setting counts.
        let mut config = options.config.replace("HOME", at.to_str().unwrap());
        config += &format!(
            "ListenAddress 127.0.0.1\nPidFile none\nUsePAM no\nStrictModes no\n\
             PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitUserRC no\nX11Forwarding no\n\
             AuthorizedKeysFile {}\n",
            at.join("authorized_keys").display()
        );
        for kind in kinds {
            let file = at.join(format!("host_{kind}"));
            keygen(&file, kind, "");
            config += &format!("HostKey {}\n", file.display());
        }
        if let Some((names, time)) = &options.certify {
            keygen(&at.join("authority"), "ed25519", "");
            sign(at, "host_ed25519.pub", &["-h", "-n", names, "-V", time]);
        }
        keygen(&at.join("user"), "ed25519", "");
        fs::copy(at.join("user.pub"), at.join("authorized_keys")).unwrap();
        let port = free_port();
        fs::write(at.join("config"), format!("Port {port}\n{config}")).unwrap();
        let child = program(at, options.password)
            .args(["-D", "-e", "-f"])
            .arg(at.join("config"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(at.join("log")).unwrap())
            .spawn()
            .unwrap();
        let server = Self { home, port, child };
        server.wait();
        server
    }

    fn wait(&self) {
        let until = Instant::now() + LIMIT;
        while TcpStream::connect(self.address()).is_err() {
            assert!(Instant::now() < until, "sshd did not start: {}", self.log());
            sleep(Duration::from_millis(10));
        }
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Whether the server's log gets to say something. It writes after it has answered.
    pub fn logs(&self, text: &str) -> bool {
        (0..100).any(|_| {
            let there = self.log().contains(text);
            if !there {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            there
        })
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The public half of a host key: type and base64.
    pub fn host_key(&self, kind: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("host_{kind}.pub"))).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// The name under which it is recorded.
    pub fn known_as(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// Replaces what the user records.
    pub fn record(&self, text: &str) {
        fs::write(self.path("known_hosts"), text).unwrap();
    }

    /// The user's target at this server.
    pub fn target(&self) -> Target {
        let mut target = Target::new("web1", "127.0.0.1", whoami());
        target.port = self.port;
        target.identity_files = vec![self.path("user")];
        target
    }

    /// Settings with nothing but the files of this server; its ed25519 key is recorded.
    pub fn settings(&self) -> Settings {
        if let Ok(false) = self.path("known_hosts").try_exists()
            && self.path("host_ed25519").exists()
        {
            self.record(&format!("{} {}\n", self.known_as(), self.host_key("ed25519")));
        }
        Settings {
            known_hosts: vec![self.path("known_hosts")],
            connect_timeout: Duration::from_secs(20),
            ..Settings::default()
        }
    }

    /// The processes that serve connections.
    pub fn workers(&self) -> Vec<u32> {
        descendants(self.child.id())
    }

    /// Sends a signal to the processes that serve connections.
    pub fn signal_workers(&self, signal: &str) {
        for worker in self.workers() {
            signal_to(worker, signal);
        }
    }
}

/// sshd, perhaps of another Debian, perhaps in a mount namespace where the account has
/// another password.
fn program(home: &Path, password: Option<&str>) -> Command {
    let root = other_debian();
    if root.is_none() && password.is_none() {
        return Command::new(SSHD);
    }
    let accounts = root.as_deref().unwrap_or(Path::new("/")).join("etc/shadow");
    let shadow = home.join("shadow");
    fs::write(&shadow, with_password(&fs::read_to_string(accounts).unwrap(), password)).unwrap();
    let script = include_str!("sshd.sh");
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", script]).arg(root.unwrap_or_default());
    unshare.arg(shadow).arg(std::env::temp_dir()).arg(SSHD);
    unshare
}

/// The root directory of the Debian whose sshd is to be tried, if it is not this machine's.
pub fn other_debian() -> Option<PathBuf> {
    std::env::var_os("RAPPEL_TEST_SSHD_ROOT").map(PathBuf::from)
}

/// Accounts as they are, but for the password of the one that the tests run as.
fn with_password(accounts: &str, password: Option<&str>) -> String {
    let hash = password.map(|password| run("openssl", &["passwd", "-6", password]));
    let user = whoami();
    let line = |line: &str| match (&hash, line.split(':').collect::<Vec<_>>().as_slice()) {
        (Some(hash), [name, _, rest @ ..]) if *name == user => {
            format!("{user}:{}:{}\n", hash.trim(), rest.join(":"))
        }
        _ => format!("{line}\n"),
    };
    accounts.lines().map(line).collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        let workers = self.workers();
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
        for worker in workers {
            signal_to(worker, "KILL");
        }
    }
}

/// An agent of the test's own.
pub struct Agent {
    pub socket: PathBuf,
    child: Child,
}

impl Agent {
    pub fn start(home: &Path) -> Self {
        let socket = home.join("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + LIMIT;
        while !socket.exists() {
            assert!(Instant::now() < until, "ssh-agent did not start");
            sleep(Duration::from_millis(10));
        }
        Self { socket, child }
    }

    pub fn add(&self, key: &Path) {
        let output = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The account that the tests run as, which is the one that sshd lets in.
fn whoami() -> String {
    run("id", &["-un"]).trim().to_owned()
}

/// A port on which nothing listens now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn signal_to(process: u32, signal: &str) {
    let _gone = Command::new("kill")
        .args(["-s", signal, &process.to_string()])
        .stderr(Stdio::null())
        .status();
}

/// All children of a process and theirs.
fn descendants(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut queue = vec![process];
    while let Some(parent) = queue.pop() {
        let file = format!("/proc/{parent}/task/{parent}/children");
        let children = fs::read_to_string(file).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|one| one.parse().ok()) {
            found.push(child);
            queue.push(child);
        }
    }
    found
}
