//! `rappel inventory`, and what is refused.

use crate::ansible::{bin, files, ours, rappel};

const HOSTS: &str = "[web]\nw1 x=1\nw2\n[db]\nd1 db_password=hunter2 # mine\n[all:vars]\nx=0\nref={{ db_password }}\n[site:children]\nweb\ndb\n";

#[test]
fn each_var_is_explained_by_file_and_line() {
    let home = files(&[
        ("hosts", HOSTS),
        ("group_vars/web.yml", "---\nx: 2\ny: 3\n"),
        ("host_vars/w1/net.yml", "\ny: 4\n"),
    ]);
    let output = rappel(home.path(), &["inventory", "-i", "hosts", "--host", "w1", "-e", "z=9"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = "w1\n  groups: all, site, web\n  ref: \"{{ db_password }}\"\n      from hosts:8\n  \
                    x: 1\n      from hosts:2\n      over group_vars/web.yml:2\n      over hosts:7\n  \
                    y: 4\n      from host_vars/w1/net.yml:2\n      over group_vars/web.yml:3\n  \
                    z: \"9\"\n      from --extra-vars:1\n";
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&output.stderr));
    let output = rappel(home.path(), &["inventory", "-i", "hosts", "--host", "w9"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_tree_is_drawn_as_ansible_draws_it() {
    let home = files(&[("hosts", HOSTS)]);
    let ours = rappel(home.path(), &["inventory", "-i", "hosts", "--graph"]);
    let mut theirs = std::process::Command::new(bin().join("ansible-inventory"));
    let theirs = theirs.args(["-i", "hosts", "--graph"]).current_dir(home.path()).output().unwrap();
    assert_eq!(String::from_utf8(ours.stdout).unwrap(), String::from_utf8(theirs.stdout).unwrap());
}

#[test]
fn secrets_are_hidden_and_patterns_choose() {
    let home = files(&[("hosts", HOSTS)]);
    let list = ours(home.path(), "hosts", &["d1"]);
    assert_eq!(list["_meta"]["hostvars"]["d1"]["db_password"], "********");
    assert_eq!(list["_meta"]["hostvars"].as_object().unwrap().len(), 1);
    let explained = rappel(home.path(), &["inventory", "-i", "hosts", "--host", "d1"]);
    assert!(!String::from_utf8(explained.stdout).unwrap().contains("hunter2"));
}

#[test]
fn mistakes_name_file_and_line_and_no_secret() {
    for (name, text, expected) in [
        ("hosts", "[web\nw1\n", "hosts:1:1: this is not a section"),
        ("hosts", "[web:wibble]\n", "not a section"),
        ("hosts", "[web]\nw1 x\n", "hosts:2:1: `x` is not `name=value`"),
        ("hosts", "[web]\nw1 x='a password=hunter2\n", "a quote is not closed"),
        ("hosts", "[web:vars]\nx\n", "hosts:2:1: this is not `name=value`"),
        ("hosts", "[a:children]\nb\n", "the group `b` is not defined"),
        ("hosts", "[a:vars]\nx=1\n", "the group `a` is not defined"),
        ("hosts", "[a:children]\nb\n[b:children]\na\n", "contains itself"),
        ("fails!", "#!/bin/sh\necho no cloud >&2\nexit 3\n", "no cloud"),
        ("fails!", "#!/bin/sh\necho '[1'\n", "does not print JSON"),
        ("fails!", "#!/bin/sh\necho '{\"a\": {\"hosts\": {\"x\": 1}}}'\n", "not a list"),
        ("fails!", "all: {}\n", "run it by hand"),
    ] {
        let home = files(&[(name, text)]);
        let output = rappel(home.path(), &["inventory", "-i", name.trim_end_matches('!')]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}: {said}");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let (place, message) = expected.split_once(": ").unwrap_or(("", expected));
        assert!(flat.contains(message) && flat.contains(place), "{expected}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
