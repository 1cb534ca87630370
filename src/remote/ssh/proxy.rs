//! A proxy command: its standard input and output are the connection.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::dial::plain;
use super::error::ConnectError;

/// How much of its standard error is kept.
const KEPT: usize = 4096;

/// What a command wrote to its standard error.
#[derive(Debug, Clone, Default)]
pub(super) struct Complaint(Arc<Mutex<Vec<u8>>>);

impl Complaint {
    /// The last line, fit to be shown.
    pub fn text(&self) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let last = text.lines().rev().find(|line| !line.trim().is_empty())?;
        Some(last.trim().chars().take(200).flat_map(char::escape_default).collect())
    }

    fn note(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
    }

    async fn listen(self, mut from: ChildStderr) {
        let mut chunk = [0; 512];
        while let Ok(count @ 1..) = from.read(&mut chunk).await {
            self.note(&chunk[..count]);
        }
    }
}

/// A running command.
pub(super) struct Piped {
    input: ChildStdin,
    output: ChildStdout,
    child: Child,
}

impl Piped {
    /// Starts a command in the user's shell.
    ///
    /// It gets a process group of its own: Ctrl-C is for us, and must not cut the
    /// connections over which open transactions are reverted.
    pub fn start(command: &str) -> Result<(Self, Complaint), ConnectError> {
        let failed =
            |reason: String| ConnectError::ProxyCommand { command: command.to_owned(), reason };
        let shell = std::env::var("SHELL").ok().filter(|shell| !shell.is_empty());
        let shell = shell.unwrap_or_else(|| "/bin/sh".to_owned());
        let mut starting = Command::new(&shell);
        starting
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        starting.process_group(0);
        let mut child =
            starting.spawn().map_err(|error| failed(format!("{shell}: {}", plain(&error))))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(failed("it has no standard input and output".to_owned()));
        };
        let complaint = Complaint::default();
        tokio::spawn(complaint.clone().listen(errors));
        Ok((Self { input, output, child }, complaint))
    }
}

impl Drop for Piped {
    /// Ends what the command itself has started as well.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::HUP);
        }
        let _gone = self.child.start_kill();
    }
}

impl AsyncRead for Piped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.output).poll_read(context, buffer)
    }
}

impl AsyncWrite for Piped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.input).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_shutdown(context)
    }
}
