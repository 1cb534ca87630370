//! The password of a database, from libpq's file of passwords.

use std::path::PathBuf;

use postgres::Config;
use postgres::config::Host;

use super::address::variable;
use crate::run::journal::database::Trouble;

/// What `~/.pgpass`, or the file that PGPASSFILE names, has for this database.
///
/// # Errors
/// Others may read the file.
pub fn from_file(config: &Config) -> Result<Option<String>, Trouble> {
    let file = variable("PGPASSFILE").map(PathBuf::from);
    let file = file.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".pgpass")));
    let Some((file, text)) =
        file.and_then(|file| std::fs::read_to_string(&file).ok().map(|text| (file, text)))
    else {
        return Ok(None);
    };
    let Some(found) = find(&text, &Wanted::of(config)) else { return Ok(None) };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).map_or(0, |data| data.permissions().mode());
        if mode & 0o077 != 0 {
            let file = file.display();
            return Err(Trouble::new(format!("others may read {file}: chmod 600 {file}")));
        }
    }
    Ok(Some(found))
}

/// What a line must have.
struct Wanted {
    hosts: Vec<String>,
    port: String,
    database: String,
    user: String,
}

impl Wanted {
    fn of(config: &Config) -> Self {
        let user = config.get_user().map(str::to_owned).or_else(|| variable("USER"));
        let user = user.unwrap_or_default();
        let database = config.get_dbname().map_or_else(|| user.clone(), str::to_owned);
        let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
        let hosts = config.get_hosts().iter().flat_map(|host| match host {
            Host::Tcp(name) => vec![name.clone()],
            #[cfg(unix)]
            Host::Unix(dir) => vec![dir.display().to_string(), "localhost".to_owned()],
        });
        Self { hosts: hosts.collect(), port, database, user }
    }
}

/// The password of the first line that fits.
fn find(text: &str, wanted: &Wanted) -> Option<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(fields).find_map(|fields| {
        let [host, port, database, user, secret] = fields.as_slice() else { return None };
        let fits = |field: &str, own: &str| field == "*" || field == own;
        let here = host == "*" || wanted.hosts.contains(host);
        (here
            && fits(port, &wanted.port)
            && fits(database, &wanted.database)
            && fits(user, &wanted.user))
        .then(|| secret.clone())
    })
}

/// Fields are parted by colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' => fields.push(String::new()),
            '\\' => fields.last_mut().into_iter().for_each(|f| f.extend(characters.next())),
            other => fields.last_mut().into_iter().for_each(|f| f.push(other)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{Wanted, find};

    #[test]
    fn the_first_line_that_fits_has_it() {
        let wanted = Wanted {
            hosts: vec!["db".to_owned()],
            port: "5432".to_owned(),
            database: "runs".to_owned(),
            user: "ada".to_owned(),
        };
        let text = "# db:*:*:*:comment\nother:*:*:*:a\ndb:5433:*:*:b\ndb:*:runs:bob:c\n\
                    short:line\ndb:5432:*:ada:d\\:e\\\\f\n*:*:*:*:g\n";
        assert_eq!(find(text, &wanted).as_deref(), Some("d:e\\f"));
        assert_eq!(find("other:*:*:*:a", &wanted), None);
    }
}
