//! Encrypted files: Ansible Vault's by ourselves, age's by the program `age`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::desired::Vault;

/// Opens encrypted texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Opener {
    /// Ansible Vault's passwords.
    pub vault: Vault,
    /// Files of age's identities.
    pub identities: Vec<PathBuf>,
}

/// Whether a text is encrypted with age.
fn is_age(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/v1")
        || bytes.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

impl Opener {
    /// What an encrypted file holds; nothing if it is not encrypted.
    ///
    /// # Errors
    /// It cannot be opened: why, and what to do about it.
    pub fn open(&self, bytes: &[u8]) -> Result<Option<String>, (String, &'static str)> {
        if is_age(bytes) {
            return self.age(bytes).map(Some);
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Ok(None);
        };
        if !Vault::is_sealed(text) {
            return Ok(None);
        }
        let remedy = "give the password by --vault-password-file or --ask-vault-pass";
        self.vault.open(text).map(Some).map_err(|reason| (reason, remedy))
    }

    fn age(&self, bytes: &[u8]) -> Result<String, (String, &'static str)> {
        let remedy = "name the file of your identity by --age-identity, and install `age`";
        if self.identities.is_empty() {
            return Err(("it is encrypted with age, and no identity is given".to_owned(), remedy));
        }
        let mut command = Command::new("age");
        command.arg("--decrypt");
        for identity in &self.identities {
            command.arg("--identity").arg(identity);
        }
        // An identity may be encrypted itself: age asks for its passphrase on the terminal.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |reason: String| (format!("age does not decrypt it: {reason}"), remedy);
        let mut child = child.spawn().map_err(|error| failed(error.to_string()))?;
        let (input, sealed) = (child.stdin.take(), bytes.to_vec());
        let writing = std::thread::spawn(move || {
            // One that ends early says why.
            input.map(|mut input| input.write_all(&sealed))
        });
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        let _written = writing.join();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().next().unwrap_or_default();
            return Err(failed(first.chars().filter(|c| !c.is_control()).take(200).collect()));
        }
        String::from_utf8(output.stdout).map_err(|_| failed("what is in it is no text".to_owned()))
    }
}
