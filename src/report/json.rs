//! Events as JSON lines: one object a line, flushed as it happens.

use std::io::{self, Write};

use crate::rollout::event::Event;

/// Writes one event.
pub fn write(out: &mut impl Write, event: &Event) -> io::Result<()> {
    serde_json::to_writer(&mut *out, event)?;
    out.write_all(b"\n")?;
    out.flush()
}
