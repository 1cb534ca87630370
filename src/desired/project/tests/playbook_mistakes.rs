//! Mistakes in playbooks.

use super::shows;

#[test]
fn a_playbook_that_is_a_mapping() {
    shows(
        &[("play.yml", "hosts: all\n")],
        &[
            "play.yml:1:1: a playbook is a list of plays, not a mapping (help: begin with `- hosts: …`)",
        ],
    );
}

#[test]
fn unknown_keys_of_a_play() {
    shows(
        &[("play.yml", "- hosts: all\n  artefacts: []\n  tasks: []\n")],
        &[
            "play.yml:2:3: a play has no key `artefacts` (help: did you mean `artifacts`?)",
            "play.yml:3:3: a play has no key `tasks` (help: a play of rappel has no tasks; list the wanted files below `artifacts`)",
        ],
    );
}

#[test]
fn hosts_nobody_knows() {
    shows(
        &[("play.yml", "- hosts: wbe\n")],
        &[
            "play.yml:1:10: `wbe` is neither a host nor a group of the inventory (help: did you mean `web`?)",
        ],
    );
}

#[test]
fn a_play_without_hosts() {
    shows(
        &[("play.yml", "- name: x\n  artifacts: []\n")],
        &["play.yml:1:3: this play has no `hosts` (help: add `hosts: all`)"],
    );
}

#[test]
fn incomplete_artifacts() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - kind: interface\n      template: x\n    - kind: nft\n      tempalte: x.j2\n    - template: x\n    - kind: hook\n      content: x\n    - kind: file\n      content: x\n    - kind: nft\n      content: x\n      reload: y\n",
        )],
        &[
            "play.yml:3:13: there is no kind of artifact `interface` (help: did you mean `interfaces`?)",
            "play.yml:6:7: an artifact has no key `tempalte` (help: did you mean `template`?)",
            "play.yml:7:7: this artifact has no `kind` (help: add one of: interfaces, sysctl, nft, hook, file, libvirt_network, proxmox_group, proxmox_user, proxmox_acl, proxmox_vm)",
            "play.yml:8:7: a hook needs a `phase` (help: add one of: if-pre-up.d, if-up.d, if-down.d, if-post-down.d)",
            "play.yml:8:7: a hook needs a `name` (help: add the file's name, without a dot: ifupdown skips names with dots)",
            "play.yml:10:7: an artifact of kind `file` needs a `path` (help: add the absolute path it shall have on the host)",
            "play.yml:14:15: an artifact of kind `nft` has no `reload` (help: remove it: this kind is validated and activated by itself)",
        ],
    );
}

#[test]
fn modes_that_are_not_octal() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - {kind: nft, content: x, mode: 644}\n    - {kind: nft, content: x, mode: u+x}\n",
        )],
        &[
            "play.yml:3:37: the mode `644` is a decimal number here (help: write \"0644\") (note: an unquoted number without a leading zero is decimal in YAML)",
            "play.yml:4:37: the mode is not an octal number of permission bits (help: write it in quotes, as in \"0644\")",
        ],
    );
}

#[test]
fn unknown_checks_and_settings() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  checks: [ssh, gatway, {ping: {}}]\n  rollout: {confirm_window: 60 x, batch: 200%, cannary: 1, settle: 1s, activation_timeout: 1s}\n",
        )],
        &[
            "play.yml:2:17: there is no check `gatway` (help: did you mean `gateway`?)",
            "play.yml:2:26: the check `ping` needs `target` (help: write `- ping: {target: …}`)",
            "play.yml:3:29: `confirm_window` is not a duration of at most a day (help: write `60s`, `2m`, `1h`, or a number of seconds)",
            "play.yml:3:42: `batch` is neither a number of hosts nor a share of them (help: write `3` or `25%`)",
            "play.yml:3:48: `rollout` has no key `cannary` (help: did you mean `canary`?)",
            "play.yml:3:92: `activation_timeout` is shorter than 5 s (help: give it 30s or more) (note: no new connection can be made and checked in less)",
        ],
    );
}

#[test]
fn terms_of_a_rollout() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  serial: 1\n  rollout: {batch: [1, x], order: reverse, pause: sometimes, revert_on_failure: perhaps, spread_by: {a: 1}}\n- hosts: all\n  rollout: {batch: []}\n",
        )],
        &[
            "play.yml:2:3: a play has no key `serial` (help: use `batch` below `rollout`)",
            "play.yml:3:24: `batch` is neither a number of hosts nor a share of them (help: write `3` or `25%`)",
            "play.yml:3:35: `order` is no order of hosts (help: did you mean `reverse_inventory`?)",
            "play.yml:3:51: `pause` is not a duration of at most a day (help: write `60s`, `2m`, `1h`, a number of seconds, or `prompt`)",
            "play.yml:3:81: `revert_on_failure` is neither true nor false (help: write `true` or `false`)",
            "play.yml:3:101: `spread_by` is no name of a var (help: write `rack`, or `[rack, ha_pair]`)",
            "play.yml:5:20: this list is empty (help: write `3`, `25%`, or `[1, 5, 25%]`)",
        ],
    );
}

