//! Parts of a rollout, in the tables: they share one run, its hosts and its failure budget.

use std::collections::BTreeMap;

use super::schema;
use crate::run::journal::database::{Database, Row, Trouble, signed as stored};
use crate::run::journal::{Begun, Claim, Head, HostState, Part, PartRecord, Snapshot};

/// Takes part in a rollout: begins its run, or joins the one that another part has begun.
pub fn join(database: &dyn Database, head: &Head, part: &Part) -> Result<Begun, Trouble> {
    let known = database.rows(
        "SELECT run, command, playbook, shards, digest FROM runs WHERE rollout = ?1",
        &[(&part.rollout).into()],
    )?;
    let run = match known.first() {
        None => {
            super::begin(database, head)?;
            head.run.clone()
        }
        Some(known) => {
            let run = known.text("run")?;
            if let Some(why) = refused(database, known, &run, part)? {
                return Ok(Begun::Refused { run, why });
            }
            run
        }
    };
    database.execute(
        "INSERT INTO parts (run, shard, who, started, seen) VALUES (?1, ?2, ?3, ?4, ?4)",
        &[
            (&run).into(),
            i64::from(part.shard).into(),
            (&head.who).into(),
            stored(database.now()?).into(),
        ],
    )?;
    Ok(Begun::Run(run))
}

/// Why this is no part of that rollout, if so.
fn refused(
    database: &dyn Database,
    known: &Row,
    run: &str,
    part: &Part,
) -> Result<Option<String>, Trouble> {
    let Part { rollout, shard, shards, digest } = part;
    let others: i64 = known.number("shards")?;
    if others != i64::from(*shards) {
        let why =
            format!("the rollout `{rollout}` has {others} parts, and this is one of {shards}");
        return Ok(Some(why));
    }
    if known.text("digest")? != *digest {
        return Ok(Some(format!(
            "another part of the rollout `{rollout}` has other hosts, other files for them or \
             other terms"
        )));
    }
    let same = parts(database, run)?.into_iter().find(|other| other.shard == *shard);
    Ok(same.map(|other| {
        format!(
            "part {shard}/{shards} of the rollout `{rollout}` has begun already, by {}",
            other.who
        )
    }))
}

/// The parts that have begun.
pub fn parts(database: &dyn Database, run: &str) -> Result<Vec<PartRecord>, Trouble> {
    let rows = database.rows("SELECT * FROM parts WHERE run = ?1 ORDER BY shard", &[run.into()])?;
    let record = |row: &Row| {
        Ok(PartRecord {
            shard: row.number("shard")?,
            who: row.text("who")?,
            started: row.number("started")?,
            seen: row.number("seen")?,
            ready: row.number::<i64>("ready")? != 0,
            ended: row.some_number("ended")?,
            exit_code: row.some_number("exit_code")?,
        })
    };
    rows.iter().map(record).collect()
}

/// That a part is still there.
pub fn beat(database: &dyn Database, run: &str, shard: Option<u32>) -> Result<(), Trouble> {
    let values = [run.into(), shard.map(i64::from).into(), stored(database.now()?).into()];
    database.execute("UPDATE parts SET seen = ?3 WHERE run = ?1 AND shard = ?2", &values)?;
    Ok(())
}

/// That a part has read its hosts, and which of them it is to change.
pub fn ready(
    database: &dyn Database,
    run: &str,
    shard: Option<u32>,
    changing: &[String],
) -> Result<(), Trouble> {
    for host in changing {
        database.execute(
            "UPDATE hosts SET turn = 1 WHERE run = ?1 AND host = ?2",
            &[run.into(), host.into()],
        )?;
    }
    let values = [run.into(), shard.map(i64::from).into(), stored(database.now()?).into()];
    database
        .execute("UPDATE parts SET ready = 1, seen = ?3 WHERE run = ?1 AND shard = ?2", &values)?;
    Ok(())
}

