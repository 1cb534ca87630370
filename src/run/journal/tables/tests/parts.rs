use super::{Case, entries, finished, head, in_a_file};
use crate::rollout::event::Event;
use crate::rollout::outcome::Outcome;
use crate::run::journal::{Begun, Claim, Filter, Head, HostState, Journal, Part, Wanted};

/// What holds of rollouts in parts in every database.
pub const PARTS: [Case; 3] = [one_run, one_budget, two_claims_at_once];

#[test]
fn parts_share_a_run_and_only_once() {
    in_a_file(one_run);
}

#[test]
fn parts_share_a_failure_budget() {
    in_a_file(one_budget);
}

#[test]
fn of_a_budgets_last_failure_all_parts_know() {
    in_a_file(two_claims_at_once);
}

fn part(run: &str, shard: u32) -> Head {
    let shared = Part { rollout: "r1".to_owned(), shard, shards: 2, digest: "d".to_owned() };
    let wanted = |(host, shard): (&str, u32)| Wanted {
        shard: Some(shard),
        ..Wanted::of(host, Some("d".to_owned()))
    };
    let hosts = [("a", 1), ("b", 2), ("c", 1), ("d", 2)];
    Head { hosts: hosts.map(wanted).into(), part: Some(shared), ..head(run, &[]) }
}

pub fn both(open: &dyn Fn() -> Box<dyn Journal>) -> (Box<dyn Journal>, Box<dyn Journal>) {
    let (mut one, mut two) = (open(), open());
    let begun = Ok(Begun::Run("ab12".to_owned()));
    assert_eq!(one.begin(&part("ab12", 1)).map_err(|e| e.to_string()), begun);
    assert_eq!(two.begin(&part("cd34", 2)).map_err(|e| e.to_string()), begun, "the other's run");
    (one, two)
}

pub fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn one_run(open: &dyn Fn() -> Box<dyn Journal>) {
    let (mut one, mut two) = both(open);
    let refused = |head: &Head| match open().begin(head).expect("answered") {
        Begun::Refused { run, why } => (run, why),
        begun => panic!("{begun:?}"),
    };
    let (run, why) = refused(&part("ee56", 2));
    assert!(run == "ab12" && why.contains("has begun already, by ada@laptop"), "{why}");
    let mut other = part("ee56", 2);
    other.part.iter_mut().for_each(|part| part.digest = "other".to_owned());
    assert!(refused(&other).1.contains("other files"));
    other.part.iter_mut().for_each(|part| part.shards = 3);
    assert!(refused(&other).1.contains("has 2 parts"));

    assert_eq!(one.snapshot("ab12").expect("read").missing(), [1, 2]);
    one.ready("ab12", &names(&["a", "c"])).expect("written");
    two.ready("ab12", &names(&["d"])).expect("written");
    assert!(two.snapshot("ab12").expect("read").missing().is_empty());
    let turns = one.turns("ab12").expect("read");
    let hosts: Vec<&str> = turns.iter().map(|(host, _)| host.as_str()).collect();
    assert_eq!(hosts, ["a", "c", "d"]);
    assert!(turns.iter().all(|(_, state)| *state == HostState::Waiting));

    let over = |code| Event::RunFinished { run: "ab12".to_owned(), exit_code: code };
    one.write("ab12", &entries(&[finished("a", Outcome::Confirmed { generation: 1 }), over(0)]))
        .expect("written");
    let run = || open().runs(&Filter::default()).expect("read");
    assert_eq!((run().len(), run()[0].ended, run()[0].shards), (1, None, Some(2)));
    two.write("ab12", &entries(&[over(3)])).expect("written");
    assert_eq!(run()[0].exit_code, Some(3), "the heaviest");
    let by_name = Filter { id: Some("r1".to_owned()), ..Filter::default() };
    assert_eq!(one.runs(&by_name).expect("read").len(), 1);
    let hosts = one.hosts("ab12").expect("read");
    assert_eq!((hosts.len(), hosts[1].shard), (4, Some(2)));
    assert_eq!(one.parts("ab12").expect("read").len(), 2);
}

fn one_budget(open: &dyn Fn() -> Box<dyn Journal>) {
    let (mut one, mut two) = both(open);
    one.ready("ab12", &names(&["a", "c"])).expect("written");
    two.ready("ab12", &names(&["b", "d"])).expect("written");
    let mut claim = |host: &str| two.claim("ab12", host, 0).expect("answered");
    assert_eq!(claim("b"), Claim::Yes);
    assert!(matches!(claim("a"), Claim::Stopped(_)), "another part's host");
    let back = Outcome::RolledBack { reason: "no gateway".to_owned() };
    one.write("ab12", &entries(&[finished("a", back)])).expect("written");
    assert_eq!(claim("d"), Claim::Spent(1));
    let hosts = open().hosts("ab12").expect("read");
    assert_eq!((hosts[1].state, hosts[3].state), (HostState::Begun, HostState::Waiting));
    assert_eq!(two.claim("ab12", "d", 1).expect("answered"), Claim::Yes);
}

/// Two parts that claim and fail in turn, at once: with a budget of none, one begins.
fn two_claims_at_once(open: &dyn Fn() -> Box<dyn Journal>) {
    let (mut one, mut two) = both(open);
    one.ready("ab12", &names(&["a", "c"])).expect("written");
    two.ready("ab12", &names(&["b", "d"])).expect("written");
    std::thread::scope(|scope| {
        let work = |mut journal: Box<dyn Journal>, hosts: [&'static str; 2]| {
            move || {
                for host in hosts {
                    if journal.claim("ab12", host, 0).expect("answered") == Claim::Yes {
                        let outcome = Outcome::RolledBack { reason: String::new() };
                        journal.write("ab12", &entries(&[finished(host, outcome)])).expect("kept");
                    }
                }
            }
        };
        scope.spawn(work(one, ["a", "c"]));
        scope.spawn(work(two, ["b", "d"]));
    });
    let left = open().hosts("ab12").expect("read");
    let begun = left.iter().filter(|host| host.state != HostState::Waiting).count();
    assert!((1..=2).contains(&begun), "one each at most: {left:?}");
}
