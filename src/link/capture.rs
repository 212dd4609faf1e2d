//! Raw traffic of a line as text: one line of text for each piece of bytes, with its time and direction.
//!
//! `TIME > TEXT` was sent to the instrument, `TIME < TEXT` came from it; TIME is microseconds of the run's clock since 1970, TEXT
//! is the bytes, with `\\`, quotes and all that is not printable ASCII escaped as in a Rust byte string. A file that has reached its
//! size is put aside as `NAME.1`, the one before as `NAME.2`, and so on; the oldest goes.

use super::line::{Capture, Direction};
use crate::clock::Clock;
use crate::units::Timestamp;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Bytes of a file before it is put aside.
const LARGEST: u64 = 8 << 20;

/// Files that were put aside and are kept.
const KEPT: u32 = 4;

struct Writer {
    place: PathBuf,
    largest: u64,
    file: Option<(File, u64)>,
    failed: bool,
}

impl Writer {
    fn write(&mut self, at: Timestamp, direction: Direction, bytes: &[u8]) {
        if self.failed {
            return;
        }
        let way = match direction {
            Direction::Sent => '>',
            Direction::Received => '<',
        };
        let line = format!("{} {way} {}\n", at.as_us(), bytes.escape_ascii());
        if let Err(error) = self.append(line.as_bytes()) {
            // A capture is for people who look for a fault; a run does not end for it.
            self.failed = true;
            tracing::warn!(place = %self.place.display(), %error, "nothing more is captured there");
        }
    }

    fn append(&mut self, line: &[u8]) -> std::io::Result<()> {
        let added = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self
            .file
            .as_ref()
            .is_some_and(|(_, length)| length.saturating_add(added) > self.largest)
        {
            self.file = None;
            self.put_aside();
        }
        let (file, length) = match &mut self.file {
            Some(open) => open,
            None => {
                let file = OpenOptions::new().create(true).append(true).open(&self.place)?;
                let length = file.metadata()?.len();
                self.file.insert((file, length))
            }
        };
        file.write_all(line)?;
        *length = length.saturating_add(added);
        Ok(())
    }

    fn put_aside(&self) {
        for n in (1..=KEPT).rev() {
            let from = if n == 1 {
                self.place.clone()
            } else {
                aside(&self.place, n - 1)
            };
            // The first time there are none yet.
            let _ = std::fs::rename(from, aside(&self.place, n));
        }
    }
}

fn aside(place: &Path, n: u32) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!("{name}.{n}"))
}

/// A recorder into a file, which is gone on with where there is one.
pub fn capture_into(place: &Path, clock: Clock) -> Capture {
    of_size(place, clock, LARGEST)
}

fn of_size(place: &Path, clock: Clock, largest: u64) -> Capture {
    let writer = RefCell::new(Writer {
        place: place.to_owned(),
        largest,
        file: None,
        failed: false,
    });
    Rc::new(move |direction, bytes| writer.borrow_mut().write(clock.now(), direction, bytes))
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;
