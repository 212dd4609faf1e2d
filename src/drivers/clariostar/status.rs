//! The status: flags in its first bytes.

use super::wire::STATUS;

/// How the reader stands, as far as the flags are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    bytes: [u8; 5],
}

impl Status {
    /// The flags of a payload, if it is a status.
    pub fn of(payload: &[u8]) -> Option<Self> {
        let [first, second, third, fourth, fifth, ..] = payload else {
            return None;
        };
        let valid = payload.len() == STATUS && *first == 0x01 && second & 0x01 != 0;
        valid.then_some(Self {
            bytes: [*first, *second, *third, *fourth, *fifth],
        })
    }
    const fn flag(self, byte: usize, bit: u8) -> bool {
        let [_, second, third, fourth, fifth] = self.bytes;
        let byte = match byte {
            1 => second,
            2 => third,
            3 => fourth,
            _ => fifth,
        };
        byte & (1 << bit) != 0
    }
    /// Something moves or is measured.
    pub const fn busy(self) -> bool {
        self.flag(1, 5) || self.flag(1, 4) || self.flag(3, 3)
    }
    /// It holds values that nobody has fetched.
    pub const fn unread(self) -> bool {
        self.flag(2, 0)
    }
    /// The tray is out.
    pub const fn tray_open(self) -> bool {
        self.flag(3, 0)
    }
    /// It has found its positions since it was switched on.
    pub const fn initialised(self) -> bool {
        self.flag(3, 5)
    }
    /// What keeps it from measuring, and what to do.
    pub const fn hindered(self) -> Option<&'static str> {
        if self.flag(3, 6) {
            Some("its lid is open; close it")
        } else if self.flag(4, 6) {
            Some("the cover over its filters is open; close it")
        } else {
            None
        }
    }
}