/// That a part is over; the last one ends the run, with the heaviest exit code.
pub fn ended(
    database: &dyn Database,
    run: &str,
    shard: u32,
    time: u64,
    code: u8,
) -> Result<u64, Trouble> {
    database.execute(
        "UPDATE parts SET ended = ?3, exit_code = ?4 WHERE run = ?1 AND shard = ?2",
        &[run.into(), i64::from(shard).into(), stored(time).into(), i64::from(code).into()],
    )?;
    // Of two parts that end at the same moment, each waits here until it sees the other.
    database.execute("UPDATE runs SET changing = changing WHERE run = ?1", &[run.into()])?;
    let parts = parts(database, run)?;
    let codes: Vec<u8> = parts.iter().filter_map(|part| part.exit_code).collect();
    if codes.len() < snapshot(database, run)?.shards as usize {
        return Ok(0);
    }
    // From the lightest to the heaviest, as the exit codes weigh.
    const WEIGHTS: [u8; 7] = [0, 2, 1, 5, 3, 4, 130];
    let weight = |code: &u8| WEIGHTS.iter().position(|known| known == code);
    let heaviest = codes.into_iter().max_by_key(weight).unwrap_or(code);
    super::ended(database, run, time, heaviest)
}

/// How the rollout stands.
///
/// Other parts may write between two of these questions. What a part writes last is asked
/// first: one that is known to have ended has left only those who are open after that, and a
/// part that skips hosts has told of the failure before.
pub fn snapshot(database: &dyn Database, run: &str) -> Result<Snapshot, Trouble> {
    let shards = database.rows("SELECT shards FROM runs WHERE run = ?1", &[run.into()])?;
    let shards = shards.first().map_or(Ok(None), |row| row.some_number("shards"))?;
    let parts = parts(database, run)?;
    let now = database.now()?;
    let left = database.rows(
        "SELECT shard, sum(CASE WHEN outcome = 'skipped' THEN 1 ELSE 0 END) AS skipped, \
         sum(CASE WHEN state <> 'finished' THEN 1 ELSE 0 END) AS open \
         FROM hosts WHERE run = ?1 AND turn = 1 GROUP BY shard",
        &[run.into()],
    )?;
    let by = |column| -> Result<BTreeMap<u32, usize>, Trouble> {
        left.iter().map(|row| Ok((row.number("shard")?, row.number(column)?))).collect()
    };
    let (open, skipped) = (by("open")?, by("skipped")?);
    let counted = database.rows(schema::OUTCOMES, &[run.into()])?;
    let counted = counted.iter().map(|row| Ok((row.text("outcome")?, row.number("hosts")?)));
    let outcomes = counted.collect::<Result<_, Trouble>>()?;
    Ok(Snapshot { now, shards: shards.unwrap_or(1), parts, outcomes, open, skipped })
}

/// The hosts that are to be changed, of all parts, and how far they are.
pub fn turns(database: &dyn Database, run: &str) -> Result<Vec<(String, HostState)>, Trouble> {
    let rows = database.rows(
        "SELECT host, state FROM hosts WHERE run = ?1 AND turn = 1 ORDER BY position",
        &[run.into()],
    )?;
    rows.iter().map(|row| Ok((row.text("host")?, HostState::of(&row.text("state")?)))).collect()
}

/// Takes a host's turn, if the rollout as a whole still goes on. Nobody else writes
/// meanwhile: of a budget's last failure either all parts know, or none has gone on.
pub fn claim(
    database: &dyn Database,
    run: &str,
    shard: u32,
    host: &str,
    budget: usize,
) -> Result<Claim, Trouble> {
    let stands = snapshot(database, run)?.stands(shard, budget);
    if stands != Claim::Yes {
        return Ok(stands);
    }
    let taken = database.execute(
        "UPDATE hosts SET state = 'begun' WHERE run = ?1 AND host = ?2 AND shard = ?3",
        &[run.into(), host.into(), i64::from(shard).into()],
    )?;
    Ok(match taken {
        1 => Claim::Yes,
        _ => Claim::Stopped(format!("the journal has no host {host} of part {shard}")),
    })
}
