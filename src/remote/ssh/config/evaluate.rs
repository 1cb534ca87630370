//! Reading files for one host: which lines apply, and whose value comes first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::arguments::Overrides;
use super::criteria::{self, Subject};
use super::expand::{IN_FILES, IN_HOSTNAME, Tokens, home};
use super::file::{File, matching};
use super::keyword::{self, Form, Keyword};
use super::line::Line;
use super::pattern::listed;
use super::{Config, ConfigError, pattern};

/// Files that include files that include files.
const MAX_DEPTH: usize = 16;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The keyword, in lower case.
    pub keyword: String,
    /// What follows it.
    pub arguments: Vec<String>,
    /// The file, or where else it comes from.
    pub file: PathBuf,
    /// From 1; 0 if it is no line of a file.
    pub line: usize,
    /// Whether it was given with the host rather than found in a file.
    pub given: bool,
}

impl Setting {
    /// Its only argument.
    pub fn value(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }

    /// A mistake in it.
    pub fn error(&self, message: String, remedy: &str) -> ConfigError {
        ConfigError::new(&self.file, self.line, message, remedy)
    }
}

/// What was found for a host.
#[derive(Debug, Default)]
pub(super) struct Evaluation {
    /// The first value of each keyword.
    pub once: BTreeMap<String, Setting>,
    /// The values of keywords that add up, in order.
    pub each: Vec<Setting>,
    /// Lines that apply and have no effect, each with why.
    pub without_effect: Vec<(Setting, &'static str)>,
    /// The host's name after `HostName`.
    pub host: String,
}

impl Evaluation {
    /// The first value of a keyword.
    pub fn get(&self, keyword: &str) -> Option<&Setting> {
        self.once.get(keyword)
    }
}

/// A reading for one host.
pub(super) struct Reading<'a> {
    config: &'a Config,
    original: &'a str,
    /// What `Host` patterns are compared with.
    host: String,
    found: Evaluation,
    is_final: bool,
    /// A `Match final` was seen.
    pub wants_final: bool,
}

/// Where in which file a reading is.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a Path,
    user: bool,
    /// Included where nothing applies: no block in it applies either.
    never: bool,
    depth: usize,
}

impl<'a> Reading<'a> {
    pub fn new(config: &'a Config, original: &'a str) -> Self {
        Self {
            config,
            original,
            host: original.to_owned(),
            found: Evaluation::default(),
            is_final: false,
            wants_final: false,
        }
    }

    /// What was given with the host, which comes before every file.
    pub fn overrides(&mut self, overrides: &Overrides) -> Result<(), ConfigError> {
        for setting in &overrides.settings {
            if matches!(setting.keyword.as_str(), "host" | "match" | "include") {
                let message = format!("`{}` is for files only", setting.keyword);
                return Err(setting.error(message, "put it into ~/.ssh/config"));
            }
            self.set(setting.clone(), true)?;
        }
        Ok(())
    }

    /// Reads a file from its beginning, where everything applies.
    pub fn file(&mut self, file: &File, user: bool) -> Result<(), ConfigError> {
        let mut active = true;
        let at = At { file: &file.path, user, never: false, depth: 0 };
        self.lines(file, at, &mut active)
    }

    fn lines(&mut self, file: &File, at: At<'_>, active: &mut bool) -> Result<(), ConfigError> {
        for line in &file.lines {
            let fail = |message: String| {
                ConfigError::new(at.file, line.number, message, "see ssh_config(5)")
            };
            match line.keyword.as_str() {
                "host" => {
                    let patterns = line.arguments().map_err(fail)?;
                    if patterns.iter().any(String::is_empty) {
                        return Err(fail("a pattern of `Host` is empty".to_owned()));
                    }
                    let patterns = patterns.iter().map(String::as_str);
                    *active = !at.never && pattern::any(patterns, &self.host);
                }
                "match" => {
                    let matched = self.matches(line, at.never).map_err(fail)?;
                    *active = !at.never && matched;
                }
                "include" => self.include(line, at, active)?,
                _ => {
                    let setting = setting(line, at.file).map_err(fail)?;
                    self.set(setting, *active)?;
                }
            }
        }
        Ok(())
    }

    fn include(&mut self, line: &Line, at: At<'_>, active: &mut bool) -> Result<(), ConfigError> {
        let fail =
            |message: String| ConfigError::new(at.file, line.number, message, "correct the path");
        if at.depth >= MAX_DEPTH {
            return Err(fail("files include each other too deeply".to_owned()));
        }
        for name in line.arguments().map_err(fail)? {
            let name = home(&name, &self.config.local).map_err(fail)?;
            let name = match name.contains(['%', '$']) {
                true => self.with_tokens(|tokens| tokens.file(&name)).map_err(fail)?,
                false => PathBuf::from(name),
            };
            let base = match at.user {
                true => self.config.local.home.join(".ssh"),
                false => PathBuf::from("/etc/ssh"),
            };
            for path in matching(&base.join(name)) {
                let Some(file) = self.config.files.read(&path, at.user)? else {
                    continue;
                };
                let before = *active;
                let never = at.never || !before;
                let inside = At { file: &file.path, never, depth: at.depth + 1, ..at };
                self.lines(&file, inside, active)?;
                *active = before;
            }
        }
        Ok(())
    }

