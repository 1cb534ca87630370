//! That a page holds what it shall, and nothing that could do something.

use proptest::prelude::{any, proptest};

use super::{Entry, Page, SCRIPT, digest, page};
use crate::network::picture::{Kind, Node, Picture};
use crate::plan::{Action, Compared, Drifted, File, FileChange, HostPlan, What};
use crate::report::drift::{HostDrift, Seen};
use crate::rollout::outcome::Outcome;
use crate::run::journal::{DifferenceRecord, PastRecord};

fn drift(host: &str, subject: &str) -> HostDrift {
    let found = Drifted {
        what: What::Address,
        subject: subject.to_owned(),
        how: "is in no file".to_owned(),
        since: None,
    };
    HostDrift {
        host: host.to_owned(),
        drift: Ok(Compared { drift: vec![found], not_compared: Vec::new() }),
        seen: vec![Seen { first: Some(1_767_225_599), before: Some(5), new: false }],
        seconds: 0.1,
    }
}

fn plan(path: &str, diff: &str) -> HostPlan {
    let file = File {
        path: path.to_owned(),
        kind: "file",
        mode: 0o644,
        owner: String::new(),
        group: String::new(),
        content: "".into(),
    };
    let change = FileChange {
        path: path.to_owned(),
        action: Action::Modify,
        diff: diff.to_owned(),
        attributes: vec!["mode 0600 → 0644".to_owned()],
        before: None,
        file,
    };
    HostPlan { files: vec![change], ..HostPlan::default() }
}

fn picture(host: &str, name: &str) -> Picture {
    let lines = vec!["10.99.0.1/24".to_owned()];
    let node = Node { kind: Kind::Link, name: name.to_owned(), lines, column: 1 };
    Picture { host: host.to_owned(), nodes: vec![node], ..Picture::default() }
}

fn past(outcome: &str) -> PastRecord {
    PastRecord {
        run: "ab12".to_owned(),
        command: "drift".to_owned(),
        started: 1_767_225_599_000,
        outcome: Some(outcome.to_owned()),
        generation: None,
        reason: Some("1 difference(s)".to_owned()),
    }
}

fn gone(subject: &str) -> DifferenceRecord {
    DifferenceRecord {
        host: "hv1".to_owned(),
        playbook: "site.yml".to_owned(),
        what: "route".to_owned(),
        subject: subject.to_owned(),
        how: "is in no file".to_owned(),
        before: None,
        first: 1_767_225_599_000,
        last: 1_767_225_600_000,
        gone: Some(1_767_225_609_000),
    }
}

/// One host whose every word is this one.
fn of(word: &str) -> String {
    let (drift, plan) = (drift(word, word), plan(word, &format!("-{word}\n+{word}\n {word}\n")));
    let entry = Entry {
        drift: &drift,
        plan: Some(&plan),
        picture: picture(word, word),
        differences: vec![gone(word)],
        past: vec![past(word), past("unchanged")],
    };
    page(&Page { playbook: word, who: word, now: 5, hosts: vec![entry] })
}

#[test]
fn everything_about_a_host_is_there() {
    let drift = drift("hv1", "10.99.0.1/24 dev br1");
    let plan = plan("/etc/network/interfaces", "@@ -1 +1 @@\n-by hand\n+wanted\n");
    let entry = Entry {
        drift: &drift,
        plan: Some(&plan),
        picture: picture("hv1", "eth0"),
        differences: vec![gone("10.98.0.0/16 dev eth0")],
        past: vec![past("drifted"), past("unchanged")],
    };
    let gone = Outcome::Unreachable { reason: "no route".to_owned(), remedy: None };
    let lost = HostDrift { host: "hv2".to_owned(), drift: Err(gone), seen: vec![], seconds: 0.0 };
    let lost = Entry {
        drift: &lost,
        plan: None,
        picture: picture("hv2", "eth9"),
        differences: Vec::new(),
        past: Vec::new(),
    };
    let now = 1_767_225_599;
    let text = page(&Page { playbook: "site.yml", who: "ada@x", now, hosts: vec![entry, lost] });
    for wanted in [
        "<html lang=\"en\">",
        "Read 2025-12-31 23:59:59Z by ada@x",
        "<td class=\"subject\">address 10.99.0.1/24 dev br1</td><td>is in no file</td>\
         <td>first seen 2025-12-31 23:59:59Z</td>",
        "<del>-by hand</del><ins>+wanted</ins>",
        "mode 0600 → 0644",
        "1 of the last 2 runs",
        "route 10.98.0.0/16 dev eth0: is in no file",
        "went 2026-01-01 00:00:00Z to 2026-01-01 00:00:09Z",
        "<p>unreachable: no route</p>",
        "Its network as it is wanted",
        "eth9",
        "id=\"state-unreachable\"",
    ] {
        assert!(text.contains(wanted), "no {wanted} in\n{text}");
    }
    assert!(!text.contains("id=\"state-clean\""), "nobody is clean");
    assert_eq!(text.matches("<svg").count(), 2);
}

/// Whatever loads something has a word of these, and the policy lets none of them.
#[test]
fn nothing_is_loaded_from_anywhere() {
    let text = of("hv1");
    for word in
        ["src=", "href=\"h", "url(", "@import", "<link", "<iframe", "<img", "http-equiv=\"refresh"]
    {
        assert!(!text.contains(word), "{word} in\n{text}");
    }
    let policy = format!("script-src '{}'", digest(SCRIPT));
    assert!(text.contains(&policy) && text.contains("default-src 'none'"), "{text}");
    assert_eq!(text.matches("<script>").count(), 1);
}

#[test]
fn words_of_a_host_stay_words() {
    let text = of("</pre></script><script>alert(1)</script>\" onload=\"x\u{1b}[2J\u{202e}");
    assert_eq!(text.matches("<script").count(), 1, "{text}");
    assert!(!text.contains("\" onload=\"") && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[test]
fn hundreds_of_hosts_stay_a_page() {
    let names: Vec<String> = (0..500).map(|n| format!("h{n}")).collect();
    let found: Vec<HostDrift> = names.iter().map(|n| drift(n, "10.0.0.1/24 dev eth0")).collect();
    let entry = |drift| Entry {
        drift,
        plan: None,
        picture: picture("h", "eth0"),
        differences: Vec::new(),
        past: (0..60).map(|_| past("unchanged")).collect(),
    };
    let hosts = found.iter().map(entry).collect();
    let text = page(&Page { playbook: "site.yml", who: "ada", now: 5, hosts });
    assert_eq!(text.matches("<details class=\"host\"").count(), 500);
    assert!(!text.contains("\" open>"), "many hosts are folded");
    assert!(text.len() < 20_000_000, "{} bytes", text.len());
}

proptest! {
    #[test]
    fn no_words_break_the_page(word in any::<String>()) {
        let (plain, strange) = (of("x"), of(&word));
        // Every bracket is one of ours, and every quote is closed.
        assert_eq!(strange.matches('<').count(), plain.matches('<').count() + lines(&word));
        assert_eq!(strange.matches('"').count() % 2, plain.matches('"').count() % 2);
    }
}

/// Tags that further lines of a diff bring.
fn lines(word: &str) -> usize {
    let diff = format!("-{word}\n+{word}\n {word}\n");
    let tagged = |line: &&str| {
        let (sign, head) = (line.as_bytes().first(), &line.get(..3));
        matches!(sign, Some(b'+' | b'-')) && !matches!(head, Some("+++" | "---"))
    };
    2 * diff.lines().filter(tagged).count() - 4
}
