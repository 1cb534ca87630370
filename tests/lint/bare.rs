//! Files that are named on the command line.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub fn rappel(dir: &Path, args: &[&str], stdin: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.args(args).current_dir(dir).env_remove("RAPPEL_INVENTORY");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.unwrap_or_default().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The rules of the findings, in order.
pub fn rules(output: &Output) -> Vec<String> {
    let lines = said(output);
    let rule = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["event"], "finding");
        value["rule"].as_str().unwrap_or("none").to_owned()
    };
    lines.lines().map(rule).collect()
}

const ALIAS: &str = "auto eth0:1\niface eth0:1 inet static\n\taddress 10.0.0.1/24\n";

#[test]
fn a_file_is_shown_with_line_caret_reason_and_remedy() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("interfaces"), format!("auto-lo\n{ALIAS}")).unwrap();
    let output = rappel(dir.path(), &["lint", "interfaces"], None);
    assert_eq!(code(&output), 5);
    let expected = "\
error[IF01]: `auto-lo` stands outside of any stanza
 --> interfaces:1:1
  |
1 | auto-lo
  | ^^^^^^^
  |
  = note: ifupdown refuses the whole file (\"misplaced option\") and brings nothing up at boot
  = help: correct the word, or move the line below its `iface` line

warning[IF14]: `eth0:1` is an alias
 --> interfaces:3:1
";
    let text = said(&output);
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("1 file(s), 1 error(s), 1 warning(s)\n"), "{text}");
    fs::write(dir.path().join("interfaces"), ALIAS).unwrap();
    assert_eq!(
        code(&rappel(dir.path(), &["lint", "interfaces"], None)),
        0,
        "a warning is no error"
    );
}

#[test]
fn sourced_files_are_read_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::create_dir(path("interfaces.d")).unwrap();
    fs::write(path("interfaces"), "auto lo\niface lo inet loopback\nsource interfaces.d/*\n")
        .unwrap();
    fs::write(path("interfaces.d/more"), ALIAS).unwrap();
    fs::write(path("interfaces.d/.old"), "nonsense\n").unwrap();
    let output = rappel(dir.path(), &["lint", "interfaces", "--output", "json"], None);
    assert_eq!(rules(&output), ["IF14"]);
    // A copy elsewhere does not lead to this machine's own files.
    fs::write(path("interfaces"), "source /etc/network/interfaces.d/*\n").unwrap();
    let output = rappel(dir.path(), &["lint", "interfaces"], None);
    assert!(said(&output).ends_with("1 file(s), 0 error(s), 0 warning(s)\n"), "{}", said(&output));
}

#[test]
fn the_kind_shows_in_the_path_or_the_text_or_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let lint = |name: &str, text: &str, more: &[&str]| {
        fs::write(dir.path().join(name), text).unwrap();
        rappel(dir.path(), &[&["lint", name, "--output", "json"], more].concat(), None)
    };
    let proxy = "net.ipv6.conf.all.proxy_ndp=1\n";
    assert_eq!(rules(&lint("90-x.conf", proxy, &[])), ["SY05"]);
    assert_eq!(
        rules(&lint(
            "x",
            "table ip t {\n chain c {\n  type nat hook postrouting priority 0;\n  masquerade\n }\n}\n",
            &[]
        )),
        ["FW09", "FW06"]
    );
    assert_eq!(rules(&lint("copy", ALIAS, &[])), ["IF14"]);
    assert_eq!(
        rules(&lint("hook", "#!/bin/sh\nip route add 10.0.0.0/8 dev $IFACE\n", &[])).len(),
        3
    );
    let strange = lint("strange", "kernel.x = 1\n", &[]);
    assert_eq!(code(&strange), 1);
    assert!(String::from_utf8_lossy(&strange.stderr).contains("--kind"));
    assert_eq!(code(&lint("strange", "kernel.x = 1\n", &["--kind", "sysctl"])), 0);
    let piped = ["lint", "--kind", "interfaces", "-", "--output", "json"];
    assert_eq!(rules(&rappel(dir.path(), &piped, Some(ALIAS))), ["IF14"]);
    assert_eq!(code(&rappel(dir.path(), &["lint", "not-there"], None)), 1);
    let both = rappel(dir.path(), &["lint", "copy", "site.yml"], None);
    assert_eq!(code(&both), 1);
}

#[test]
fn the_system_changes_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("interfaces"), "iface eth0 inet dhcp\nauto eth0\n").unwrap();
    let with = |system: &[&str]| {
        let args = [&["lint", "interfaces", "--output", "json"], system].concat();
        rules(&rappel(dir.path(), &args, None))
    };
    assert!(with(&[]).is_empty());
    assert_eq!(with(&["--system", "proxmox"]), ["IF27"]);
    fs::write(dir.path().join("interfaces.new"), "").unwrap();
    assert!(with(&[]).is_empty(), "this is a copy, not the host's own");
}

#[test]
fn sarif_names_rule_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("interfaces"), ALIAS).unwrap();
    let output = rappel(dir.path(), &["lint", "interfaces", "--output", "sarif"], None);
    assert_eq!(code(&output), 0);
    let value: Value = serde_json::from_str(&said(&output)).unwrap();
    let result = &value["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "IF14");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "interfaces");
    assert_eq!(place["region"]["startLine"], 2);
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = [b"# caf\xe9 \x1b[2J\n".as_slice(), ALIAS.as_bytes(), &[0, 255, 10]].concat();
    fs::write(dir.path().join("interfaces"), bytes).unwrap();
    let output = rappel(dir.path(), &["lint", "interfaces"], None);
    assert_eq!(code(&output), 5);
    assert!(!output.stdout.contains(&0x1b));
}
