//! Where a database is, in the words of libpq: `postgresql://user@host:port/database?option=…`
//! and the variables of the environment.
//!
//! A password is taken from the environment or a file alone: what stands in an argument is
//! seen by everybody who lists processes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use super::tls::Roots;
use super::{in_full, password};
use crate::run::journal::JournalError;
use crate::run::journal::database::Trouble;

/// How long a server may take to answer at first, and how long one may be silent.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);
/// Where Debian's server has its socket, and others theirs.
const SOCKETS: [&str; 2] = ["/run/postgresql", "/tmp"];

/// The address of a database; it holds no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    url: String,
    /// The address without what is not the client library's.
    rest: String,
    mode: Option<String>,
    root: Option<PathBuf>,
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.url)
    }
}

impl Address {
    /// Whether a journal's name is one.
    pub fn is_one(name: &str) -> bool {
        name.starts_with("postgresql://") || name.starts_with("postgres://")
    }

    /// Reads one.
    ///
    /// # Errors
    /// It cannot be understood, or holds a password.
    pub fn of(url: &str) -> Result<Self, JournalError> {
        let (scheme, after) = url.split_once("://").unwrap_or_default();
        let wrong = |place: &str, reason: String| JournalError {
            place: place.to_owned(),
            action: "opened",
            reason,
            busy: false,
        };
        let (place, options) = after.split_once('?').unwrap_or((after, ""));
        let authority = place.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let mut kept = Vec::new();
        let (mut mode, mut root) = (None, None);
        let mut secret = user.contains(':');
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=').unwrap_or((option, "")) {
                ("sslmode", value) => mode = Some(value.to_owned()),
                ("sslrootcert", value) => root = Some(PathBuf::from(decoded(value))),
                ("password", _) => secret = true,
                _ => kept.push(option),
            }
        }
        if secret {
            // Without the address: it would show the password once more.
            let hint = "its address holds a password, which others can see in the list of \
                        processes; put it into PGPASSWORD or ~/.pgpass";
            return Err(wrong(&format!("{scheme}://…"), hint.to_owned()));
        }
        let options = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        let rest = format!("{scheme}://{place}{options}");
        let this = Self { url: url.to_owned(), rest, mode, root };
        let known = this.config().and_then(|_| this.tls());
        known.map_err(|trouble| wrong(url, trouble.reason))?;
        Ok(this)
    }

    /// With everything that the environment adds.
    pub fn config(&self) -> Result<Config, Trouble> {
        let mut config = self.base()?;
        let secret = match variable("PGPASSWORD") {
            Some(secret) => Some(secret),
            None => password::from_file(&config)?,
        };
        if let Some(secret) = secret {
            config.password(secret);
        }
        config.ssl_mode(match self.tls()? {
            None => SslMode::Disable,
            Some(_) => SslMode::Require,
        });
        config.application_name("rappel").connect_timeout(CONNECT);
        config.tcp_user_timeout(SILENCE).keepalives_idle(SILENCE / 2);
        config.keepalives_interval(SILENCE / 6).keepalives_retries(3);
        Ok(config)
    }

    fn base(&self) -> Result<Config, Trouble> {
        let mut config =
            Config::from_str(&self.rest).map_err(|error| Trouble::new(in_full(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            let socket = || SOCKETS.iter().find(|dir| Path::new(dir).is_dir());
            match variable("PGHOST") {
                Some(host) => config.host(&host),
                None => config.host(socket().copied().unwrap_or("localhost")),
            };
        }
        if let (true, Some(port)) = (config.get_ports().is_empty(), variable("PGPORT")) {
            let port = port.parse().map_err(|_| Trouble::new(format!("PGPORT is `{port}`")))?;
            config.port(port);
        }
        if let (None, Some(user)) = (config.get_user(), variable("PGUSER")) {
            config.user(&user);
        }
        if let (None, Some(name)) = (config.get_dbname(), variable("PGDATABASE")) {
            config.dbname(&name);
        }
        Ok(config)
    }

    /// The authorities that a server's certificate must be of; none where the connection is
    /// plain. Nothing in between: what might be plain may be read by others.
    pub fn tls(&self) -> Result<Option<Roots>, Trouble> {
        let named = self.mode.clone().or_else(|| variable("PGSSLMODE"));
        let roots = || match self.root.clone().or_else(|| variable("PGSSLROOTCERT").map(Into::into))
        {
            Some(file) => Roots::File(file),
            None => Roots::Public,
        };
        let near = near(&self.base()?);
        match named.as_deref() {
            Some("disable") => Ok(None),
            // No certificate is asked for on this machine's own sockets, as with libpq.
            None | Some("prefer" | "allow") if near => Ok(None),
            None | Some("require" | "verify-ca" | "verify-full") => Ok(Some(roots())),
            Some(mode @ ("prefer" | "allow")) => Err(Trouble::new(format!(
                "sslmode={mode} would go on without encryption if the server, or somebody in \
                 between, wants that; say verify-full, or disable"
            ))),
            Some(mode) => Err(Trouble::new(format!(
                "sslmode={mode} is not known; say verify-full, or disable"
            ))),
        }
    }
}

/// Whether it cannot leave this machine.
fn near(config: &Config) -> bool {
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

/// A variable that holds something.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `%2F` and the like as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Address, Roots};

    fn refused(url: &str) -> String {
        let error = Address::of(url)
            .and_then(|address| address.tls().map_err(|trouble| panic!("late: {trouble:?}")));
        error.expect_err("refused").to_string()
    }

    #[test]
    fn a_password_is_never_taken_from_an_argument_nor_shown() {
        for url in ["postgresql://ada:hunter2@db/x", "postgres://ada@db/x?password=hunter2&port=1"]
        {
            let error = refused(url);
            assert!(error.contains("PGPASSWORD") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn over_a_network_it_is_verified_or_said_to_be_plain() {
        let tls = |url: &str| Address::of(url).expect("an address").tls().expect("known");
        assert_eq!(tls("postgresql://db.example/x"), Some(Roots::Public));
        assert_eq!(tls("postgresql://db.example/x?sslmode=require"), Some(Roots::Public));
        let file = Some(Roots::File("/etc/ca b.pem".into()));
        assert_eq!(
            tls("postgresql://db/x?sslmode=verify-full&sslrootcert=%2Fetc%2Fca%20b.pem"),
            file
        );
        assert_eq!(tls("postgresql://db/x?sslmode=disable"), None);
        assert_eq!(tls("postgresql://127.0.0.1:5433/x"), None);
        assert_eq!(tls("postgresql:///x?host=/run/postgresql"), None);
        assert_eq!(tls("postgresql://127.0.0.1/x?sslmode=verify-full"), Some(Roots::Public));
        assert!(refused("postgresql://db/x?sslmode=prefer").contains("verify-full, or disable"));
        assert!(refused("postgresql://db/x?sslmode=maybe").contains("not known"));
    }

    #[test]
    fn what_is_not_understood_is_told() {
        let unknown = refused("postgresql://db/x?sslcert=/x.pem");
        assert!(unknown.contains("unknown option `sslcert`"), "{unknown}");
        let wrong = refused("postgresql://db:none/x");
        assert!(wrong.contains("`port`"), "{wrong}");
        assert!(Address::is_one("postgres://db/x") && !Address::is_one("/var/postgres"));
    }
}
