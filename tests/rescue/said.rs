//! What a command printed, both outputs as one text, and its exit code.

use std::process::Output;

/// What a command that has ended said.
pub struct Said {
    pub code: Option<i32>,
    pub text: String,
}

impl Said {
    pub fn of(output: &Output) -> Self {
        let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        Self { code: output.status.code(), text: String::from_utf8_lossy(&text).into_owned() }
    }

    /// Requires an exit code.
    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, Some(wanted), "\n{}", self.text);
        self
    }

    /// Requires these words.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.text.contains(words), "no {words:?} in\n{}", self.text);
        self
    }

    /// Requires that these words are not there.
    #[track_caller]
    pub fn never_says(self, words: &str) -> Self {
        assert!(!self.text.contains(words), "{words:?} in\n{}", self.text);
        self
    }
}