    /// Notes a value, if it is the first one and its block applies.
    fn set(&mut self, setting: Setting, active: bool) -> Result<(), ConfigError> {
        let kind = keyword::find(&setting.keyword);
        let Some(kind) = kind else {
            return self.unknown(&setting);
        };
        if let Keyword::Once(form) = kind {
            form.check(&setting.arguments).map_err(|message| {
                let message = format!("{}: {message}", setting.keyword);
                setting.error(message, "see ssh_config(5)")
            })?;
        }
        if !active {
            return Ok(());
        }
        let name = keyword::name(&setting.keyword).to_owned();
        match kind {
            // Of these two, the first one shuts the other out; only jumping over nothing
            // leaves room for a command.
            Keyword::Once(Form::Rest | Form::Jump) if self.found.get("proxycommand").is_some() => {}
            Keyword::Once(Form::Rest) if self.found.get("proxyjump").is_some_and(jumps) => {}
            // Not said, so that a later line may.
            Keyword::Once(Form::Time) if setting.value() == "none" => {}
            Keyword::Once(_) => {
                self.found.once.entry(name).or_insert(setting);
            }
            Keyword::Each => {
                let known = |one: &Setting| {
                    one.keyword == setting.keyword && one.arguments == setting.arguments
                };
                if !self.found.each.iter().any(known) {
                    self.found.each.push(setting);
                }
            }
            Keyword::NoEffect(why) => self.found.without_effect.push((setting, why)),
            Keyword::Ignored => {}
        }
        Ok(())
    }

    fn unknown(&self, setting: &Setting) -> Result<(), ConfigError> {
        let ignored = self.found.get("ignoreunknown").map_or("", Setting::value);
        if listed(&ignored.to_lowercase(), &setting.keyword) {
            return Ok(());
        }
        let message = format!("the keyword `{}` is not known", setting.keyword);
        let remedy = format!("correct it, or put `IgnoreUnknown {}` before it", setting.keyword);
        Err(setting.error(message, &remedy))
    }

    fn matches(&mut self, line: &Line, never: bool) -> Result<bool, String> {
        let host = if self.is_final { self.host.clone() } else { self.expanded_host()? };
        let user = self.user();
        let subject = Subject {
            host: &host,
            original: self.original,
            user: &user,
            local_user: &self.config.local.user,
            is_final: self.is_final,
        };
        let mut run = |command: &str| {
            if never {
                return Ok(false);
            }
            let command = self.with_tokens(|tokens| tokens.expand(command, IN_FILES))?;
            self.config.commands.succeeds(&command)
        };
        let matched = criteria::evaluate(&line.rest, &subject, &mut run)?;
        self.wants_final |= matched.wants_final;
        Ok(matched.matches)
    }

    fn user(&self) -> String {
        let user = self.found.get("user").map(|user| user.value().to_owned());
        user.unwrap_or_else(|| self.config.local.user.clone())
    }

    /// The host's name as far as it is known.
    fn expanded_host(&self) -> Result<String, String> {
        match self.found.get("hostname") {
            Some(name) => self.tokens_for(self.original, |t| t.expand(name.value(), IN_HOSTNAME)),
            None => Ok(self.original.to_owned()),
        }
    }

    fn with_tokens<T>(
        &self,
        work: impl FnOnce(&Tokens<'_>) -> Result<T, String>,
    ) -> Result<T, String> {
        let host = if self.is_final { self.host.clone() } else { self.expanded_host()? };
        self.tokens_for(&host, work)
    }

    fn tokens_for<T>(
        &self,
        host: &str,
        work: impl FnOnce(&Tokens<'_>) -> Result<T, String>,
    ) -> Result<T, String> {
        let port = self.found.get("port").and_then(|port| port.value().parse().ok());
        let alias = self.found.get("hostkeyalias").map_or(self.original, Setting::value);
        work(&Tokens {
            local: &self.config.local,
            host,
            original: self.original,
            port: port.unwrap_or(22),
            user: &self.user(),
            alias,
            jump: self.found.get("proxyjump").map_or("", Setting::value),
        })
    }

    /// The host's name once all files were read.
    pub fn settle_host(&mut self) -> Result<(), ConfigError> {
        let host = self.expanded_host().map_err(|message| match self.found.get("hostname") {
            Some(setting) => setting.error(message, "only %h and %% are replaced here"),
            None => ConfigError::new(Path::new(self.original), 0, message, "correct the name"),
        })?;
        self.host = host.to_lowercase();
        Ok(())
    }

    /// Begins again, with the name that was found.
    pub fn begin_final(&mut self) {
        self.is_final = true;
    }

    /// What was found.
    pub fn finish(mut self) -> Evaluation {
        self.found.host = self.host;
        self.found
    }
}

fn jumps(setting: &Setting) -> bool {
    !setting.value().eq_ignore_ascii_case("none")
}

/// A line as a setting. Commands go on to the end of the line.
fn setting(line: &Line, file: &Path) -> Result<Setting, String> {
    // Its quotes have to be closed even where it is taken as it stands.
    let mut arguments = line.arguments()?;
    if keyword::find(&line.keyword) == Some(Keyword::Once(Form::Rest)) {
        arguments = vec![line.rest.trim_start_matches([' ', '\t', '\r', '\n', '=']).to_owned()];
    }
    Ok(Setting {
        keyword: line.keyword.clone(),
        arguments,
        file: file.to_owned(),
        line: line.number,
        given: false,
    })
}

/// A setting that is given with a host, as in `-o Keyword=value`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn given(text: &str, origin: &str) -> Result<Option<Setting>, String> {
    let Some(line) = Line::parse(0, text)? else {
        return Ok(None);
    };
    Ok(Some(Setting { given: true, ..setting(&line, Path::new(origin))? }))
}
