//! A hook for drills: the process kills itself at a chosen write of its journal, as `kill -9` at that moment would.
//!
//! Must not know where the choice comes from; only the daemon asks the environment.

use rustix::process::{Signal, getpid, kill_process};
use thiserror::Error;

/// A moment of a durable write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the first byte.
    Before,
    /// With half of the bytes written.
    Torn,
    /// With all bytes written and not synced.
    Written,
    /// Synced, and nobody told.
    Synced,
}

impl Moment {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Before, Self::Torn, Self::Written, Self::Synced];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Torn => "torn",
            Self::Written => "written",
            Self::Synced => "synced",
        }
    }
}

/// A text that names no write.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" names no write of the journal: a number from 1, then before, torn, written or synced")]
pub struct DeathError(pub String);

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// At which durable write of this process, from 1.
    pub write: u64,
    /// When within it.
    pub moment: Moment,
    /// Writes begun so far.
    begun: u64,
}

impl Death {
    /// From a text such as `12 torn`.
    ///
    /// # Errors
    /// When it names no write.
    pub fn parse(text: &str) -> Result<Self, DeathError> {
        let named = || {
            let (write, word) = text.split_once(' ')?;
            let moment = Moment::ALL.into_iter().find(|m| m.word() == word)?;
            let write = write.parse().ok().filter(|n| *n > 0)?;
            Some(Self {
                write,
                moment,
                begun: 0,
            })
        };
        named().ok_or_else(|| DeathError(text.to_owned()))
    }

    /// A write begins.
    pub(super) const fn begins(&mut self) {
        self.begun += 1;
    }

    /// Whether it befalls at this moment of the write that has begun.
    pub(super) fn is_due(&self, moment: Moment) -> bool {
        self.begun == self.write && self.moment == moment
    }
}

/// Ends the process as `kill -9` does.
pub(super) fn die() {
    // A process may always kill itself.
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(test)]
#[path = "death_tests.rs"]
mod tests;
