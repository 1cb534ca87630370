//! Patience with a host that answers line by line: as long as it goes on, and never past an
//! end. A limit of the whole answer would give up a host that is merely slow, and a longer one
//! would notice late that a host is cut off.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The longest pause before something comes.
    pub silence: Duration,
    /// When it is over, whatever has come by then.
    pub end: Instant,
}

/// Why nobody waits any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// Nothing has come for too long.
    Silent,
    /// The end is reached.
    TooLate,
}

impl Patience {
    /// With whoever has to be done within so long from now.
    pub fn within(limit: Duration) -> Self {
        Self { silence: limit, end: Instant::now() + limit }
    }

    /// What comes next, if it comes in time.
    ///
    /// # Errors
    /// Which limit was reached.
    pub async fn hear<T>(self, next: impl Future<Output = T>) -> Result<T, GivenUp> {
        let silent = Instant::now() + self.silence;
        let given_up = if silent < self.end { GivenUp::Silent } else { GivenUp::TooLate };
        timeout_at(silent.min(self.end), next).await.map_err(|_| given_up)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{GivenUp, Patience};

    #[tokio::test]
    async fn each_line_begins_anew_and_the_end_stays() {
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(3600));
        let now = Instant::now();
        let patience = Patience { silence: short, end: now + long };
        assert_eq!(patience.hear(ready(1)).await, Ok(1));
        assert_eq!(patience.hear(pending::<()>()).await, Err(GivenUp::Silent));
        // A silence longer ago counts no more.
        assert_eq!(patience.hear(ready(2)).await, Ok(2));
        let patience = Patience { silence: long, end: now + short };
        assert_eq!(patience.hear(pending::<()>()).await, Err(GivenUp::TooLate));
    }
}
