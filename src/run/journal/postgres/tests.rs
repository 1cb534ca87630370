use std::process::Command;

use super::dialect;
use crate::run::journal::tables::tests::{CASES, parts::PARTS};
use crate::run::journal::{Journal, Place, open};

#[allow(dead_code, reason = "tests in a lab share it and take more of it")]
mod server;

use server::Server;

fn journal(url: &str) -> Box<dyn Journal> {
    let place = Place::of(Some(url)).expect("an address");
    open(&place, true).expect("opened").expect("a journal")
}

/// One server for all: what SQLite keeps, PostgreSQL keeps alike.
#[test]
fn a_server_keeps_what_a_file_keeps() {
    let mut server = Server::start(false, |program| Command::new(program));
    for (at, case) in CASES.iter().chain(&PARTS).enumerate() {
        let url = server.database(&format!("case{at}"));
        case(&|| journal(&url));
    }
    (0..5).for_each(|at| many_make_it_at_once(&server, at));
    another_programs_schema_is_left_alone(&server);
    a_later_version_is_refused(&server);
    a_connection_that_broke_is_made_anew(&mut server);
}

fn many_make_it_at_once(server: &Server<'_>, at: usize) {
    let url = server.database(&format!("fresh{at}"));
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| drop(journal(&url)))).collect();
        all.into_iter().for_each(|one| one.join().expect("made by one, found by all"));
    });
}

fn another_programs_schema_is_left_alone(server: &Server<'_>) {
    let url = server.database("foreign_one");
    let sql = "CREATE SCHEMA rappel; CREATE TABLE rappel.version (version text)";
    assert!(server.psql("foreign_one", sql).status.success());
    let place = Place::of(Some(&url)).expect("an address");
    let error = open(&place, true).err().expect("refused").to_string();
    assert!(error.contains("another program"), "{error}");
}

fn a_later_version_is_refused(server: &Server<'_>) {
    let url = server.database("later");
    drop(journal(&url));
    assert!(server.psql("later", "UPDATE rappel.version SET version = 99").status.success());
    let error = open(&Place::of(Some(&url)).expect("an address"), true).err().expect("refused");
    assert!(error.to_string().contains("later version"), "{error}");
}

fn a_connection_that_broke_is_made_anew(server: &mut Server<'_>) {
    let url = server.database("broken");
    let mut kept = journal(&url);
    let head = crate::run::journal::tables::tests::head("ab12", &["a"]);
    kept.begin(&head).expect("begun");
    server.stop();
    let error = kept.beat("ab12").expect_err("gone");
    assert!(error.busy, "{error}");
    server.go_on();
    kept.beat("ab12").expect("again");
    assert_eq!(kept.hosts("ab12").expect("read").len(), 1);
}

#[test]
fn tables_are_the_same_in_other_words() {
    let sql = dialect("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER) WITHOUT ROWID;");
    assert_eq!(
        sql,
        "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
         a TEXT COLLATE \"C\", b BIGINT);"
    );
}