#[test]
fn a_template_that_is_not_there() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - kind: nft\n      template: network/interface.j2\n",
        )],
        &[
            "play.yml:4:17: there is no template `network/interface.j2` (help: did you mean `network/interfaces.j2`?)",
        ],
    );
}

#[test]
fn one_path_twice() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - kind: nft\n      content: x\n- hosts: web\n  artifacts:\n    - kind: file\n      path: /etc/nftables.d/rappel.nft\n      content: x\n",
        )],
        &[
            "play.yml:7:7: two artifacts want `/etc/nftables.d/rappel.nft` on host `hv1` (help: give one of them another `path`, or narrow its `hosts` or `when`) (note: the other one is at play.yml:3:7)",
        ],
    );
}

#[test]
fn conditions() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - kind: nft\n      content: x\n      when: a.c\n    - kind: sysctl\n      content: x\n      when: \"{{ a }}\"\n    - {kind: interfaces, content: x, when: b.c == 1}\n    - {kind: file, path: /x, content: x, when: 'a ='}\n",
        )],
        &[
            "play.yml:5:13: `a.c` is undefined for host `hv1` (help: write `a.c is defined`, or give it a default)",
            "play.yml:8:13: `when` is an expression already (help: remove the `{{` and `}}`)",
            "play.yml:9:44: `b` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `b | default(…)`)",
            "play.yml:10:51: syntax error: unexpected input after expression (help: check this tag, and that every block before it is closed)",
        ],
    );
}

#[test]
fn loops() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - {kind: file, path: '/x/{{ item }}', content: x, loop: '{{ a }}'}\n    - {kind: file, path: '/x/{{ item }}', content: x, loop: [1, '{{ c }}']}\n",
        )],
        &[
            "play.yml:3:61: `loop` needs a list, and this is a map (help: for a mapping use `{{ name | dict2items }}`)",
            "play.yml:4:69: `c` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `c | default(…)`)",
        ],
    );
}

#[test]
fn paths() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - {kind: file, path: 'x/y', content: x}\n    - {kind: file, path: '/x/../y', content: x}\n    - {kind: hook, phase: if-up, name: x, content: x}\n    - {kind: hook, phase: if-up.d, name: '{{ a.b }}/x', content: x}\n",
        )],
        &[
            "play.yml:3:26: `x/y` is not a path for a file: it is not absolute (help: write an absolute path without `.`, `..` or control characters)",
            "play.yml:4:26: `/x/../y` is not a path for a file: it has an empty, `.` or `..` part (help: write an absolute path without `.`, `..` or control characters)",
            "play.yml:5:27: ifupdown has no phase `if-up` (help: did you mean `if-up.d`?)",
            "play.yml:6:42: a hook's name has no `/` (help: write the file's name only; its directory is the `phase`)",
        ],
    );
}

#[test]
fn objects_are_judged_before_any_connection() {
    shows(
        &[(
            "play.yml",
            "- hosts: hv1
  artifacts:
    - {kind: libvirt_network, content: x}
    - {kind: libvirt_network, name: lan, path: /etc/x, content: x}
",
        )],
        &[
            "play.yml:3:7: an artifact of kind `libvirt_network` needs a `name` (help: add the name that it has on the host)",
            "play.yml:4:48: an artifact of kind `libvirt_network` has no `path` (help: remove it: this is no file)",
        ],
    );
    shows(
        &[(
            "play.yml",
            "- hosts: hv1
  artifacts:
    - {kind: libvirt_network, name: lan, content: '<network><name>wan</name></network>'}
    - {kind: libvirt_network, name: --all, content: x}
    - {kind: file, path: /@libvirt/network/x, content: x}
",
        )],
        &[
            "play.yml:3 (content):1:1: for host `hv1` this is no libvirt_network: its <name> is \"wan\", not \"lan\" (help: `rappel render` shows the text)",
            "play.yml:4:37: `--all` cannot be the name of a libvirt_network: it does not begin with a letter or a digit (help: give it a plain name)",
            "play.yml:5:26: `/@libvirt/network/x` is not a path for a file: such paths stand for what is behind a tool; it has a kind of its own (help: write an absolute path without `.`, `..` or control characters)",
        ],
    );
}
