//! Which files are read, and what is said about those that cannot be.

use std::path::PathBuf;

use super::super::{LoadOptions, Project};
use super::Files;

fn load(files: &Files, inventory: &[&str], playbook: Option<&str>) -> Result<Project, String> {
    let path = |name: &&str| files.path().join(name);
    let loaded = Project::load(&LoadOptions {
        inventory: inventory.iter().map(path).collect(),
        playbook: playbook.map(|name| files.path().join(name)),
        extra_vars: Vec::new(),
        ..LoadOptions::default()
    });
    loaded.map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        lines.join("\n").replace(&format!("{}/", files.path().display()), "")
    })
}

fn names(project: &Project) -> Vec<&str> {
    let hosts = project.hosts(None).unwrap();
    hosts.iter().map(|host| host.name.as_str()).collect()
}

#[test]
fn files_that_are_not_there_are_named_with_the_nearest() {
    let files =
        Files::new(&[("hosts.yml", "a:\n  hosts:\n    h:\n"), ("play.yml", "- hosts: a\n")]);
    let message = |inventory: &[&str], playbook| load(&files, inventory, playbook).unwrap_err();
    assert_eq!(
        message(&["host.yml"], Some("plya.yml")),
        "there is no inventory `host.yml` (help: did you mean `hosts.yml`?)\n\
         there is no playbook `plya.yml` (help: did you mean `play.yml`?)"
    );
    assert_eq!(
        message(&["elsewhere/x.yml"], None),
        "there is no inventory `elsewhere/x.yml` (help: check the path)"
    );
    assert_eq!(
        message(&[], None),
        "no inventory is given (help: name one with `--inventory FILE`)"
    );
}

#[test]
fn a_directory_is_an_inventory() {
    let files = Files::new(&[
        ("inv/10-a.yml", "a:\n  hosts:\n    h1:\n"),
        ("inv/20-b.yaml", "b:\n  hosts:\n    h2:\n    h1: {x: 2}\n"),
        ("inv/more/c.yml", "c:\n  hosts:\n    h3:\n"),
        ("inv/notes.txt", "not: [an inventory"),
        ("inv/.hidden.yml", "not: [an inventory"),
        ("inv/old.yml~", "not: [an inventory"),
        ("inv/group_vars/a.yml", "x: 1\ny: 1\n"),
        ("empty/readme.md", ""),
    ]);
    let project = load(&files, &["inv"], None).unwrap();
    assert_eq!(names(&project), ["h1", "h2", "h3"]);
    let h1 = &project.hosts(Some("h1")).unwrap()[0];
    assert_eq!(
        (h1.groups.join(","), &h1.vars["x"], &h1.vars["y"]),
        ("a,b".to_owned(), &2.into(), &1.into())
    );
    assert_eq!(
        load(&files, &["empty"], None).unwrap_err(),
        "the directory `empty` has no inventory file (help: put a YAML inventory into it, as in `hosts.yml`)"
    );
}

#[test]
fn later_inventories_add_to_earlier_ones() {
    let files = Files::new(&[
        ("one.yml", "a:\n  hosts:\n    h1: {x: 1, y: 1}\n"),
        ("two.yml", "a:\n  hosts:\n    h2:\n    h1: {x: 2}\n"),
    ]);
    let project = load(&files, &["one.yml", "two.yml"], None).unwrap();
    assert_eq!(names(&project), ["h1", "h2"]);
    let vars = &project.hosts(Some("h1")).unwrap()[0].vars;
    assert_eq!((&vars["x"], &vars["y"]), (&2.into(), &1.into()));
}

#[test]
fn a_shipped_playbook_is_found_by_its_name() {
    let inventory =
        vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/inventories/t3/hosts.yml"))];
    for name in ["t3", "t3.yml", "playbooks/t3.yml"] {
        let project = Project::load(&LoadOptions {
            inventory: inventory.clone(),
            playbook: Some(PathBuf::from(name)),
            extra_vars: Vec::new(),
            ..LoadOptions::default()
        })
        .unwrap();
        let (_, desired) = project.render(None).unwrap().remove(0);
        assert_eq!(desired.unwrap().artifacts.len(), 5, "{name}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_line() {
    let files = Files::new(&[]);
    std::fs::write(files.path().join("hosts.yml"), b"a:\n  hosts:\n    h\xff:\n").unwrap();
    let message = load(&files, &["hosts.yml"], None).unwrap_err();
    assert!(message.contains("is not UTF-8 in line 3"), "{message}");
}

#[test]
fn an_inventory_alone_has_hosts_and_nothing_to_render() {
    let files = Files::new(&[("hosts.yml", "a:\n  hosts:\n    h:\n")]);
    let inventory = vec![files.path().join("hosts.yml")];
    let project = Project::load(&LoadOptions { inventory, ..LoadOptions::default() }).unwrap();
    assert_eq!(names(&project), ["h"]);
    assert!(project.render(None).unwrap().is_empty());
}
