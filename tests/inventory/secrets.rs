//! Secrets: what the real `ansible-vault` and `age` encrypt is read, and nothing shows it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::ansible::{bin, files};

/// Planted, and looked for everywhere.
const PLANTED: [&str; 6] = [
    "vault-file-zebra",
    "vault-inline-zebra",
    "age-file-zebra",
    "pipe-zebra",
    "env-zebra",
    "correct horse",
];

fn vault(home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(bin().join("ansible-vault"));
    let output =
        command.args(arguments).current_dir(home).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn rappel(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.current_dir(home).env_remove("RAPPEL_INVENTORY").env("ZEBRA", "env-zebra");
    command.args(arguments).output().unwrap()
}

/// A project with a secret of every kind, and a template that prints all of them.
fn project() -> tempfile::TempDir {
    let home = files(&[
        ("hosts.yml", "web:\n  hosts:\n    w1:\n"),
        (
            "group_vars/web/vault.yml",
            "in_file: vault-file-zebra\ndeep: {list: [vault-file-zebra2]}\n",
        ),
        ("host_vars/w1.yml", ""),
        ("pw", "correct horse\n"),
        ("other", "another one\n"),
        ("pw-program!", "#!/bin/sh\necho correct horse\n"),
        (
            "templates/all.j2",
            "{{ in_file }} {{ inline }} {{ labelled }} {{ aged }} {{ piped }} {{ deep.list[0] }}\nand {{ lookup('env', 'ZEBRA') }} {{ lookup('env', 'NO_SUCH_ZEBRA', default='none') }}\n",
        ),
        (
            "site.yml",
            "- hosts: web\n  artifacts:\n    - kind: file\n      template: all.j2\n      path: /etc/zebra\n",
        ),
    ]);
    let at = home.path();
    vault(at, &["encrypt", "--vault-password-file", "pw", "group_vars/web/vault.yml"]);
    let inline = vault(
        at,
        &[
            "encrypt_string",
            "--vault-password-file",
            "pw",
            "--name",
            "inline",
            "vault-inline-zebra",
        ],
    );
    let labelled = vault(
        at,
        &[
            "encrypt_string",
            "--vault-id",
            "prod@other",
            "--name",
            "labelled",
            "vault-inline-zebra3",
        ],
    );
    let piped =
        "piped: \"{{ lookup('pipe', 'echo pipe-zebra') }}\"\npiped_again: \"{{ piped }}\"\n";
    fs::write(at.join("host_vars/w1.yml"), format!("{inline}\n{labelled}\n{piped}")).unwrap();
    age(at, "group_vars/web/more.yml.age", "aged: age-file-zebra\n");
    home
}

/// Encrypts a file with age for an identity that is made at the first call.
fn age(home: &Path, name: &str, text: &str) {
    let keygen = Command::new("age-keygen").args(["-o", "identity"]).current_dir(home).output();
    let keygen = keygen.expect("install age");
    let said = String::from_utf8(keygen.stderr).unwrap();
    let recipient = said.trim().rsplit(' ').next().unwrap().to_owned();
    fs::write(home.join("plain"), text).unwrap();
    let mut command = Command::new("age");
    command.args(["-r", &recipient, "-o", name, "plain"]).current_dir(home);
    assert!(command.status().unwrap().success());
    fs::remove_file(home.join("plain")).unwrap();
}

const OPENED: [&str; 6] =
    ["--vault-password-file", "pw", "--vault-id", "prod@other", "--age-identity", "identity"];

fn with_keys<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &OPENED].concat()
}

/// Output without any of the planted secrets.
fn clean(output: &Output) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    for secret in PLANTED {
        assert!(!said.contains(secret), "{secret} in:\n{said}");
    }
    said
}

/// What is rendered is right, though nothing shows it: its digest is that of the right text.
#[test]
fn every_kind_of_secret_is_read_and_none_is_shown() {
    let home = project();
    let rendered = rappel(home.path(), &with_keys(&["render", "-i", "hosts.yml"]));
    let said = clean(&rendered);
    assert_eq!(rendered.status.code(), Some(0), "{said}");
    assert!(said.contains("******** ******** ******** ******** ******** ********\n"), "{said}");
    assert!(said.contains("and ******** none"), "{said}");
    clean(&rappel(home.path(), &with_keys(&["inventory", "-i", "hosts.yml"])));
    clean(&rappel(home.path(), &with_keys(&["inventory", "-i", "hosts.yml", "--host", "w1"])));
    let to = with_keys(&["render", "-i", "hosts.yml", "--to", "out"]);
    clean(&rappel(home.path(), &to));
    scan(home.path());
}

