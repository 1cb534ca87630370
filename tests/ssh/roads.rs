//! Roads by way of other hosts and of commands, with real servers, beside what `ssh` does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use rappel::remote::ssh::config::{Config, Local, Overrides};
use rappel::remote::ssh::{ConnectError, Forced, Road, Roads, Session, connect};

use crate::server::{Options, Server, free_port};

/// Servers, and a configuration that names them `a`, `b`, `c`.
struct Net {
    servers: Vec<Server>,
    home: tempfile::TempDir,
}

impl Net {
    fn of(servers: Vec<Server>) -> Self {
        let net = Self { servers, home: tempfile::tempdir().unwrap() };
        let mut text = String::new();
        for (server, name) in net.servers.iter().zip(["a", "b", "c"]) {
            // Each key is recorded under its server's own port.
            let settings = server.settings();
            text += &format!(
                "Host {name}\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n  \
                 UserKnownHostsFile {}\n",
                server.port,
                server.path("user").display(),
                settings.known_hosts[0].display(),
            );
        }
        let text = format!("{text}Host *\n  GlobalKnownHostsFile none\n  IdentityAgent none\n");
        net.write("base", &text);
        net
    }

    fn new(count: usize) -> Self {
        Self::of((0..count).map(|_| Server::start()).collect())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.home.path().join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// A configuration with these lines before the servers' own.
    fn config(&self, lines: &str) -> PathBuf {
        let base = self.home.path().join("base");
        self.write("config", &format!("{lines}\nMatch all\nInclude {}\n", base.display()))
    }

    fn road(&self, host: &str, lines: &str) -> Road {
        let config = Config::load(Some(&self.config(lines)), Local::from_env()).unwrap();
        let mut settings = self.servers[0].settings();
        settings.known_hosts.clear();
        let roads = Roads { config, settings, forced: Forced::default() };
        let options = roads.config.resolve(host, &Overrides::default()).unwrap();
        roads.road(host, &options, None, None).unwrap()
    }

    async fn open(&self, host: &str, lines: &str) -> Result<Session, ConnectError> {
        let road = self.road(host, lines);
        connect(&road.target, &road.settings).await
    }

    /// Whether the real `ssh` gets there.
    fn ssh(&self, host: &str, lines: &str) -> bool {
        let output = Command::new("ssh")
            .arg("-F")
            .arg(self.config(lines))
            .args(["-o", "BatchMode=yes", host, "true"])
            .output()
            .unwrap();
        output.status.success()
    }

    fn logins(&self, at: usize) -> usize {
        self.servers[at].log().matches("Accepted publickey").count()
    }
}

async fn says(session: &Session, command: &str) -> String {
    let mut exec = session.exec(command).await.unwrap();
    exec.eof().await.unwrap();
    let mut said = String::new();
    while let Some(line) = exec.line().await.unwrap() {
        said += &line;
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_behind_hosts_behind_hosts() {
    let net = Net::new(3);
    for lines in [
        "Host c\n  ProxyJump b\nHost b\n  ProxyJump a",
        "Host c\n  ProxyJump a,b",
        "Match originalhost c\n  ProxyJump a,b",
    ] {
        assert!(net.ssh("c", lines), "{lines}");
        let before: Vec<usize> = (0..3).map(|at| net.logins(at)).collect();
        let session = net.open("c", lines).await.unwrap();
        assert_eq!(session.peer(), net.servers[2].address());
        assert!(!session.is_direct());
        // Data in both directions, and more than a window of it.
        let size =
            says(&session, "head -c 5000000 /dev/zero | tr '\\0' x | fold -w 1000 | wc -c").await;
        assert_eq!(size.trim(), "5004999");
        for (at, before) in before.iter().enumerate() {
            assert_eq!(net.logins(at), before + 1, "one login on each");
        }
    }
}

/// What confirms a change has to be new all the way.
#[tokio::test(flavor = "multi_thread")]
async fn every_session_is_a_new_connection_everywhere() {
    let net = Net::new(2);
    let lines = "Host b\n  ProxyJump a";
    let first = net.open("b", lines).await.unwrap();
    let second = net.open("b", lines).await.unwrap();
    assert_ne!(first.local(), second.local());
    assert_eq!((net.logins(0), net.logins(1)), (2, 2));
    let seen = says(&second, "echo \"$SSH_CONNECTION\"").await;
    let local = second.local();
    assert!(seen.starts_with(&format!("{} {} ", local.ip(), local.port())), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_lead_to_hosts() {
    let net = Net::new(2);
    let base = net.home.path().join("base");
    for lines in [
        format!("Host b\n  ProxyCommand ssh -F {} -W [%h]:%p a", base.display()),
        format!(
            "Host b\n  ProxyCommand ssh -F {} a 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3'",
            base.display()
        ),
    ] {
        assert!(net.ssh("b", &lines), "{lines}");
        let session = net.open("b", &lines).await.unwrap();
        assert_eq!(session.peer(), net.servers[1].address());
        assert_eq!(says(&session, "echo hello").await, "hello");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_says_why_and_leaves_nothing_behind() {
    let net = Net::new(1);
    let error = net.open("a", "Host a\n  ProxyCommand echo no such tunnel >&2; exit 1").await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("no such tunnel"), "{error}");
    assert!(error.is_unreachable());
    // One that goes on for ever ends with the session that it was started for.
    let mark = net.home.path().join("mark");
    let lines =
        format!("Host a\n  ConnectTimeout 1\n  ProxyCommand sleep 1000; : {}", mark.display());
    let error = net.open("a", &lines).await.unwrap_err();
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
    let left = Command::new("pgrep").args(["-f", mark.to_str().unwrap()]).output().unwrap();
    assert!(left.stdout.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_host_that_will_not_or_cannot_is_told_apart() {
    let config = "AllowTcpForwarding no\n".to_owned();
    let net = Net::of(vec![
        Server::with(Options { config, ..Options::default() }),
        Server::start(),
        Server::start(),
    ]);
    let error = net.open("b", "Host b\n  ProxyJump a").await.unwrap_err();
    assert!(matches!(error, ConnectError::NotForwarded { failed: false, .. }), "{error}");
    assert!(!error.is_unreachable());
    assert!(error.remedy().unwrap().contains("AllowTcpForwarding"));
    let closed = format!("Host b\n  ProxyJump c\n  Port {}", free_port());
    let error = net.open("b", &closed).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotForwarded { failed: true, .. }), "{error}");
    assert!(error.is_unreachable());
    assert!(error.to_string().starts_with("c cannot connect to 127.0.0.1:"), "{error}");
    let gone = format!("Host b\n  ProxyJump c\nHost c\n  Port {}", free_port());
    let error = net.open("b", &gone).await.unwrap_err();
    assert!(error.to_string().starts_with("no way through the jump host c: "), "{error}");
    assert!(error.is_unreachable());
    net.servers[2].record("");
    let error = net.open("b", "Host b\n  ProxyJump c").await.unwrap_err();
    assert!(error.to_string().contains("jump host c"), "{error}");
    assert!(!error.is_unreachable(), "its key is not known");
}

#[tokio::test]
async fn a_circle_of_jump_hosts_is_found() {
    let net = Net::new(2);
    let config = Config::load(
        Some(&net.config("Host a\n  ProxyJump b\nHost b\n  ProxyJump a")),
        Local::from_env(),
    );
    let roads = Roads {
        config: config.unwrap(),
        settings: net.servers[0].settings(),
        forced: Forced::default(),
    };
    let options = roads.config.resolve("a", &Overrides::default()).unwrap();
    let error = roads.road("a", &options, None, None).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn literals_of_ipv6_and_addresses_to_connect_from() {
    let config = "ListenAddress ::1\n".to_owned();
    let net =
        Net::of(vec![Server::with(Options { config, ..Options::default() }), Server::start()]);
    let server = &net.servers[0];
    let name = format!("[::1]:{}", server.port);
    server.record(&format!("{name} {}\n", server.host_key("ed25519")));
    let lines = "Host a\n  HostName ::1";
    assert!(net.ssh("a", lines));
    assert_eq!(net.open("a", lines).await.unwrap().peer().to_string(), name);
    let lines = "Host a\n  HostName ::1\n  ProxyJump b";
    assert_eq!(net.open("a", lines).await.unwrap().peer().to_string(), name);
    server.settings();
    let error = net.open("a", "Host a\n  AddressFamily inet6").await.unwrap_err();
    assert!(error.to_string().contains("no IPv6 address"), "{error}");
    let session = net.open("b", "Host b\n  BindAddress 127.0.0.9").await.unwrap();
    assert_eq!(session.local().ip().to_string(), "127.0.0.9");
}

#[tokio::test(flavor = "multi_thread")]
async fn algorithms_are_those_that_the_configuration_names() {
    let config = "KexAlgorithms ecdh-sha2-nistp256\nCiphers aes128-gcm@openssh.com\n".to_owned();
    let net = Net::of(vec![Server::with(Options { config, ..Options::default() })]);
    net.open("a", "").await.unwrap();
    for lines in ["KexAlgorithms curve25519-sha256", "Ciphers aes256-ctr"] {
        assert!(!net.ssh("a", lines));
        let error = net.open("a", lines).await.unwrap_err();
        assert!(error.to_string().contains("no common"), "{error}");
    }
    net.open("a", "KexAlgorithms ^ecdh-sha2-nistp256\nMACs -*sha1*").await.unwrap();
    let error = net.open("a", "Ciphers 3des-cbc").await.unwrap_err();
    assert!(error.to_string().contains("none of these is supported"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn host_keys_follow_alias_lists_of_revoked_ones_and_hashes() {
    let net = Net::new(1);
    let server = &net.servers[0];
    let key = server.host_key("ed25519");
    server.record(&format!("pinned {key}\n"));
    net.open("a", "HostKeyAlias pinned").await.unwrap();
    let revoked = net.write("revoked", &format!("# lost\n{key} old\n"));
    let lines = format!("HostKeyAlias pinned\nRevokedHostKeys {}", revoked.display());
    assert!(!net.ssh("a", &lines));
    let error = net.open("a", &lines).await.unwrap_err();
    assert!(matches!(error, ConnectError::HostKeyRevoked(_)), "{error}");
    let missing = "HostKeyAlias pinned\nRevokedHostKeys /no/such/list";
    assert!(!net.ssh("a", missing));
    assert!(net.open("a", missing).await.is_err());

    let fresh = net.home.path().join("fresh");
    let lines = format!(
        "StrictHostKeyChecking accept-new\nHashKnownHosts yes\nUserKnownHostsFile {}",
        fresh.display()
    );
    net.open("a", &lines).await.unwrap();
    let text = fs::read_to_string(&fresh).unwrap();
    assert!(text.starts_with("|1|") && !text.contains("127.0.0.1"), "{text}");
    assert!(net.ssh("a", &lines.replace("accept-new", "yes")), "ssh reads what we write");
    net.open("a", &lines.replace("accept-new", "yes")).await.unwrap();
    // As Vagrant has it.
    net.open("a", "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null").await.unwrap();
}
