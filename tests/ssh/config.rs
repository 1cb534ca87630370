//! `ssh_config`, side by side with the real `ssh -G`, on files made up by chance.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rappel::remote::ssh::config::{
    AgentChoice, Config, Hop, Local, Options, Overrides, Proxy, Strict,
};

use crate::server::run;

/// How many files; each is asked for every host. All of them with `make test-all`.
const FILES: u64 = 40;
const ALL_FILES: u64 = 1000;
const HOSTS: [&str; 6] = ["web1", "Web2", "db.example.net", "192.0.2.7", "2001:db8::7", "bastion"];

/// Small, and the same numbers for the same seed everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

const PATTERNS: [&str; 12] = [
    "*",
    "web*",
    "web?",
    "!web1",
    "!*",
    "db.*",
    "*.example.net",
    "Web2",
    "192.0.2.*",
    "*:*",
    "bastion",
    "10.0.0.?",
];
const NAMES: [&str; 5] = ["%h", "%h.example.net", "10.0.0.1", "Other.Example.NET", "a%%b"];
const USERS: [&str; 4] = ["root", "ada", "Root", "eve"];
const SETTINGS: [(&str, &[&str]); 22] = [
    ("HostName", &NAMES),
    ("User", &USERS),
    ("Port", &["22", "2222", "65535"]),
    ("IdentityFile", &["~/.ssh/a", "/k/%n-%h-%p-%r", "\"/with blank/k\"", "none", "rel"]),
    ("CertificateFile", &["/c1", "~/c2"]),
    ("IdentitiesOnly", &["yes", "no", "true", "FALSE"]),
    ("IdentityAgent", &["none", "/run/agent", "SSH_AUTH_SOCK"]),
    ("ProxyJump", &["none", "a", "a,b", "ada@a:2222,eve@b", "ssh://ada@c:7"]),
    ("ProxyCommand", &["none", "nc %h %p", "nc -X 5 \"%h\" %p # x", "= x"]),
    ("UserKnownHostsFile", &["/a", "/a /b", "none", "\"/a b\" ~/c"]),
    ("GlobalKnownHostsFile", &["/g", "/g /h"]),
    ("HostKeyAlias", &["alias", "[x]:22"]),
    ("StrictHostKeyChecking", &["yes", "no", "ask", "accept-new", "off"]),
    ("ConnectTimeout", &["5", "1m", "none"]),
    ("ServerAliveInterval", &["0", "15", "2m"]),
    ("ServerAliveCountMax", &["1", "9"]),
    ("AddressFamily", &["any", "inet", "inet6"]),
    ("HashKnownHosts", &["yes", "no"]),
    ("PasswordAuthentication", &["yes", "no"]),
    ("KbdInteractiveAuthentication", &["yes", "no"]),
    ("ForwardAgent", &["yes", "no"]),
    ("ControlPath", &["/x/%C", "none"]),
];
/// Refused, whether or not the block applies.
const WRONG: [&str; 6] =
    ["Wibble yes", "Port seven", "User \"ada", "IdentitiesOnly perhaps", "Port", "Match wibble x"];

fn line(chance: &mut Chance, text: &mut String) {
    let (keyword, values) = chance.of(&SETTINGS);
    let keyword = match chance.below(3) {
        0 => keyword.to_lowercase(),
        1 => keyword.to_uppercase(),
        _ => keyword.to_owned(),
    };
    let between = chance.of(&[" ", "=", "\t", " = "]);
    let indent = chance.of(&["", "  ", "\t"]);
    let value = chance.of(values);
    *text += &format!("{indent}{keyword}{between}{value}{}\n", chance.of(&["", " ", "\r"]));
}

fn condition(chance: &mut Chance) -> String {
    let not = chance.of(&["", "", "!"]);
    let list = |chance: &mut Chance, of: &[&str]| {
        let count = 1 + chance.below(2);
        (0..count).map(|_| chance.of(of)).collect::<Vec<_>>().join(",")
    };
    match chance.below(7) {
        0 => format!("{not}host {}", list(chance, &PATTERNS)),
        1 => format!("{not}originalhost {}", list(chance, &PATTERNS)),
        2 => format!("{not}user {}", list(chance, &USERS)),
        3 => format!("{not}localuser {}", list(chance, &["root", "nobody", "*"])),
        4 => format!("{not}exec \"test %n = {}\"", chance.of(&["web1", "bastion"])),
        5 => format!("{not}exec \"test %h = {}\"", chance.of(&["10.0.0.1", "web1"])),
        _ => format!("{not}final"),
    }
}

