//! Who wins: one claim of two, one lock of many, and a lock only as long as its holder.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::bench::{Bench, SHELLS, Shell, write};

/// Two at once, many times: exactly one wins, and the state is the winner's.
const RACE: &str = "
    lost=0
    round=0
    while [ $round -lt $1 ]; do
        round=$((round + 1))
        rm -f \"$tx/confirmed\" \"$tx/reverting\"
        : >\"$tx/pending\"
        claim pending confirmed & one=$!
        claim pending reverting & two=$!
        wait $one; a=$?
        wait $two; b=$?
        case $a$b$(tx_state) in
            01confirmed | 10reverting) ;;
            *) echo \"round $round: $a $b $(tx_state)\" ;;
        esac
        [ $a = 0 ] || lost=$((lost + 1))
    done
    echo lost $lost
";

#[test]
fn of_confirm_and_revert_exactly_one_wins() {
    for shell in SHELLS {
        let rounds = if matches!(shell, Shell::Dash) { "200" } else { "60" };
        let bench = Bench::new(shell);
        let said = bench.says(&["lib"], RACE, &[rounds]);
        assert_eq!(said.lines().count(), 1, "{shell:?}: {said}");
    }
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned()
}

/// The time a process was started, in ticks since boot.
fn started(pid: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(") ").next().unwrap().split(' ').nth(19).unwrap().to_owned()
}

fn hold(bench: &Bench, holder: &str) {
    write(&bench.state("lock/holder"), holder);
    write(&bench.state("lock/run"), "0001\n");
    write(&bench.state("lock/who"), "somebody@else\n");
}

/// Takes the lock as run 00ff, with no transaction there.
fn take(bench: &Bench) -> String {
    let _none = fs::remove_dir_all(bench.tx(""));
    bench.says(&["lib"], "lock_take 00ff me; echo $?; cat \"$lock/run\"", &[])
}

#[test]
fn a_living_holder_keeps_the_lock() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let own = std::process::id();
        hold(&bench, &format!("{own} {} {}\n", started(own), boot_id()));
        assert_eq!(take(&bench), "1\n0001\n", "{shell:?}");
    }
}

#[test]
fn a_dead_holder_a_reused_number_and_another_boot_lose_it() {
    for shell in SHELLS {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let own = std::process::id();
        for holder in [
            format!("{} 5 {}\n", child.id(), boot_id()),
            format!("{own} 5 {}\n", boot_id()),
            format!("{own} {} another-boot\n", started(own)),
        ] {
            let bench = Bench::new(shell);
            hold(&bench, &holder);
            assert_eq!(take(&bench), "0\n00ff\n", "{shell:?}: {holder}");
        }
    }
}

#[test]
fn a_dead_holders_open_transaction_keeps_the_lock() {
    for shell in SHELLS {
        for state in ["pending", "reverting"] {
            let bench = Bench::new(shell);
            hold(&bench, &format!("{} 5 another-boot\n", std::process::id()));
            bench.write_tx(state, "0001\n");
            let said = bench.says(&["lib"], "lock_take 00ff me; echo $?", &[]);
            assert_eq!(said, "1\n", "{shell:?} {state}");
        }
    }
}

/// Takers that all find a dead holder: one of them breaks the lock, and none breaks the
/// lock of the one who just took it.
#[test]
fn of_many_takers_exactly_one_gets_the_lock() {
    const TAKERS: &str = "
        rm -rf \"$tx\"
        round=0
        while [ $round -lt 30 ]; do
            round=$((round + 1))
            rm -rf \"$lock\"
            mkdir \"$lock\"
            echo '1 5 another-boot' >\"$lock/holder\"
            : >\"$state/won\"
            for taker in 1 2 3 4; do
                # Each a process of its own, alive until all have tried.
                (
                    if lock_take $taker me; then echo $taker >>\"$state/won\"; fi
                ) &
            done
            wait
            [ \"$(wc -l <\"$state/won\")\" -eq 1 ] || echo \"round $round: $(tr '\\n' ' ' <\"$state/won\")\"
        done
    ";
    for shell in SHELLS {
        let said = Bench::new(shell).says(&["lib"], TAKERS, &[]);
        assert_eq!(said, "", "{shell:?}");
    }
}

/// What was decided is finished by everyone who finds it so: it is written down once.
#[test]
fn many_who_finish_at_once_finish_once() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("confirmed", "00ff\n");
        bench.write_tx("manifest", "");
        hold(&bench, "1 5 another-boot\n");
        write(&bench.state("lock/run"), "00ff\n");
        let text = "for _ in 1 2 3 4 5; do finish 00ff >/dev/null & done; wait; tx_state";
        let said = bench.says(&["lib", "files", "watchdog", "generations"], text, &[]);
        assert_eq!(said, "none", "{shell:?}");
        let log = fs::read_to_string(bench.state("log")).unwrap();
        assert_eq!(log.lines().count(), 1, "{shell:?}: {log}");
        assert!(log.ends_with("\t00ff\ttester\tconfirmed\t1\n"), "{shell:?}: {log}");
        let generations = names(&bench.state("gen"));
        assert_eq!(generations, ["1"], "{shell:?}");
        assert!(!bench.state("lock").exists(), "{shell:?}");
    }
}

