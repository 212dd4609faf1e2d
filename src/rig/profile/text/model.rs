//! What a text profile says.

use super::pattern::Pattern;
use crate::rig::Format;
use crate::rig::QuantityId;
use crate::rig::profile::{ArgumentSource, Bound, Head, Quantity, Test};
use crate::units::Duration;
use std::collections::BTreeMap;

/// A sum over characters, by which a garbled line is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// All bytes joined by exclusive or, two hexadecimal digits.
    Xor,
    /// All bytes added modulo 256, two hexadecimal digits.
    Sum,
    /// Two's complement of the sum modulo 256, two hexadecimal digits.
    Lrc,
    /// CRC-16/MODBUS, four hexadecimal digits, high byte first.
    Crc16,
}

/// A piece of what stands around a text on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The text of the request or answer itself.
    Text,
    /// The checksum of all bytes before it, as hexadecimal digits.
    Sum,
}

/// Frames of bytes that carry a text, in place of what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Those of Inheco units: a request is counted and ends with a CRC-8, an answer ends with an error number. The text of
    /// an answer is the error as a hexadecimal digit, and behind a blank what was told.
    LengthCrc8 {
        /// Number of the unit, set by its switches.
        unit: u8,
    },
}

/// How texts travel on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapping {
    /// Around a request.
    pub request: Vec<Part>,
    /// Around an answer, in each form that answers have; none where they travel in frames.
    pub answers: Vec<Vec<Part>>,
    /// Frames of bytes in place of both.
    pub frame: Option<Frame>,
    /// Bytes that are an answer by themselves, with nothing around them, as ACK and NAK.
    pub alone: Vec<u8>,
    /// Of the sums in both.
    pub checksum: Option<Checksum>,
    /// Least silence between an answer and the next request.
    pub gap: Duration,
    /// Bits per second and character formats that the instrument can be set to; any, where none is named.
    pub settings: Vec<(u32, Format)>,
}

/// A piece of a text that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These characters.
    Literal(String),
    /// The value of an argument, by its name.
    Argument(String),
}

/// How an argument is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Where its value comes from.
    pub from: ArgumentSource,
    /// What is written = value ÷ this.
    pub scale: Bound,
    /// Digits after the point.
    pub decimals: u8,
    /// Characters at least; filled up with zeros.
    pub width: u8,
    /// Written in hexadecimal digits, negative numbers as two's complement of `width` digits.
    pub hex: bool,
    /// Smallest value.
    pub min: Option<Bound>,
    /// Largest value.
    pub max: Option<Bound>,
    /// What is written where there is no value (an unheated lid).
    pub none: Option<String>,
}

/// How what was answered is understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Hexadecimal digits.
    pub hex: bool,
    /// Of hexadecimal digits: two's complement of as many digits as there are.
    pub signed: bool,
    /// Value = number × this.
    pub scale: Bound,
    /// Unit of the value, for people and for conditions.
    pub unit: Option<String>,
    /// Texts in place of a number that mean that there is none (no sensor).
    pub absent: Vec<String>,
    /// Words for what is answered, as `closed = "0"`.
    pub values: BTreeMap<String, String>,
    /// Names of bits, by bit number.
    pub bits: BTreeMap<String, u8>,
}

impl Field {
    /// A part of which the profile says nothing.
    pub const fn plain() -> Self {
        Self {
            hex: false,
            signed: false,
            scale: Bound(1.0),
            unit: None,
            absent: Vec::new(),
            values: BTreeMap::new(),
            bits: BTreeMap::new(),
        }
    }
}

/// A question that moves nothing; or, without a text to send, a line that the instrument sends by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is sent; nothing where it is listened for.
    pub send: Option<Vec<Piece>>,
    /// The whole answer.
    pub answer: Pattern,
    /// Its named parts.
    pub fields: BTreeMap<String, Field>,
    /// How long the instrument works before it answers.
    pub timeout: Option<Duration>,
}

/// A named part of the answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The question.
    pub question: String,
    /// The named part.
    pub field: String,
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.question, self.field)
    }
}

/// Something that is so, or not, by what the instrument answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is looked at.
    pub of: Reference,
    /// What it must be.
    pub test: Test,
}