/// No file that was not planted holds a secret.
fn scan(home: &Path) {
    let mut open = vec![home.to_owned()];
    while let Some(directory) = open.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                open.push(path);
            } else if !["pw", "pw-program", "w1.yml"].contains(&name.as_str()) {
                let text = fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&text);
                for secret in PLANTED {
                    assert!(!text.contains(secret), "{secret} in {}", path.display());
                }
            }
        }
    }
}

/// The values are those that Ansible decrypts: each is compared by what a condition says.
#[test]
fn values_are_what_ansible_decrypts() {
    let home = project();
    let condition = "- hosts: web\n  artifacts:\n    - kind: file\n      template: all.j2\n      path: /etc/zebra\n      \
                     when: in_file == 'vault-file-zebra' and inline == 'vault-inline-zebra' and \
                     labelled == 'vault-inline-zebra3' and aged == 'age-file-zebra' and \
                     piped == 'pipe-zebra' and deep.list[0] == 'vault-file-zebra2'\n";
    fs::write(home.path().join("site.yml"), condition).unwrap();
    let rendered = rappel(home.path(), &with_keys(&["render", "-i", "hosts.yml"]));
    let said = String::from_utf8(rendered.stdout).unwrap();
    assert!(said.contains("/etc/zebra"), "{said} {}", String::from_utf8_lossy(&rendered.stderr));
    let mut theirs = Command::new(bin().join("ansible"));
    theirs.args([
        "-i",
        "hosts.yml",
        "w1",
        "-c",
        "local",
        "-m",
        "debug",
        "-a",
        "msg={{ in_file }},{{ inline }},{{ labelled }}",
    ]);
    theirs.args(["--vault-id", "pw", "--vault-id", "prod@other"]).current_dir(home.path());
    let theirs = theirs.env("LC_ALL", "C.UTF-8").output().unwrap();
    let said = String::from_utf8(theirs.stdout).unwrap();
    assert!(said.contains("vault-file-zebra,vault-inline-zebra,vault-inline-zebra3"), "{said}");
}

#[test]
fn passwords_come_from_programs_and_from_the_environment() {
    let home = project();
    let by_program = [
        "inventory",
        "-i",
        "hosts.yml",
        "--vault-password-file",
        "pw-program",
        "--vault-id",
        "prod@other",
        "--age-identity",
        "identity",
    ];
    let output = rappel(home.path(), &by_program);
    assert_eq!(output.status.code(), Some(0), "{}", clean(&output));
    // Without its label, every password is tried.
    fs::remove_file(home.path().join("group_vars/web/more.yml.age")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.args(["inventory", "-i", "hosts.yml", "--host", "w1", "--output", "json"]);
    command.current_dir(home.path()).env("ANSIBLE_VAULT_PASSWORD_FILE", "pw");
    fs::write(home.path().join("host_vars/w1.yml"), "x: 1\n").unwrap();
    let output = command.output().unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["vars"]["in_file"]["value"], "********");
    assert_eq!(shown["vars"]["in_file"]["from"], "group_vars/web/vault.yml:1");
}

#[test]
fn what_no_password_opens_is_told_with_its_place() {
    let home = project();
    for (arguments, expected) in [
        (vec![], "no password is given"),
        (vec!["--vault-password-file", "other"], "none of the vault passwords opens it"),
        (vec!["--vault-password-file", "pw"], "(it is for `prod`)"),
        (vec!["--vault-password-file", "pw", "--vault-id", "prod@other"], "no identity is given"),
        (vec!["--vault-password-file", "none-such"], "none-such"),
    ] {
        let output = rappel(
            home.path(),
            &[&["inventory", "-i", "hosts.yml"], arguments.as_slice()].concat(),
        );
        let said = clean(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(expected), "{expected}: {said}");
    }
}

/// A mistake in an encrypted file is told without what is in it.
#[test]
fn mistakes_in_encrypted_files_show_nothing() {
    let home = files(&[
        ("hosts.yml", "web:\n  hosts:\n    w1:\n"),
        ("group_vars/web.yml", "a: vault-file-zebra\nb: [vault-file-zebra\nvault-file-zebra: }\n"),
        ("pw", "correct horse\n"),
    ]);
    vault(home.path(), &["encrypt", "--vault-password-file", "pw", "group_vars/web.yml"]);
    let output =
        rappel(home.path(), &["inventory", "-i", "hosts.yml", "--vault-password-file", "pw"]);
    let said = clean(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("group_vars/web.yml:"), "{said}");
}
