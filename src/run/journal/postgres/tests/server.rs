//! A real PostgreSQL server for one test, and nothing of it afterwards.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The account that everybody has and that may do nothing: a server refuses to run as root.
const NOBODY: u32 = 65534;
/// What it asks for on a TCP connection; on its socket it trusts everybody.
pub const PASSWORD: &str = "of the database, 7d2f0a";

/// A server, in a directory of its own.
pub struct Server<'a> {
    dir: tempfile::TempDir,
    child: Option<Child>,
    tcp: bool,
    /// What puts a command where the server is to run.
    place: Box<dyn Fn(&str) -> Command + 'a>,
}

impl<'a> Server<'a> {
    /// Starts one that listens on a socket alone, or on 127.0.0.1 also: `place` says where a
    /// program runs, as in a lab's namespace.
    pub fn start(tcp: bool, place: impl Fn(&str) -> Command + 'a) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut this = Self { dir, child: None, tcp, place: Box::new(place) };
        std::fs::write(this.dir.path().join("secret"), PASSWORD).expect("written");
        if tcp {
            this.certify();
        }
        this.owned();
        let data = this.data();
        let secret = this.dir.path().join("secret").display().to_string();
        let made = this
            .command("initdb")
            .args(["--no-sync", "--username", "ada", "--encoding", "UTF8", "--locale", "C"])
            .args(["--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", &secret])
            .args(["--pgdata", &data])
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        this.go_on();
        this
    }

    /// Starts it again after a stop.
    pub fn go_on(&mut self) {
        let sockets = self.dir.path().display().to_string();
        let listen = if self.tcp { "127.0.0.1" } else { "" };
        let mut command = self.command("postgres");
        command.args(["-D", &self.data(), "-k", &sockets, "-h", listen]).args(["-F", "-p", "5433"]);
        if self.tcp {
            let (certificate, key) = (self.certificate(), self.file("key.pem"));
            command.args(["-c", "ssl=on", "-c", &format!("ssl_cert_file={certificate}")]);
            command.args(["-c", &format!("ssl_key_file={key}")]);
        }
        let log = std::fs::File::create(self.dir.path().join("log")).expect("a log");
        command.stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("postgres starts"));
        let started = Instant::now();
        while !self.psql("postgres", "SELECT 1").status.success() {
            assert!(started.elapsed() < Duration::from_secs(60), "{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends it at once, as a crash does, and waits until it is gone.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Its own helpers end with it, unlike after a SIGKILL.
        let pid = rustix::process::Pid::from_child(&child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        let _ = child.wait();
    }

    /// Makes a database; gives its address by the socket.
    pub fn database(&self, name: &str) -> String {
        let made = self.psql("postgres", &format!("CREATE DATABASE {name}"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let dir = self.dir.path().display();
        format!("postgresql://ada@/{name}?host={dir}&port=5433")
    }

    /// What somebody else asks it.
    pub fn psql(&self, database: &str, sql: &str) -> Output {
        let dir = self.dir.path().display().to_string();
        self.command("psql")
            .args(["-X", "-A", "-t", "-q", "-h", &dir, "-p", "5433", "-U", "ada", "-c", sql])
            .arg(database)
            .output()
            .expect("psql starts")
    }

    /// The file with the certificate that it shows on TCP connections, and that only it has.
    pub fn certificate(&self) -> String {
        self.file("certificate.pem")
    }

    fn certify(&self) {
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-days", "2", "-subj", "/CN=journal"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", &self.file("key.pem"), "-out", &self.certificate()])
            .output()
            .expect("openssl starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    fn data(&self) -> String {
        self.file("data")
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// One of the server's programs, as nobody; it dies with whoever started it.
    fn command(&self, program: &str) -> Command {
        let program = programs().join(program).display().to_string();
        if !rustix::process::geteuid().is_root() {
            let mut command = (self.place)(&program);
            command.current_dir("/").process_group(0);
            return command;
        }
        let mut command = (self.place)("setpriv");
        let (user, group) = (NOBODY.to_string(), NOBODY.to_string());
        command.args(["--reuid", &user, "--regid", &group, "--clear-groups"]);
        command.args(["--pdeathsig", "QUIT", &program]).stdin(Stdio::null()).current_dir("/");
        command
    }

    fn owned(&self) {
        if rustix::process::geteuid().is_root() {
            let inside = std::fs::read_dir(self.dir.path()).expect("read").flatten();
            let inside: Vec<PathBuf> = inside.map(|entry| entry.path()).collect();
            for path in inside.iter().map(PathBuf::as_path).chain([self.dir.path()]) {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("owned");
            }
        }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian keeps the server's programs of each version in a directory of its own.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|dir| dir.join("initdb").exists());
    found.sort();
    found.pop().unwrap_or_else(|| Path::new("/usr/bin").to_owned())
}
