//! Passphrases and passwords: asked for once, shown to the right one, told by nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rappel::remote::ssh::{
    ConnectError, Keyring, Method, Methods, Secret, Settings, Target, connect,
};
use tokio::sync::mpsc;

use crate::server::{Options, Server, keygen, run};

/// Settings with somebody who answers each question with the next of these.
fn asking(server: &Server, answers: &[Option<&'static str>]) -> (Settings, Arc<AtomicUsize>) {
    let (asker, mut questions) = mpsc::unbounded_channel::<rappel::remote::ssh::Question>();
    let count = Arc::new(AtomicUsize::new(0));
    let (seen, answers) = (Arc::clone(&count), answers.to_vec());
    tokio::spawn(async move {
        while let Some(question) = questions.recv().await {
            let at = seen.fetch_add(1, Ordering::SeqCst);
            assert!(question.prompt.contains("passphrase of the key"), "{}", question.prompt);
            let answer = answers.get(at).copied().flatten().map(Secret::new);
            question.answer.send(answer).unwrap();
        }
    });
    (Settings { keyring: Keyring::asking(asker), ..server.settings() }, count)
}

fn locked(server: &Server, name: &str, kind: &str) -> Target {
    keygen(&server.path(name), kind, "correct horse");
    std::fs::copy(server.path(&format!("{name}.pub")), server.path("authorized_keys")).unwrap();
    Target { identity_files: vec![server.path(name)], ..server.target() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_asked_for_once_for_all_sessions() {
    let server = Server::start();
    let target = locked(&server, "locked", "ed25519");
    let (settings, asked) = asking(&server, &[Some("correct horse")]);
    let sessions = (0..5).map(|_| {
        let (target, settings) = (target.clone(), settings.clone());
        tokio::spawn(async move { connect(&target, &settings).await.map(drop) })
    });
    for session in sessions.collect::<Vec<_>>() {
        session.await.unwrap().unwrap_or_else(|error| panic!("{error:?}\n{}", server.log()));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// An old format, whose public half is locked as well.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_old_format_are_unlocked() {
    let server = Server::start();
    let target = locked(&server, "pem", "rsa");
    let file = server.path("pem");
    let pass = ["-N", "correct horse", "-P", "correct horse"];
    let mut arguments = vec!["-q", "-p", "-m", "PEM", "-f", file.to_str().unwrap()];
    arguments.extend(pass);
    run("ssh-keygen", &arguments);
    std::fs::remove_file(server.path("pem.pub")).unwrap();
    let (settings, asked) = asking(&server, &[Some("correct horse")]);
    connect(&target, &settings).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_is_asked_for_again_and_silence_is_an_answer() {
    let server = Server::start();
    let target = locked(&server, "locked", "ed25519");
    let (settings, asked) = asking(&server, &[Some("wrong"), Some("correct horse")]);
    connect(&target, &settings).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let (settings, asked) = asking(&server, &[None]);
    for _ in 0..2 {
        let error = connect(&target, &settings).await.unwrap_err();
        assert!(error.to_string().contains("locked is encrypted"), "{error}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "it is not asked for again");
}

/// Nobody is troubled for a key that would not help.
#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_asked_for_only_where_the_server_takes_the_key() {
    let server = Server::start();
    keygen(&server.path("other"), "ed25519", "correct horse");
    let mut target = server.target();
    target.identity_files.insert(0, server.path("other"));
    let (settings, asked) = asking(&server, &[]);
    connect(&target, &settings).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// A server whose account has the password `correct horse`.
fn with_password(config: &str) -> Server {
    Server::with(Options {
        config: config.to_owned(),
        password: Some("correct horse"),
        ..Options::default()
    })
}

fn target(server: &Server, password: &str) -> Target {
    Target { identity_files: Vec::new(), password: Some(Secret::new(password)), ..server.target() }
}

#[tokio::test]
async fn a_password_logs_in_where_keys_do_not() {
    let server = with_password("PasswordAuthentication yes\n");
    connect(&target(&server, "correct horse"), &server.settings()).await.unwrap();
    let error = connect(&target(&server, "wrong"), &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("neither our keys nor our password"), "{error}");
    assert!(!format!("{error} {error:?}").contains("wrong"), "{error:?}");
    assert_eq!(server.log().matches("Failed password").count(), 1, "it is tried once");
    let mut without = server.target();
    without.identity_files.clear();
    let error = connect(&without, &server.settings()).await.unwrap_err();
    assert!(error.remedy().unwrap().contains("--ask-pass"), "{error:?}");
}

#[tokio::test]
async fn a_password_answers_the_one_question_of_keyboard_interactive() {
    let server = with_password("UsePAM yes\nKbdInteractiveAuthentication yes\n");
    connect(&target(&server, "correct horse"), &server.settings()).await.unwrap();
    assert!(server.logs("Accepted keyboard-interactive"), "{}", server.log());
    let error = connect(&target(&server, "wrong"), &server.settings()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Auth { .. }), "{error}");
}

#[tokio::test]
async fn a_key_and_then_a_password() {
    let server =
        with_password("PasswordAuthentication yes\nAuthenticationMethods publickey,password\n");
    let both = Target { password: Some(Secret::new("correct horse")), ..server.target() };
    connect(&both, &server.settings()).await.unwrap();
    let error = connect(&server.target(), &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("it also wants password"), "{error}");
}

#[tokio::test]
async fn a_password_is_not_shown_where_the_configuration_forbids_it() {
    let server = with_password("PasswordAuthentication yes\n");
    let mut target = target(&server, "correct horse");
    target.methods = Methods(vec![Method::PublicKey]);
    connect(&target, &server.settings()).await.unwrap_err();
    assert!(!server.log().contains("Accepted"), "{}", server.log());
}

/// The key is judged before anything is said.
#[tokio::test]
async fn a_password_is_not_shown_to_a_stranger() {
    let server = with_password("PasswordAuthentication yes\n");
    let settings = server.settings();
    server.record("");
    let error = connect(&target(&server, "correct horse"), &settings).await.unwrap_err();
    assert!(matches!(error, ConnectError::HostKeyUnknown(_)), "{error}");
    assert!(!server.log().contains("password"), "{}", server.log());
}
