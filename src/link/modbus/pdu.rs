//! Requests and answers without their envelope (Modbus Application Protocol V1.1b3).

use super::Span;
use crate::rig::profile::modbus::TableKind;
use thiserror::Error;

/// Longest request or answer without its envelope.
const LONGEST_PDU: usize = 253;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Function 1.
    ReadCoils {
        /// First address.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 2.
    ReadDiscrete {
        /// First address.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 3.
    ReadHolding {
        /// First address.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 4.
    ReadInput {
        /// First address.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 5.
    WriteCoil {
        /// Its address.
        address: u16,
        /// On or off.
        on: bool,
    },
    /// Function 6.
    WriteRegister {
        /// Its address.
        address: u16,
        /// The word.
        value: u16,
    },
    /// Function 8, sub-function 0: the device returns the word. It asks for nothing and changes nothing.
    Echo {
        /// The word.
        value: u16,
    },
    /// Function 15.
    WriteCoils {
        /// First address.
        address: u16,
        /// On or off.
        values: Vec<bool>,
    },
    /// Function 16.
    WriteRegisters {
        /// First address.
        address: u16,
        /// The words.
        values: Vec<u16>,
    },
    /// Function 22: new = (current AND and) OR (or AND NOT and).
    MaskWrite {
        /// Its address.
        address: u16,
        /// Bits that are kept.
        and: u16,
        /// Bits that are set where not kept.
        or: u16,
    },
    /// Function 23: writes first, then reads.
    ReadWrite {
        /// First address to read.
        read_address: u16,
        /// How many to read.
        read_count: u16,
        /// First address to write.
        write_address: u16,
        /// The words to write.
        values: Vec<u16>,
    },
    /// Function 43 with 14: who the device says it is.
    Identify {
        /// 1 to 3 for a stream of basic, regular or all objects, 4 for the one that `object` names.
        code: u8,
        /// The first object.
        object: u8,
    },
    /// Function 43 with 13, the CANopen general reference, as the igus dryve D1 speaks it: reads an object.
    ReadObject {
        /// Index.
        index: u16,
        /// Sub-index.
        sub: u8,
        /// How many bytes it has, 1 to 4.
        bytes: u8,
    },
    /// The same: writes an object.
    WriteObject {
        /// Index.
        index: u16,
        /// Sub-index.
        sub: u8,
        /// Its bytes, low byte first, 1 to 4.
        value: Vec<u8>,
    },
}

/// What a device says of itself (function 43 with 14).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identification {
    /// What it can tell at all: 1 to 3, and 0x81 to 0x83 where it also tells single objects.
    pub conformity: u8,
    /// Where the stream goes on, if it did not fit.
    pub next: Option<u8>,
    /// Objects by number: 0 vendor, 1 product code, 2 revision, further ones by the book. What is no text is made legible.
    pub objects: Vec<(u8, String)>,
}

/// An answer that fits its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Bits read.
    Bits(Vec<bool>),
    /// Words read.
    Words(Vec<u16>),
    /// Written or returned as asked.
    Written,
    /// Who it is.
    Identification(Identification),
    /// Bytes of an object, low byte first.
    Object(Vec<u8>),
}

/// The device said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("exception {code} ({})", self.name())]
pub struct Exception {
    /// The exception code.
    pub code: u8,
}

/// What an exception means (Modbus Application Protocol V1.1b3, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// 1: the device has no such function.
    IllegalFunction,
    /// 2: the device has no such address.
    IllegalAddress,
    /// 3: the value or count is not allowed.
    IllegalValue,
    /// 4: the device failed while it tried.
    DeviceFailure,
    /// 5: accepted; it takes long and must be waited for.
    Accepted,
    /// 6: busy; the same request may be sent again later.
    Busy,
    /// 7: it cannot do that.
    Refused,
    /// 8: its memory is damaged.
    MemoryParity,
    /// 10: the gateway has no way to the device.
    NoPath,
    /// 11: the device did not answer the gateway.
    NoTarget,
    /// Any other code.
    Other(u8),
}

