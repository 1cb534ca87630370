//! What an API may answer instead of doing what it is asked: the same table for every driver.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::http::Response;
use crate::kit::{Kit, Work, beside_each_other, dedibox, hetzner, metal, ovh};

/// Refused from the start: nothing is begun, and the account is not tried a second time.
fn unauthorized(kit: &Kit) {
    let (answer, words) = kit.unauthorized.clone();
    kit.fault(kit.status, 99, Some(answer));
    let before = kit.calls(kit.status);
    let said = kit.bench.rescue().code(1).says("refuses the credentials").says(words);
    kit.keeps_secrets(&said.text);
    assert_eq!(kit.calls(kit.status), before + 1, "{:?}", kit.log());
    assert_eq!(kit.bench.journal(), "");
    kit.bench.rappel(&["rescue", "--check"]).code(1).says("web1: cannot be rescued");
    kit.mend();
}

/// Refused where it hurts: told in the provider's words, not repeated, and undone.
fn forbidden(kit: &Kit) {
    let (answer, words) = kit.forbidden.clone();
    kit.fault(kit.reset, 99, Some(answer));
    let said = kit.bench.rescue().code(4).says(words).says(kit.by_hand);
    let said = said.says("and not restarted").says("again, read back").says("to go on by hand");
    kit.keeps_secrets(&said.text);
    assert_eq!(kit.calls(kit.reset), 1, "{:?}", kit.log());
    assert!(!kit.in_rescue());
    kit.mend();
}

/// A rate limit, a server error, a connection that ends: each one passes, and is waited for.
fn passing(kit: &Kit) {
    let (limit, words) = kit.limit.clone();
    kit.fault(kit.status, 1, Some(limit));
    kit.fault(kit.set, 1, Some(Response::new(500, "<html>oops</html>")));
    kit.fault(kit.reset, 1, None);
    let said = kit.bench.rescue().code(4).says(words).says("asking again in 1 s").says("oops");
    let said = said.says("does not answer").says("the rescue system did not come up");
    let said = said.says("again, read back").never_says("MAY STILL");
    kit.keeps_secrets(&said.text);
    assert!(!kit.in_rescue());
    kit.mend();
}

/// An answer that never comes is given up in time, and asked for again.
fn late(kit: &Kit) {
    let mut settings = kit.settings.clone();
    settings.extend(["timeout: 1".to_owned(), format!("ssh_key: {}", crate::bench::KEY)]);
    kit.bench.provider(&settings.iter().map(String::as_str).collect::<Vec<&str>>());
    kit.fault(kit.status, 1, Some(Response::late()));
    kit.bench.rescue().code(4).says("does not answer").says("asking again in 2 s");
    assert!(!kit.in_rescue());
    kit.mend();
}

/// Half an answer is none.
fn garbled(kit: &Kit) {
    for body in ["<html>maintenance</html>", "{}", "[]", "null"] {
        kit.fault(kit.status, 1, Some(Response::new(200, body)));
        kit.bench.rappel(&["rescue", "--check"]).code(1).says("cannot be understood");
        kit.mend();
    }
}

/// The setting cannot be taken back: nobody is told that it was, a person is told how, and the
/// same command goes on once the provider is well again.
fn stuck(kit: Kit) {
    let kit = Arc::new(kit);
    let breaks = Arc::clone(&kit);
    let before = kit.calls(kit.reset);
    let broken = thread::spawn(move || {
        while breaks.calls(breaks.reset) == before {
            thread::sleep(Duration::from_millis(20));
        }
        let (answer, _) = breaks.forbidden.clone();
        breaks.fault(breaks.unset, 99, Some(answer));
    });
    let said = kit.bench.rescue().code(4).says("IT MAY STILL BE SET TO BOOT THE RESCUE SYSTEM");
    let said = said.says("to go on by hand").says(kit.by_hand).never_says("again, read back");
    kit.keeps_secrets(&said.text);
    broken.join().unwrap();
    assert!(kit.in_rescue());
    kit.mend();
    let said = kit.bench.rescue().code(4).says("going on with an earlier rescue");
    said.says("again, read back");
    assert!(!kit.in_rescue());
}

fn all(kit: fn() -> Kit) {
    let rows: [fn(&Kit); 5] = [unauthorized, forbidden, passing, late, garbled];
    let mut work: Vec<Work> = vec![Box::new(move || stuck(kit()))];
    work.extend(rows.map(|row| Box::new(move || row(&kit())) as Work));
    beside_each_other(work);
}

#[test]
fn ovhcloud_in_every_mood() {
    all(ovh);
}

#[test]
fn hetzner_in_every_mood() {
    all(hetzner);
}

#[test]
fn dedibox_in_every_mood() {
    all(dedibox);
}

#[test]
fn elastic_metal_in_every_mood() {
    all(metal);
}
