//! Logging in: agents, files, certificates, and what is told when none of them does.

use std::fs;

use rappel::remote::ssh::{ConnectError, Settings, Target, connect};

use crate::server::{Agent, Options, Server, keygen, sign};

/// Lets a key of the server's directory in.
fn allow(server: &Server, name: &str) {
    let key = fs::read_to_string(server.path(&format!("{name}.pub"))).unwrap();
    fs::write(server.path("authorized_keys"), key).unwrap();
}

/// Makes a key and lets only that one in.
fn user(server: &Server, name: &str, kind: &str, passphrase: &str) -> Target {
    keygen(&server.path(name), kind, passphrase);
    allow(server, name);
    let mut target = server.target();
    target.identity_files = vec![server.path(name)];
    target
}

fn with_agent(server: &Server, agent: &Agent) -> Settings {
    Settings { agent: Some(agent.socket.clone()), ..server.settings() }
}

fn tried(error: &ConnectError) -> &[String] {
    match error {
        ConnectError::Auth { tried, .. } => tried,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_of_every_type_log_in() {
    let server = Server::start();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let target = user(&server, &format!("key_{kind}"), kind, "");
        if let Err(error) = connect(&target, &server.settings()).await {
            panic!("{kind}: {error}\n{}", server.log());
        }
    }
}

#[tokio::test]
async fn old_key_files_are_read() {
    let server = Server::start();
    let target = user(&server, "pem", "rsa", "");
    let file = server.path("pem");
    crate::server::run(
        "ssh-keygen",
        &["-q", "-p", "-m", "PEM", "-N", "", "-P", "", "-f", file.to_str().unwrap()],
    );
    assert!(fs::read_to_string(&file).unwrap().contains("BEGIN RSA PRIVATE KEY"));
    connect(&target, &server.settings()).await.unwrap();
}

#[tokio::test]
async fn the_agent_signs() {
    let server = Server::start();
    let agent = Agent::start(server.home.path());
    for kind in ["ed25519", "rsa"] {
        let name = format!("held_{kind}");
        let mut target = user(&server, &name, kind, "");
        agent.add(&server.path(&name));
        fs::remove_file(server.path(&name)).unwrap();
        // The public file alone names it, and so does nothing at all.
        connect(&target, &with_agent(&server, &agent)).await.unwrap();
        target.identity_files.clear();
        connect(&target, &with_agent(&server, &agent)).await.unwrap();
    }
}

#[tokio::test]
async fn an_agent_that_is_not_there_does_not_matter() {
    let server = Server::start();
    let mut settings = server.settings();
    settings.agent = Some(server.path("nowhere"));
    connect(&server.target(), &settings).await.unwrap();
}

/// sshd hangs up after six wrong keys, so the right one has to be among the first.
#[tokio::test]
async fn a_named_key_does_not_drown_in_a_full_agent() {
    let server = Server::start();
    let agent = Agent::start(server.home.path());
    for number in 0..8 {
        let file = server.path(&format!("other{number}"));
        keygen(&file, "ed25519", "");
        agent.add(&file);
    }
    connect(&server.target(), &with_agent(&server, &agent)).await.unwrap();

    let mut target = server.target();
    target.identity_files.clear();
    let error = connect(&target, &with_agent(&server, &agent)).await.unwrap_err();
    let count = tried(&error).len();
    assert!((5..=6).contains(&count), "{error}");
    assert!(!error.is_unreachable());
    assert!(error.remedy().unwrap().contains("identity file"), "{error:?}");

    target.identity_files = vec![server.path("other0")];
    target.identities_only = true;
    let error = connect(&target, &with_agent(&server, &agent)).await.unwrap_err();
    assert_eq!(tried(&error).len(), 1, "{error}");
}

#[tokio::test]
async fn a_server_that_has_had_enough_is_understood() {
    let server =
        Server::with(Options { config: "MaxAuthTries 2\n".to_owned(), ..Options::default() });
    let mut target = server.target();
    target.identity_files.clear();
    for number in 0..4 {
        let file = server.path(&format!("other{number}"));
        keygen(&file, "ed25519", "");
        target.identity_files.push(file);
    }
    let error = connect(&target, &server.settings()).await.unwrap_err();
    assert_eq!(tried(&error).len(), 2, "{error}");
    assert!(error.to_string().contains("Too many authentication failures"), "{error}");
}

#[tokio::test]
async fn a_wrong_key_is_told_with_what_to_do() {
    let server = Server::start();
    let target = user(&server, "right", "ed25519", "");
    keygen(&server.path("wrong"), "ed25519", "");
    let mut target = Target { identity_files: vec![server.path("wrong")], ..target };
    let error = connect(&target, &server.settings()).await.unwrap_err();
    assert_eq!(tried(&error).len(), 1);
    assert!(error.to_string().contains("wrong (ssh-ed25519 SHA256:"), "{error}");
    assert!(error.remedy().unwrap().contains("ssh-copy-id -p"), "{error:?}");
    assert!(!error.is_unreachable());

    target.identity_files.clear();
    let error = connect(&target, &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("no key to try"), "{error}");
}

#[tokio::test]
async fn default_keys_are_tried_where_none_is_named() {
    let server = Server::start();
    let mut settings = server.settings();
    settings.default_identities = vec![server.path("missing"), server.path("user")];
    let mut target = server.target();
    target.identity_files.clear();
    connect(&target, &settings).await.unwrap();
}

#[tokio::test]
async fn an_encrypted_key_needs_the_agent() {
    let server = Server::start();
    let target = user(&server, "locked", "ed25519", "secret");
    let error = connect(&target, &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("locked is encrypted"), "{error}");
    assert!(error.remedy().unwrap().contains("ssh-add"), "{error:?}");
}

#[tokio::test]
async fn a_named_key_that_is_missing_or_no_key_is_named() {
    let server = Server::start();
    let mut target = server.target();
    for (name, reason) in [("missing", "no such file"), ("config", "no key")] {
        target.identity_files = vec![server.path("user"), server.path(name)];
        let error = connect(&target, &server.settings()).await.unwrap_err();
        assert!(matches!(&error, ConnectError::Identity { path, .. } if path.ends_with(name)));
        assert!(error.to_string().contains(reason), "{error}");
    }
}

/// A server that takes certificates of an authority, and no bare key.
fn certified() -> Server {
    let server = Server::with(Options {
        config: "TrustedUserCAKeys HOME/authority.pub\n".to_owned(),
        certify: Some(("x".to_owned(), "always:forever".to_owned())),
        ..Options::default()
    });
    fs::write(server.path("authorized_keys"), "").unwrap();
    server
}

#[tokio::test]
async fn certificates_log_in() {
    let server = certified();
    for kind in ["ed25519", "rsa"] {
        let name = format!("certified_{kind}");
        let mut target = server.target();
        keygen(&server.path(&name), kind, "");
        target.identity_files = vec![server.path(&name)];
        connect(&target, &server.settings()).await.unwrap_err();
        sign(server.home.path(), &format!("{name}.pub"), &["-n", &target.user]);
        if let Err(error) = connect(&target, &server.settings()).await {
            panic!("{kind}: {error}\n{}", server.log());
        }
        // The agent takes the certificate together with the key.
        let agent = Agent::start(server.home.path());
        agent.add(&server.path(&name));
        target.identity_files.clear();
        connect(&target, &with_agent(&server, &agent)).await.unwrap();
        drop(agent);
        fs::remove_file(server.path("agent")).ok();
    }
}

#[tokio::test]
async fn a_server_that_wants_more_than_a_key_is_understood() {
    let server = Server::with(Options {
        config: "PasswordAuthentication yes\nAuthenticationMethods publickey,password\n".to_owned(),
        ..Options::default()
    });
    let error = connect(&server.target(), &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("also wants password"), "{error}");

    let server = Server::with(Options {
        config: "PubkeyAuthentication no\nPasswordAuthentication yes\n".to_owned(),
        ..Options::default()
    });
    let error = connect(&server.target(), &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("takes no keys, only password"), "{error}");
}
