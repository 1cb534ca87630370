//! The three invariants, judged from outside: the configuration is whole, the host can be
//! reached, and the report is true.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::Bench;
use crate::case::Fault;

/// Files with owner, mode and digest, and live state; what comes and goes by itself is out.
const PICTURE: &str = r#"
find /etc/network /etc/sysctl.d /etc/nftables.d /etc/systemd/system /etc/init.d -type f -exec stat -c '%n %a %U:%G' {} + -exec sha256sum {} + 2>/dev/null | sort
ip -o addr show scope global | sed 's/^[0-9]*: //; s/ *valid_lft.*//' | sort
ip -4 route show table all | grep -v 'table local' | sed 's/ linkdown//; s/ *$//' | sort
ip -6 route show table all | grep -v -e 'table local' -e '^fe80' -e '^ff00' -e 'multicast' | sed 's/ linkdown//; s/ *$//' | sort
ip rule; ip -6 rule; ip neigh show proxy; ip -6 neigh show proxy
ip -o link show | sed 's/^[0-9]*: //; s/@[^:]*:/:/; s/ qlen.*//; s/<[^>]*>//; s/ state [A-Z]*//' | sort
nft list ruleset
cd /proc/sys/net; grep -H '' ipv4/ip_forward ipv[46]/conf/*/forwarding ipv6/conf/*/proxy_ndp ipv6/conf/*/accept_ra ipv4/conf/*/proxy_arp ipv4/conf/*/log_martians
"#;

/// A host as it is.
pub fn picture(bench: &Bench) -> String {
    bench.console("hv1", PICTURE)
}

/// The same without what a dead preparation has laid beside the files: nobody reads it, and
/// the next transaction sweeps it up.
fn without_staged(picture: &str) -> String {
    let unit = "rappel-revert.service";
    let kept = picture.lines().filter(|l| !l.contains(".rappel-") && !l.contains(unit));
    kept.map(|l| format!("{l}\n")).collect()
}

/// The MAC addresses of links that keep theirs, which no picture has: where udev names a bridge
/// a moment after ifupdown did, a boot gives it another one, by the host's own doing.
pub fn macs(bench: &Bench) -> BTreeMap<String, String> {
    let script = "cd /sys/class/net; for link in *; do if [ -e $link/master ]; then continue; fi; \
        case $(cat $link/addr_assign_type) in 0 | 3) echo $link $(cat $link/address) ;; esac; done";
    // A host without power has none.
    let text = bench.lab.sh("hv1", script).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, mac)| (name.to_owned(), mac.to_owned())).collect()
}

/// Whether a link that is there before and after has another MAC address.
pub fn readdressed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> bool {
    before.iter().any(|(name, mac)| after.get(name).is_some_and(|now| now != mac))
}

/// What is open of a transaction: nothing, or what stands there.
const OPEN: &str = r#"
lib=/var/lib/rappel
if [ -d $lib/tx ]; then echo "tx $(cd $lib/tx && ls -d pending reverting reverted confirmed changing 2>/dev/null | tr '\n' ' ')"; fi
if [ -d $lib/lock ]; then
    read -r pid start boot <$lib/lock/holder
    alive=dead
    if [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] && [ "$(sed 's/^.*) //' /proc/$pid/stat 2>/dev/null | cut -d ' ' -f 20)" = "$start" ]; then alive=alive; fi
    echo "lock $alive"
fi
systemctl list-units --no-legend --plain --state=active,activating,deactivating 'rappel-watchdog-*' 'rappel-worker-*' 'rappel-turn-back-*' | sed 's/^/unit /'
if [ -d $lib ] && ! flock -n $lib true; then echo ending; fi
case $(systemctl is-system-running) in initializing | starting) echo booting ;; esac
if [ -e /etc/systemd/system/rappel-revert.service ]; then echo 'boot unit'; fi
"#;

/// How a transaction's remains look after a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// Nothing is open.
    Clean,
    /// A preparation that died before it armed anything, or the lock of one that is over:
    /// nothing was changed or is pending, and the next transaction sweeps it up.
    Abandoned,
    /// Something is still open.
    Open(String),
}

/// How it is now.
fn rest(bench: &Bench) -> Rest {
    let Ok(text) = bench.lab.sh("hv1", OPEN) else { return Rest::Open("no power".to_owned()) };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    if lines.is_empty() {
        return Rest::Clean;
    }
    let dead = lines.iter().all(|line| matches!(*line, "tx" | "lock dead" | "boot unit"));
    match dead && lines.contains(&"lock dead") {
        true => Rest::Abandoned,
        false => Rest::Open(text),
    }
}

/// Waits until nothing is open any more.
pub fn settle(bench: &Bench, limit: Duration) -> Rest {
    let start = Instant::now();
    let mut last = Rest::Clean;
    loop {
        let now = rest(bench);
        // One look is made of many: what is being ended may look abandoned for a moment.
        let sure = now == Rest::Clean || (now == Rest::Abandoned && last == now);
        if sure || start.elapsed() > limit {
            return now;
        }
        last = now;
        // To ask the host costs a dozen processes; that a transaction's folder is still
        // there can be seen from here. Not for ever: a dead preparation keeps its folder.
        let asked = Instant::now();
        std::thread::sleep(Duration::from_millis(if last == Rest::Abandoned { 2000 } else { 400 }));
        while stands(bench) && asked.elapsed() < Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn stands(bench: &Bench) -> bool {
    bench.lab.root("hv1").is_some_and(|root| root.join("var/lib/rappel/tx").exists())
}

/// Which of two pictures a host shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    Old,
    New,
    Neither(String),
}

/// Compares, for a while: a link that came back takes a moment.
pub fn whole(bench: &Bench, old: &str, new: &str, abandoned: bool) -> Whole {
    let start = Instant::now();
    loop {
        let now = picture(bench);
        let now = if abandoned { without_staged(&now) } else { now };
        if now == old {
            return Whole::Old;
        }
        if now == new {
            return Whole::New;
        }
        if start.elapsed() > Duration::from_secs(8) {
            return Whole::Neither(format!(
                "against the old:\n{}against the new:\n{}",
                difference(old, &now),
                difference(new, &now)
            ));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// What one text lacks and has too much.
pub fn difference(wanted: &str, now: &str) -> String {
    let lacks = wanted.lines().filter(|l| !now.lines().any(|n| n == *l));
    let extra = now.lines().filter(|l| !wanted.lines().any(|n| n == *l));
    lacks.map(|l| format!("- {l}\n")).chain(extra.map(|l| format!("+ {l}\n"))).collect()
}

/// New logins over each family; says which do not work.
pub fn unreachable(bench: &Bench, limit: Duration) -> Vec<&'static str> {
    let start = Instant::now();
    let mut missing = vec!["203.0.113.10", "2001:db8:2:96ce::1"];
    loop {
        missing.retain(|address| {
            let login = format!("root@{address}");
            !bench.lab.ssh(&login, "true").is_ok_and(|o| o.status.success())
        });
        if missing.is_empty() || start.elapsed() > limit {
            return missing;
        }
        let _ = bench.lab.flush_neighbours();
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// What rappel said: its outcome for the host, or `killed`.
#[derive(Debug, Clone)]
pub struct Report {
    pub outcome: String,
    pub code: Option<i32>,
    pub text: String,
}

impl Report {
    pub fn of(code: Option<i32>, out: &str, err: &str) -> Self {
        let events: Vec<Value> = out.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
        let last = events.iter().rev().find(|e| e["event"] == "host_finished");
        let outcome = match last.and_then(|e| e["outcome"].as_str()) {
            Some(outcome) => outcome.to_owned(),
            None if code.is_none() => "killed".to_owned(),
            None => "none".to_owned(),
        };
        let tail: Vec<&str> = out.lines().rev().take(40).collect();
        let tail: Vec<&str> = tail.into_iter().rev().filter(|l| l.len() < 2000).collect();
        Self { outcome, code, text: format!("{}\n{err}", tail.join("\n")) }
    }

    /// Why the report is not true, if it is not, of a host that is whole or not, and where a
    /// link has got another MAC address or none has.
    pub fn lie(&self, whole: &Whole, readdressed: bool, fault: Option<Fault>) -> Option<String> {
        let code = self.code.unwrap_or(-1);
        let (codes, fits): (&[i32], bool) = match self.outcome.as_str() {
            "confirmed" => (&[0, 130], *whole == Whole::New),
            "rolled_back" => (&[3, 130], *whole == Whole::Old && !readdressed),
            "failed" => (&[1, 130], *whole == Whole::Old),
            "refused" => (&[5, 130], *whole == Whole::Old),
            // Only what takes the gateway or the space away may keep a revert from being read back.
            "revert_incomplete" => {
                let excused =
                    [Fault::LinkShort, Fault::LinkLong, Fault::DiskFull, Fault::InodesFull];
                (&[4, 130], readdressed || fault.is_some_and(|f| excused.contains(&f)))
            }
            "unknown" | "unreachable" => (&[4, 130], true),
            "killed" => return None,
            other => return Some(format!("the outcome is {other:?}, exit code {code}")),
        };
        if !codes.contains(&code) {
            return Some(format!("{} with exit code {code}", self.outcome));
        }
        (!fits).then(|| format!("{} is not so", self.outcome))
    }
}
