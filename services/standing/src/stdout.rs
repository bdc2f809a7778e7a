//! The result of a command on stdout.

use std::io::{self, ErrorKind, Write};

/// Prints a text and flushes it. A reader that has gone away, as `head` does, is no failure.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