/// One step of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send something once.
    Send {
        /// The text.
        text: Vec<Piece>,
        /// What is answered; nothing where the instrument is silent.
        answer: Option<Pattern>,
        /// How long the instrument works before it answers.
        timeout: Option<Duration>,
        /// Something begins to move by it, or is heated: after it was sent, nobody can say that nothing happened.
        moves: bool,
        /// Sent only where this argument has no value.
        if_none: Option<String>,
        /// Sent only where the set-point is this number.
        only_for: Option<Bound>,
        /// Not sent where the set-point is this number.
        not_for: Option<Bound>,
    },
    /// Look again and again until it is so; the command fails when it is `fails`.
    Wait {
        /// What is waited for.
        until: Condition,
        /// What ends the wait badly.
        fails: Option<Test>,
    },
    /// Look once; the command fails where it is not so.
    Expect(Condition),
    /// Ask once and keep the answer; `silence` is an answer, too, where it is allowed.
    Ask {
        /// The question.
        question: String,
        /// No answer means that there is nothing.
        silence: bool,
    },
    /// Wait for so long.
    Pause(Duration),
    /// For each step of a thermal program, in order and as often as its stage says.
    EachProgramStep(Vec<Step>),
}

/// How it is found out what became of a command, after a lost answer or a crash.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// It took place, if this was not so before.
    pub done: Condition,
    /// It did not take place.
    pub not_done: Option<Condition>,
    /// The controller's count instead of a sensor's word.
    pub commanded: bool,
    /// The controller has been reset: its count says nothing.
    pub unless: Option<Condition>,
}

/// A command: what is said, and what must then be so.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The longest it may take, beside the time that the action itself asks for.
    pub timeout: Duration,
    /// What must be so before it is begun.
    pub needs: Vec<Condition>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Steps that are taken at the end whatever came.
    pub always: Vec<Step>,
    /// Where a barcode is found, among what its steps asked.
    pub barcode: Option<Reference>,
    /// Texts in its place that mean that there is no barcode.
    pub no_barcode: Vec<String>,
    /// How it is found out what became of it.
    pub happened: Option<Happened>,
}

/// What an answer that means "no" looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The whole answer; its parts `code` and `text` are told.
    pub answer: Pattern,
    /// Words for codes.
    pub words: BTreeMap<String, String>,
    /// It comes unasked, before the answer itself.
    pub unasked: bool,
    /// Something may have moved all the same.
    pub moved: bool,
}

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Said once to whatever has just been connected, before anything is asked: an instrument that takes its address from it.
    /// Saying it again does nothing.
    pub greeting: Option<String>,
    /// The question by which it is met: whoever answers it in this way is taken for the instrument.
    pub question: String,
    /// What must be so, beside that it answers.
    pub model: Option<Condition>,
    /// Its serial number.
    pub serial: Option<Reference>,
    /// Its firmware.
    pub firmware: Option<Reference>,
}

/// How motion is stopped at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// What is sent, at once, even while an answer is awaited.
    pub send: String,
    /// What is then so.
    pub until: Option<Condition>,
    /// Longest time until it is.
    pub timeout: Duration,
}

/// Something that a regulator measures or holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What others must know of it.
    pub told: Quantity,
    /// Where it is read.
    pub measured: Option<Reference>,
    /// Where its set-point is read back.
    pub set_point: Option<Reference>,
    /// How its set-point is changed.
    pub set: Option<Command>,
}

/// An instrument on a serial line, described by what is said and answered.
#[derive(Debug, Clone, PartialEq)]
pub struct TextProfile {
    /// Name, role and waits.
    pub head: Head,
    /// How texts travel.
    pub line: Wrapping,
    /// The question that is asked after a lost answer: its answer looks like no other, so that a late one is told from it.
    pub resync: String,
    /// Questions by name.
    pub questions: BTreeMap<String, Question>,
    /// Arguments by name.
    pub arguments: BTreeMap<String, Argument>,
    /// Answers that mean "no".
    pub refusals: Vec<Refusal>,
    /// Who it is.
    pub identity: Identity,
    /// Nothing moves: waited for before it is asked what became of a command.
    pub rest: Option<Condition>,
    /// So since it was initialised, until it is switched off; every command but `initialise` is refused where it is not.
    pub initialised: Option<Condition>,
    /// How motion is stopped at once.
    pub stop: Option<Stop>,
    /// Commands by the action's name, as "seal".
    pub commands: BTreeMap<String, Command>,
    /// Quantities of a regulator.
    pub quantities: BTreeMap<QuantityId, Measured>,
    /// What is so when a sensor says yes: `door_open`, `door_closed`, `plate`, `sealed`, `at_rest`.
    pub sensors: BTreeMap<String, Condition>,
}
