//! A server that is thousands of hosts: real SSH on every address of a prefix. What a host
//! answers to a script was answered by a real host of the lab, asked the same once.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener as Listener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::{Algorithm, PrivateKey, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey, run_stream,
};
use russh::{Channel, ChannelId};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::nature::{Nature, latency, number};

/// Asks a real host: command line and standard input in, standard output out.
pub type Ask = Box<dyn Fn(&str, &[u8]) -> Vec<u8> + Send + Sync>;

/// A command line and its standard input.
type Question = (String, Vec<u8>);

/// What all hosts have in common.
pub struct Fleet {
    ask: Ask,
    /// What was asked before, and the answers.
    known: Mutex<HashMap<Question, Arc<Vec<u8>>>>,
    client: PublicKey,
    config: Arc<Config>,
    stranger: Arc<Config>,
    /// Connections so far.
    pub connections: AtomicUsize,
}

impl Fleet {
    /// With the client's key that it lets in, and whom to ask. Its host key is new.
    pub fn new(client: PublicKey, ask: Ask) -> Self {
        let config = |key| {
            Arc::new(Config {
                keys: vec![key],
                auth_rejection_time: Duration::ZERO,
                nodelay: true,
                ..Config::default()
            })
        };
        Self {
            ask,
            known: Mutex::default(),
            client,
            config: config(new_key()),
            stranger: config(new_key()),
            connections: AtomicUsize::new(0),
        }
    }

    /// The host key of all hosts that have the right one.
    pub fn host_key(&self) -> &PublicKey {
        self.config.keys[0].public_key()
    }

    /// Serves until the process ends.
    pub fn serve(self: Arc<Self>, listener: Listener) {
        listener.set_nonblocking(true).expect("a socket");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        std::thread::spawn(move || runtime.block_on(self.accept(listener)));
    }

    async fn accept(self: Arc<Self>, listener: Listener) -> Infallible {
        let listener = TcpListener::from_std(listener).expect("a listener");
        loop {
            // Out of files is the one error to be expected, and the tests would tell.
            let Ok((stream, _)) = listener.accept().await else { continue };
            self.connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(Arc::clone(&self).receive(stream));
        }
    }

    async fn receive(self: Arc<Self>, stream: TcpStream) {
        let Ok(SocketAddr::V4(local)) = stream.local_addr() else { return };
        let Some(number) = number(*local.ip()) else { return };
        let nature = Nature::of(number);
        sleep(latency(number)).await;
        let config = match nature {
            Nature::HangsUp => return,
            // Longer than anybody waits.
            Nature::Silent => return sleep(Duration::from_secs(600)).await,
            Nature::OtherKey => &self.stranger,
            _ => &self.config,
        };
        let config = Arc::clone(config);
        let host = Host { fleet: self, number, nature, command: String::new(), input: Vec::new() };
        if let Ok(session) = run_stream(config, stream, host).await {
            // However it ends, the client tells.
            let _ = session.await;
        }
    }

    /// The answer of a host, asked of a real one the first time.
    fn answer(&self, command: &str, input: &[u8]) -> Arc<Vec<u8>> {
        let mut known = self.known.lock().expect("no panic");
        let question = (command.to_owned(), input.to_vec());
        Arc::clone(known.entry(question).or_insert_with(|| Arc::new((self.ask)(command, input))))
    }

    /// How many different questions were asked.
    pub fn questions(&self) -> usize {
        self.known.lock().expect("no panic").len()
    }
}

fn new_key() -> PrivateKey {
    PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).expect("a key")
}

/// One connection to one host.
struct Host {
    fleet: Arc<Fleet>,
    number: usize,
    nature: Nature,
    command: String,
    input: Vec<u8>,
}

impl Handler for Host {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let ours = key.public_key.key_data() == self.fleet.client.key_data();
        let welcome = user == "root" && ours && self.nature != Nature::NoLogin;
        Ok(if welcome { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.command = String::from_utf8_lossy(data).into_owned();
        session.channel_success(channel)
    }

    async fn data(
        &mut self,
        _channel: ChannelId,
        data: &[u8],
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.input.extend_from_slice(data);
        Ok(())
    }

    /// All that is asked of a host comes before the end of its input.
    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let (fleet, command) = (Arc::clone(&self.fleet), std::mem::take(&mut self.command));
        let input = std::mem::take(&mut self.input);
        let asked = tokio::task::spawn_blocking(move || fleet.answer(&command, &input));
        let answer = asked.await.expect("no panic");
        sleep(latency(self.number)).await;
        if self.nature == Nature::BreaksOff {
            session.data(channel, answer[..answer.len() / 2].to_vec())?;
            return Err(russh::Error::Disconnect);
        }
        session.data(channel, answer.to_vec())?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)
    }
}

/// Listens on port 22 of every address of a network namespace.
pub fn listener_in(namespace: PathBuf) -> Listener {
    // A thread of its own: it stays in that namespace, the others where they are.
    let thread = std::thread::spawn(move || {
        let namespace = std::fs::File::open(&namespace).expect("the namespace");
        let network = Some(rustix::thread::LinkNameSpaceType::Network);
        rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&namespace), network)
            .expect("entered");
        Listener::bind((IpAddr::from([0, 0, 0, 0]), 22)).expect("nobody else listens there")
    });
    thread.join().expect("no panic")
}