/// Writes a file, perhaps with files that it includes.
fn write(chance: &mut Chance, home: &Path, name: &str, depth: usize) {
    let mut text = String::new();
    for _ in 0..1 + chance.below(6) {
        for _ in 0..chance.below(4) {
            line(chance, &mut text);
        }
        match chance.below(10) {
            0..=3 => {
                let count = 1 + chance.below(3);
                let patterns: Vec<_> = (0..count).map(|_| chance.of(&PATTERNS)).collect();
                text += &format!("Host {}\n", patterns.join(" "));
            }
            4..=6 => {
                let count = 1 + chance.below(3);
                let all: Vec<_> = (0..count).map(|_| condition(chance)).collect();
                text += &format!("Match {}\n", all.join(" "));
            }
            7 => text += chance.of(&["Match all\n", "# a comment\n\n", "Match final all\n"]),
            8 if depth < 2 => {
                let inner = format!("{name}-{}", chance.below(1000));
                write(chance, home, &inner, depth + 1);
                let shown = home.join(&inner);
                text += &match chance.below(3) {
                    0 => format!("Include {}*\n", shown.display()),
                    1 => format!("Include {} /no/such/file\n", shown.display()),
                    _ => format!("Include \"{}\"\n", shown.display()),
                };
            }
            _ => {}
        }
    }
    if chance.below(60) == 0 {
        text += &format!("{}\n", chance.of(&WRONG));
    }
    for _ in 0..chance.below(4) {
        line(chance, &mut text);
    }
    let file = home.join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// What `ssh -G` says, or nothing if it refuses.
fn theirs(file: &Path, host: &str, more: &[&str]) -> Option<BTreeMap<String, Vec<String>>> {
    let output = Command::new("ssh")
        .args(["-G", "-F"])
        .arg(file)
        .args(more)
        .args(["--", host])
        .env("SSH_AUTH_SOCK", "/run/usual")
        .output()
        .unwrap();
    if !output.status.success() {
        return None;
    }
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        found.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Some(found)
}

fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}

fn hop(hop: &Hop) -> String {
    let user = hop.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let port = hop.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{user}{}{port}", hop.host)
}

fn paths(files: &[std::path::PathBuf]) -> String {
    let all: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    all.join(" ")
}

/// Compares every value that rappel uses.
fn compare(ours: &Options, theirs: &BTreeMap<String, Vec<String>>, local: &Local) -> Vec<String> {
    let their = |key: &str| theirs.get(key).map_or("", |values| values[0].as_str()).to_owned();
    let mut wrong = Vec::new();
    let mut same = |key: &str, ours: String, theirs: String| {
        if ours != theirs {
            wrong.push(format!("{key}: ours `{ours}`, theirs `{theirs}`"));
        }
    };
    let tilde = |text: String| text.replace("~/", &format!("{}/", local.home.display()));
    same("hostname", ours.host.clone(), their("hostname"));
    same("user", ours.user.clone(), their("user"));
    same("port", ours.port.to_string(), their("port"));
    same("hostkeyalias", ours.host_key_alias.clone().unwrap_or_default(), their("hostkeyalias"));
    same("identitiesonly", yes(ours.identities_only), their("identitiesonly"));
    same("hashknownhosts", yes(ours.hash_known_hosts), their("hashknownhosts"));
    same("passwordauthentication", yes(ours.password), their("passwordauthentication"));
    same("kbdinteractive", yes(ours.interactive), their("kbdinteractiveauthentication"));
    let family = ours.family.map_or("any".to_owned(), |family| match family.to_string().as_str() {
        "IPv4" => "inet".to_owned(),
        _ => "inet6".to_owned(),
    });
    same("addressfamily", family, their("addressfamily"));
    let seconds = |time: Option<std::time::Duration>, none: &str| {
        time.map_or(none.to_owned(), |time| time.as_secs().to_string())
    };
    same("connecttimeout", seconds(ours.connect_timeout, "none"), their("connecttimeout"));
    same("serveralive", seconds(ours.alive_interval, "0"), their("serveraliveinterval"));
    let max = ours.alive_max.map_or("3".to_owned(), |max| max.to_string());
    same("serveralivemax", max, their("serveralivecountmax"));
    let strict = match their("stricthostkeychecking").as_str() {
        "accept-new" | "false" | "no" | "off" => Some(Strict::AcceptNew),
        _ => Some(Strict::Yes),
    };
    same("strict", format!("{:?}", ours.strict.or(Some(Strict::Yes))), format!("{strict:?}"));
    let proxy = match &ours.proxy {
        Proxy::Direct => String::new(),
        Proxy::Jump(hops) => hops.iter().map(hop).collect::<Vec<_>>().join(","),
        Proxy::Command(command) => command.clone(),
    };
    let shown = [their("proxyjump"), their("proxycommand")].concat();
    same("proxy", proxy, if shown == "none" { String::new() } else { shown.replace("ssh://", "") });
    let agent = match &ours.agent {
        AgentChoice::Usual => String::new(),
        AgentChoice::None => "none".to_owned(),
        AgentChoice::At(path) => path.display().to_string(),
    };
    same("identityagent", agent, their("identityagent").replace("SSH_AUTH_SOCK", ""));
    if let Some(files) = &ours.known_hosts {
        let shown = their("userknownhostsfile").replace("none", "");
        same("userknownhostsfile", paths(files), tilde(shown));
    }
    if let Some(files) = &ours.global_known_hosts {
        same("globalknownhostsfile", paths(files), tilde(their("globalknownhostsfile")));
    }
    same("certificatefile", paths(&ours.certificate_files), {
        tilde(theirs.get("certificatefile").cloned().unwrap_or_default().join(" "))
    });
    let files: Vec<String> = ours.identity_files.iter().map(|one| one.written.clone()).collect();
    if !files.is_empty() {
        let shown = theirs.get("identityfile").cloned().unwrap_or_default();
        let shown: Vec<String> = shown.into_iter().filter(|one| one != "none").collect();
        same("identityfile", files.join(" "), shown.join(" "));
    }
    wrong
}

