//! What Vagrant prints, as vars of hosts.

use std::net::IpAddr;
use std::path::Path;

use serde_json::{Map, Value, json};

/// What of a machine's block is handed on as it is. The rest is about terminals, logs and
/// forwarding, or names algorithms that are old.
const HANDED_ON: [&str; 4] =
    ["IdentitiesOnly", "PasswordAuthentication", "ProxyCommand", "ProxyJump"];

/// Machines by name, each with its state.
pub(super) type States = Vec<(String, String)>;

/// The machines of `vagrant status --machine-readable`.
pub(super) fn states(said: &str) -> States {
    let mut found = States::new();
    for line in said.lines() {
        let mut fields = line.split(',');
        let (_time, name, kind) = (fields.next(), fields.next(), fields.next());
        if let (Some(name), Some("state"), Some(state)) = (name, kind, fields.next())
            && !name.is_empty()
        {
            found.push((name.to_owned(), state.trim().to_owned()));
        }
    }
    found
}

/// The vars of each machine that `vagrant ssh-config` has a block for. `identity` tells what
/// the provider calls a machine.
pub(super) fn vars(
    said: &str,
    dotfiles: &Path,
    identity: impl Fn(&str) -> Option<String>,
) -> Map<String, Value> {
    let mut blocks: Vec<(String, Vec<(&str, &str)>)> = Vec::new();
    for line in said.lines().map(str::trim) {
        let Some((keyword, value)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        let value = value.trim();
        if keyword == "Host" {
            blocks.push((unquoted(value).to_owned(), Vec::new()));
        } else if let Some((_, lines)) = blocks.last_mut() {
            lines.push((keyword, value));
        }
    }
    let each = blocks.into_iter().map(|(name, lines)| {
        let alias = identity(&name).map_or(name.clone(), |id| format!("{name}-{id}"));
        (name, machine(&lines, dotfiles, &alias))
    });
    each.collect()
}

fn machine(lines: &[(&str, &str)], dotfiles: &Path, alias: &str) -> Value {
    let first = |keyword: &str| lines.iter().find(|(word, _)| *word == keyword).map(|(_, v)| *v);
    let mut vars = Map::new();
    for (keyword, var) in [
        ("HostName", "ansible_host"),
        ("User", "ansible_user"),
        ("Port", "ansible_port"),
        ("IdentityFile", "ansible_ssh_private_key_file"),
    ] {
        if let Some(value) = first(keyword) {
            vars.insert(var.to_owned(), json!(unquoted(value)));
        }
    }
    let mut options: Vec<String> = Vec::new();
    // Further keys of a machine are tried as well, but the first one is its own.
    let keys = lines.iter().filter(|(keyword, _)| *keyword == "IdentityFile").skip(1);
    options.extend(keys.map(|(keyword, value)| format!("{keyword}={value}")));
    let handed_on = lines.iter().filter(|(keyword, _)| HANDED_ON.contains(keyword));
    options.extend(handed_on.map(|(keyword, value)| format!("{keyword}={value}")));
    options.extend(host_keys(first, dotfiles, alias));
    let options: Vec<String> = options.iter().map(|option| argument(option)).collect();
    vars.insert("ansible_ssh_common_args".to_owned(), json!(options.join(" ")));
    Value::Object(vars)
}

/// Vagrant itself looks at no host key (`UserKnownHostsFile /dev/null`). A change is confirmed
/// over a new connection to the *same* host, so the key is taken at the first look, kept beside
/// what Vagrant knows, and no other is taken for this machine from then on. A machine that is
/// made anew has another identity, and so another entry.
///
/// Somebody in between at that first look would need this computer or its own networks. A
/// machine further away is not taken on trust.
fn host_keys<'a>(
    first: impl Fn(&str) -> Option<&'a str>,
    dotfiles: &Path,
    alias: &str,
) -> Vec<String> {
    let none_kept = first("UserKnownHostsFile").is_some_and(|file| unquoted(file) == "/dev/null");
    if !none_kept {
        // Whoever configured host keys for Vagrant gets what is configured.
        let named = ["UserKnownHostsFile", "StrictHostKeyChecking"];
        let each = named.iter().filter_map(|word| Some(format!("{word}={}", first(word)?)));
        return each.collect();
    }
    let file = dotfiles.join("rappel_known_hosts").display().to_string().replace('%', "%%");
    let mut found = vec![format!("UserKnownHostsFile=\"{file}\""), format!("HostKeyAlias={alias}")];
    if first("HostName").is_some_and(|name| is_near(unquoted(name))) {
        found.push("StrictHostKeyChecking=accept-new".to_owned());
    }
    found
}

