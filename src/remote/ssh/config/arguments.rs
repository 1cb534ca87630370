//! What is given with a host and comes before every file: options as on `ssh`'s command
//! line.

use std::path::PathBuf;

use super::evaluate::{Setting, given};
use super::line::words;
use super::{ConfigError, Options};

/// Letters that say something about a host, with the keyword that means the same.
const MEANING: [(char, &str); 7] = [
    ('J', "ProxyJump"),
    ('b', "BindAddress"),
    ('c', "Ciphers"),
    ('i', "IdentityFile"),
    ('l', "User"),
    ('m', "MACs"),
    ('p', "Port"),
];

/// Letters without a value that say nothing about how a host is reached.
const ALONE: &str = "AaCfGgKkMNnqsTtvXxYy";

/// Letters with a value that say nothing about how a host is reached.
const WITH_VALUE: &str = "BDEeILOPQRSw";

/// Options that come before those of the files; of two, the first one counts.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub(super) settings: Vec<Setting>,
    /// The file to read instead of the usual ones.
    pub(super) file: Option<PathBuf>,
}

impl Overrides {
    /// Adds an option with its value as it is.
    pub fn set(&mut self, keyword: &str, value: &str, origin: &str) {
        self.settings.push(Setting {
            keyword: keyword.to_lowercase(),
            arguments: vec![value.to_owned()],
            file: PathBuf::from(origin),
            line: 0,
            given: true,
        });
    }

    /// Reads the same file as for another host, as `ssh` does for the hosts on its way.
    pub fn like(&mut self, options: &Options) {
        self.file.clone_from(&options.file);
    }

    /// Adds the options of a command line, as in `-o ProxyJump=bastion -4`.
    ///
    /// # Errors
    /// An option that `ssh` does not have, or one that cannot be followed.
    pub fn command_line(&mut self, text: &str, origin: &str) -> Result<(), ConfigError> {
        let fail = |message: String| ConfigError {
            file: origin.to_owned(),
            line: 0,
            message,
            remedy: "write it as for `ssh`, as in `-o ProxyJump=bastion`".to_owned(),
        };
        let mut waiting = words(text).map_err(fail)?.into_iter();
        while let Some(word) = waiting.next() {
            let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                return Err(fail(format!("`{word}` is not an option of ssh")));
            };
            self.letters(letters, &mut waiting, origin).map_err(fail)?;
        }
        Ok(())
    }

    /// Options of one word: `-4`, `-oPort=22`, `-qTp 22`.
    fn letters(
        &mut self,
        letters: &str,
        waiting: &mut impl Iterator<Item = String>,
        origin: &str,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            match letter {
                '4' => self.set("AddressFamily", "inet", origin),
                '6' => self.set("AddressFamily", "inet6", origin),
                _ if ALONE.contains(letter) => {}
                'W' => return Err("`-W` would connect to something else".to_owned()),
                _ => {
                    let behind = &letters[at + letter.len_utf8()..];
                    let value = match behind {
                        "" => waiting.next().ok_or(format!("`-{letter}` has no value"))?,
                        behind => behind.to_owned(),
                    };
                    return self.with_value(letter, &value, origin);
                }
            }
        }
        Ok(())
    }

    fn with_value(&mut self, letter: char, value: &str, origin: &str) -> Result<(), String> {
        if let Some((_, keyword)) = MEANING.iter().find(|(known, _)| *known == letter) {
            self.set(keyword, value, origin);
            return Ok(());
        }
        match letter {
            'o' => self.settings.extend(given(value, origin)?),
            'F' => self.file = Some(PathBuf::from(value)),
            _ if WITH_VALUE.contains(letter) => {}
            _ => return Err(format!("ssh has no option `-{letter}`")),
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::Overrides;

    fn read(text: &str) -> Option<Vec<(String, String)>> {
        let mut overrides = Overrides::default();
        overrides.command_line(text, "test").ok()?;
        let pair = |s: &super::Setting| (s.keyword.clone(), s.value().to_owned());
        Some(overrides.settings.iter().map(pair).collect())
    }

    #[test]
    fn options_as_ssh_has_them() {
        let pairs = read("-4qo Port=22 -oUser=ada -J a,b -p2222 -o 'ProxyCommand nc %h %p' -C");
        let expected = [
            ("addressfamily", "inet"),
            ("port", "22"),
            ("user", "ada"),
            ("proxyjump", "a,b"),
            ("port", "2222"),
            ("proxycommand", "nc %h %p"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(pairs.unwrap(), expected);
    }

    #[test]
    fn what_ssh_does_not_have_is_refused() {
        for text in ["host", "-Z", "-o", "-W a:1", "-p", "-o 'a", "-"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
