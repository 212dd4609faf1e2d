//! What an instrument is reached by: serial ports, sockets, and how a device wants to be spoken to.

use crate::units::Duration;

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

/// Character format of a serial line, as "8N1".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Data bits, 7 or 8.
    pub data_bits: u8,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
}

impl Format {
    /// From its usual name, as "8N1".
    pub fn of(text: &str) -> Option<Self> {
        let [data, parity, stop] = text.as_bytes() else {
            return None;
        };
        let parity = match parity {
            b'N' => Parity::None,
            b'E' => Parity::Even,
            b'O' => Parity::Odd,
            _ => return None,
        };
        let data_bits = matches!(data, b'7' | b'8').then(|| data - b'0')?;
        let stop_bits = matches!(stop, b'1' | b'2').then(|| stop - b'0')?;
        Some(Self {
            data_bits,
            parity,
            stop_bits,
        })
    }
    /// Bits on the wire per character, start bit included.
    pub const fn bits(self) -> u8 {
        1 + self.data_bits + self.stop_bits + if matches!(self.parity, Parity::None) { 0 } else { 1 }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        write!(f, "{}{parity}{}", self.data_bits, self.stop_bits)
    }
}

/// What is spoken on a line, where the driver alone does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineProtocol {
    /// Whatever the driver speaks.
    Native,
    /// Modbus RTU frames on a serial line.
    ModbusRtu,
    /// Modbus TCP frames (MBAP).
    ModbusTcp,
}

/// How a device wants to be spoken to on its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Longest wait for one answer, of real time; what profile or module say, where nothing is said.
    pub timeout: Option<Duration>,
    /// Silence after an exchange with it before anything else goes out on its line, of real time.
    pub turnaround: Duration,
    /// What is sent comes back first: two-wire RS-485 behind an adapter that does not suppress it.
    pub echo: bool,
    /// Most requests that are on their way at once (Modbus TCP).
    pub in_flight: u8,
    /// Whether both ends of a serial line tell by RTS and CTS when they can take bytes.
    pub rts_cts: bool,
    /// Whether Cavro pumps are spoken to in OEM frames (sequence number, checksum) instead of DT frames.
    pub oem: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            timeout: None,
            turnaround: Duration::ZERO,
            echo: false,
            in_flight: 1,
            rts_cts: false,
            oem: false,
        }
    }
}

/// How an instrument is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A serial port.
    Serial {
        /// Path of the device node.
        path: String,
        /// Bits per second.
        baud: u32,
        /// Character format.
        format: Format,
        /// What is spoken.
        protocol: LineProtocol,
        /// Modbus unit id.
        unit: u8,
        /// How it wants to be spoken to.
        manner: Manner,
    },
    /// A TCP connection.
    Tcp {
        /// "host:port".
        address: String,
        /// What is spoken.
        protocol: LineProtocol,
        /// Modbus unit id.
        unit: u8,
        /// How it wants to be spoken to.
        manner: Manner,
    },
}

impl Link {
    /// The Modbus unit id.
    pub const fn unit(&self) -> u8 {
        match self {
            Self::Serial { unit, .. } | Self::Tcp { unit, .. } => *unit,
        }
    }
    /// What is spoken.
    pub const fn protocol(&self) -> LineProtocol {
        match self {
            Self::Serial { protocol, .. } | Self::Tcp { protocol, .. } => *protocol,
        }
    }
    /// How the device wants to be spoken to.
    pub const fn manner(&self) -> Manner {
        match self {
            Self::Serial { manner, .. } | Self::Tcp { manner, .. } => *manner,
        }
    }
    /// Path or address: instruments with the same one share a line.
    pub fn place(&self) -> &str {
        match self {
            Self::Serial { path, .. } => path,
            Self::Tcp { address, .. } => address,
        }
    }
}
