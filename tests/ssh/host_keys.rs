//! Whether the host is the one that we know.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rappel::remote::ssh::{Changed, ConnectError, Settings, connect};

use crate::server::{Options, Server, keygen, run};

/// A public key that is no server's.
fn foreign(server: &Server, kind: &str) -> String {
    let file = server.path(&format!("foreign_{kind}"));
    keygen(&file, kind, "");
    let text = fs::read_to_string(file.with_extension("pub")).unwrap();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn with_keys(host_keys: &[&'static str]) -> Server {
    Server::with(Options { host_keys: host_keys.to_vec(), ..Options::default() })
}

/// Connects with these lines in the known_hosts file.
async fn with(server: &Server, known: &str, settings: &Settings) -> Result<(), ConnectError> {
    server.record(known);
    let session = connect(&server.target(), settings).await?;
    session.close().await;
    Ok(())
}

async fn refused(server: &Server, known: &str, settings: &Settings) -> ConnectError {
    let error = with(server, known, settings).await.unwrap_err();
    assert!(!error.is_unreachable());
    let log = server.log();
    assert!(!log.contains("Accepted"), "it logged in all the same: {log}");
    error
}

fn accepting(server: &Server) -> Settings {
    Settings { accept_new: true, ..server.settings() }
}

#[tokio::test]
async fn an_unknown_host_is_refused_with_the_command_that_records_it() {
    let server = Server::start();
    let error = refused(&server, "", &server.settings()).await;
    let ConnectError::HostKeyUnknown(unknown) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(unknown.known_as, server.known_as());
    assert!(unknown.offered.fingerprint.starts_with("SHA256:"));
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("--accept-new"), "{remedy}");
    assert!(remedy.contains(&unknown.record), "{remedy}");
    // The command does what it says.
    run("sh", &["-c", &unknown.record]);
    connect(&server.target(), &server.settings()).await.unwrap();
}

#[tokio::test]
async fn an_unknown_host_is_recorded_if_that_is_wanted() {
    let server = Server::start();
    let settings = accepting(&server);
    fs::remove_file(server.path("known_hosts")).unwrap();
    connect(&server.target(), &settings).await.unwrap();
    let file = server.path("known_hosts");
    let line = format!("{} {}\n", server.known_as(), server.host_key("ed25519"));
    assert_eq!(fs::read_to_string(&file).unwrap(), line);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // Known from now on, and recorded once.
    connect(&server.target(), &settings).await.unwrap();
    connect(&server.target(), &server.settings()).await.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), line);
}

#[tokio::test]
async fn an_unwritable_file_is_told() {
    let server = Server::start();
    let mut settings = accepting(&server);
    settings.known_hosts = vec![server.path("log").join("known_hosts")];
    let error = connect(&server.target(), &settings).await.unwrap_err();
    assert!(matches!(error, ConnectError::KnownHosts { .. }), "{error:?}");
}

