//! Mistakes in templates and in the vars they use.

use super::shows;

#[test]
fn an_undefined_attribute() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "one\n  two {{ a.c }}\n"),
        ],
        &[
            "templates/x.j2:2:10: `a.c` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `a.c | default(…)`)",
        ],
    );
}

#[test]
fn an_undefined_var_in_a_loop() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "one\n  {% for i in aa.b %}{% endfor %}\n"),
        ],
        &[
            "templates/x.j2:2:15: `aa` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `aa | default(…)`)",
        ],
    );
}

#[test]
fn an_undefined_chain() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "{{ zzz.b.c }}"),
        ],
        &[
            "templates/x.j2:1:4: `zzz` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `zzz | default(…)`)",
        ],
    );
}

#[test]
fn an_undefined_var_before_a_filter() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "{{ zzz | ipaddr('address') }}"),
        ],
        &[
            "templates/x.j2:1:10: `zzz` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `zzz | default(…)`)",
        ],
    );
}

#[test]
fn an_undefined_condition() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "{% if a.nat %}x{% endif %}"),
        ],
        &[
            "templates/x.j2:1:7: `a.nat` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `a.nat | default(…)`)",
        ],
    );
}

#[test]
fn an_undefined_operand() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "{{ 'x' + zz }}{{ 'x' ~ zz }}"),
        ],
        &[
            "templates/x.j2:1:4: `zz` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `zz | default(…)`)",
        ],
    );
}

#[test]
fn a_mistake_in_an_included_file() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: d/x.j2\n"),
            ("templates/d/x.j2", "a\n{% include 'y.j2' %}"),
            ("templates/d/y.j2", "ok\n  {{ a.c }}\n"),
        ],
        &[
            "templates/d/y.j2:2:6: `a.c` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `a.c | default(…)`)",
        ],
    );
}

#[test]
fn an_included_file_that_is_not_there() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: d/x.j2\n"),
            ("templates/d/x.j2", "a\n{% include 'z.j2' %}"),
            ("templates/d/y.j2", "ok\n  {{ a.c }}\n"),
        ],
        &[
            "templates/d/x.j2:2:4: there is no template `z.j2` (help: put it into `templates/` beside the playbook)",
        ],
    );
}

#[test]
fn a_block_that_is_not_closed() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "a\n{% if a %}"),
        ],
        &[
            "templates/x.j2:2:9: syntax error: unexpected end of input, expected end of block (help: check this tag, and that every block before it is closed)",
        ],
    );
}

#[test]
fn two_words_in_an_expression() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "a\n{{ a b }}"),
        ],
        &[
            "templates/x.j2:2:6: syntax error: unexpected identifier, expected end of variable block (help: check this tag, and that every block before it is closed)",
        ],
    );
}

#[test]
fn a_misspelt_filter() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "a\n{{ a | ipadr }}{{ x is defind }}"),
        ],
        &["templates/x.j2:2:8: there is no filter `ipadr` (help: did you mean `ipaddr`?)"],
    );
}

#[test]
fn a_misspelt_test() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "a\n{{ x is defind }}"),
        ],
        &["templates/x.j2:2:9: there is no test `defind` (help: did you mean `defined`?)"],
    );
}

#[test]
fn a_misspelt_function() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "a\n{{ rnge(3) }}"),
        ],
        &["templates/x.j2:2:4: there is no function `rnge` (help: did you mean `range`?)"],
    );
}

#[test]
fn an_endless_loop() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            (
                "templates/x.j2",
                "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
            ),
        ],
        &[
            "templates/x.j2:1:1: the template does not come to an end (help: look for loops in loops, or for a macro or template that calls itself)",
        ],
    );
}

#[test]
fn a_template_that_includes_itself() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "{% include 'x.j2' %}"),
        ],
        &[
            "templates/x.j2:1:4: the template does not come to an end (help: look for loops in loops, or for a macro or template that calls itself)",
        ],
    );
}

#[test]
fn a_macro_that_calls_itself() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - kind: nft\n      template: x.j2\n"),
            ("templates/x.j2", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
        ],
        &[
            "templates/x.j2:1:19: the template does not come to an end (help: look for loops in loops, or for a macro or template that calls itself)",
        ],
    );
}

#[test]
fn inline_content() {
    shows(
        &[(
            "play.yml",
            "- hosts: all\n  artifacts:\n    - kind: nft\n      content: |\n        one\n          two {{ a.c }}\n    - kind: sysctl\n      content: \"x = {{ a.d }}\"\n",
        )],
        &[
            "play.yml:6:11: `a.c` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `a.c | default(…)`)",
            "play.yml:8:24: `a.d` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `a.d | default(…)`)",
        ],
    );
}

#[test]
fn a_var_that_refers_to_nothing() {
    shows(
        &[
            (
                "hosts.yml",
                "web:\n  hosts:\n    hv1:\n      network: {gw: \"10.0.0.1\", x: [1, \"{{ nope }}\"]}\n",
            ),
            ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, template: x.j2}\n"),
            ("templates/x.j2", "\n{{ network.gw }}\n"),
        ],
        &[
            "hosts.yml:4:44: `nope` is undefined for host `hv1` (help: define it in host_vars/hv1.yml or a group's vars, or give it a default: `nope | default(…)`) (note: used at templates/x.j2:2:4)",
        ],
    );
}

#[test]
fn a_var_that_is_no_expression() {
    shows(
        &[
            ("hosts.yml", "web:\n  hosts:\n    hv1:\n      network: \"{{ 1 + }}\"\n"),
            ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, template: x.j2}\n"),
            ("templates/x.j2", "\n{{ network.gw }}\n"),
        ],
        &[
            "hosts.yml:4:24: syntax error: unexpected end of variable block (help: check this tag, and that every block before it is closed) (note: used at templates/x.j2:2:4)",
        ],
    );
}

#[test]
fn a_circle_seen_from_a_template() {
    shows(
        &[
            ("hosts.yml", "web:\n  hosts:\n    hv1:\n      p: \"{{ q }}\"\n      q: \"{{ p }}\"\n"),
            ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, template: x.j2}\n"),
            ("templates/x.j2", "\n{{ p }}\n"),
        ],
        &[
            "hosts.yml:4:10: the var `p` refers to itself: p > q > p (help: give one of them a value of its own) (note: used at hosts.yml:5:10)",
        ],
    );
}

#[test]
fn a_var_asked_for_in_words() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, template: x.j2}\n"),
            ("templates/x.j2", "\n{{ p | mandatory('give p') }}\n"),
        ],
        &["templates/x.j2:2:8: give p (note: seen on host `hv1`)"],
    );
}

#[test]
fn vars_of_a_host_that_is_not_there() {
    shows(
        &[
            ("play.yml", "- hosts: all\n  artifacts:\n    - {kind: nft, template: x.j2}\n"),
            ("templates/x.j2", "\n{{ hostvars['hv2'].a }}\n"),
        ],
        &["templates/x.j2:2:12: `hv2` is not a host of the inventory (help: did you mean `hv1`?)"],
    );
}
