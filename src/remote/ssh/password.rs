//! Logging in with a password, where keys were not enough.

use russh::client::{AuthResult, KeyboardInteractiveAuthResponse, Prompt};
use russh::{MethodKind, MethodSet};

use super::authenticate::Login;
use super::error::ConnectError;
use super::secret::Secret;
use super::session::Connection;
use super::target::Method;

/// Questions of a server that asks on and on.
const MAX_ROUNDS: usize = 8;

/// What came of answering a server's questions.
enum Answered {
    /// Its verdict, and whether it has heard the password.
    Verdict(AuthResult, bool),
    /// It asks for what we do not know.
    Unknown(String),
}

impl Login<'_> {
    /// Tries the password by the ways that are left, best first.
    ///
    /// It is shown once: a wrong one that is tried twice locks accounts.
    pub async fn password(&mut self, connection: &mut Connection) -> Result<(), ConnectError> {
        let Some(password) = self.target.password.clone() else {
            return Err(self.without());
        };
        for method in self.target.methods.0.clone() {
            let kind = match method {
                Method::PublicKey => continue,
                Method::Interactive => MethodKind::KeyboardInteractive,
                Method::Password => MethodKind::Password,
            };
            if self.remaining.as_ref().is_some_and(|left| !left.contains(&kind)) {
                continue;
            }
            let (answer, heard) = match method {
                Method::Interactive => match self.interactive(connection, &password).await? {
                    Answered::Verdict(answer, heard) => (answer, heard),
                    Answered::Unknown(question) => {
                        return Err(self.failed(&format!("it asks {question}")));
                    }
                },
                _ => (self.plainly(connection, &password).await?, true),
            };
            let label = if heard { "the password" } else { "keyboard-interactive" };
            if self.judge(connection, label, &answer)? {
                return Ok(());
            }
            let partial = matches!(answer, AuthResult::Failure { partial_success: true, .. });
            if heard && !partial {
                break;
            }
        }
        Err(self.failed("it takes neither our keys nor our password"))
    }

    /// There is no password: why keys were not enough.
    fn without(&mut self) -> ConnectError {
        let left = self.remaining.take().unwrap_or_else(MethodSet::empty);
        let names: Vec<String> = left.iter().map(String::from).collect();
        let names = names.join(", ");
        if self.tried.iter().any(|one| one.ends_with("more is wanted")) {
            return self.failed(&format!("it also wants {names}"));
        }
        if self.tried.is_empty() || self.tried.iter().all(|one| one.starts_with("no agent")) {
            return self.failed("there is no key to try");
        }
        if !names.is_empty() && !left.contains(&MethodKind::PublicKey) {
            return self.failed(&format!("it takes no keys, only {names}"));
        }
        self.failed("it takes none of the keys")
    }

    async fn plainly(
        &mut self,
        connection: &mut Connection,
        password: &Secret,
    ) -> Result<AuthResult, ConnectError> {
        let user = self.target.user.clone();
        let answer = connection.handle.authenticate_password(user, password.reveal()).await;
        answer.map_err(|_| self.hung_up(connection, "the password"))
    }

    /// Answers what the server asks, if it is one thing that is not to be shown.
    async fn interactive(
        &mut self,
        connection: &mut Connection,
        password: &Secret,
    ) -> Result<Answered, ConnectError> {
        let user = self.target.user.clone();
        let handle = &mut connection.handle;
        let mut said = handle.authenticate_keyboard_interactive_start(user, None).await;
        let mut heard = false;
        for _ in 0..MAX_ROUNDS {
            let prompts = match said {
                Ok(KeyboardInteractiveAuthResponse::Success) => {
                    return Ok(Answered::Verdict(AuthResult::Success, heard));
                }
                Ok(KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                }) => {
                    let answer = AuthResult::Failure { remaining_methods, partial_success };
                    return Ok(Answered::Verdict(answer, heard));
                }
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => prompts,
                Err(_) => return Err(self.hung_up(connection, "keyboard-interactive")),
            };
            let answers = match prompts.as_slice() {
                [] => Vec::new(),
                [Prompt { echo: false, .. }] if !heard => {
                    heard = true;
                    vec![password.reveal().to_owned()]
                }
                [first, ..] => return Ok(Answered::Unknown(shown(&first.prompt))),
            };
            let handle = &mut connection.handle;
            said = handle.authenticate_keyboard_interactive_respond(answers).await;
        }
        Ok(Answered::Unknown("on and on".to_owned()))
    }
}

/// A server's question, fit to be shown.
fn shown(question: &str) -> String {
    let text: String = question.trim().chars().take(80).flat_map(char::escape_default).collect();
    format!("\"{text}\"")
}