impl Exception {
    /// What the code means.
    pub const fn meaning(self) -> Meaning {
        match self.code {
            1 => Meaning::IllegalFunction,
            2 => Meaning::IllegalAddress,
            3 => Meaning::IllegalValue,
            4 => Meaning::DeviceFailure,
            5 => Meaning::Accepted,
            6 => Meaning::Busy,
            7 => Meaning::Refused,
            8 => Meaning::MemoryParity,
            10 => Meaning::NoPath,
            11 => Meaning::NoTarget,
            other => Meaning::Other(other),
        }
    }
    /// The code's meaning in words.
    pub const fn name(self) -> &'static str {
        match self.meaning() {
            Meaning::IllegalFunction => "illegal function",
            Meaning::IllegalAddress => "illegal address",
            Meaning::IllegalValue => "illegal value",
            Meaning::DeviceFailure => "device failure",
            Meaning::Accepted => "accepted, takes long",
            Meaning::Busy => "busy",
            Meaning::Refused => "negative acknowledge",
            Meaning::MemoryParity => "memory parity error",
            Meaning::NoPath => "gateway: no path",
            Meaning::NoTarget => "gateway: the device did not answer",
            Meaning::Other(_) => "unknown",
        }
    }
    /// Busy: the same request may be sent again later.
    pub const fn is_busy(self) -> bool {
        self.code == 6
    }
    /// Whether the device has taken the request up: `None` where the code does not tell, as when it failed on the way or a
    /// gateway heard nothing from it.
    pub const fn taken_up(self) -> Option<bool> {
        match self.meaning() {
            Meaning::Accepted => Some(true),
            Meaning::IllegalFunction
            | Meaning::IllegalAddress
            | Meaning::IllegalValue
            | Meaning::Busy
            | Meaning::Refused
            | Meaning::NoPath => Some(false),
            Meaning::DeviceFailure | Meaning::MemoryParity | Meaning::NoTarget | Meaning::Other(_) => None,
        }
    }
}

/// A request that no frame can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("function {function} takes 1 to {limit} items, not {count}")]
pub struct TooMany {
    /// The function.
    pub function: u8,
    /// What was asked.
    pub count: usize,
    /// What is allowed.
    pub limit: u16,
}

impl Request {
    /// The function code.
    pub const fn function(&self) -> u8 {
        match self {
            Self::ReadCoils { .. } => 1,
            Self::ReadDiscrete { .. } => 2,
            Self::ReadHolding { .. } => 3,
            Self::ReadInput { .. } => 4,
            Self::WriteCoil { .. } => 5,
            Self::WriteRegister { .. } => 6,
            Self::Echo { .. } => 8,
            Self::WriteCoils { .. } => 15,
            Self::WriteRegisters { .. } => 16,
            Self::MaskWrite { .. } => 22,
            Self::ReadWrite { .. } => 23,
            Self::Identify { .. } | Self::ReadObject { .. } | Self::WriteObject { .. } => 43,
        }
    }

    /// What it writes.
    pub fn written(&self) -> Option<(TableKind, Span)> {
        let many = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Some(match self {
            Self::WriteCoil { address, .. } => (TableKind::Coil, Span::new(*address, 1)),
            Self::WriteCoils { address, values } => {
                (TableKind::Coil, Span::new(*address, many(values.len())))
            }
            Self::WriteRegister { address, .. } | Self::MaskWrite { address, .. } => {
                (TableKind::Holding, Span::new(*address, 1))
            }
            Self::WriteObject { index, .. } => (TableKind::Holding, Span::new(*index, 1)),
            Self::WriteRegisters { address, values }
            | Self::ReadWrite {
                write_address: address,
                values,
                ..
            } => (TableKind::Holding, Span::new(*address, many(values.len()))),
            _ => return None,
        })
    }

    /// Whether it changes something in the device.
    pub fn writes(&self) -> bool {
        self.written().is_some()
    }

