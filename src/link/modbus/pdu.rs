//! Requests and answers without their envelope (Modbus Application Protocol V1.1b3).

use thiserror::Error;

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
}

/// The device said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("exception {code} ({})", self.name())]
pub struct Exception {
    /// The exception code.
    pub code: u8,
}

impl Exception {
    /// The code's meaning.
    pub const fn name(self) -> &'static str {
        match self.code {
            1 => "illegal function",
            2 => "illegal address",
            3 => "illegal value",
            4 => "device failure",
            5 => "accepted, takes long",
            6 => "busy",
            8 => "memory parity error",
            10 => "gateway: no path",
            11 => "gateway: the device did not answer",
            _ => "unknown",
        }
    }
    /// Busy: the same request may be sent again later.
    pub const fn is_busy(self) -> bool {
        self.code == 6
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
        }
    }

    /// Whether it changes something in the device.
    pub const fn writes(&self) -> bool {
        !matches!(self, Self::Echo { .. }) && self.function() > 4
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

    /// Length of the answer that fits, function included.
    pub fn answer_length(&self) -> usize {
        match (self, self.byte_count()) {
            (_, Some(bytes)) => 2 + bytes,
            (Self::MaskWrite { .. }, None) => 7,
            (_, None) => 5,
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
            // A single write echoes the whole request, a multiple one its address and count.
            (_, None) => self.encode().unwrap_or_default().into_iter().take(5).collect(),
        };
        start.len() <= self.answer_length() && head.iter().zip(start).all(|(a, b)| a == b)
    }

    /// Reads a complete answer; `None` when it does not fit the request.
    pub fn decode(&self, answer: &[u8]) -> Option<Result<Response, Exception>> {
        if let [function, code] = answer
            && *function == self.function() | 0x80
        {
            return Some(Err(Exception { code: *code }));
        }
        if answer.len() != self.answer_length() || !self.may_become_answer(answer) {
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
            _ => Response::Written,
        };
        Some(Ok(response))
    }
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