/// Whether an address is this computer's, or one that no packet from the internet comes from.
fn is_near(name: &str) -> bool {
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_documentation()
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.segments()[..2] == [0x2001, 0xdb8]
        }
        Err(_) => name == "localhost",
    }
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// An option as one word of a command line of `ssh`.
fn argument(option: &str) -> String {
    format!("-o \"{}\"", option.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_near, states, vars};

    const TWO: &str = "Host hv1\n  HostName 127.0.0.1\n  User vagrant\n  Port 2222\n  \
                       UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  \
                       PasswordAuthentication no\n  IdentityFile \"/a b/key\"\n  \
                       IdentityFile /second\n  IdentitiesOnly yes\n  LogLevel FATAL\n\n\
                       Host hv2\n  HostName 192.0.0.8\n  Port 2200\n  \
                       UserKnownHostsFile /dev/null\n  \
                       ProxyCommand ssh 'far' -W %h:%p\n";

    fn found() -> serde_json::Map<String, serde_json::Value> {
        let id = |name: &str| (name == "hv1").then(|| "5eb6".to_owned());
        vars(TWO, Path::new("/my lab/100%/.vagrant"), id)
    }

    #[test]
    fn machines_have_what_vagrant_says() {
        let found = found();
        assert_eq!(found.len(), 2);
        let hv1 = &found["hv1"];
        assert_eq!(hv1["ansible_host"], "127.0.0.1");
        assert_eq!(hv1["ansible_port"], "2222");
        assert_eq!(hv1["ansible_ssh_private_key_file"], "/a b/key");
        let args = hv1["ansible_ssh_common_args"].as_str().unwrap_or_default();
        assert_eq!(
            args,
            "-o \"IdentityFile=/second\" -o \"PasswordAuthentication=no\" \
             -o \"IdentitiesOnly=yes\" \
             -o \"UserKnownHostsFile=\\\"/my lab/100%%/.vagrant/rappel_known_hosts\\\"\" \
             -o \"HostKeyAlias=hv1-5eb6\" -o \"StrictHostKeyChecking=accept-new\""
        );
    }

    #[test]
    fn a_machine_far_away_is_not_taken_on_trust() {
        let found = found();
        let args = found["hv2"]["ansible_ssh_common_args"].as_str().unwrap_or_default();
        assert!(args.contains("-o \"ProxyCommand=ssh 'far' -W %h:%p\""), "{args}");
        assert!(args.contains("HostKeyAlias=hv2\""), "{args}");
        assert!(!args.contains("StrictHostKeyChecking") && !args.contains("/dev/null"), "{args}");
        for near in ["127.0.0.1", "::1", "localhost", "192.168.121.7", "10.0.0.1", "fe80::1"] {
            assert!(is_near(near), "{near}");
        }
        for far in ["8.8.8.8", "2a01::1", "web.example.net", "172.10.0.1"] {
            assert!(!is_near(far), "{far}");
        }
    }

    #[test]
    fn host_keys_that_vagrant_checks_are_left_to_it() {
        let said = "Host a\n  HostName 127.0.0.1\n  StrictHostKeyChecking yes\n";
        let found = vars(said, Path::new("/x"), |_| None);
        assert_eq!(found["a"]["ansible_ssh_common_args"], "-o \"StrictHostKeyChecking=yes\"");
    }

    #[test]
    fn states_are_told_apart() {
        let said = "1,gw,metadata,provider,libvirt\n2,gw,provider-name,libvirt\n\
                    3,gw,state,running\n4,gw,state-human-short,running\n\
                    5,hv1,state,not_created\n6,,ui,info,Current machine states\n";
        let wanted = [("gw", "running"), ("hv1", "not_created")];
        assert_eq!(states(said), wanted.map(|(name, state)| (name.to_owned(), state.to_owned())));
    }
}
