//! `%` tokens, `${VARIABLES}` and `~` in values.

use std::path::PathBuf;

use super::local::Local;

/// What tokens stand for.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    /// The local end.
    pub local: &'a Local,
    /// `%h`.
    pub host: &'a str,
    /// `%n`.
    pub original: &'a str,
    /// `%p`.
    pub port: u16,
    /// `%r`.
    pub user: &'a str,
    /// `%k`.
    pub alias: &'a str,
    /// `%j`: the jump host as it is written.
    pub jump: &'a str,
}

/// Tokens that a host name may have.
pub(super) const IN_HOSTNAME: &str = "h";
/// Tokens that a proxy command may have.
pub(super) const IN_PROXY: &str = "hnpr";
/// Tokens of files, and of commands in `Match exec`.
pub(super) const IN_FILES: &str = "dhijkLlnpru";

impl Tokens<'_> {
    /// Replaces the tokens that are allowed.
    ///
    /// # Errors
    /// Another token, or a `%` at the end.
    pub fn expand(&self, text: &str, allowed: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('%') => out.push('%'),
                Some(token) if allowed.contains(token) => out += &self.value(token),
                Some(token) => return Err(format!("`%{token}` has no meaning in `{text}`")),
                None => return Err(format!("`{text}` ends in a lone `%`")),
            }
        }
        Ok(out)
    }

    fn value(&self, token: char) -> String {
        match token {
            'd' => self.local.home.display().to_string(),
            'h' => self.host.to_owned(),
            'i' => self.local.uid.to_string(),
            'j' => self.jump.to_owned(),
            'k' => self.alias.to_owned(),
            'L' => self.local.host.split('.').next().unwrap_or_default().to_owned(),
            'l' => self.local.host.clone(),
            'n' => self.original.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.user.to_owned(),
            _ => self.local.user.clone(),
        }
    }

    /// A file name with `~`, tokens and variables replaced.
    ///
    /// # Errors
    /// As for [`Tokens::expand`] and [`variables`]; another user's home.
    pub fn file(&self, text: &str) -> Result<PathBuf, String> {
        let text = home(text, self.local)?;
        // The value of a variable is not looked at again.
        let mut out = String::new();
        for part in split_variables(&text)? {
            match part {
                Part::Text(text) => out += &self.expand(text, IN_FILES)?,
                Part::Variable(name) => out += &variable(name)?,
            }
        }
        Ok(PathBuf::from(out))
    }
}

/// Replaces `~` at the beginning by the home directory.
///
/// # Errors
/// Another user's home, which only the system knows.
pub(super) fn home(text: &str, local: &Local) -> Result<String, String> {
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(text.to_owned());
    };
    let home = local.home.display();
    match rest.strip_prefix('/') {
        _ if rest.is_empty() => Ok(home.to_string()),
        Some(rest) => Ok(format!("{home}/{}", rest.trim_start_matches('/'))),
        None => Err(format!("`{text}`: another user's `~` is not supported, write the path")),
    }
}

enum Part<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn split_variables(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) =
            behind.split_once('}').ok_or_else(|| format!("`{text}`: a `${{` is not closed"))?;
        parts.extend([Part::Text(before), Part::Variable(name)]);
        rest = after;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// The value of an environment variable.
///
/// # Errors
/// It is not set.
pub(super) fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use std::path::PathBuf;

    use super::{IN_FILES, IN_PROXY, Tokens};
    use crate::remote::ssh::config::Local;

    fn local() -> Local {
        Local {
            user: "ada".to_owned(),
            uid: 1000,
            home: PathBuf::from("/home/ada"),
            host: "lap.example.net".to_owned(),
        }
    }

    fn tokens(local: &Local) -> Tokens<'_> {
        Tokens {
            local,
            host: "192.0.2.1",
            original: "web1",
            port: 2222,
            user: "root",
            alias: "web1",
            jump: "",
        }
    }

    #[test]
    fn tokens_are_replaced_and_unknown_ones_refused() {
        let local = local();
        let tokens = tokens(&local);
        let all = tokens.expand("%d %h %i %k %L %l %n %p %r %u 100%%", IN_FILES).unwrap();
        assert_eq!(
            all,
            "/home/ada 192.0.2.1 1000 web1 lap lap.example.net web1 2222 root ada 100%"
        );
        assert!(tokens.expand("%u", IN_PROXY).is_err());
        assert!(tokens.expand("100%", IN_PROXY).is_err());
    }

    #[test]
    fn files_begin_at_home_and_may_name_variables() {
        let local = local();
        let tokens = tokens(&local);
        assert_eq!(tokens.file("~/.ssh/%n").unwrap(), PathBuf::from("/home/ada/.ssh/web1"));
        let path = std::env::var("PATH").unwrap();
        assert_eq!(tokens.file("/x/${PATH}").unwrap(), PathBuf::from(format!("/x/{path}")));
        assert!(tokens.file("${RAPPEL_SURELY_NOT_SET}/x").is_err());
        assert!(tokens.file("~bob/x").is_err());
    }
}