/// As `ssh` sees it: the home directory of the account, not of the environment.
fn local() -> Local {
    let user = run("id", &["-un"]).trim().to_owned();
    let entry = run("getent", &["passwd", &user]);
    let home = entry.split(':').nth(5).unwrap().into();
    Local { user, home, ..Local::from_env() }
}

#[test]
fn every_host_is_reached_as_ssh_would() {
    let (mut asked, mut refused) = (0, 0);
    let all = std::env::var_os("RAPPEL_TEST_ALL").is_some();
    for seed in 1..=if all { ALL_FILES } else { FILES } {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let home = tempfile::tempdir().unwrap();
        write(&mut chance, home.path(), "config", 0);
        let file = home.path().join("config");
        for host in HOSTS {
            let (more, overrides) = given(&mut chance);
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            let ours = Config::load(Some(&file), local())
                .and_then(|config| config.resolve(host, &overrides));
            asked += 1;
            let report = |problem: &str| {
                let all = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
                let texts: Vec<String> = all
                    .map(|path| {
                        format!("--- {}\n{}", path.display(), fs::read_to_string(&path).unwrap())
                    })
                    .collect();
                panic!("seed {seed}, {host} {more:?}: {problem}\n{}", texts.join("\n"));
            };
            match (&ours, theirs(&file, host, &more)) {
                (Err(_), None) => refused += 1,
                (Ok(ours), Some(theirs)) => {
                    let wrong = compare(ours, &theirs, &local());
                    if !wrong.is_empty() {
                        report(&wrong.join("\n"));
                    }
                }
                (Err(error), Some(_)) => report(&format!("refused only by us: {error}")),
                (Ok(_), None) => report("refused only by ssh"),
            }
        }
    }
    assert!(refused > 2 && refused * 4 < asked, "{refused} of {asked} refused");
}

/// Options on the command line, for both.
fn given(chance: &mut Chance) -> (Vec<String>, Overrides) {
    let mut overrides = Overrides::default();
    let lines =
        ["-o Port=99", "-J jump", "-l cli", "-o ProxyCommand=x", "-4", "-o IdentityFile=/cli/key"];
    if chance.below(3) != 0 {
        return (Vec::new(), overrides);
    }
    let text = [chance.of(&lines), chance.of(&lines)].join(" ");
    // `-J` behind a proxy command (and the other way round) is refused by ssh alone.
    if text.contains("-J") {
        return (Vec::new(), overrides);
    }
    overrides.command_line(&text, "the test").unwrap();
    (text.split(' ').map(str::to_owned).collect(), overrides)
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    for (text, line, expected) in [
        ("Host a\n\n  Prot 22\n", 3, "`prot` is not known"),
        ("Port 99999\n", 1, "port from 1 to 65535"),
        ("Match localnetwork 10.0.0.0/8\n", 1, "not supported"),
        ("Host a\nCanonicalizeHostname yes\n", 2, "CanonicalizeHostname is not supported"),
        ("ProxyJump -oProxyCommand=x\n", 1, "not a jump host"),
        ("HostName %u\n", 1, "`%u` has no meaning"),
        ("IdentityFile ~bob/key\n", 1, "another user's `~`"),
    ] {
        fs::write(&file, text).unwrap();
        let error = Config::load(Some(&file), local())
            .and_then(|config| config.resolve("a", &Overrides::default()))
            .unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = Config::load(Some(&home.path().join("none such")), local()).unwrap_err();
    assert!(error.to_string().contains("no such file"), "{error}");
    assert!(Config::load(Some(Path::new("none")), local()).is_ok());
}

/// The trap of other readers: what stands below `Match` is not the block's above it.
#[test]
fn a_match_block_does_not_leak_into_the_host_above() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config");
    fs::write(&file, "Host bastion\n  User ada\nMatch host other\n  Port 2022\n  User eve\n")
        .unwrap();
    let config = Config::load(Some(&file), local()).unwrap();
    let found = config.resolve("bastion", &Overrides::default()).unwrap();
    assert_eq!((found.port, found.user.as_str()), (22, "ada"));
}
