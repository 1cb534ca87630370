//! The tables, and the questions that are asked of them.

use rusqlite::{Connection, TransactionBehavior};

/// Tells a journal from other SQLite files: "rapl".
const APPLICATION: i32 = 0x7261_706c;
/// Counts up with every change of the tables.
const VERSION: i32 = 2;

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

/// Runs by a filter whose empty fields let everything through.
pub const RUNS: &str = "
SELECT runs.*, (SELECT count(*) FROM hosts WHERE hosts.run = runs.run) AS hosts FROM runs
WHERE (:id IS NULL OR substr(run, 1, length(:id)) = :id)
  AND (:command IS NULL OR command = :command)
  AND (:playbook IS NULL OR playbook = :playbook)
  AND (:chain IS NULL OR run = :chain OR resumes = :chain)
  AND (:looks IS NULL OR (command IN ('drift', 'report')) = :looks)
  AND (:host IS NULL OR EXISTS
      (SELECT 1 FROM hosts WHERE hosts.run = runs.run AND hosts.host = :host))
ORDER BY started DESC, run LIMIT :limit
";

/// A run's hosts.
pub const HOSTS: &str = "SELECT * FROM hosts WHERE run = :run ORDER BY position";

/// A run's events.
pub const LINES: &str = "
SELECT time, host, event FROM events
WHERE run = :run AND (:host IS NULL OR host = :host) ORDER BY id
";

/// Differences of hosts, those that are still there first.
pub const DIFFERENCES: &str = "
SELECT * FROM differences WHERE (:host IS NULL OR host = :host)
ORDER BY host, playbook, gone IS NOT NULL, coalesce(gone, 0) DESC, first, id
";

/// What runs did with a host, the last one first.
pub const PAST: &str = "
SELECT runs.run, command, started, outcome, generation, reason
FROM hosts JOIN runs ON runs.run = hosts.run
WHERE host = :host AND command IS NOT 'plan' ORDER BY started DESC, runs.run LIMIT :limit
";

/// Makes the tables in an empty file, adds those that came since to an older one, and knows
/// those of its own version again. The inner error says what else the file is.
pub fn prepare(connection: &mut Connection) -> rusqlite::Result<Result<(), &'static str>> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let known = known(connection)?;
    if matches!(known, Err(_) | Ok(VERSION)) {
        return Ok(known.map(|_| ()));
    }
    if known == Ok(0) {
        // Where the file system shares no memory this stays as it is, and is slower.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    let making = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another run may have been quicker.
    let again = self::known(&making)?;
    if again == Ok(0) {
        making.execute_batch(TABLES)?;
        making.pragma_update(None, "application_id", APPLICATION)?;
    }
    if matches!(again, Ok(0 | 1)) {
        making.execute_batch(LOOKS)?;
        making.pragma_update(None, "user_version", VERSION)?;
    }
    making.commit()?;
    Ok(again.map(|_| ()))
}

/// The version of the tables that are there, 0 for none.
fn known(connection: &Connection) -> rusqlite::Result<Result<i32, &'static str>> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (number("application_id")?, number("user_version")?) {
        (APPLICATION, known @ 1..=VERSION) => Ok(known),
        (APPLICATION, later) if later > VERSION => Err("a later version of rappel has made it"),
        (0, 0) if tables == 0 => Ok(0),
        _ => Err("it is another program's"),
    })
}
