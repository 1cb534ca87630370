//! What a mistake is: what is wrong, where it stands, and what to do about it.
//!
//! Every room that reads what a user wrote answers with [`Diagnostic`]s. None of them
//! prints: `cli` draws a diagnostic with file, line, excerpt and caret.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A text that a user wrote (or that was rendered from what they wrote), and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file as the user would name it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// A source with its name and whole text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The place of a byte range of the text.
    pub fn place(&self, span: Range<usize>) -> Place {
        Place { source: self.clone(), span }
    }

    /// The place of a whole line, counted from 1, without its newline.
    pub fn line(&self, number: usize) -> Place {
        let mut start = 0;
        for (index, line) in self.text.split_inclusive('\n').enumerate() {
            if index + 1 == number {
                return self.place(start..start + line.trim_end_matches('\n').len());
            }
            start += line.len();
        }
        self.place(self.text.len()..self.text.len())
    }
}

/// A byte range in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it stands.
    pub source: Source,
    /// Byte range in the source's text; clipped when shown.
    pub span: Range<usize>,
}

impl Place {
    /// Line and column, both counted from 1; the column counts characters.
    pub fn line_column(&self) -> (usize, usize) {
        let text = &self.source.text;
        let mut end = self.span.start.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the run goes on.
    Warning,
    /// The run is refused.
    Error,
}

/// One mistake, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The id of the lint rule that found it, as in `IF02`.
    pub rule: Option<&'static str>,
    /// What is wrong: one lowercase sentence without a full stop.
    pub message: String,
    /// Where it stands, if anywhere.
    pub place: Option<Place>,
    /// Why it matters, if that is not plain from the message.
    pub reason: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Diagnostic {
    /// An error with nothing but its message.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule: None,
            message: message.into(),
            place: None,
            reason: None,
            remedy: None,
        }
    }

    /// A warning with nothing but its message.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// The same, found by a lint rule.
    #[must_use]
    pub fn rule(mut self, id: &'static str) -> Self {
        self.rule = Some(id);
        self
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, with the reason why it matters.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    /// One line: place, message, remedy. The drawing with an excerpt is `cli`'s.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(remedy) = &self.remedy {
            write!(f, " (help: {remedy})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}
