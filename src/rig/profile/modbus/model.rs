//! What a Modbus profile says.

use crate::rig::QuantityId;
use crate::rig::profile::{ArgumentSource, Bound, Head, Quantity, Test};
use crate::units::Duration;
use std::collections::BTreeMap;

/// One of the four tables of a Modbus device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableKind {
    /// Bits that can be written (functions 1, 5, 15).
    Coil,
    /// Bits that can only be read (function 2).
    Discrete,
    /// Words that can only be read (function 4).
    Input,
    /// Words that can be written (functions 3, 6, 16).
    Holding,
}

impl TableKind {
    /// Whether it holds bits.
    pub const fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }
}

/// How the bits of a register are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterType {
    /// Unsigned, one byte; of objects alone.
    U8,
    /// Signed, one byte; of objects alone.
    I8,
    /// Unsigned, one word.
    U16,
    /// Signed, one word.
    I16,
    /// Unsigned, two words.
    U32,
    /// Signed, two words.
    I32,
    /// IEEE 754 single precision, two words.
    F32,
    /// One bit.
    Bool,
}

impl RegisterType {
    /// How many addresses one element takes.
    pub const fn size(self) -> u16 {
        match self {
            Self::U8 | Self::I8 | Self::U16 | Self::I16 | Self::Bool => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
        }
    }

    /// How many bytes an object of it has.
    pub const fn bytes(self) -> u8 {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
        }
    }
}

/// Order of the bytes A (most significant) to D of a 32-bit value on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WordOrder {
    /// High word first, high byte first.
    #[default]
    Abcd,
    /// Low word first.
    Cdab,
    /// High word first, bytes swapped.
    Badc,
    /// Low word first, bytes swapped.
    Dcba,
}

/// One register, or an array of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// Its table.
    pub table: TableKind,
    /// Wire address (counted from 0) of its first word or bit; of an object its index.
    pub address: u16,
    /// Of a CANopen object (function 43 with 13) its sub-index; it then stands in no table, and counts as a holding register.
    pub object: Option<u8>,
    /// Type of one element.
    pub kind: RegisterType,
    /// How many elements.
    pub count: u16,
    /// Value = raw × this.
    pub scale: Bound,
    /// Unit of the value, for people and for arguments.
    pub unit: Option<String>,
    /// Smallest value that may be written.
    pub min: Option<Bound>,
    /// Largest value that may be written.
    pub max: Option<Bound>,
    /// Names of values, as `busy = 1`.
    pub values: BTreeMap<String, i64>,
    /// Names of bits, by bit number.
    pub bits: BTreeMap<String, u8>,
}

impl Register {
    /// How many addresses it takes in all.
    pub fn span(&self) -> u32 {
        u32::from(self.kind.size()) * u32::from(self.count)
    }
    /// The name of a value, if it has one.
    pub fn name_of(&self, value: i64) -> Option<&str> {
        self.values
            .iter()
            .find(|(_, v)| **v == value)
            .map(|(k, _)| k.as_str())
    }
    /// The names of the bits that are set.
    pub fn bits_of(&self, value: i64) -> Vec<&str> {
        let set = |bit: u8| value.checked_shr(u32::from(bit)).unwrap_or(0) & 1 == 1;
        self.bits
            .iter()
            .filter(|(_, b)| set(**b))
            .map(|(k, _)| k.as_str())
            .collect()
    }
}

/// Which registers say who the device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityMap {
    /// Register by which the device is met: of the model number, or any other that it always answers.
    pub met: String,
    /// What it must hold; anything, of a device that tells nothing of itself.
    pub equals: Option<i64>,
    /// Register of the serial number.
    pub serial: Option<String>,
    /// Register of the firmware version.
    pub firmware: Option<String>,
}

/// Which registers carry a command and its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Command code; written together with the sequence, so the two are neighbours.
    pub code: String,
    /// Sequence number of the command.
    pub sequence: String,
    /// Sequence number of the last command that was started.
    pub accepted: String,
    /// Sequence number of the last command that has ended.
    pub completed: String,
    /// How the last command ended; the value named `ok` is success.
    pub result: String,
}

