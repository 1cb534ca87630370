//! The same over the whole way: inventory, template, wire, scripts, a real host.

use crate::bench::Bench;

const NASTY: &str = "quote's \"double\" $(touch /pwned) `touch /pwned` * ? [a] -n \\ %s ${x} ü漢";

fn yaml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn nasty_paths_contents_and_commands_arrive_unharmed() {
    let bench = Bench::t3();
    let path = format!("/etc/new dir/-{NASTY}");
    bench.edit(
        "inventory/hosts.yml",
        "ansible_user: root",
        &format!("ansible_user: root\n      nasty: {}", yaml(NASTY)),
    );
    bench.write(
        "playbooks/t3.yml",
        &format!(
            "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: {}\n      content: \"{{{{ nasty }}}}\\n{{{{ nasty }}}}\\n\\n\"\n      validate: {}\n      reload: {}\n",
            yaml(&path),
            yaml("sh -c 'test \"$(wc -l <\"$1\")\" -eq 3' x %s"),
            yaml("printf '%s' \"it's $0 \\\"quoted\\\"\" >/etc/reloaded"),
        ),
    );
    bench.apply().code(0).says("confirmed as generation 1");
    let quoted = path.replace('\'', "'\\''");
    assert_eq!(
        bench.console("hv1", &format!("cat -- '{quoted}'")),
        format!("{NASTY}\n{NASTY}\n\n")
    );
    assert_eq!(bench.console("hv1", "cat /etc/reloaded"), "it's sh \"quoted\"");
    assert!(!bench.holds("hv1", "test -e /pwned"));
    // Read back under the same name: nothing left to do, and the way back finds it too.
    bench.rappel(&["plan", "playbooks/t3.yml"]).code(0).says("1 unchanged");
    bench.rappel(&["rollback", "--yes"]).code(0);
    assert!(!bench.holds("hv1", &format!("test -e '{quoted}'")));
}

#[test]
fn a_path_with_a_line_break_is_refused_by_name() {
    let bench = Bench::t3();
    bench.write(
        "playbooks/t3.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: \"/etc/a\\nb\"\n      content: x\n",
    );
    bench.apply().code(1).says("is not a path for a file").says("control");
    bench.write(
        "playbooks/t3.yml",
        "- hosts: hypervisors\n  artifacts:\n    - kind: file\n      path: /etc/a\n      content: x\n      reload: \"true\\ntrue\"\n",
    );
    let said = bench.apply();
    assert!(matches!(said.code, Some(1 | 5)), "{:?}", said.code);
    said.says("line break");
}

#[test]
fn hostile_sysctl_values_are_exact_or_refused() {
    let bench = Bench::t3();
    let with = |line: &str| {
        bench.write(
            "playbooks/t3.yml",
            &format!("- hosts: hypervisors\n  artifacts:\n    - kind: sysctl\n      content: |\n        {line}\n"),
        );
        bench.apply_against_lint()
    };
    with("net.ipv4.ip_local_port_range = 40000   50000").code(0);
    assert_eq!(
        bench.console("hv1", "cat /proc/sys/net/ipv4/ip_local_port_range"),
        "40000\t50000\n"
    );
    let before = bench.picture("hv1");
    for line in [
        "net.ipv4.ip_forward = $(touch /pwned)",
        "net.ipv4.ip_forward = `touch /pwned`; touch /pwned",
        "net/../../../etc/pwned = 1",
    ] {
        let said = with(line);
        assert!(
            matches!(said.code, Some(1 | 3 | 5)),
            "{line}: {:?}\n{}\n{}",
            said.code,
            said.out,
            said.err
        );
    }
    assert!(!bench.holds("hv1", "ls /pwned /etc/pwned 2>/dev/null | grep -q ."));
    crate::host::same(&bench.picture("hv1"), &before);
}

#[track_caller]
fn same(now: &str, before: &str) {
    let differ: Vec<_> = now.lines().filter(|l| !before.lines().any(|b| b == *l)).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn an_interface_name_that_a_shell_would_read_is_refused() {
    let bench = Bench::t3();
    let before = bench.picture("hv1");
    for name in ["*", "$(id)", "-a", "eth0;id"] {
        bench.write(
            "playbooks/t3.yml",
            &format!("- hosts: hypervisors\n  artifacts:\n    - kind: interfaces\n      path: /etc/network/interfaces.d/x\n      content: |\n        auto {name}\n        iface {name} inet manual\n"),
        );
        let said = bench.apply_against_lint();
        assert!(
            matches!(said.code, Some(1 | 5)),
            "{name}: {:?}\n{}\n{}",
            said.code,
            said.out,
            said.err
        );
    }
    same(&bench.picture("hv1"), &before);
}
