//! Connections that end or fall silent.

use std::time::{Duration, Instant};

use rappel::remote::ssh::{ConnectError, Session, SessionError, Settings, connect};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::server::{LIMIT, Options, Server, free_port};

/// Three silences of 200 ms and one more are death.
fn impatient(server: &Server) -> Settings {
    Settings { keepalive: Duration::from_millis(200), ..server.settings() }
}

async fn session(server: &Server) -> Session {
    connect(&server.target(), &impatient(server)).await.unwrap()
}

fn assert_lost(error: &SessionError) {
    assert!(error.is_lost(), "{error:?}");
}

#[tokio::test]
async fn a_killed_server_is_noticed_at_once() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("echo up; exec sleep 1000").await.unwrap();
    assert_eq!(exec.line().await.unwrap().as_deref(), Some("up"));
    server.signal_workers("KILL");
    let error = timeout(LIMIT, exec.line()).await.unwrap().unwrap_err();
    assert_lost(&error);
    // It has not been waited for keepalives.
    assert!(!error.to_string().contains("no longer answers"), "{error}");
    // It stays lost, and nothing new can be started.
    assert_lost(&exec.line().await.unwrap_err());
    assert_lost(&session.exec("true").await.unwrap_err());
    assert_lost(&exec.finish().await.unwrap_err());
}

#[tokio::test]
async fn a_silent_server_is_given_up_after_the_keepalives() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("echo up; exec sleep 1000").await.unwrap();
    assert_eq!(exec.line().await.unwrap().as_deref(), Some("up"));
    // A command that says nothing is not a server that says nothing.
    assert!(timeout(Duration::from_millis(1500), exec.line()).await.is_err());
    let started = Instant::now();
    server.signal_workers("STOP");
    let error = timeout(LIMIT, exec.line()).await.unwrap().unwrap_err();
    assert_lost(&error);
    let silence = started.elapsed();
    assert!(silence > Duration::from_millis(500), "{silence:?}");
    assert!(error.to_string().contains("no longer answers"), "{error}");
}

/// While the network takes no byte, no keepalive can be sent either.
#[tokio::test]
async fn a_server_that_takes_nothing_is_given_up() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("cat >/dev/null").await.unwrap();
    exec.send(b"x").await.unwrap();
    server.signal_workers("STOP");
    let much = vec![b'x'; 64 << 20];
    assert_lost(&timeout(LIMIT, exec.send(&much)).await.unwrap().unwrap_err());
}

#[tokio::test]
async fn a_session_that_goes_leaves_nothing_behind() {
    let server = Server::start();
    for farewell in [true, false] {
        let session = session(&server).await;
        assert!(!server.workers().is_empty());
        // Whatever sshd sends by itself after a login is through then.
        session.exec("true").await.unwrap().finish().await.unwrap();
        if farewell {
            session.close().await;
        } else {
            drop(session);
        }
        let until = Instant::now() + LIMIT;
        while !server.workers().is_empty() {
            assert!(Instant::now() < until, "{}", server.log());
            sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(server.log().contains("Received disconnect"), "{}", server.log());
}

/// A server that drops new connections while there is an unfinished login.
fn busy() -> Server {
    Server::with(Options { config: "MaxStartups 1\n".to_owned(), ..Options::default() })
}

/// Takes the only place of a busy server.
async fn occupy(server: &Server) -> TcpStream {
    // The connections with which the start was awaited count until they are gone.
    let until = Instant::now() + LIMIT;
    loop {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let mut byte = [0];
        if let Ok(Ok(1)) = timeout(Duration::from_secs(2), stream.readable_byte(&mut byte)).await
            && byte == *b"S"
        {
            return stream;
        }
        assert!(Instant::now() < until, "{}", server.log());
        sleep(Duration::from_millis(20)).await;
    }
}

trait FirstByte {
    async fn readable_byte(&self, byte: &mut [u8; 1]) -> std::io::Result<usize>;
}

impl FirstByte for TcpStream {
    async fn readable_byte(&self, byte: &mut [u8; 1]) -> std::io::Result<usize> {
        self.readable().await?;
        self.try_read(byte)
    }
}

#[tokio::test]
async fn a_busy_server_is_tried_again() {
    let server = busy();
    let place = occupy(&server).await;
    let release = tokio::spawn(async move {
        sleep(Duration::from_millis(700)).await;
        drop(place);
    });
    let started = Instant::now();
    connect(&server.target(), &server.settings()).await.unwrap();
    assert!(started.elapsed() > Duration::from_millis(600));
    // The spelling differs between versions.
    let log = server.log().to_lowercase();
    assert!(log.contains("maxstartups"), "{log}");
    release.await.unwrap();
}

#[tokio::test]
async fn a_server_that_stays_busy_is_told() {
    let server = busy();
    let _place = occupy(&server).await;
    let settings = Settings { connect_timeout: Duration::from_secs(1), ..server.settings() };
    let error = timeout(LIMIT, connect(&server.target(), &settings)).await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectError::ClosedBeforeGreeting { .. }), "{error:?}");
    assert!(error.is_unreachable());
    assert!(error.remedy().unwrap().contains("MaxStartups"));
}

#[tokio::test]
async fn a_refused_connection_is_not_tried_again() {
    let server = Server::start();
    let mut target = server.target();
    target.port = free_port();
    // It would be tried for far longer than the test waits.
    let settings = Settings { connect_timeout: 10 * LIMIT, ..server.settings() };
    let error = timeout(LIMIT, connect(&target, &settings)).await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectError::Refused { peer } if peer.port() == target.port));
    assert!(error.is_unreachable());
}

#[tokio::test]
async fn addresses_that_cannot_be_are_told() {
    let server = Server::start();
    let mut target = server.target();
    target.family = Some(rappel::remote::ssh::Family::V6);
    let error = connect(&target, &server.settings()).await.unwrap_err();
    assert!(error.to_string().contains("no IPv6 address"), "{error}");
    target.family = Some(rappel::remote::ssh::Family::V4);
    connect(&target, &server.settings()).await.unwrap();
}
