//! `ProxyJump`: the hosts on the way.

/// One host on the way, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What `ssh` would be given.
    pub host: String,
    /// The account, if it is written.
    pub user: Option<String>,
    /// The port, if it is written.
    pub port: Option<u16>,
}

impl std::fmt::Display for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        let bracketed = self.host.contains(':');
        if bracketed {
            write!(f, "[{}]", self.host)?
        } else {
            f.write_str(&self.host)?
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// The hosts of a list with commas, the first one to connect to first; none for `none`.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn parse(text: &str) -> Result<Vec<Hop>, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    text.split(',').map(|one| hop(one.trim()).ok_or_else(|| wrong(one))).collect()
}

fn wrong(text: &str) -> String {
    format!("`{text}` is not a jump host: write `user@host:port`, or `[address]:port` for IPv6")
}

fn hop(text: &str) -> Option<Hop> {
    let text = match text.strip_prefix("ssh://") {
        Some(rest) => rest.strip_suffix('/').unwrap_or(rest),
        None => text,
    };
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, text),
    };
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']')?;
            match behind.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None => (host, behind.is_empty().then_some(None)?),
            }
        }
        None => match place.split_once(':') {
            // An address of IPv6 without brackets has no port.
            Some((_, behind)) if behind.contains(':') => (place, None),
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let port = match port {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0)?),
        None => None,
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '\'' | '"');
    let fine = |word: &str| !word.is_empty() && !word.starts_with('-') && !word.contains(odd);
    let user = user.map(str::to_owned);
    (fine(host) && user.as_deref().is_none_or(fine)).then(|| Hop {
        host: host.to_owned(),
        user,
        port,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::{Hop, parse};

    #[test]
    fn hosts_with_users_and_ports() {
        let hops = parse("a,ada@b:2222,[2001:db8::1]:22,2001:db8::2,ssh://eve@c:7/").unwrap();
        let hop = |host: &str, user: Option<&str>, port| Hop {
            host: host.to_owned(),
            user: user.map(str::to_owned),
            port,
        };
        assert_eq!(
            hops,
            [
                hop("a", None, None),
                hop("b", Some("ada"), Some(2222)),
                hop("2001:db8::1", None, Some(22)),
                hop("2001:db8::2", None, None),
                hop("c", Some("eve"), Some(7)),
            ]
        );
        assert_eq!(parse("none").unwrap(), []);
        for wrong in ["", "a,", "a:ssh", "a:0", "-oProxyCommand=x", "[::1", "a b", "@a"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
