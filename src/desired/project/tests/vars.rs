//! Whose vars win, and how they are evaluated.

use serde_json::json;

use super::super::{LoadOptions, Project};
use super::Files;

/// Every layer sets `from`, and one var of its own; the strongest first.
const LAYERS: [(&str, &str); 10] = [
    ("host_vars/h.yml", "from: playbook host_vars\n"),
    ("inv/host_vars/h.yml", "from: inventory host_vars\n"),
    ("inv/hosts.yml#host", "inventory host"),
    ("group_vars/child.yml", "from: playbook child\n"),
    ("inv/group_vars/child.yml", "from: inventory child\n"),
    ("inv/group_vars/parent/a.yaml", "from: inventory parent\n"),
    ("group_vars/all.yml", "from: playbook all\n"),
    ("inv/group_vars/all", "from: inventory all\n"),
    ("inv/hosts.yml#child", "inline child"),
    ("inv/hosts.yml#all", "inline all"),
];

/// The value of `from` with the first `skip` layers left out.
fn winner(skip: usize) -> serde_json::Value {
    let mut inline = String::new();
    let mut files = vec![("play.yml", "- hosts: all\n")];
    let line = |name: &str| {
        let found = LAYERS[skip..].iter().find(|(layer, _)| *layer == name);
        found.map_or("{}".to_owned(), |(_, value)| format!("{{from: {value}}}"))
    };
    inline.push_str(&format!("all:\n  vars: {}\n", line("inv/hosts.yml#all")));
    inline.push_str("parent:\n  children:\n    child:\n");
    inline.push_str(&format!(
        "child:\n  vars: {}\n  hosts:\n    h: {}\n",
        line("inv/hosts.yml#child"),
        line("inv/hosts.yml#host"),
    ));
    files.push(("inv/hosts.yml", &inline));
    files.extend(LAYERS[skip..].iter().filter(|(name, _)| !name.contains('#')));
    let files = Files::new(&files);
    let project = Project::load(&LoadOptions {
        inventory: vec![files.path().join("inv/hosts.yml")],
        playbook: Some(files.path().join("play.yml")),
        extra_vars: Vec::new(),
        ..LoadOptions::default()
    })
    .unwrap();
    assert_eq!(project.warnings(), []);
    project.hosts(None).unwrap()[0].vars["from"].clone()
}

#[test]
fn each_layer_wins_over_all_below_it() {
    for (skip, (layer, value)) in LAYERS.iter().enumerate() {
        let value = value.trim_start_matches("from: ").trim();
        assert_eq!(winner(skip), json!(value), "{layer}");
    }
}

#[test]
fn play_vars_win_over_hosts_and_extra_vars_over_everything() {
    let files = Files::new(&[
        ("hosts.yml", "all:\n  hosts:\n    h: {a: host, b: host, c: host}\n"),
        (
            "play.yml",
            "- hosts: h\n  vars: {a: play, b: play}\n  artifacts:\n    - {kind: nft, content: '{{ a }} {{ b }} {{ c }}'}\n",
        ),
        ("more.yml", "c: {deep: [1, 2]}\n"),
    ]);
    let render = |extra: &[String]| {
        let project = Project::load(&LoadOptions {
            inventory: vec![files.path().join("hosts.yml")],
            playbook: Some(files.path().join("play.yml")),
            extra_vars: extra.to_vec(),
            ..LoadOptions::default()
        })
        .unwrap();
        let rendered = project.render(None).unwrap().remove(0).1.unwrap();
        rendered.artifacts[0].content.clone()
    };
    assert_eq!(render(&[]), "play play host");
    let file = format!("@{}", files.path().join("more.yml").display());
    let extra = ["a=extra".to_owned(), "{\"b\": 7}".to_owned(), file];
    assert_eq!(render(&extra), "extra 7 {'deep': [1, 2]}");
}

#[test]
fn vars_are_evaluated_when_used_and_keep_their_types() {
    let files = Files::new(&[(
        "hosts.yml",
        "all:\n  hosts:\n    h:\n      base: 10\n      number: \"{{ base + 1 }}\"\n      text: \"v{{ number }}\"\n      list: [\"{{ number }}\", x]\n      lone: \"{{ list }}\"\n      raw: \"{% raw %}{{ not }}{% endraw %}\"\n      bad: \"{{ nowhere }}\"\n",
    )]);
    let project = files.load().unwrap();
    let vars = &project.hosts(None).unwrap()[0].vars;
    assert_eq!(vars["number"], json!(11));
    assert_eq!(vars["text"], json!("v11"));
    assert_eq!(vars["lone"], json!([11, "x"]));
    assert_eq!(vars["raw"], json!("{{ not }}"));
    assert!(!vars.contains_key("bad"), "harms nobody until it is used");
}

