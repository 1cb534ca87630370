//! Looks at hosts, in the tables: what is still there, what is new, what is gone.

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{loaded, stored};
use crate::run::journal::{DifferenceRecord, Found, Look, Looked, PastRecord};

/// Writes a look: all of it, or nothing.
pub fn write(connection: &mut Connection, look: &Look) -> rusqlite::Result<()> {
    let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let head = &look.head;
    write.execute(
        "INSERT INTO runs (run, command, playbook, who, started, ended, exit_code) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            head.run,
            head.command,
            head.playbook,
            head.who,
            stored(look.started),
            stored(look.ended),
            look.exit_code
        ],
    )?;
    for (position, host) in (0_i64..).zip(&look.hosts) {
        let wanted = head.hosts.iter().find(|wanted| wanted.host == host.host);
        write
            .prepare_cached(
                "INSERT INTO hosts (run, position, host, digest, state, outcome, reason, remedy, \
                 ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                head.run,
                position,
                host.host,
                wanted.and_then(|wanted| wanted.digest.as_deref()),
                Looked::STATE.word(),
                host.outcome.word(),
                host.reason(),
                host.outcome.remedy(),
                stored(look.ended)
            ])?;
        if let Some(found) = &host.found {
            let playbook = head.playbook.as_deref().unwrap_or_default();
            compare(&write, playbook, host, found, stored(look.ended))?;
        }
    }
    write.commit()
}

/// One host's differences beside those that are open in the tables.
fn compare(
    write: &Connection,
    playbook: &str,
    host: &Looked,
    found: &[Found],
    now: i64,
) -> rusqlite::Result<()> {
    let name = &host.host;
    let before: Option<i64> = write
        .prepare_cached("SELECT time FROM compared WHERE host = ?1 AND playbook = ?2")?
        .query_row(params![name, playbook], |row| row.get(0))
        .optional()?;
    let open = open(write, name, playbook)?;
    let mut still = Vec::new();
    for one in found {
        let known = open.iter().find(|(_, what, about)| what == one.what && *about == one.subject);
        if let Some((id, ..)) = known {
            write
                .prepare_cached("UPDATE differences SET last = ?2, how = ?3 WHERE id = ?1")?
                .execute(params![id, now, one.how])?;
            still.push(*id);
        } else {
            write
                .prepare_cached(
                    "INSERT INTO differences \
                     (host, playbook, what, subject, how, before, first, last) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
                )?
                .execute(params![name, playbook, one.what, one.subject, one.how, before, now])?;
        }
    }
    if !host.whole {
        return Ok(());
    }
    for (id, ..) in open.iter().filter(|(id, ..)| !still.contains(id)) {
        write
            .prepare_cached("UPDATE differences SET gone = ?2 WHERE id = ?1")?
            .execute(params![id, now])?;
    }
    write
        .prepare_cached(
            "INSERT OR REPLACE INTO compared (host, playbook, time) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![name, playbook, now])?;
    Ok(())
}

/// The differences that the last look found: number, kind and what they are about.
fn open(
    write: &Connection,
    host: &str,
    playbook: &str,
) -> rusqlite::Result<Vec<(i64, String, String)>> {
    write
        .prepare_cached(
            "SELECT id, what, subject FROM differences \
             WHERE host = ?1 AND playbook = ?2 AND gone IS NULL",
        )?
        .query_map(params![host, playbook], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// A row of differences.
pub fn difference(row: &Row<'_>) -> rusqlite::Result<DifferenceRecord> {
    let time = |name| row.get::<_, Option<i64>>(name).map(|time| time.map(loaded));
    Ok(DifferenceRecord {
        host: row.get("host")?,
        playbook: row.get("playbook")?,
        what: row.get("what")?,
        subject: row.get("subject")?,
        how: row.get("how")?,
        before: time("before")?,
        first: loaded(row.get("first")?),
        last: loaded(row.get("last")?),
        gone: time("gone")?,
    })
}

/// A row of a host's past.
pub fn past(row: &Row<'_>) -> rusqlite::Result<PastRecord> {
    Ok(PastRecord {
        run: row.get("run")?,
        command: row.get("command")?,
        started: loaded(row.get("started")?),
        outcome: row.get("outcome")?,
        generation: row.get("generation")?,
        reason: row.get("reason")?,
    })
}

#[cfg(test)]
mod tests;
