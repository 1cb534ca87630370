//! `rappel report` on a real host, and its page in a real browser where there is one.

use std::fs;

use rappel::network::picture::{Kind, Node, Picture};
use rappel::plan::{Compared, Drifted, What};
use rappel::report::drift::HostDrift;
use rappel::report::page::{Entry, Page, page};
use rappel::rollout::outcome::Outcome;
use rappel::run::journal::PastRecord;
use serde_json::json;

use crate::chromium::Chromium;
use crate::state::variant;

#[test]
fn a_page_tells_of_a_real_host() {
    let bench = variant("bookworm");
    bench.apply().code(0);
    let report = ["report", "playbooks/t3.yml", "--to", "fleet.html"];
    let read = || fs::read_to_string(bench.project.path().join("fleet.html")).expect("a page");
    bench.rappel(&report).code(0).says("fleet.html: 1 clean");
    assert!(read().contains("id=\"state-clean\""));
    bench.console("hv1", "ip addr add 10.99.0.1/24 dev br1");
    bench.rappel(&report).code(2);
    bench.console("hv1", "ip addr del 10.99.0.1/24 dev br1; sysctl -qw net.ipv4.ip_forward=0; echo '# <b>by hand</b>' >>/etc/sysctl.d/90-rappel.conf");
    bench.rappel(&report).code(2).says("1 drifted");
    let page = read();
    for wanted in [
        "sysctl net.ipv4.ip_forward",
        "<del>-# &lt;b&gt;by hand&lt;/b&gt;</del>",
        "address 10.99.0.1/24 dev br1: is in no file",
        "10.42.0.1/24",
        "guest1",
        "confirmed as generation 1",
        "1 difference(s)",
        "Its network as it is<",
    ] {
        assert!(page.contains(wanted), "no {wanted} in\n{page}");
    }
    assert!(!page.contains("<b>"), "{page}");
    bench.lab.power_cut("hv1").expect("cut");
    bench.rappel(&[&report[..], &["-T", "2"]].concat()).code(4).says("1 unreachable");
    let page = read();
    assert!(page.contains("unreachable") && page.contains("Its network as it is wanted"));
    bench.rappel(&["report", "playbooks/t3.yml", "--to", "no/where.html", "-T", "2"]).code(1);
}

/// Five hundred hosts: every fifth has drifted, every fiftieth cannot be read.
fn fleet() -> Vec<HostDrift> {
    let host = |number: usize| {
        let drift = match number {
            _ if number % 50 == 1 => {
                Err(Outcome::Unreachable { reason: "no route".to_owned(), remedy: None })
            }
            _ if number.is_multiple_of(5) => Ok(Compared {
                drift: vec![Drifted {
                    what: What::Address,
                    subject: format!("10.99.{}.{}/24 dev br1", number / 250, number % 250),
                    how: "is in no file".to_owned(),
                    since: None,
                }],
                not_compared: Vec::new(),
            }),
            _ => Ok(Compared::default()),
        };
        HostDrift { host: format!("hv{number}"), drift, seen: Vec::new(), seconds: 0.1 }
    };
    (0..500).map(host).collect()
}

fn drawn(host: &str) -> Picture {
    let lines = || (0..4).map(|n| format!("10.42.0.{n}/24")).collect::<Vec<_>>();
    let node = |n: usize| Node {
        kind: [Kind::Gateway, Kind::Link, Kind::Bridge, Kind::Guest][n.min(3)],
        name: format!("box{n}"),
        lines: lines(),
        column: n.min(3),
    };
    Picture {
        host: host.to_owned(),
        nodes: (0..9).map(node).collect(),
        wires: (0..8).map(|n| (n.min(2), n + 1)).collect(),
        notes: Vec::new(),
    }
}

fn written(fleet: &[HostDrift]) -> String {
    let past = |n: u64| PastRecord {
        run: format!("{n:x}"),
        command: "drift".to_owned(),
        started: n * 3_600_000,
        outcome: Some(if n.is_multiple_of(9) { "drifted" } else { "unchanged" }.to_owned()),
        generation: None,
        reason: None,
    };
    let entry = |drift| Entry {
        drift,
        plan: None,
        picture: drawn(&HostDrift::clone(drift).host),
        differences: Vec::new(),
        past: (0..60).map(past).collect(),
    };
    let hosts = fleet.iter().map(entry).collect();
    page(&Page { playbook: "site.yml", who: "ada@laptop", now: 1_767_225_599, hosts })
}