fn changed(error: &ConnectError) -> &Changed {
    match error {
        ConnectError::HostKeyChanged(changed) => changed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_changed_key_is_refused_even_if_new_ones_are_not() {
    let server = Server::start();
    let known = format!("# x\n{} {}\n", server.known_as(), foreign(&server, "ed25519"));
    let error = refused(&server, &known, &accepting(&server)).await;
    let changed = changed(&error);
    assert_eq!(changed.recorded.len(), 1);
    assert_eq!(changed.recorded[0].line, 2);
    let text = error.to_string();
    assert!(text.contains("known_hosts:2 records ssh-ed25519 SHA256:"), "{text}");
    assert!(text.contains(&changed.offered.fingerprint), "{text}");
    assert!(error.remedy().unwrap().contains("ssh-keygen -R"));
    assert_eq!(fs::read_to_string(server.path("known_hosts")).unwrap(), known);
}

/// The remedy is a command that works.
#[tokio::test]
async fn a_changed_key_can_be_forgotten_as_told() {
    let server = Server::start();
    let known = format!("{} {}\n", server.known_as(), foreign(&server, "ed25519"));
    let error = refused(&server, &known, &server.settings()).await;
    let remedy = error.remedy().unwrap();
    let command = remedy.split('`').nth(1).unwrap();
    run("sh", &["-c", command]);
    connect(&server.target(), &accepting(&server)).await.unwrap();
}

#[tokio::test]
async fn another_type_of_key_is_never_new() {
    let server = Server::start();
    let known = format!("{} {}\n", server.known_as(), foreign(&server, "rsa"));
    let error = refused(&server, &known, &accepting(&server)).await;
    assert_eq!(changed(&error).recorded[0].key.kind, "ssh-rsa");
    assert_eq!(fs::read_to_string(server.path("known_hosts")).unwrap(), known);
    // Nor is it if the recorded one cannot even be read.
    let known = format!("{} ssh-strange AAAA\n", server.known_as());
    let error = refused(&server, &known, &accepting(&server)).await;
    assert_eq!(changed(&error).recorded[0].key.kind, "ssh-strange");
}

#[tokio::test]
async fn the_recorded_type_is_asked_for() {
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let server = with_keys(&["ed25519", "ecdsa", "rsa"]);
        let known = format!("{} {}\n", server.known_as(), server.host_key(kind));
        with(&server, &known, &server.settings()).await.unwrap();
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_whatever_else_is_recorded() {
    let server = Server::start();
    let key = server.host_key("ed25519");
    let known = format!("{} {key}\n@revoked\t*  {key}\n", server.known_as());
    let error = refused(&server, &known, &accepting(&server)).await;
    assert!(matches!(error, ConnectError::HostKeyRevoked(_)), "{error:?}");
    assert!(error.to_string().contains("known_hosts:2"), "{error}");
}

#[tokio::test]
async fn all_ways_to_write_a_host_are_read() {
    let server = Server::start();
    let (name, key) = (server.known_as(), server.host_key("ed25519"));
    for known in [
        format!("other,{name},10.0.0.1 {key}\n"),
        format!("[127.*]:* {key} a comment\n"),
        format!("\t{name}\t{key}\n"),
        // A record for any port counts for this one too.
        format!("127.0.0.1 {key}\n"),
    ] {
        with(&server, &known, &server.settings()).await.unwrap();
    }
    server.record(&format!("{name} {key}\n"));
    run("ssh-keygen", &["-q", "-H", "-f", server.path("known_hosts").to_str().unwrap()]);
    let hashed = fs::read_to_string(server.path("known_hosts")).unwrap();
    assert!(hashed.starts_with("|1|"), "{hashed}");
    with(&server, &hashed, &server.settings()).await.unwrap();
}

#[tokio::test]
async fn lines_that_mean_other_hosts_do_not_count() {
    let server = Server::start();
    let (name, key) = (server.known_as(), server.host_key("ed25519"));
    for known in [
        format!("[127.0.0.1]:1 {key}\n"),
        format!("[127.*]:*,!{name} {key}\n"),
        format!("# {name} {key}\n"),
        format!("@strange {name} {key}\n"),
    ] {
        let error = refused(&server, &known, &server.settings()).await;
        assert!(matches!(error, ConnectError::HostKeyUnknown(_)), "{known}: {error:?}");
    }
}

#[tokio::test]
async fn every_file_counts() {
    let server = Server::start();
    let mut settings = server.settings();
    let global = server.path("global");
    fs::write(&global, format!("{} {}\n", server.known_as(), server.host_key("ed25519"))).unwrap();
    settings.global_known_hosts = vec![server.path("missing"), global];
    with(&server, "", &settings).await.unwrap();
    // A revocation in one of them beats a record in another.
    let revoked = format!("@revoked * {}\n", server.host_key("ed25519"));
    let error = connect_error(&server, &revoked, &settings).await;
    assert!(matches!(error, ConnectError::HostKeyRevoked(_)), "{error:?}");
}

async fn connect_error(server: &Server, known: &str, settings: &Settings) -> ConnectError {
    with(server, known, settings).await.unwrap_err()
}

#[tokio::test]
async fn an_alias_is_looked_up_as_it_is() {
    let server = Server::start();
    let settings = server.settings();
    let mut target = server.target();
    target.host_key_alias = Some("pinned".to_owned());
    let error = connect(&target, &settings).await.unwrap_err();
    let ConnectError::HostKeyUnknown(unknown) = &error else {
        panic!("{error:?}");
    };
    run("sh", &["-c", &unknown.record]);
    connect(&target, &settings).await.unwrap();
    assert!(fs::read_to_string(server.path("known_hosts")).unwrap().contains("\npinned ssh-"));
}

/// A server whose key is signed by an authority for these names and this time.
fn certified(names: &str, time: &str) -> (Server, String) {
    let config = "HostCertificate HOME/host_ed25519-cert.pub\n".to_owned();
    let server = Server::with(Options {
        certify: Some((names.to_owned(), time.to_owned())),
        config,
        ..Options::default()
    });
    let authority = fs::read_to_string(server.path("authority.pub")).unwrap();
    (server, authority)
}

#[tokio::test]
async fn a_certificate_by_a_known_authority_is_enough() {
    let (server, authority) = certified("127.0.0.1,web1", "always:forever");
    let known = format!("@cert-authority [127.0.0.1]:* {authority}");
    with(&server, &known, &server.settings()).await.unwrap();
    // An authority for other hosts is none for this one.
    let known = format!("@cert-authority *.example.net {authority}");
    let error = connect_error(&server, &known, &server.settings()).await;
    assert!(matches!(error, ConnectError::HostKeyUnknown(_)), "{error:?}");
    // A bare key that is recorded still counts where the authority is not known.
    let known = format!(
        "@cert-authority * {}\n{} {}\n",
        foreign(&server, "ed25519"),
        server.known_as(),
        server.host_key("ed25519")
    );
    with(&server, &known, &server.settings()).await.unwrap();
    // The authority itself may be revoked.
    let known = format!("@cert-authority * {authority}@revoked * {authority}");
    let error = connect_error(&server, &known, &server.settings()).await;
    assert!(matches!(error, ConnectError::HostKeyRevoked(_)), "{error:?}");
}

#[tokio::test]
async fn a_certificate_for_another_host_or_time_is_refused() {
    for (names, time, reason) in [
        ("web2", "always:forever", "not 127.0.0.1"),
        ("127.0.0.1", "20200101:20210101", "expired"),
        ("127.0.0.1", "20400101:20410101", "not valid yet"),
    ] {
        let (server, authority) = certified(names, time);
        let known = format!("@cert-authority * {authority}");
        let error = refused(&server, &known, &accepting(&server)).await;
        assert!(matches!(error, ConnectError::HostCertificate { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_the_known_authority_did_not_sign_is_never_new() {
    let server = Server::start();
    let known = format!("@cert-authority * {}\n", foreign(&server, "ed25519"));
    let error = refused(&server, &known, &accepting(&server)).await;
    assert!(matches!(error, ConnectError::HostKeyUnknown(_)), "{error:?}");
    assert!(error.to_string().contains("known_hosts:1"), "{error}");
    assert!(!error.remedy().unwrap().contains("--accept-new"));
    assert_eq!(fs::read_to_string(server.path("known_hosts")).unwrap(), known);
}