    /// The bytes: function and data.
    ///
    /// # Errors
    /// When it asks for more items than the function may carry.
    pub fn encode(&self) -> Result<Vec<u8>, TooMany> {
        let mut out = vec![self.function()];
        match self {
            Self::ReadCoils { address, count } | Self::ReadDiscrete { address, count } => {
                self.limit(usize::from(*count), 2000)?;
                words(&mut out, &[*address, *count]);
            }
            Self::ReadHolding { address, count } | Self::ReadInput { address, count } => {
                self.limit(usize::from(*count), 125)?;
                words(&mut out, &[*address, *count]);
            }
            Self::WriteCoil { address, on } => words(&mut out, &[*address, if *on { 0xFF00 } else { 0 }]),
            Self::WriteRegister { address, value } => words(&mut out, &[*address, *value]),
            Self::Echo { value } => words(&mut out, &[0, *value]),
            Self::Identify { code, object } => out.extend([14, *code, *object]),
            Self::ReadObject { index, sub, bytes } => {
                self.limit(usize::from(*bytes), 4)?;
                out.extend(object_head(false, *index, *sub, *bytes));
            }
            Self::WriteObject { index, sub, value } => {
                self.limit(value.len(), 4)?;
                out.extend(object_head(true, *index, *sub, byte(value.len())));
                out.extend(value);
            }
            Self::WriteCoils { address, values } => {
                let count = self.limit(values.len(), 1968)?;
                words(&mut out, &[*address, count]);
                let packed: Vec<u8> = values
                    .chunks(8)
                    .map(|bits| {
                        let add = |byte: u8, (i, on): (usize, &bool)| byte | (u8::from(*on) << i);
                        bits.iter().enumerate().fold(0, add)
                    })
                    .collect();
                out.push(byte(packed.len()));
                out.extend(packed);
            }
            Self::WriteRegisters { address, values } => {
                let count = self.limit(values.len(), 123)?;
                words(&mut out, &[*address, count]);
                out.push(byte(values.len() * 2));
                words(&mut out, values);
            }
            Self::MaskWrite { address, and, or } => words(&mut out, &[*address, *and, *or]),
            Self::ReadWrite {
                read_address,
                read_count,
                write_address,
                values,
            } => {
                self.limit(usize::from(*read_count), 125)?;
                let count = self.limit(values.len(), 121)?;
                words(&mut out, &[*read_address, *read_count, *write_address, count]);
                out.push(byte(values.len() * 2));
                words(&mut out, values);
            }
        }
        Ok(out)
    }

    fn limit(&self, count: usize, limit: u16) -> Result<u16, TooMany> {
        let function = self.function();
        u16::try_from(count)
            .ok()
            .filter(|n| (1..=limit).contains(n))
            .ok_or(TooMany {
                function,
                count,
                limit,
            })
    }

    /// Bytes of payload that a read answers with; `None` for writes.
    fn byte_count(&self) -> Option<usize> {
        match self {
            Self::ReadCoils { count, .. } | Self::ReadDiscrete { count, .. } => {
                Some(usize::from(*count).div_ceil(8))
            }
            Self::ReadHolding { count, .. }
            | Self::ReadInput { count, .. }
            | Self::ReadWrite {
                read_count: count, ..
            } => Some(usize::from(*count) * 2),
            _ => None,
        }
    }

    /// Length of the answer that fits, function included, as far as its beginning tells: `None` while more of it is needed.
    pub fn answer_length(&self, start: &[u8]) -> Option<usize> {
        match (self, self.byte_count()) {
            (_, Some(bytes)) => Some(2 + bytes),
            (Self::MaskWrite { .. }, None) => Some(7),
            (Self::Identify { .. }, None) => identification_length(start),
            (Self::ReadObject { bytes, .. }, None) => Some(OBJECT_HEAD + usize::from(*bytes)),
            (Self::WriteObject { .. }, None) => Some(OBJECT_HEAD),
            (_, None) => Some(5),
        }
    }

