//! Servers that are none, or mean harm: always an error, in time, without a trace.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rappel::remote::ssh::{ConnectError, Settings, Stage, Target, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::server::{LIMIT, keygen};

/// What a pretended server does with a connection.
#[derive(Clone, Copy)]
enum Act {
    /// Says this and then waits for the client to go.
    Say(&'static [u8]),
    /// Says this and hangs up.
    SayAndGo(&'static [u8]),
    /// Says this over and over.
    Repeat(&'static [u8]),
}

/// A server that plays an act with every connection; the task ends, with what it could
/// send, when its first client has gone.
async fn stage(act: Act) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let sent = play(act, stream).await;
            if !matches!(act, Act::SayAndGo(_)) {
                return sent;
            }
        }
    });
    (address, task)
}

async fn play(act: Act, mut stream: TcpStream) -> usize {
    let mut sent = 0;
    match act {
        Act::Say(words) => {
            stream.write_all(words).await.unwrap();
            let mut rest = Vec::new();
            let _reset = stream.read_to_end(&mut rest).await;
            sent = words.len();
        }
        Act::SayAndGo(words) => {
            let _reset = stream.write_all(words).await;
        }
        Act::Repeat(words) => {
            while stream.write_all(words).await.is_ok() {
                sent += words.len();
            }
        }
    }
    sent
}

/// The error of a connection with an act, which has to come soon.
async fn outcome(act: Act) -> (ConnectError, JoinHandle<usize>) {
    let home = tempfile::tempdir().unwrap();
    let (address, task) = stage(act).await;
    // What says something else for ever is told at once, however long a host may be silent.
    let patience = if matches!(act, Act::Repeat(_)) { 10 * LIMIT } else { Duration::from_secs(1) };
    let attempt = attempt(address, home.path(), patience);
    (timeout(LIMIT, attempt).await.unwrap(), task)
}

async fn attempt(address: SocketAddr, home: &Path, patience: Duration) -> ConnectError {
    keygen(&home.join("user"), "ed25519", "");
    let mut target = Target::new("web1", "127.0.0.1", "root");
    target.port = address.port();
    target.identity_files = vec![home.join("user")];
    let settings = Settings { connect_timeout: patience, ..Settings::default() };
    connect(&target, &settings).await.unwrap_err()
}

/// The client is gone: nothing of it keeps the connection open.
async fn gone(task: JoinHandle<usize>) -> usize {
    let ended = timeout(LIMIT, task).await;
    ended.unwrap().unwrap()
}

#[tokio::test]
async fn a_black_hole_times_out_and_is_let_go() {
    let (error, task) = outcome(Act::Say(b"")).await;
    let stage = Stage::Handshake;
    assert!(matches!(&error, ConnectError::Timeout { stage: at, .. } if *at == stage), "{error:?}");
    assert!(error.is_unreachable());
    gone(task).await;
}

#[tokio::test]
async fn a_server_that_falls_silent_after_its_greeting_is_let_go() {
    let (error, task) = outcome(Act::Say(b"SSH-2.0-OpenSSH_9.2p1\r\n")).await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error:?}");
    gone(task).await;
}

#[tokio::test]
async fn another_protocol_is_told() {
    let (error, task) = outcome(Act::Repeat(b"HTTP/1.1 400 Bad Request\r\n")).await;
    assert!(matches!(error, ConnectError::Protocol { .. }), "{error:?}");
    assert!(error.to_string().contains("HTTP/1.1 400"), "{error}");
    assert!(!error.is_unreachable());
    gone(task).await;
}

#[tokio::test]
async fn an_endless_greeting_is_cut_off() {
    for words in [b"xxxxxxxxxxxxxxxx".as_slice(), b"SSH-2.0-xxxxxxxx", b"\r\n", b"\0\xff\x1b[2J"] {
        let (error, task) = outcome(Act::Repeat(words)).await;
        assert!(matches!(error, ConnectError::Protocol { .. }), "{error:?}");
        let shown = error.to_string();
        assert!(shown.len() < 1000 && shown.chars().all(|one| !one.is_control()), "{shown:?}");
        // What the kernel buffers, and no more: nobody reads it.
        let sent = gone(task).await;
        assert!(sent < 64 << 20, "{sent}");
    }
}

#[tokio::test]
async fn garbage_after_the_greeting_is_an_error() {
    for words in [
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        b"SSH-2.0-x\r\n\0\0\0\x0c\x04\x15aaaaaaaaaaaaaaaaaaaaaaa",
        b"SSH-2.0-x\r\n\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        let (error, task) = outcome(Act::Say(words)).await;
        assert!(
            matches!(error, ConnectError::Protocol { .. } | ConnectError::Timeout { .. }),
            "{error:?}"
        );
        gone(task).await;
    }
}

#[tokio::test]
async fn hanging_up_is_told_by_when_it_happens() {
    let (error, task) = outcome(Act::SayAndGo(b"")).await;
    assert!(matches!(&error, ConnectError::ClosedBeforeGreeting { said: None, .. }), "{error:?}");
    task.abort();
    let (error, task) = outcome(Act::SayAndGo(b"Not allowed at this time\r\n")).await;
    assert!(error.to_string().contains("Not allowed at this time"), "{error}");
    assert!(matches!(error, ConnectError::ClosedBeforeGreeting { .. }), "{error:?}");
    task.abort();
    let (error, task) = outcome(Act::SayAndGo(b"SSH-2.0-OpenSSH_9.2p1\r\n")).await;
    assert!(matches!(error, ConnectError::Lost { .. }), "{error:?}");
    assert!(error.is_unreachable());
    task.abort();
}
