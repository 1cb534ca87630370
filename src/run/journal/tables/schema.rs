//! The tables, and the questions that are asked of them, in words that SQLite and PostgreSQL
//! both understand.

use crate::run::journal::database::{Database, Trouble, Writers, whole};

/// Counts up with every change of the tables.
pub const VERSION: i64 = 3;
/// What makes each version of the one before.
const STEPS: [&str; 3] = [TABLES, LOOKS, PARTS];

const TABLES: &str = "
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    playbook TEXT,
    who TEXT NOT NULL,
    resumes TEXT,
    started INTEGER NOT NULL,
    ended INTEGER,
    exit_code INTEGER,
    changing INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX runs_by_start ON runs (started);
CREATE TABLE hosts (
    run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    host TEXT NOT NULL,
    digest TEXT,
    machine TEXT,
    state TEXT NOT NULL DEFAULT 'waiting',
    outcome TEXT,
    generation INTEGER,
    reason TEXT,
    remedy TEXT,
    ended INTEGER,
    PRIMARY KEY (run, host)
) WITHOUT ROWID;
CREATE INDEX hosts_by_name ON hosts (host);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    time INTEGER NOT NULL,
    host TEXT,
    event TEXT NOT NULL
);
CREATE INDEX events_by_run ON events (run, host);
";

/// What version 2 has beside version 1: differences that looks at hosts have found, from when
/// to when, and when each host was last compared with a playbook.
const LOOKS: &str = "
CREATE TABLE differences (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    playbook TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    how TEXT NOT NULL,
    before INTEGER,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    gone INTEGER
);
CREATE INDEX differences_by_host ON differences (host, playbook, gone);
CREATE TABLE compared (
    host TEXT NOT NULL,
    playbook TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (host, playbook)
) WITHOUT ROWID;
";

/// What version 3 has beside version 2: rollouts in parts that share a run. `turn` is 1 for a
/// host that is to be changed, and `seen` when a part was last heard of, by the database's
/// own clock.
const PARTS: &str = "
ALTER TABLE runs ADD COLUMN rollout TEXT;
ALTER TABLE runs ADD COLUMN shards INTEGER;
ALTER TABLE runs ADD COLUMN digest TEXT;
CREATE UNIQUE INDEX runs_by_rollout ON runs (rollout);
ALTER TABLE hosts ADD COLUMN shard INTEGER;
ALTER TABLE hosts ADD COLUMN turn INTEGER;
CREATE TABLE parts (
    run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    shard INTEGER NOT NULL,
    who TEXT NOT NULL,
    started INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    ready INTEGER NOT NULL DEFAULT 0,
    ended INTEGER,
    exit_code INTEGER,
    PRIMARY KEY (run, shard)
) WITHOUT ROWID;
";

/// Runs by a filter whose empty fields let everything through.
pub const RUNS: &str = "
SELECT runs.*, (SELECT count(*) FROM hosts WHERE hosts.run = runs.run) AS hosts FROM runs
WHERE (CAST(?1 AS TEXT) IS NULL OR substr(run, 1, length(CAST(?1 AS TEXT))) = ?1
      OR rollout = ?1)
  AND (CAST(?2 AS TEXT) IS NULL OR command = ?2)
  AND (CAST(?3 AS TEXT) IS NULL OR playbook = ?3)
  AND (CAST(?5 AS TEXT) IS NULL OR run = ?5 OR resumes = ?5)
  AND (CAST(?6 AS BIGINT) IS NULL
      OR CASE WHEN command IN ('drift', 'report') THEN 1 ELSE 0 END = CAST(?6 AS BIGINT))
  AND (CAST(?4 AS TEXT) IS NULL OR EXISTS
      (SELECT 1 FROM hosts WHERE hosts.run = runs.run AND hosts.host = ?4))
ORDER BY started DESC, run LIMIT ?7
";

/// How many hosts of a run ended how.
pub const OUTCOMES: &str = "
SELECT outcome, count(*) AS hosts FROM hosts WHERE run = ?1 AND outcome IS NOT NULL
GROUP BY outcome
";

/// A run's hosts.
pub const HOSTS: &str = "SELECT * FROM hosts WHERE run = ?1 ORDER BY position";

/// A run's events.
pub const LINES: &str = "
SELECT time, host, event FROM events
WHERE run = ?1 AND (CAST(?2 AS TEXT) IS NULL OR host = ?2) ORDER BY id
";

/// Differences of hosts, those that are still there first.
pub const DIFFERENCES: &str = "
SELECT * FROM differences WHERE (CAST(?1 AS TEXT) IS NULL OR host = ?1)
ORDER BY host, playbook, gone IS NOT NULL, coalesce(gone, 0) DESC, first, id
";

/// What runs did with a host, the last one first.
pub const PAST: &str = "
SELECT runs.run, command, started, outcome, generation, reason
FROM hosts JOIN runs ON runs.run = hosts.run
WHERE host = ?1 AND command <> 'plan' ORDER BY started DESC, runs.run LIMIT ?2
";

/// Makes the tables in an empty database, adds those that came since to an older one, and
/// knows those of its own version again. The inner error says what else it is.
pub fn prepare(database: &dyn Database) -> Result<Result<(), &'static str>, Trouble> {
    let known = database.version()?;
    if known.is_err() || known == Ok(VERSION) {
        return Ok(known.map(|_| ()));
    }
    let made = whole(database, Writers::One, || {
        let again = database.version()?;
        if let Ok(known @ 0..VERSION) = again {
            let done = usize::try_from(known).unwrap_or(STEPS.len());
            database.remake(&STEPS[done..], VERSION)?;
        }
        Ok(again.map(|_| ()))
    });
    // Another run may have been quicker. PostgreSQL looks for tables in a memory of its own,
    // which it may not bring up to date before the transaction's end.
    match database.version() {
        Ok(Ok(VERSION)) => Ok(Ok(())),
        _ => made,
    }
}
