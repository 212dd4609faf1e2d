//! Frames of both protocols, found by the bytes themselves. After power-up, a whole OEM frame locks DT out; of an XLP 6000,
//! one of DT locks OEM out as well.

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
    /// DT locks OEM out.
    exclusive: bool,
    buffer: Vec<u8>,
    /// Sequence number of the last block, without the repeat bit.
    sequence: Option<u8>,
    last: u8,
}

impl Framing {
    /// After power-up; of an XLP 6000, each protocol locks the other out.
    pub(super) fn new(xlp: bool) -> Self {
        Self {
            exclusive: xlp,
            ..Self::default()
        }
    }

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
            STX if !(self.exclusive && self.protocol == Some(Protocol::Dt)) => self.buffer = vec![byte],
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

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(framing: &mut Framing, bytes: &[u8]) -> Vec<(u8, String, bool)> {
        let taken = bytes.iter().filter_map(|byte| framing.take(*byte));
        taken
            .map(|frame| (frame.address, frame.text, frame.repeated))
            .collect()
    }

    #[test]
    fn blocks_of_the_dossier() {
        for (block, address, text) in [
            (&b"\x02\x31\x31ZR\x03\x09"[..], 0x31, "ZR"),
            (b"\x02\x31\x32Q\x03\x53", 0x31, "Q"),
            (b"\x02\x31\x33?\x03\x3c", 0x31, "?"),
            (b"\x02\x31\x34?6\x03\x0d", 0x31, "?6"),
            (b"\x02\x31\x36V1400IA3000OA0R\x03\x32", 0x31, "V1400IA3000OA0R"),
            (b"\x02\x31\x37A4000R\x03\x10", 0x31, "A4000R"),
            (b"\x02\x31\x32Z0,1,9R\x03\x32", 0x31, "Z0,1,9R"),
            (b"\x02\x31\x33I3R\x03\x2b", 0x31, "I3R"),
            (b"\x02\x32\x31T\x03\x56", 0x32, "T"),
            (b"\x02\x5f\x31ZR\x03\x67", 0x5F, "ZR"),
            (b"\x02\x31\x31A300R\x03\x21", 0x31, "A300R"),
        ] {
            let heard = frames(&mut Framing::new(true), block);
            assert_eq!(heard, [(address, text.to_owned(), false)]);
        }
        let mut framing = Framing::new(false);
        for (status, data, block) in [
            (0x40, "", &b"\x02\x30\x40\x03\x71"[..]),
            (0x60, "", b"\x02\x30\x60\x03\x51"),
            (0x67, "", b"\x02\x30\x67\x03\x56"),
            (0x69, "", b"\x02\x30\x69\x03\x58"),
            (0x60, "3000", b"\x02\x30\x603000\x03\x52"),
            (0x60, "i", b"\x02\x30\x60i\x03\x38"),
            (0x60, "9", b"\x02\x30\x609\x03\x68"),
        ] {
            frames(&mut framing, b"\x02\x31\x32Q\x03\x53");
            assert_eq!(framing.answer(status, data), block);
        }
    }

    #[test]
    fn a_block_that_comes_again_is_known_by_its_number() {
        let mut framing = Framing::new(false);
        let first = b"\x02\x31\x31A300R\x03\x21";
        let again = b"\x02\x31\x39A300R\x03\x29";
        assert!(
            !frames(&mut framing, again)[0].2,
            "of a block that was never heard, it is new"
        );
        assert!(frames(&mut framing, again)[0].2);
        assert!(!frames(&mut framing, first)[0].2, "without the flag it is new");
        assert!(frames(&mut framing, again)[0].2);
        frames(&mut framing, b"\x02\x31\x32Q\x03\x53");
        assert!(!frames(&mut framing, again)[0].2, "another came between");
    }

    #[test]
    fn which_protocol_locks_which_out() {
        let (dt, oem) = (b"/1Q\r", b"\x02\x31\x32Q\x03\x53");
        for (xlp, after_dt) in [(false, 1), (true, 0)] {
            let mut framing = Framing::new(xlp);
            assert_eq!(frames(&mut framing, dt).len(), 1);
            assert_eq!(frames(&mut framing, oem).len(), after_dt);
            let mut framing = Framing::new(xlp);
            assert_eq!(frames(&mut framing, oem).len(), 1);
            assert_eq!(frames(&mut framing, dt).len(), 0);
        }
    }
}