#[test]
fn every_var_knows_its_place() {
    let files = Files::new(&[
        ("hosts.yml", "all:\n  hosts:\n    h:\n      a:\n        - b: 1\n"),
        ("host_vars/h.yml", "network:\n  uplink:\n    name: eth0\n"),
    ]);
    let project = files.load().unwrap();
    let place = |path: &str| {
        let place = project.place_of("h", path).unwrap().to_string();
        place.replace(&format!("{}/", files.path().display()), "")
    };
    assert_eq!(place("network.uplink.name"), "host_vars/h.yml:3:11");
    assert_eq!(place("network.uplink.name.deeper"), "host_vars/h.yml:3:11");
    assert_eq!(place("a.0.b"), "hosts.yml:5:14");
    assert_eq!(place(""), "hosts.yml:3:5");
    assert_eq!(project.place_of("h", "nothing"), None);
    assert_eq!(project.place_of("other", "a"), None);
}

#[test]
fn the_magic_vars_are_there() {
    let files = Files::new(&[
        (
            "hosts.yml",
            "a:\n  hosts:\n    h1.example: {x: 1, y: '{{ x }}'}\nb:\n  hosts:\n    h1.example:\n    h2: {x: 2}\n",
        ),
        (
            "play.yml",
            "- hosts: h2\n  artifacts:\n    - kind: nft\n      content: |\n        {{ inventory_hostname }} {{ group_names | join(',') }} {{ groups.b | join(',') }}\n        {{ hostvars['h1.example'].y }} {{ hostvars['h1.example'].inventory_hostname_short }}\n        {{ 'h3' in hostvars }} {{ hostvars.h3.x | default('none') }}\n        {{ rappel_managed }}\n",
        ),
    ]);
    let project = files.load().unwrap();
    let (name, desired) = project.render(None).unwrap().remove(0);
    assert_eq!(name, "h2");
    assert_eq!(
        desired.unwrap().artifacts[0].content,
        "h2 b h1.example,h2\n1 h1\nFalse none\nmanaged by rappel; edits are overwritten\n"
    );
}

#[test]
fn vars_for_nobody_are_a_warning() {
    let files = Files::new(&[
        ("hosts.yml", "web:\n  hosts:\n    hv1:\n"),
        ("group_vars/wbe.yml", "x: 1\n"),
        ("host_vars/hv9/a.yml", "x: 1\n"),
    ]);
    let project = files.load().unwrap();
    let warnings: Vec<String> = project
        .warnings()
        .iter()
        .map(|warning| warning.to_string().replace(&format!("{}/", files.path().display()), ""))
        .collect();
    assert_eq!(
        warnings,
        [
            "group_vars/wbe.yml:1:1: group_vars/wbe is for a group that the inventory does not have (help: did you mean `web`?)",
            "host_vars/hv9/a.yml:1:1: host_vars/hv9 is for a host that the inventory does not have (help: did you mean `hv1`?)",
        ]
    );
}

#[test]
fn connection_vars_are_read() {
    let files = Files::new(&[(
        "hosts.yml",
        "all:\n  vars: {ansible_user: admin, ansible_become: yes}\n  hosts:\n    a: {ansible_host: 203.0.113.7, ansible_port: '2222', ansible_become_password: hunter2}\n    b: {ansible_user: root}\n    c: {ansible_become: no, ansible_ssh_private_key_file: ~/.ssh/k}\n    d:2200:\n",
    )]);
    let project = files.load().unwrap();
    let shown: Vec<String> = project
        .hosts(None)
        .unwrap()
        .iter()
        .map(|host| {
            let c = &host.connection;
            let key = c.identity_file.as_ref().map(|p| p.display().to_string());
            format!("{}:{:?} {:?} {:?} {key:?}", c.address, c.port, c.user, c.r#become)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "203.0.113.7:Some(2222) Some(\"admin\") Some(Sudo { password: Some(\"(hidden)\") }) None",
            "b:None Some(\"root\") Some(No) None",
            "c:None Some(\"admin\") Some(No) Some(\"~/.ssh/k\")",
            "d:Some(2200) Some(\"admin\") Some(Sudo { password: None }) None",
        ]
    );
}
