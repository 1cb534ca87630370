//! Commands: their input, output and end.

use std::time::{Duration, Instant};

use rappel::remote::ssh::{Exec, Finished, MAX_LINE, Session, SessionError, connect};
use tokio::time::timeout;

use crate::server::{LIMIT, Options, Server, run};

async fn session(server: &Server) -> Session {
    match connect(&server.target(), &server.settings()).await {
        Ok(session) => session,
        Err(error) => panic!("{error}\n{:?}\n{}", error.remedy(), server.log()),
    }
}

async fn lines(exec: &mut Exec) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = exec.line().await.unwrap() {
        lines.push(line);
    }
    lines
}

#[tokio::test]
async fn output_status_and_standard_error_come_back() {
    let server = Server::start();
    let session = session(&server).await;
    assert_eq!(session.peer(), server.address());
    assert!(session.local().ip().is_loopback());
    let shown = run("ssh-keygen", &["-lf", server.path("host_ed25519.pub").to_str().unwrap()]);
    assert!(shown.contains(session.host_key()), "{shown}");

    let mut exec = session.exec("echo one; printf two; echo oops >&2; exit 7").await.unwrap();
    assert_eq!(lines(&mut exec).await, ["one", "two"]);
    let finished = exec.finish().await.unwrap();
    assert_eq!(finished.status, Some(7));
    assert_eq!(finished.stderr, "oops\n");

    let exec = session.exec("kill -TERM $$").await.unwrap();
    let Finished { status, signal, .. } = exec.finish().await.unwrap();
    assert_eq!((status, signal.as_deref()), (None, Some("TERM")));
    session.close().await;
}

#[tokio::test]
async fn only_the_end_of_standard_error_is_kept() {
    let server = Server::start();
    let session = session(&server).await;
    let command = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done >&2";
    let finished = session.exec(command).await.unwrap().finish().await.unwrap();
    assert_eq!(finished.stderr.len(), 16 << 10);
    assert!(finished.stderr.ends_with("line 19999\n"));
}

/// Neither side may wait for the other to take what it has to say first.
#[tokio::test]
async fn eight_mebibytes_come_back_unharmed() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("cat").await.unwrap();
    let line = "0123456789abcdef".repeat(64);
    let text = format!("{line}\n").repeat(8 << 10);
    assert!(text.len() > 8 << 20);
    exec.send(text.as_bytes()).await.unwrap();
    exec.eof().await.unwrap();
    let got = lines(&mut exec).await;
    assert_eq!(got.len(), 8 << 10);
    assert!(got.iter().all(|one| *one == line));
    assert_eq!(exec.finish().await.unwrap().status, Some(0));
}

#[tokio::test]
async fn a_conversation_goes_back_and_forth() {
    let server = Server::start();
    let session = session(&server).await;
    let command = "while read -r l; do echo \"got $l\"; done; echo bye";
    let mut exec = session.exec(command).await.unwrap();
    for round in 0..50 {
        exec.send(format!("{round}\n").as_bytes()).await.unwrap();
        assert_eq!(exec.line().await.unwrap(), Some(format!("got {round}")));
    }
    exec.eof().await.unwrap();
    assert_eq!(exec.line().await.unwrap().as_deref(), Some("bye"));
    assert_eq!(exec.line().await.unwrap(), None);
    assert_eq!(exec.line().await.unwrap(), None);
    assert_eq!(exec.finish().await.unwrap().status, Some(0));
}

#[tokio::test]
async fn commands_run_side_by_side() {
    let server = Server::start();
    let session = session(&server).await;
    let mut slow = session.exec("read -r l; echo \"slow $l\"").await.unwrap();
    let mut fast = session.exec("echo fast").await.unwrap();
    assert_eq!(lines(&mut fast).await, ["fast"]);
    slow.send(b"after all\n").await.unwrap();
    assert_eq!(lines(&mut slow).await, ["slow after all"]);
}

#[tokio::test]
async fn a_session_may_go_before_its_command() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("read -r l; echo \"got $l\"").await.unwrap();
    drop(session);
    exec.send(b"it\n").await.unwrap();
    assert_eq!(lines(&mut exec).await, ["got it"]);
}

#[tokio::test]
async fn input_that_nobody_reads_is_told() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("echo done; exit 3").await.unwrap();
    let error = exec.send(&vec![b'x'; 16 << 20]).await.unwrap_err();
    assert_eq!(error, SessionError::InputClosed);
    assert_eq!(exec.line().await.unwrap().as_deref(), Some("done"));
    assert_eq!(exec.finish().await.unwrap().status, Some(3));
}

#[tokio::test]
async fn what_no_answer_may_be_is_an_error() {
    let server = Server::start();
    let session = session(&server).await;

    let mut exec = session.exec("head -c 3000000 /dev/zero | tr '\\0' x").await.unwrap();
    let limit = MAX_LINE;
    assert_eq!(exec.line().await, Err(SessionError::LineTooLong { limit }));

    let mut exec = session.exec("yes").await.unwrap();
    exec.output_limit(1 << 20);
    let limit = 1 << 20;
    let error = loop {
        match exec.line().await {
            Ok(line) => assert_eq!(line.as_deref(), Some("y")),
            Err(error) => break error,
        }
    };
    assert_eq!(error, SessionError::OutputTooLarge { limit });

    let mut exec = session.exec("printf 'a\\377b\\n'").await.unwrap();
    let error = exec.line().await.unwrap_err();
    assert_eq!(error.to_string(), "the command printed something that is not UTF-8 text: a\\xffb");
    assert!(error.remedy().is_some());
}

#[tokio::test]
async fn a_command_without_an_end_is_given_up() {
    let server = Server::start();
    let session = session(&server).await;
    let mut exec = session.exec("sleep 1000").await.unwrap();
    exec.time_limit(Duration::from_millis(300));
    let error = timeout(LIMIT, exec.finish()).await.unwrap().unwrap_err();
    assert!(matches!(error, SessionError::Timeout { .. }), "{error:?}");
    // The connection is still good.
    let mut exec = session.exec("echo alive").await.unwrap();
    assert_eq!(lines(&mut exec).await, ["alive"]);
}

/// A command that is dropped is told so: its input ends.
#[tokio::test]
async fn a_dropped_command_ends() {
    let server = Server::start();
    let session = session(&server).await;
    let file = server.path("ended");
    let command = format!("cat >/dev/null; echo ended > {}", file.display());
    drop(session.exec(&command).await.unwrap());
    let until = Instant::now() + LIMIT;
    while !file.exists() {
        assert!(Instant::now() < until, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_without_sessions_says_so() {
    let config = "MaxSessions 0\n".to_owned();
    let server = Server::with(Options { config, ..Options::default() });
    let session = session(&server).await;
    let error = session.exec("true").await.unwrap_err();
    assert!(matches!(error, SessionError::ChannelRefused { .. }), "{error:?}");
    assert!(error.remedy().unwrap().contains("MaxSessions"));
}

/// Futures of sessions must be able to move between threads.
#[tokio::test]
async fn sessions_can_be_used_from_tasks() {
    let server = Server::start();
    let (target, settings) = (server.target(), server.settings());
    let task = tokio::spawn(async move {
        let session = connect(&target, &settings).await?;
        let mut exec = session.exec("cat").await.unwrap();
        exec.send(b"x\n").await.unwrap();
        exec.eof().await.unwrap();
        let line = exec.line().await.unwrap();
        exec.finish().await.unwrap();
        session.close().await;
        Ok::<_, rappel::remote::ssh::ConnectError>(line)
    });
    assert_eq!(task.await.unwrap().unwrap().as_deref(), Some("x"));
}
