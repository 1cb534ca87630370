//! Where the passwords of Ansible Vault come from.

use std::path::{Path, PathBuf};

use super::args::Inventory;
use super::failure::Failure;
use super::login::from_file;
use super::prompt;
use crate::desired::Vault;

/// The variable that Ansible reads the name of the file from.
const VARIABLE: &str = "ANSIBLE_VAULT_PASSWORD_FILE";
const DEFAULT: &str = "default";

/// The passwords that the arguments name; without any, that of Ansible's variable.
pub fn passwords(args: &Inventory) -> Result<Vault, Failure> {
    let mut vault = Vault::default();
    for named in &args.vault_id {
        let (id, source) = named.rsplit_once('@').unwrap_or((DEFAULT, named));
        if source == "prompt" || source == "prompt_ask_vault_pass" {
            vault.add(id, &asked(&format!("Vault password ({id}): "))?);
        } else {
            vault.add(id, from_file(Path::new(source))?.reveal());
        }
    }
    for file in &args.vault_password_file {
        vault.add(DEFAULT, from_file(file)?.reveal());
    }
    if args.ask_vault_pass {
        vault.add(DEFAULT, &asked("Vault password: ")?);
    }
    let none = args.vault_id.is_empty() && args.vault_password_file.is_empty();
    let variable = std::env::var_os(VARIABLE).filter(|file| !file.is_empty());
    if let Some(file) = variable.filter(|_| none && !args.ask_vault_pass) {
        vault.add(DEFAULT, from_file(&PathBuf::from(file))?.reveal());
    }
    Ok(vault)
}

fn asked(question: &str) -> Result<String, Failure> {
    let remedy = "type it on a terminal, or use --vault-password-file";
    let secret = prompt::need(question, "no vault password was given", remedy)?;
    Ok(secret.reveal().to_owned())
}
