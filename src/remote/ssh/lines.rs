//! Lines out of chunks: lossless, and bounded against a peer that never ends one.

use super::session_error::SessionError;

/// The longest line a command may print, in bytes, without its newline.
pub const MAX_LINE: usize = 1 << 20;

/// Bytes that arrived and were not yet handed out as lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    /// Start of what was not handed out.
    start: usize,
    /// End of what is known to hold no newline.
    scanned: usize,
}

impl Lines {
    /// Takes what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        // Moving the rest to the front only once half of the buffer is used up keeps
        // the whole cost linear.
        if self.start > 0 && self.start >= self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line without its newline, if one is there.
    pub fn next(&mut self) -> Result<Option<String>, SessionError> {
        let newline = self.buffer[self.scanned..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|offset| self.scanned + offset);
        let length = newline.unwrap_or(self.buffer.len()) - self.start;
        if length > MAX_LINE {
            return Err(SessionError::LineTooLong { limit: MAX_LINE });
        }
        let Some(newline) = newline else {
            self.scanned = self.buffer.len();
            return Ok(None);
        };
        let line = text(&self.buffer[self.start..newline])?;
        self.start = newline + 1;
        self.scanned = self.start;
        Ok(Some(line))
    }

    /// The last line, where the output ended without a newline.
    pub fn last(&mut self) -> Result<Option<String>, SessionError> {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let line = (!rest.is_empty()).then(|| text(rest)).transpose()?;
        *self = Self::default();
        Ok(line)
    }
}

/// The bytes as text, or an error that shows their beginning.
fn text(bytes: &[u8]) -> Result<String, SessionError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let from = error.valid_up_to().saturating_sub(20);
            let to = bytes.len().min(from + 60);
            Err(SessionError::Garbage { excerpt: bytes[from..to].escape_ascii().to_string() })
        }
    }
}

/// The last bytes of a stream of any length.
#[derive(Debug)]
pub(super) struct Tail {
    limit: usize,
    bytes: Vec<u8>,
}

impl Tail {
    /// Keeps at least the last `limit` bytes and never more than twice as many.
    pub fn new(limit: usize) -> Self {
        Self { limit, bytes: Vec::new() }
    }

    /// Takes what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        let fresh = &bytes[bytes.len().saturating_sub(self.limit)..];
        self.bytes.extend_from_slice(fresh);
        if self.bytes.len() > 2 * self.limit {
            self.bytes.drain(..self.bytes.len() - self.limit);
        }
    }

    /// The last bytes as text, with replacements for what is none.
    pub fn text(&self) -> String {
        let from = self.bytes.len().saturating_sub(self.limit);
        String::from_utf8_lossy(&self.bytes[from..]).into_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::{Lines, MAX_LINE, Tail};
    use crate::remote::ssh::SessionError;

    #[test]
    fn a_line_without_an_end_is_refused() {
        let mut lines = Lines::default();
        lines.push(&vec![b'x'; MAX_LINE]);
        assert_eq!(lines.next(), Ok(None));
        lines.push(b"\n");
        assert_eq!(lines.next().unwrap().map(|line| line.len()), Some(MAX_LINE));
        lines.push(&vec![b'x'; MAX_LINE + 1]);
        let limit = MAX_LINE;
        assert_eq!(lines.next(), Err(SessionError::LineTooLong { limit }));
    }

    #[test]
    fn garbage_is_an_error_with_an_excerpt() {
        let mut lines = Lines::default();
        lines.push(b"ok\nab\xff\xfe\n");
        assert_eq!(lines.next(), Ok(Some("ok".to_owned())));
        let excerpt = r"ab\xff\xfe".to_owned();
        assert_eq!(lines.next(), Err(SessionError::Garbage { excerpt }));
    }

    #[test]
    fn a_tail_keeps_the_end() {
        let mut tail = Tail::new(4);
        for byte in b'a'..=b'z' {
            tail.push(&[byte]);
        }
        assert_eq!(tail.text(), "wxyz");
        tail.push(b"0123456789");
        assert_eq!(tail.text(), "6789");
        assert!(tail.bytes.len() <= 8);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in "[a-c\n]{0,60}", cuts in proptest::collection::vec(1usize..7, 0..40)) {
            let mut lines = Lines::default();
            let mut got = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (chunk, after) = rest.split_at(cut.min(rest.len()));
                lines.push(chunk);
                rest = after;
                while let Some(line) = lines.next().unwrap() {
                    got.push(line);
                }
            }
            lines.push(rest);
            while let Some(line) = lines.next().unwrap() {
                got.push(line);
            }
            got.extend(lines.last().unwrap());
            let wanted: Vec<String> = text.lines().map(str::to_owned).collect();
            prop_assert_eq!(got, wanted);
        }
    }
}
