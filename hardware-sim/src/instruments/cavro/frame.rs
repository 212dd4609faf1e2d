//! Frames of both protocols, found by the bytes themselves; whichever whole frame comes first after power-up locks the
//! other protocol out (of an XCalibur: OEM locks DT out; of an XLP each the other. Here as of the XLP).

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const LONGEST: usize = 300;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) address: u8,
    pub(super) text: String,
    /// The same block again: it is acknowledged, not executed.
    pub(super) repeated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Dt,
    Oem,
}

/// Finds frames in bytes.
#[derive(Debug, Default)]
pub(super) struct Framing {
    protocol: Option<Protocol>,
    buffer: Vec<u8>,
    /// Sequence number of the last block, without the repeat bit.
    sequence: Option<u8>,
    last: u8,
}

impl Framing {
    /// One more byte; a frame when it completes one.
    pub(super) fn take(&mut self, byte: u8) -> Option<Frame> {
        let inside_oem = self.buffer.first() == Some(&STX);
        match byte {
            // The checksum may look like anything.
            _ if inside_oem && self.ends_oem() => {
                let buffer = std::mem::take(&mut self.buffer);
                return self.oem(&buffer, byte);
            }
            b'/' if !inside_oem && self.protocol != Some(Protocol::Oem) => {
                self.buffer = vec![byte];
            }
            STX if self.protocol != Some(Protocol::Dt) => self.buffer = vec![byte],
            b'\r' if !inside_oem => {
                let buffer = std::mem::take(&mut self.buffer);
                return self.dt(&buffer);
            }
            _ if self.buffer.is_empty() => {}
            _ => self.buffer.push(byte),
        }
        if self.buffer.len() > LONGEST {
            self.buffer.clear();
        }
        None
    }

    fn ends_oem(&self) -> bool {
        self.buffer.len() >= 4 && self.buffer.last() == Some(&ETX)
    }

    fn dt(&mut self, buffer: &[u8]) -> Option<Frame> {
        let [b'/', address, text @ ..] = buffer else {
            return None;
        };
        if !addressable(*address) {
            return None;
        }
        self.protocol = Some(Protocol::Dt);
        Some(Frame {
            address: *address,
            text: String::from_utf8_lossy(text).into_owned(),
            repeated: false,
        })
    }

    fn oem(&mut self, buffer: &[u8], sum: u8) -> Option<Frame> {
        let [STX, address, sequence, text @ .., ETX] = buffer else {
            return None;
        };
        if !addressable(*address) || sequence & 0xF0 != 0x30 || checksum(buffer) != sum {
            return None;
        }
        self.protocol = Some(Protocol::Oem);
        let number = sequence & 0x07;
        let repeated = sequence & 0x08 != 0 && self.sequence == Some(number);
        self.sequence = Some(number);
        Some(Frame {
            address: *address,
            text: String::from_utf8_lossy(text).into_owned(),
            repeated,
        })
    }

    /// Status of the last answer.
    pub(super) fn last(&self) -> u8 {
        self.last
    }

    /// An answer in the protocol that is spoken.
    pub(super) fn answer(&mut self, status: u8, data: &str) -> Vec<u8> {
        self.last = status;
        if self.protocol == Some(Protocol::Oem) {
            let mut bytes = vec![STX, b'0', status];
            bytes.extend_from_slice(data.as_bytes());
            bytes.push(ETX);
            bytes.push(checksum(&bytes));
            return bytes;
        }
        let mut bytes = vec![b'/', b'0', status];
        bytes.extend_from_slice(data.as_bytes());
        bytes.extend_from_slice(&[ETX, b'\r', b'\n']);
        bytes
    }
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// Whether a byte addresses one pump.
pub(super) fn single(address: u8) -> bool {
    (0x31..=0x3F).contains(&address)
}

fn addressable(address: u8) -> bool {
    single(address) || matches!(address, 0x41..=0x5F)
}

/// Whether a byte addresses the pump with this switch position: alone, in its pair, in its four, or all.
pub(super) fn addressed(address: u8, switch: u8) -> bool {
    match address {
        0x31..=0x3F => address - 0x31 == switch,
        0x41..=0x4F => (address - 0x41) & !1 == switch & !1 && address & 1 == 1,
        0x51 | 0x55 | 0x59 | 0x5D => (address - 0x51) / 4 == switch / 4,
        0x5F => true,
        _ => false,
    }
}
