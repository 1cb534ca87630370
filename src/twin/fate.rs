//! What a rehearsal came to for a host.

use serde::Serialize;

/// How the rollout ended for a twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// There was nothing to change.
    Unchanged,
    /// It has the change, and answers.
    Kept,
    /// It reverted by itself, and answers.
    Reverted,
    /// rappel refused to begin.
    Refused,
    /// The change could not be tried: something failed before it began, or its turn never came.
    Untried,
    /// It does not answer any more.
    Lost,
}

impl Fate {
    /// Of an outcome's word, and of whether the twin answers afterwards at its new or its old
    /// place; none where nobody could ask.
    pub fn of(outcome: &str, answers: Option<bool>) -> Self {
        match (outcome, answers) {
            (_, Some(false)) => Self::Lost,
            ("unchanged", _) => Self::Unchanged,
            ("confirmed", _) => Self::Kept,
            ("rolled_back" | "revert_incomplete", _) => Self::Reverted,
            ("refused", _) => Self::Refused,
            // Heard of neither by rappel nor by anybody else. One that was not reached to begin
            // with has lost nothing.
            ("unknown" | "stranded", None) => Self::Lost,
            // It answers, but what it has is not known.
            ("unknown", Some(true)) => Self::Reverted,
            _ => Self::Untried,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Kept => "kept",
            Self::Reverted => "reverted by itself",
            Self::Refused => "refused",
            Self::Untried => "not tried",
            Self::Lost => "LOST",
        }
    }

    /// Whether it is worth knowing what the same files do without rappel.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Reverted | Self::Refused | Self::Lost)
    }
}

/// What the same files do to a host that just gets them and boots: no transaction, nothing
/// that reverts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bare {
    /// It answers.
    Answers,
    /// It does not answer any more.
    Lost,
    /// It could not be tried.
    Untried,
}

impl Bare {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Lost => "lost",
            Self::Untried => "not tried",
        }
    }
}

/// All that a rehearsal found out about a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    /// The host.
    pub host: String,
    /// How the rollout ended for its twin.
    pub fate: Fate,
    /// The outcome's word.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// What the same files do without rappel; none where the twin has the change.
    pub without_rappel: Option<Bare>,
    /// Hosts that do not answer while this one has the files.
    pub takes_along: Vec<String>,
    /// Why that could not be tried, or undone.
    pub trouble: Option<String>,
    /// What was broken at it on purpose, in words.
    pub faults: Vec<String>,
    /// Of one that was lost while faults lasted: whether it answers without them.
    pub answers_when_mended: Option<bool>,
}

impl Rehearsed {
    /// Whether the host would have been lost without the transaction, or was lost with it.
    pub fn would_be_lost(&self) -> bool {
        self.fate == Fate::Lost || self.without_rappel == Some(Bare::Lost)
    }

    /// Whether nobody knows what the same files do to the host without rappel.
    pub fn is_unknown(&self) -> bool {
        let open = self.fate.is_open() && !matches!(self.without_rappel, Some(Bare::Answers));
        !self.would_be_lost() && (open || self.fate == Fate::Untried)
    }
}

#[cfg(test)]
mod tests {
    use super::Fate;

    #[test]
    fn who_does_not_answer_is_lost_whatever_was_reported() {
        for outcome in ["confirmed", "rolled_back", "unchanged", "refused", "unknown"] {
            assert_eq!(Fate::of(outcome, Some(false)), Fate::Lost, "{outcome}");
        }
        assert_eq!(Fate::of("unknown", None), Fate::Lost);
        assert_eq!(Fate::of("unreachable", None), Fate::Untried);
        assert_eq!(Fate::of("unreachable", Some(true)), Fate::Untried);
        assert_eq!(Fate::of("confirmed", Some(true)), Fate::Kept);
        assert_eq!(Fate::of("skipped", Some(true)), Fate::Untried);
    }
}