/// A stop beside the handshake: one write by which motion stops at once, whatever runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The coil or holding register that is written.
    pub register: String,
    /// What is written.
    pub value: u16,
    /// The register that says that motion has been stopped.
    pub acknowledged: String,
    /// What it then holds.
    pub equals: i64,
    /// Longest time until it says so.
    pub timeout: Duration,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its code.
    pub code: u16,
    /// The longest it may take.
    pub timeout: Duration,
    /// Registers written before it starts, with where their values come from.
    pub arguments: Vec<(String, ArgumentSource)>,
    /// Where its reading is stored, for a command that measures.
    pub reading: Option<StoredReading>,
    /// Where the barcode is stored, for a command that reads one.
    pub barcode: Option<StoredBarcode>,
}

/// Where a device keeps the last barcode that it read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBarcode {
    /// Register array of words with two ASCII characters each, the first in the high byte; it ends at a zero byte.
    pub text: String,
    /// Register of the sequence number of the command that read it.
    pub sequence: String,
}

/// Where a device keeps its last reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReading {
    /// Register array of the values, row by row.
    pub values: String,
    /// Register of the sequence number of the command that made it.
    pub sequence: String,
    /// Register of the time since it began, in milliseconds.
    pub age: String,
}

/// Something that is so, or not, by what a register holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The register that is looked at.
    pub of: String,
    /// What it must hold.
    pub test: Test,
}

/// One step of a course.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Write a register, or a coil.
    Write {
        /// Which.
        register: String,
        /// What, in the register's unit; the set-point of the quantity, where nothing is said.
        value: Option<Bound>,
        /// It only states a goal: written again when the answer is lost. False of what a device does each time that it is
        /// written, and of what it does when it changes.
        again: bool,
    },
    /// Look again and again until it is so; the course ends badly when it is `fails`.
    Wait {
        /// What is waited for.
        until: Condition,
        /// What ends the wait badly.
        fails: Option<Condition>,
    },
    /// Look once; the course ends badly where it is not so.
    Expect(Condition),
    /// Wait for so long.
    Pause(Duration),
}

/// What is written and awaited, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The longest it may take.
    pub timeout: Duration,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// Something that a regulator measures or holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What others must know of it.
    pub told: Quantity,
    /// The register in which it is measured.
    pub measured: Option<String>,
    /// The register of its set-point.
    pub set_point: Option<String>,
    /// How its set-point is changed.
    pub set: Option<Course>,
}

/// An instrument behind Modbus, described by a file instead of code.
#[derive(Debug, Clone, PartialEq)]
pub struct ModbusProfile {
    /// Name, role and waits.
    pub head: Head,
    /// Order of 32-bit values.
    pub word_order: WordOrder,
    /// Registers by name.
    pub registers: BTreeMap<String, Register>,
    /// Who it is.
    pub identity: IdentityMap,
    /// How commands are given; a regulator has none, its set-points are written.
    pub handshake: Option<Handshake>,
    /// How motion is stopped at once, where the device can.
    pub stop: Option<Stop>,
    /// Commands by the action's name, as "open_tray".
    pub commands: BTreeMap<String, Command>,
    /// Commands of a regulator, which are courses of writes.
    pub courses: BTreeMap<String, Course>,
    /// Quantities of a regulator.
    pub quantities: BTreeMap<QuantityId, Measured>,
    /// So since it was initialised; where it is not so, no set-point is changed.
    pub initialised: Option<Condition>,
    /// Registers that answer a question about the physical state: `tray`, `door`, `plate`,
    /// `sealed`, `at_rest`, `holds_plate`.
    pub sensors: BTreeMap<String, String>,
}

impl ModbusProfile {
    /// Names of the registers that its handshake, its stop, the arguments of its commands and the courses of its set-points
    /// write; no other is ever written.
    pub fn written(&self) -> Vec<&str> {
        let handshake = self.handshake.iter();
        let handshake = handshake.flat_map(|h| [h.code.as_str(), h.sequence.as_str()]);
        let stop = self.stop.iter().map(|stop| stop.register.as_str());
        let arguments = self.commands.values().flat_map(|c| &c.arguments);
        let arguments = arguments.map(|(register, _)| register.as_str());
        let set = self.quantities.values().filter_map(|q| q.set.as_ref());
        let steps = self.courses.values().chain(set).flat_map(|c| &c.steps);
        let written = steps.filter_map(|step| match step {
            Step::Write { register, .. } => Some(register.as_str()),
            _ => None,
        });
        handshake.chain(stop).chain(arguments).chain(written).collect()
    }
}