/// Contrast of text with what is behind it, by WCAG: the least of the head, of sixty rows and of one host.
const CONTRAST: &str = r#"(() => {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let own = element; own; own = own.parentElement) {
      const colour = rgb(getComputedStyle(own).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let least = 21;
  for (const element of [...document.querySelectorAll("h1,p,label,legend,thead th,tr:nth-child(-n+60) *,#h255 *:not(svg *)")]) {
    if (!element.textContent.trim() || !element.checkVisibility()) continue;
    const [one, other] = [rgb(getComputedStyle(element).color), behind(element)].map(light).sort((a, b) => b - a);
    least = Math.min(least, (one + 0.05) / (other + 0.05));
  }
  return least;
})()"#;

const SHOWN: &str = "[...document.querySelectorAll('tr[data-state]')].filter((row) => row.checkVisibility()).length";

#[test]
#[ignore = "needs Chromium: make test-all"]
fn the_page_of_five_hundred_hosts_in_a_browser() {
    let mut browser = Chromium::start().expect("no Chromium; run `scripts/install-tools browser`");
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("report.html");
    fs::write(&file, written(&fleet())).expect("written");
    browser.open(&file);
    assert_eq!(browser.value(SHOWN), 500);
    // By its state, which is style alone; by a word; the keyboard opens what it is on.
    browser.value("document.getElementById('state-drifted').click()");
    assert_eq!(browser.value(SHOWN), 100);
    browser.value("document.getElementById('state-all').click()");
    let find = |words: &str| {
        format!("find.value = '{words}'; find.dispatchEvent(new Event('input')); {SHOWN}")
    };
    assert_eq!(browser.value(&find("hv49")), 11);
    assert_eq!(browser.value(&find("10.99.1.5/24 br1")), 1);
    assert_eq!(browser.value("said.textContent"), "1 of 500");
    assert_eq!(browser.value(&find("")), 500);
    browser.value("document.querySelector('#h255 summary').focus()");
    browser.enter();
    assert_eq!(browser.value("document.getElementById('h255').open"), true);
    assert_eq!(browser.value("document.querySelector('#h255 svg').checkVisibility()"), true);
    browser.value("location.hash = '#h499'");
    assert_eq!(browser.value("document.querySelector('#h499').id"), "h499");
    for (scheme, paper) in [("light", "rgb(255, 255, 255)"), ("dark", "rgb(17, 22, 28)")] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.ask("Emulation.setEmulatedMedia", media);
        assert_eq!(browser.value("getComputedStyle(document.body).backgroundColor"), paper);
        let least = browser.value(CONTRAST).as_f64().expect("a number");
        assert!(least >= 4.5, "{scheme}: {least}");
        let shot = browser.ask("Page.captureScreenshot", json!({"format": "png"}));
        let shot = shot["data"].as_str().expect("a picture");
        assert!(shot.len() > 20_000, "an empty page");
        if let Some(to) = std::env::var_os("RAPPEL_SCREENSHOTS") {
            fs::write(std::path::Path::new(&to).join(format!("{scheme}.base64")), shot)
                .expect("written");
        }
    }
    nothing_was_loaded(&browser);
    without_scripts(&mut browser, &file);
}

/// The file itself is all that was asked for, and the page's own policy had nothing to forbid.
fn nothing_was_loaded(browser: &Chromium) {
    let of = |method: &str| browser.told.iter().filter(|told| told["method"] == method).count();
    assert_eq!(of("Network.requestWillBeSent"), 1, "{:?}", browser.told);
    assert_eq!(of("Log.entryAdded"), 0, "{:?}", browser.told);
    assert_eq!(of("Runtime.exceptionThrown"), 0, "{:?}", browser.told);
}

fn without_scripts(browser: &mut Chromium, file: &std::path::Path) {
    browser.ask("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.told.clear();
    browser.open(file);
    assert_eq!(browser.value(SHOWN), 500);
    // Nothing stands there that would do nothing.
    let field = "document.getElementById('find').checkVisibility()";
    assert_eq!(browser.value(field), false);
    browser.value("document.getElementById('state-unreachable').click()");
    assert_eq!(browser.value(SHOWN), 10);
}
