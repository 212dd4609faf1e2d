//! Standard output that may end early: `plated replay RUN | head` is no failure.

use std::io::Write;

/// Writes text as it is; when nobody reads any more, the rest is dropped.
pub fn text(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes a line; when nobody reads any more, it is dropped.
pub fn line(text: &str) {
    let _ = still_read(text);
}

/// Writes a line; false when nobody reads any more.
#[must_use]
pub fn still_read(text: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{text}").is_ok()
}
