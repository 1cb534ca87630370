//! What a session's own task asks of us: whether to trust the server, and nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, Error};

use super::error::ConnectError;
use super::fault::Fault;
use super::host_key::Judge;

/// The judgement of the host key: a fingerprint, or why it was refused.
pub(super) type Verdict = Arc<Mutex<Option<Result<String, ConnectError>>>>;

/// Takes the judgement out, if there is one yet.
pub(super) fn taken(verdict: &Verdict) -> Option<Result<String, ConnectError>> {
    verdict.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Answers the session's task.
pub(super) struct Client {
    /// Judges the host key.
    pub judge: Judge,
    /// Where its judgement goes.
    pub verdict: Verdict,
    /// Where the end of the connection is noted.
    pub fault: Fault,
}

impl Handler for Client {
    type Error = Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Error> {
        let judged = self.judge.check(key);
        let accepted = judged.is_ok();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(judged);
        Ok(accepted)
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Error>) -> Result<(), Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(said) => {
                let message: String =
                    said.message.chars().take(200).flat_map(char::escape_default).collect();
                self.fault.note_farewell(format!("the server ended it: {message}"));
                Ok(())
            }
            DisconnectReason::Error(error) => {
                self.fault.note(words(&error));
                Err(error)
            }
        }
    }

    // A server has no business opening channels to us. The library accepts some kinds by
    // default; a reply that is dropped refuses.

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// An error of the library in our words.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::KeepaliveTimeout => "the server no longer answers".to_owned(),
        Error::HUP | Error::Disconnect => "the server closed it".to_owned(),
        Error::Version => "it sent no SSH greeting".to_owned(),
        Error::IO(error) => super::dial::plain(error),
        Error::NoCommonAlgo { kind, theirs, .. } => {
            let kind = format!("{kind:?}").to_lowercase();
            format!("no common {kind} algorithm, it has {}", theirs.join(","))
        }
        other => other.to_string().to_lowercase(),
    }
}
