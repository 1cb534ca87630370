//! Looks at hosts, in the tables: what is still there, what is new, what is gone.

use crate::run::journal::database::{Database, Row, Trouble, Value, signed as stored};
use crate::run::journal::{DifferenceRecord, Found, Look, Looked, PastRecord};

/// Writes a look.
pub fn write(database: &dyn Database, look: &Look) -> Result<(), Trouble> {
    let head = &look.head;
    database.execute(
        "INSERT INTO runs (run, command, playbook, who, started, ended, exit_code) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            (&head.run).into(),
            (&head.command).into(),
            head.playbook.as_ref().into(),
            (&head.who).into(),
            stored(look.started).into(),
            stored(look.ended).into(),
            i64::from(look.exit_code).into(),
        ],
    )?;
    for (position, host) in (0_i64..).zip(&look.hosts) {
        let wanted = head.hosts.iter().find(|wanted| wanted.host == host.host);
        database.execute(
            "INSERT INTO hosts (run, position, host, digest, state, outcome, reason, remedy, \
             ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            &[
                (&head.run).into(),
                position.into(),
                (&host.host).into(),
                wanted.and_then(|wanted| wanted.digest.as_ref()).into(),
                Looked::STATE.word().into(),
                host.outcome.word().into(),
                host.reason().as_ref().into(),
                host.outcome.remedy().into(),
                stored(look.ended).into(),
            ],
        )?;
        if let Some(found) = &host.found {
            let playbook = head.playbook.as_deref().unwrap_or_default();
            compare(database, playbook, host, found, stored(look.ended))?;
        }
    }
    Ok(())
}

/// One host's differences beside those that are open in the tables.
fn compare(
    database: &dyn Database,
    playbook: &str,
    host: &Looked,
    found: &[Found],
    now: i64,
) -> Result<(), Trouble> {
    let about = || -> [Value; 2] { [(&host.host).into(), playbook.into()] };
    let before = database
        .rows("SELECT time FROM compared WHERE host = ?1 AND playbook = ?2", &about())?
        .first()
        .map_or(Ok(None), |row| row.some_number::<i64>("time"))?;
    let open = open(database, &about())?;
    let mut still = Vec::new();
    for one in found {
        let known = open.iter().find(|(_, what, about)| what == one.what && *about == one.subject);
        if let Some((id, ..)) = known {
            database.execute(
                "UPDATE differences SET last = ?2, how = ?3 WHERE id = ?1",
                &[(*id).into(), now.into(), (&one.how).into()],
            )?;
            still.push(*id);
        } else {
            let [host, playbook] = about();
            let (what, subject, how) = (one.what.into(), (&one.subject).into(), (&one.how).into());
            database.execute(
                "INSERT INTO differences \
                 (host, playbook, what, subject, how, before, first, last) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
                &[host, playbook, what, subject, how, before.into(), now.into()],
            )?;
        }
    }
    if !host.whole {
        return Ok(());
    }
    for (id, ..) in open.iter().filter(|(id, ..)| !still.contains(id)) {
        database.execute(
            "UPDATE differences SET gone = ?2 WHERE id = ?1",
            &[(*id).into(), now.into()],
        )?;
    }
    let [host, playbook] = about();
    database.execute(
        "INSERT INTO compared (host, playbook, time) VALUES (?1, ?2, ?3) \
         ON CONFLICT (host, playbook) DO UPDATE SET time = excluded.time",
        &[host, playbook, now.into()],
    )?;
    Ok(())
}

/// The differences that the last look found: number, kind and what they are about.
fn open(database: &dyn Database, about: &[Value]) -> Result<Vec<(i64, String, String)>, Trouble> {
    let rows = database.rows(
        "SELECT id, what, subject FROM differences \
         WHERE host = ?1 AND playbook = ?2 AND gone IS NULL",
        about,
    )?;
    let record = |row: &Row| Ok((row.number("id")?, row.text("what")?, row.text("subject")?));
    rows.iter().map(record).collect()
}

/// A row of differences.
pub fn difference(row: &Row) -> Result<DifferenceRecord, Trouble> {
    Ok(DifferenceRecord {
        host: row.text("host")?,
        playbook: row.text("playbook")?,
        what: row.text("what")?,
        subject: row.text("subject")?,
        how: row.text("how")?,
        before: row.some_number("before")?,
        first: row.number("first")?,
        last: row.number("last")?,
        gone: row.some_number("gone")?,
    })
}

/// A row of a host's past.
pub fn past(row: &Row) -> Result<PastRecord, Trouble> {
    Ok(PastRecord {
        run: row.text("run")?,
        command: row.text("command")?,
        started: row.number("started")?,
        outcome: row.some_text("outcome")?,
        generation: row.some_number("generation")?,
        reason: row.some_text("reason")?,
    })
}

#[cfg(test)]
mod tests;
