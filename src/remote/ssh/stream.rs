//! The stream under a session: it can be cut, does not stall for ever, and
//! remembers how the server began.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use super::fault::Fault;
use super::transport::Carrier;

/// How much of the server's beginning is remembered.
const HEAD: usize = 512;

/// Keeps a stream alive; dropping it cuts the stream.
///
/// The task that works on a stream lives on when its owner gives up waiting, so the
/// owner needs a way to end it.
#[derive(Debug)]
pub(super) struct Leash {
    _cut: oneshot::Sender<()>,
}

/// The first bytes that the server sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Head(Arc<Mutex<Vec<u8>>>);

impl Head {
    fn note(&self, bytes: &[u8]) {
        let mut head = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = HEAD.saturating_sub(head.len());
        head.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Whether the server said that it speaks SSH.
    pub fn greeted(&self) -> bool {
        let head = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        head.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"SSH-"))
    }

    /// What it said, fit to be shown.
    pub fn text(&self) -> Option<String> {
        let head = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let said: String = String::from_utf8_lossy(&head)
            .trim()
            .chars()
            .take(120)
            .flat_map(char::escape_default)
            .collect();
        (!said.is_empty()).then_some(said)
    }
}

/// The stream that a session works on.
pub(super) struct Stream {
    io: Box<dyn Carrier>,
    cut: oneshot::Receiver<()>,
    is_cut: bool,
    head: Head,
    fault: Fault,
    limit: Duration,
    stall: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    /// Wraps a connection. It counts as lost when the peer takes no byte for `limit`.
    pub fn new(io: Box<dyn Carrier>, limit: Duration, head: Head, fault: Fault) -> (Self, Leash) {
        let (keep, cut) = oneshot::channel();
        let stream = Self { io, cut, is_cut: false, head, fault, limit, stall: None };
        (stream, Leash { _cut: keep })
    }

    /// Fails once the leash is gone.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        // A receiver must not be asked again after it answered.
        if !self.is_cut && Pin::new(&mut self.cut).poll(context).is_ready() {
            self.is_cut = true;
        }
        if self.is_cut {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    /// Fails once a write has been waiting for too long.
    fn stalled(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let limit = self.limit;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(limit)));
        if stall.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.fault.note(format!("the server took no data for {limit:?}"));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.check(context)?;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.io).poll_read(context, buffer);
        match &polled {
            Poll::Ready(Ok(())) => match &buffer.filled()[before..] {
                [] => this.fault.note("the server closed it"),
                fresh => this.head.note(fresh),
            },
            Poll::Ready(Err(error)) => this.fault.note(error.to_string()),
            Poll::Pending => {}
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.check(context)?;
        match Pin::new(&mut this.io).poll_write(context, bytes) {
            Poll::Pending => this.stalled(context),
            Poll::Ready(result) => {
                this.stall = None;
                if let Err(error) = &result {
                    this.fault.note(error.to_string());
                }
                Poll::Ready(result)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::io::ErrorKind;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{sleep, timeout};

    use super::{Head, Leash, Stream};
    use crate::remote::ssh::fault::Fault;

    /// A stream that gives up after `millis`, and the peer's end of it.
    async fn pair(millis: u64, fault: &Fault) -> (Stream, Leash, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (peer, _) = listener.accept().await.unwrap();
        let limit = Duration::from_millis(millis);
        let (stream, leash) = Stream::new(Box::new(tcp), limit, Head::default(), fault.clone());
        (stream, leash, peer)
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let fault = Fault::default();
        let (mut stream, _leash, _peer) = pair(100, &fault).await;
        let bytes = vec![0; 64 << 20];
        let writing = timeout(Duration::from_secs(10), stream.write_all(&bytes));
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(fault.reason().contains("took no data"));
    }

    #[tokio::test]
    async fn a_peer_that_is_slow_is_not() {
        let fault = Fault::default();
        let (mut stream, _leash, mut peer) = pair(400, &fault).await;
        let reading = tokio::spawn(async move {
            let mut chunk = vec![0; 1 << 20];
            while peer.read(&mut chunk).await.unwrap() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        });
        stream.write_all(&vec![0; 32 << 20]).await.unwrap();
        drop(stream);
        reading.await.unwrap();
        assert_eq!(fault.get(), None);
    }

    #[tokio::test]
    async fn a_stream_without_its_leash_ends_for_a_waiting_reader() {
        let fault = Fault::default();
        let (mut stream, leash, _peer) = pair(1000, &fault).await;
        let reading = tokio::spawn(async move { stream.read_u8().await });
        sleep(Duration::from_millis(50)).await;
        drop(leash);
        let ended = timeout(Duration::from_secs(5), reading).await;
        let error = ended.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    }
}
