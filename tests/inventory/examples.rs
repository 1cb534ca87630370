//! The forms that Ansible's documentation shows, each in an example of our own.

use crate::ansible::{files, same};

const INI: &str = "\
mail.example.net

[webservers]
foo.example.net
bar.example.net:5309
www[01:50].example.net
www[01:50:2].example.org

[dbservers]
one.example.net ansible_port=5555 ansible_host=192.0.2.50
two.example.net http_port=80 maxRequestsPerChild=808 # both of the web's
db-[a:f].example.net
jumper ansible_port=5555 ansible_host=192.0.2.51

[targets]
localhost              ansible_connection=local
other1.example.net     ansible_connection=ssh        ansible_user=myuser

[atlanta]
host1
host2 note=\"has blanks\" list=\"['a', 1]\" map='{\"k\": True}'

[atlanta:vars]
ntp_server=ntp.atlanta.example.net
proxy=proxy.atlanta.example.net
number = 0644
truth = True
tuple = 1, 2

[raleigh]
host2
host3

[southeast:children]
atlanta
raleigh

[southeast:vars]
some_server=foo.southeast.example.net
halon_system_timeout=30
self_destruct_countdown=60
escape_pods=2

[usa:children]
southeast
northeast

; those that have no host yet
[northeast]
[all:vars]
everywhere=yes
";

const YAML: &str = "\
ungrouped:
  hosts:
    mail.example.net:
webservers:
  hosts:
    www[01:50].example.net:
    www[01:50:2].example.org:
    foo.example.net:
      http_port: 80
  vars:
    ansible_user: my_server_user
dbservers:
  hosts:
    one.example.net:
      ansible_port: 5555
      ansible_host: 192.0.2.50
    db-[a:f].example.net:
usa:
  children:
    southeast:
      children:
        atlanta:
          hosts:
            host1:
            host2: {note: has blanks, list: [a, 1], mode: 0644, up: yes}
          vars:
            ntp_server: ntp.atlanta.example.net
        raleigh:
          hosts:
            host2:
            host3:
      vars:
        escape_pods: 2
        text: |
          two
          lines
    northeast: {}
";

#[test]
fn groups_ranges_and_vars_in_ini_and_in_yaml() {
    let home = files(&[("hosts", INI), ("hosts.ini", INI), ("hosts.yml", YAML)]);
    let list = same(home.path(), "hosts");
    assert_eq!(list["_meta"]["hostvars"]["host2"]["escape_pods"], 2);
    assert_eq!(list["_meta"]["hostvars"]["host2"]["number"], "0644");
    same(home.path(), "hosts.ini");
    same(home.path(), "hosts.yml");
}

/// Each value from where the strongest of them stands.
#[test]
fn files_of_vars_beside_an_inventory() {
    let home = files(&[
        ("inventory/hosts", INI),
        ("inventory/group_vars/all.yml", "a: all\nb: all\nc: all\nd: all\n"),
        ("inventory/group_vars/southeast", "b: southeast\nc: southeast\n"),
        ("inventory/group_vars/atlanta/one.yml", "c: atlanta\nz: 1\n"),
        ("inventory/group_vars/atlanta/two.yaml", "z: 2\n"),
        ("inventory/group_vars/raleigh.json", "{\"c\": \"raleigh\"}"),
        ("inventory/host_vars/host1.yml", "d: host1\nescape_pods: 3\n"),
        ("inventory/host_vars/one.example.net.yml", "d: one\n"),
    ]);
    same(home.path(), "inventory/hosts");
    same(home.path(), "inventory");
}

#[test]
fn directories_of_inventories_and_priorities() {
    let home = files(&[
        ("all/01-first.yml", "one:\n  hosts: {h1: {x: 1}, h2: }\n  vars: {y: one}\n"),
        ("all/02-second.ini", "[two]\nh2 x=2\n[two:vars]\ny=two\n[one:vars]\nw=1\n[one]\n"),
        ("all/03-notes.md", "not: [an inventory\n"),
        ("all/deeper/hosts.yml", "three:\n  hosts: {h3: }\n  vars: {ansible_group_priority: 5}\n"),
        ("all/group_vars/all", "v: 1\n"),
        (
            "priority.yml",
            "a:\n  hosts: {h: }\n  vars: {x: a, ansible_group_priority: 10}\nb:\n  hosts: {h: }\n  vars: {x: b}\n",
        ),
    ]);
    same(home.path(), "all");
    same(home.path(), "priority.yml");
}

#[test]
fn programs() {
    let with_meta = "#!/bin/sh\n[ \"$1\" = --list ] || exit 1\ncat <<'E'\n{\"web\": {\"hosts\": [\"w1\", \"w2\"], \"vars\": {\"x\": true}, \"children\": [\"sub\"]},\n \"sub\": {\"hosts\": [\"s1\"]}, \"flat\": [\"w1\", \"f\\u00fc\"], \"empty\": {\"hosts\": []},\n \"_meta\": {\"hostvars\": {\"w1\": {\"n\": 1.5, \"deep\": {\"a\": [null, \"1\"]}}, \"gone\": {\"x\": 1}}}}\nE\n";
    let without = "#!/bin/sh\ncase $1 in\n--list) echo '{\"web\": {\"hosts\": [\"w1\", \"w2\"]}}' ;;\n--host) echo \"{\\\"me\\\": \\\"$2\\\"}\" ;;\nesac\n";
    let home = files(&[("meta.sh!", with_meta), ("each!", without)]);
    let list = same(home.path(), "meta.sh");
    assert_eq!(list["_meta"]["hostvars"]["w1"]["n"], 1.5);
    same(home.path(), "each");
}
