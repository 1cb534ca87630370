//! What comes out of templates.

use std::time::Duration;

use super::Files;
use crate::desired::{ArtifactKind, HookPhase};

/// Renders one inline template.
fn text(template: &str) -> String {
    let files = Files::new(&[
        (
            "hosts.yml",
            "all:\n  hosts:\n    h:\n      net: 10.42.0.1/24\n      six: 2001:db8:2:96ce::1/64\n      list: [3, 1, 2, 3]\n      map: {a: 1, b: {c: 2}}\n      none: null\n",
        ),
        ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, template: x.j2}\n"),
        ("templates/x.j2", template),
        ("templates/macros.j2", "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}\n"),
        ("templates/part.j2", "part {{ net }}"),
    ]);
    let project = files.load().unwrap();
    let (_, desired) = project.render(None).unwrap().remove(0);
    match desired {
        Ok(desired) => desired.artifacts[0].content.clone(),
        Err(mistakes) => panic!("{template}: {mistakes:?}"),
    }
}

#[test]
fn filters_answer_as_ansibles() {
    for (template, expected) in [
        ("{{ net | ipaddr('address') }}", "10.42.0.1"),
        ("{{ net | ansible.utils.ipaddr('network') }}", "10.42.0.0"),
        ("{{ net | ipaddr('network/prefix') }}", "10.42.0.0/24"),
        ("{{ net | ipaddr('netmask') }}", "255.255.255.0"),
        ("{{ net | ipaddr('prefix') }}", "24"),
        ("{{ net | ipaddr('broadcast') }}", "10.42.0.255"),
        ("{{ net | ipaddr(5) }}", "10.42.0.5/24"),
        ("{{ '10.0.0.0/8' | ipaddr('address') }}", "False"),
        ("{{ 'nonsense' | ipaddr }}", "False"),
        ("{{ [net, six, 'x'] | ipv6 | join }}", "2001:db8:2:96ce::1/64"),
        ("{{ net | ipv6 }}", "False"),
        ("{{ six | ipaddr('network/prefix') }}", "2001:db8:2:96ce::/64"),
        ("{{ six | nthhost(17) }}", "2001:db8:2:96ce::11"),
        ("{{ net | nthhost(-2) }}", "10.42.0.254"),
        ("{{ '10.0.0.0/8' | ipsubnet(16, 3) }}", "10.3.0.0/16"),
        ("{{ '10.0.0.0/8' | ipsubnet(16) }}", "256"),
        ("{{ '2001:db8::/56' | ipsubnet(64, -1) }}", "2001:db8:0:ff::/64"),
        ("{{ '10.0.0.9' | ipmath(-4) }}", "10.0.0.5"),
        ("{{ six | ipaddr('address') | ipwrap }}:80", "[2001:db8:2:96ce::1]:80"),
        ("{{ '10.1.2.3' | ipaddr('10.0.0.0/8') }}", "10.1.2.3"),
        ("{{ '192.0.2.1' | ipaddr('revdns') }}", "1.2.0.192.in-addr.arpa."),
        ("{{ '10.0.0.1/255.255.0.0' | ipaddr('prefix') }}", "16"),
        ("{{ true | ternary('yes', 'no') }}", "yes"),
        (
            "{{ map | combine({'b': {'d': 3}}, recursive=true) | to_json }}",
            r#"{"a":1,"b":{"c":2,"d":3}}"#,
        ),
        ("{{ map | combine({'b': 9}) | to_json }}", r#"{"a":1,"b":9}"#),
        ("{{ list | union([4]) | join(',') }}", "3,1,2,4"),
        ("{{ list | difference([3]) | join(',') }}", "1,2"),
        ("{{ map | dict2items | map(attribute='key') | join(',') }}", "a,b"),
        ("{{ 'eth0.5' | regex_replace('^([a-z]+)(\\d)', '\\\\2\\\\1') }}", "0eth.5"),
        ("{{ 'web01' | regex_search('[0-9]+') }}", "01"),
        ("{{ 'web01' is match('web') }} {{ 'web01' is search('01$') }}", "True True"),
        ("{{ \"a b\" | quote }}", "'a b'"),
        ("{{ 'yes' | bool }}", "True"),
        ("{{ nowhere.at.all | default('x') }}", "x"),
        ("{{ map.b.c | default('x') }}", "2"),
        ("{{ '' | default('x', true) }}", "x"),
        ("{{ nowhere.at.all is defined }} {{ map.b is defined }}", "False True"),
        ("{{ 'a,b'.split(',') | last }} {{ map.items() | length }}", "b 2"),
        ("{{ map.get('z', 7) }}", "7"),
    ] {
        assert_eq!(text(template), expected, "{template}");
    }
}

#[test]
fn blocks_leave_no_lines_and_the_last_newline_stays() {
    assert_eq!(
        text("a\n  {% if true %}\n  b\n  {% endif %}\n{# c #}\nd\n"),
        "a\n  b\n\nd\n".replace("\n\n", "\n")
    );
    assert_eq!(text("x"), "x");
    assert_eq!(text("<&\"'>\n"), "<&\"'>\n", "nothing is escaped");
}

#[test]
fn templates_use_other_templates() {
    assert_eq!(text("{% include 'part.j2' %}"), "part 10.42.0.1/24");
    assert_eq!(text("{% from 'macros.j2' import twice %}{{ twice('x') }}"), "xx");
    let shipped = "{% include 't3/nothing.j2' ignore missing %}.";
    assert_eq!(text(shipped), ".");
}

#[test]
fn kinds_have_their_defaults_and_keys_their_effect() {
    let files = Files::new(&[
        ("hosts.yml", "all:\n  hosts:\n    h: {nics: [eth0, eth1], x: {y: 1}}\n"),
        (
            "play.yml",
            "- hosts: h
  artifacts:
    - {kind: interfaces, content: a}
    - {kind: sysctl, content: a, path: /etc/sysctl.d/1.conf, mode: 0600}
    - {kind: nft, content: a, when: x.z is defined}
    - {kind: nft, content: a, when: [x.y == 1, nics | length > 1], mode: \"640\", owner: me, group: us}
    - {kind: hook, phase: if-down.d, name: 'down-{{ item }}', content: '{{ item }}', loop: '{{ nics }}', when: item != 'eth0'}
    - {kind: file, path: /etc/x, content: a, validate: check %s, reload: 'kick {{ x.y }}'}
  rollout: {confirm_window: 90, settle: 500ms}
- hosts: all
  rollout: {confirm_window: 2m, canary: 1, batch: 10%}
",
        ),
    ]);
    let project = files.load().unwrap();
    let (_, desired) = project.render(None).unwrap().remove(0);
    let desired = desired.unwrap();
    let shown: Vec<String> = desired
        .artifacts
        .iter()
        .map(|a| format!("{} {:o} {}:{} {}", a.path, a.mode, a.owner, a.group, a.content))
        .collect();
    assert_eq!(
        shown,
        [
            "/etc/network/interfaces 644 root:root a",
            "/etc/sysctl.d/1.conf 600 root:root a",
            "/etc/nftables.d/rappel.nft 640 me:us a",
            "/etc/network/if-down.d/down-eth1 755 root:root eth1",
            "/etc/x 644 root:root a",
        ]
    );
    assert_eq!(desired.artifacts[3].kind, ArtifactKind::Hook(HookPhase::Down));
    assert_eq!(
        desired.artifacts[4].kind,
        ArtifactKind::File {
            validate: Some("check %s".to_owned()),
            reload: Some("kick 1".to_owned()),
        }
    );
    assert_eq!(desired.settings.confirm_window, Duration::from_secs(120));
    assert_eq!(desired.settings.settle, Duration::from_millis(500));
    assert_eq!(desired.settings.activation_timeout, Duration::from_secs(120));
    assert_eq!(project.plays()[1].rollout.batch.as_ref().map(|batch| batch[0].of(25)), Some(2));
}

#[test]
fn the_users_template_replaces_the_shipped_one() {
    let files = Files::new(&[
        ("hosts.yml", "all:\n  hosts:\n    h:\n"),
        (
            "books/play.yml",
            "- hosts: h\n  artifacts:\n    - {kind: nft, template: network/sysctl.conf.j2}\n    - {kind: sysctl, template: near.j2}\n    - {kind: interfaces, template: ../odd/x.j2}\n",
        ),
        ("templates/network/sysctl.conf.j2", "mine"),
        ("templates/near.j2", "far"),
        ("books/templates/near.j2", "near"),
        ("odd/x.j2", "odd"),
    ]);
    let project = super::Project::load(&super::LoadOptions {
        inventory: vec![files.path().join("hosts.yml")],
        playbook: Some(files.path().join("books/play.yml")),
        extra_vars: Vec::new(),
        ..super::LoadOptions::default()
    })
    .unwrap();
    let (_, desired) = project.render(None).unwrap().remove(0);
    let desired = desired.unwrap();
    let contents: Vec<&str> = desired.artifacts.iter().map(|a| a.content.as_str()).collect();
    assert_eq!(contents, ["mine", "near", "odd"]);
}

#[test]
fn only_chosen_hosts_are_rendered() {
    let files = Files::new(&[
        ("hosts.yml", "a:\n  hosts:\n    h1:\n    h2:\nb:\n  hosts:\n    h3:\n"),
        (
            "play.yml",
            "- hosts: a\n  artifacts:\n    - {kind: nft, content: '{{ inventory_hostname }}'}\n",
        ),
    ]);
    let project = files.load().unwrap();
    let names = |limit| {
        let rendered = project.render(limit).unwrap();
        rendered.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(None), ["h1", "h2"]);
    assert_eq!(names(Some("h2,h3")), ["h2"]);
    assert!(project.render(Some("h4")).is_err());
}
