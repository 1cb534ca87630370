//! Mistakes in inventories and vars.

use super::shows;

#[test]
fn a_key_twice() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a:\n    b:\n    a:\n")],
        &[
            "hosts.yml:5:5: the key `a` is here twice (help: keep one of them) (note: it is on line 3 already, and only one can count)",
        ],
    );
}

#[test]
fn a_tab_as_indentation() {
    shows(
        &[("hosts.yml", "all:\n\thosts:\n")],
        &["hosts.yml:2:1: a tab stands where YAML allows only spaces (help: indent with spaces)"],
    );
}

#[test]
fn a_tab_among_spaces() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n  \t  a:\n")],
        &["hosts.yml:3:3: a tab stands where YAML allows only spaces (help: indent with spaces)"],
    );
}

#[test]
fn two_colons() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a: b: c\n")],
        &[
            "hosts.yml:3:9: this is not valid YAML: mapping values are not allowed in this context (help: check quotes, colons and indentation on this line and the one before; quote a text that contains `: `, ` #` or begins with one of `{ [ * & ! % @`)",
        ],
    );
}

#[test]
fn an_open_bracket() {
    shows(
        &[("hosts.yml", "all:\n  hosts: {a: \n")],
        &[
            "hosts.yml:2:10: this is not valid YAML: unclosed bracket '{' (help: check quotes, colons and indentation on this line and the one before; quote a text that contains `: `, ` #` or begins with one of `{ [ * & ! % @`)",
        ],
    );
}

#[test]
fn an_open_quote() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a: \"x\n")],
        &[
            "hosts.yml:3:9: this is not valid YAML: invalid indentation in multiline quoted scalar (help: check quotes, colons and indentation on this line and the one before; quote a text that contains `: `, ` #` or begins with one of `{ [ * & ! % @`)",
        ],
    );
}

#[test]
fn a_line_out_of_line() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a:\n   b:\n")],
        &[
            "hosts.yml:4:4: this is not valid YAML: while parsing a block mapping, did not find expected key (help: check quotes, colons and indentation on this line and the one before; quote a text that contains `: `, ` #` or begins with one of `{ [ * & ! % @`)",
        ],
    );
}

#[test]
fn an_unquoted_expression() {
    shows(
        &[("hosts.yml", "all:\n  vars:\n    x: {{ y }}\n  hosts:\n    a:\n")],
        &[
            "hosts.yml:3:8: an expression that begins a value must be quoted (help: write it as \"{{ … }}\") (note: YAML reads `{` as the beginning of a mapping)",
        ],
    );
}

#[test]
fn an_inventory_that_is_a_list() {
    shows(
        &[("hosts.yml", "- a\n")],
        &[
            "hosts.yml:1:1: an inventory is a mapping of groups, not a list (help: begin with `all:`, or with the name of a group)",
        ],
    );
}

#[test]
fn an_ini_inventory() {
    shows(
        &[("hosts.yml", "[web]\na\n")],
        &[
            "hosts.yml:2:1: this is not valid YAML: did not find expected <document start> (help: is it an INI inventory? The name of such a file does not end in `.yml`)",
        ],
    );
}

#[test]
fn hosts_as_a_list() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    - a\n")],
        &[
            "hosts.yml:3:5: `hosts` of `all` is a list, not a mapping (help: write each host as a key with a colon: `name:` instead of `- name`)",
        ],
    );
}

#[test]
fn a_misspelt_group_key() {
    shows(
        &[("hosts.yml", "all:\n  host:\n    a:\n")],
        &["hosts.yml:2:3: the group `all` has no key `host` (help: did you mean `hosts`?)"],
    );
}

#[test]
fn a_group_without_children() {
    shows(
        &[("hosts.yml", "all:\n  web:\n    hosts:\n      a:\n")],
        &[
            "hosts.yml:2:3: the group `all` has no key `web` (help: put it below `children:` of `all`)",
        ],
    );
}

#[test]
fn a_group_nobody_defines() {
    shows(
        &[("hosts.yml", "web:\n  hosts:\n    a:\nall:\n  children:\n    wbe:\n")],
        &["hosts.yml:6:5: the group `wbe` is not defined (help: did you mean `web`?)"],
    );
}

#[test]
fn groups_in_a_circle() {
    shows(
        &[("hosts.yml", "a:\n  children:\n    b:\nb:\n  children:\n    a:\n")],
        &[
            "hosts.yml:1:1: the group `a` contains itself: a > b > a (help: remove it from the `children` of one of them)",
        ],
    );
}

#[test]
fn a_host_that_is_an_address() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a: 10.0.0.1\n")],
        &[
            "hosts.yml:3:8: the host `a` is text, not a mapping (help: put its vars below it, as in `ansible_host: 203.0.113.10`)",
        ],
    );
}

#[test]
fn a_range_backwards() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a[3:1]:\n")],
        &[
            "hosts.yml:3:5: `[3:1]` is not a range from a lower to a higher value (help: write a range as `[01:10]` or `[a:f]`)",
        ],
    );
}

#[test]
fn two_documents() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a:\n---\nx: 1\n")],
        &[
            "hosts.yml:4:1: a second document begins here (help: keep one document per file: remove this `---`)",
        ],
    );
}

#[test]
fn a_vault_value() {
    shows(
        &[("hosts.yml", "all:\n  vars:\n    x: !vault |\n      abc\n")],
        &[
            "hosts.yml:4:7: it is not in the format of ansible-vault (help: give the password by --vault-password-file or --ask-vault-pass)",
        ],
    );
}

#[test]
fn a_port_too_high() {
    shows(
        &[("hosts.yml", "all:\n  hosts:\n    a:\n      ansible_port: 70000\n")],
        &["hosts.yml:4:21: the port is not a number from 1 to 65535 (help: write `22`)"],
    );
}

#[test]
fn another_way_to_root() {
    shows(
        &[(
            "hosts.yml",
            "all:\n  hosts:\n    a:\n      ansible_become: yes\n      ansible_become_method: su\n",
        )],
        &[
            "hosts.yml:5:30: `su` is not a way to root that rappel knows (help: use `sudo` or `doas`, or log in as root)",
        ],
    );
}

#[test]
fn an_address_from_an_undefined_var() {
    shows(
        &[(
            "hosts.yml",
            "all:\n  hosts:\n    a:\n      ansible_host: \"{{ addres }}\"\n      address: 1.2.3.4\n",
        )],
        &[
            "hosts.yml:4:25: `addres` is undefined for host `a` (help: did you mean `address`? Or define it in host_vars/a.yml)",
        ],
    );
}

#[test]
fn vars_in_a_circle() {
    shows(
        &[(
            "hosts.yml",
            "all:\n  hosts:\n    a:\n      ansible_host: \"{{ x }}\"\n      x: \"{{ y }}\"\n      y: \"a{{ x }}\"\n",
        )],
        &[
            "hosts.yml:5:10: the var `x` refers to itself: ansible_host > x > y > x (help: give one of them a value of its own) (note: used at hosts.yml:6:15)",
        ],
    );
}

#[test]
fn group_vars_as_a_list() {
    shows(
        &[("group_vars/web.yml", "- x\n")],
        &[
            "group_vars/web.yml:1:1: a file of vars is a mapping, not a list (help: write each var as `name: value`)",
        ],
    );
}