    /// Whether the beginning of an answer can still become the one that fits: function, byte count and echoes are
    /// compared as far as they have arrived.
    pub fn may_become_answer(&self, start: &[u8]) -> bool {
        match start.first() {
            None => return true,
            Some(f) if *f == self.function() | 0x80 => return start.len() <= 2,
            Some(_) => {}
        }
        let head: Vec<u8> = match (self, self.byte_count()) {
            (_, Some(bytes)) => vec![self.function(), byte(bytes)],
            (Self::MaskWrite { .. }, None) => self.encode().unwrap_or_default(),
            (Self::Identify { code, .. }, None) => vec![self.function(), 14, *code],
            (Self::ReadObject { .. }, None) => self.encode().unwrap_or_default(),
            // What was written is not told, but counted as nothing.
            (Self::WriteObject { index, sub, .. }, None) => {
                let head = object_head(true, *index, *sub, 0);
                [&[self.function()], head.as_slice()].concat()
            }
            // A single write echoes the whole request, a multiple one its address and count.
            (_, None) => self.encode().unwrap_or_default().into_iter().take(5).collect(),
        };
        let most = self.answer_length(start).unwrap_or(LONGEST_PDU).min(LONGEST_PDU);
        start.len() <= most && head.iter().zip(start).all(|(a, b)| a == b)
    }

    /// Reads a complete answer; `None` when it does not fit the request.
    pub fn decode(&self, answer: &[u8]) -> Option<Result<Response, Exception>> {
        if let [function, code] = answer
            && *function == self.function() | 0x80
        {
            return Some(Err(Exception { code: *code }));
        }
        if self.answer_length(answer) != Some(answer.len()) || !self.may_become_answer(answer) {
            return None;
        }
        let payload = answer.get(2..)?;
        let response = match self {
            Self::ReadCoils { count, .. } | Self::ReadDiscrete { count, .. } => {
                let bits = payload
                    .iter()
                    .flat_map(|byte| (0..8).map(move |i| (byte >> i) & 1 == 1));
                Response::Bits(bits.take(usize::from(*count)).collect())
            }
            Self::ReadHolding { .. } | Self::ReadInput { .. } | Self::ReadWrite { .. } => {
                Response::Words(to_words(payload))
            }
            Self::Identify { .. } => Response::Identification(identification(payload)?),
            Self::ReadObject { .. } => Response::Object(answer.get(OBJECT_HEAD..)?.to_vec()),
            _ => Response::Written,
        };
        Some(Ok(response))
    }
}

/// Bytes before the value of an object, function included.
const OBJECT_HEAD: usize = 12;

/// What stands between the function and the value of an object.
fn object_head(writes: bool, index: u16, sub: u8, bytes: u8) -> [u8; OBJECT_HEAD - 1] {
    let [high, low] = index.to_be_bytes();
    [13, u8::from(writes), 0, 0, high, low, sub, 0, 0, 0, bytes]
}

/// Length of an answer to function 43 with 14, once its objects' lengths have arrived.
fn identification_length(start: &[u8]) -> Option<usize> {
    let mut length = 7;
    for _ in 0..*start.get(6)? {
        length += 2 + usize::from(*start.get(length + 1)?);
    }
    Some(length)
}

/// The objects of such an answer, from the byte behind the 14 on.
fn identification(payload: &[u8]) -> Option<Identification> {
    let [_, conformity, more, next, count, rest @ ..] = payload else {
        return None;
    };
    let mut objects = Vec::with_capacity(usize::from(*count));
    let mut rest = rest;
    for _ in 0..*count {
        let [object, length, text @ ..] = rest else {
            return None;
        };
        let (text, others) = text.split_at_checked(usize::from(*length))?;
        objects.push((*object, String::from_utf8_lossy(text).into_owned()));
        rest = others;
    }
    Some(Identification {
        conformity: *conformity,
        next: (*more != 0).then_some(*next),
        objects,
    })
}

fn words(out: &mut Vec<u8>, words: &[u16]) {
    out.extend(words.iter().flat_map(|w| w.to_be_bytes()));
}

/// Words from bytes, high byte first.
fn to_words(bytes: &[u8]) -> Vec<u16> {
    let pair = |pair: &[u8]| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    bytes.chunks_exact(2).map(pair).collect()
}

fn byte(n: usize) -> u8 {
    // Limits above keep every count below 256.
    u8::try_from(n).unwrap_or(u8::MAX)
}

#[cfg(test)]
#[path = "pdu_tests.rs"]
mod tests;