/// Whoever comes late to finish a transaction leaves the next run's lock alone.
#[test]
fn finishing_leaves_the_lock_of_another_run() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        fs::remove_dir_all(bench.tx("")).unwrap();
        let own = std::process::id();
        hold(&bench, &format!("{own} {} {}\n", started(own), boot_id()));
        bench.run(&["lib", "files", "watchdog", "generations"], "finish 00ff", &[]);
        assert!(bench.state("lock").exists(), "{shell:?}");
    }
}

/// Nor does it end, or disarm, what another run has only begun.
#[test]
fn finishing_leaves_the_transaction_of_another_run() {
    for shell in SHELLS {
        for state in ["staged", "pending", "reverted"] {
            let bench = Bench::new(shell);
            bench.write_tx("manifest", "");
            bench.write_tx(state, "00ff\n");
            let said = bench.says(
                &["lib", "files", "watchdog", "generations"],
                "disarm() { echo disarmed; }; finish beef",
                &[],
            );
            assert_eq!(said, "", "{shell:?} {state}");
            assert!(bench.tx("manifest").exists(), "{shell:?} {state}");
        }
    }
}

/// An apply request of run 0002 whose payload only says that it was reached.
fn request() -> Vec<u8> {
    let mut archive = tar::Builder::new(b"rappel/1 apply\nrun 0002\nwho me\n.\n".to_vec());
    let script = b"echo reached; cat \"$RAPPEL_ROOT/var/lib/rappel/lock/run\"\n";
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o600);
    header.set_size(script.len() as u64);
    archive.append_data(&mut header, "scripts/apply.sh", script.as_slice()).unwrap();
    archive.into_inner().unwrap()
}

fn receive(bench: &Bench, request: &[u8]) -> String {
    let output = bench.command(&rappel::remote::scripts::receive(), request);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_a_dead_run_left_decided_is_finished_before_the_next_begins() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("confirmed", "00ff\n");
        bench.write_tx("manifest", "");
        hold(&bench, "1 5 another-boot\n");
        let said = receive(&bench, &request());
        let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("step|")).collect();
        assert_eq!(said, ["rappel|1", "reached", "0002"], "{shell:?}");
        assert_eq!(names(&bench.state("gen")), ["1"], "{shell:?}");
        let run = fs::read_to_string(bench.state("gen/1/request")).unwrap();
        assert!(run.starts_with("run 00ff\n"), "{shell:?}: {run}");
    }
}

/// Even when its lock is gone: the transaction itself says that it is open.
#[test]
fn an_open_transaction_is_never_taken_over() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.write_tx("pending", "00ff\n");
        let said = receive(&bench, &request());
        assert!(said.contains("error|locked\n") && said.contains("state|pending\n"), "{said}");
        assert_eq!(fs::read_to_string(bench.tx("pending")).unwrap(), "00ff\n", "{shell:?}");
        assert!(!bench.tx("incoming.0002").exists(), "{shell:?}");
    }
}

#[test]
fn a_request_that_breaks_off_leaves_nothing() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        fs::remove_dir_all(bench.tx("")).unwrap();
        let whole = request();
        for length in [20, 36, 40, 300, 600] {
            let said = receive(&bench, &whole[..length]);
            assert!(said.contains("error|") && !said.contains("reached"), "{shell:?}: {said}");
            let mut left = names(&bench.state(""));
            left.retain(|name| name != "mutex");
            assert_eq!(left, Vec::<String>::new(), "{shell:?}: {length}: {said}");
        }
    }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
