//! Faults that are planted on an instrument, seeded: of its line ([`line`]), of its plug and of the device itself
//! ([`device`]), by command or by the rig file ([`plan`]). Faults of line and plug change what arrives and when, never
//! what is true; those of the device change what it does. Knows no instrument's bytes.

mod device;
mod line;
mod plan;

pub(crate) use device::{Trouble, Troubles};
pub use line::Part;
pub(crate) use line::{Faults, Treatment};
pub(crate) use plan::{Plan, Planned};

use serde::Deserialize;

/// A fault to plant. Requests are counted from now on; what has no number is over at once or lasts until [`Fault::Mended`].
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The next requests are carried out, but their answers are lost.
    Mute {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// The next requests are lost on their way and never carried out.
    Deaf {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// The answers to the next requests come late.
    Late {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
        /// Simulated milliseconds of delay.
        by_ms: u64,
    },
    /// The answers to the next requests have a flipped bit.
    Garbled {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// The next pieces of bytes that arrive at the instrument have a flipped bit each.
    Misheard {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// Before the next answers come a few bytes of noise.
    Noise {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// Before the next answers the host hears its own bytes, as on two-wire RS-485.
    Echo {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// The next answers come twice.
    Duplicated {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
    },
    /// Of the next answers only the first bytes come.
    Half {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
        /// How many bytes; drawn anew for each answer where none are given.
        bytes: Option<usize>,
    },
    /// The next answers come byte by byte.
    Dribbled {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
        /// Simulated milliseconds between two bytes.
        gap_ms: u64,
    },
    /// The next answers come in two pieces.
    Split {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
        /// Bytes of the first piece.
        bytes: usize,
        /// Simulated milliseconds between the pieces.
        gap_ms: u64,
    },
    /// The next answers are whole frames with another unit, transaction or function (Modbus); on other lines they begin
    /// with another byte.
    Misaddressed {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
        /// Which part is wrong.
        part: Part,
    },
    /// The next requests are refused and not carried out: a Modbus exception, `er` of a Cytomat, the error of a pump's
    /// status byte, an error line of the motor board.
    Refused {
        /// How many requests.
        #[serde(default = "one")]
        requests: u32,
        /// Number of the exception or error.
        code: u8,
    },
    /// The cable is pulled: open connections end, new ones are refused, what was on the wire is lost. On a
    /// pseudo-terminal the plug comes back under another number.
    Unplugged {
        /// Simulated milliseconds until it is plugged in again.
        for_ms: u64,
    },
    /// Connections that are open now stay so and carry nothing more; new ones work (TCP after a peer's death).
    HalfOpen,
    /// Connections that are open now end at once; new ones work.
    Reset,
    /// The next motions or commands begin and never end.
    Stuck {
        /// How many.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next motions stop half-way, and the instrument reports it: plunger overload, hard limit, a fault of a result.
    Jammed {
        /// How many.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next times a mover shall lay something down, its gripper does not open: it folds with what it holds.
    GripStuck {
        /// How many.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next plunger strokes are counted whole, but the plunger goes only half of the way.
    Slipped {
        /// How many.
        #[serde(default = "one")]
        times: u32,
    },
    /// Somebody opens the door.
    DoorOpen,
    /// Somebody closes the door.
    DoorClosed,
    /// The contact of an input opens, or its wire breaks. Planted on the input's own name, not on its module's.
    ContactOpen,
    /// The contact of an input closes.
    ContactClosed,
    /// The next times the nozzles come down on tips, none stays on.
    NoTip {
        /// How many times.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next strokes move no liquid: the tips are clogged.
    Clogged {
        /// How many strokes.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next draws take air: the liquid has run short.
    Short {
        /// How many draws.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next scans see no barcode.
    NoBarcode {
        /// How many scans.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next scans read another barcode.
    WrongBarcode {
        /// How many scans.
        #[serde(default = "one")]
        times: u32,
    },
    /// The next readings do not get into the registers whole: the device keeps the number of the one before.
    TransferCut {
        /// How many readings.
        #[serde(default = "one")]
        times: u32,
    },
    /// In the next readings every third value is infinite.
    Saturated {
        /// How many readings.
        #[serde(default = "one")]
        times: u32,
    },
    /// In the next readings every third value is no number.
    NotANumber {
        /// How many readings.
        #[serde(default = "one")]
        times: u32,
    },
    /// It answers as another of its kind: another serial number.
    OtherSerial,
    /// It answers as another model.
    OtherModel,
    /// It answers with another firmware.
    OtherFirmware,
    /// Planted faults that have not been felt yet are taken away; what was stuck goes on.
    Mended,
    /// The instrument loses power and starts again at once; what is physically so stays.
    PowerCycle,
}

/// Once, where no number is given.
fn one() -> u32 {
    1
}

impl Fault {
    /// What it is for the device, if it is the device's, and how often.
    pub(crate) fn trouble(self) -> Option<(Trouble, u32)> {
        Some(match self {
            Self::Stuck { times } => (Trouble::Stuck, times),
            Self::Jammed { times } => (Trouble::Jammed, times),
            Self::GripStuck { times } => (Trouble::GripStuck, times),
            Self::Slipped { times } => (Trouble::Slipped, times),
            Self::NoTip { times } => (Trouble::NoTip, times),
            Self::Clogged { times } => (Trouble::Clogged, times),
            Self::Short { times } => (Trouble::Short, times),
            Self::NoBarcode { times } => (Trouble::NoBarcode, times),
            Self::WrongBarcode { times } => (Trouble::WrongBarcode, times),
            Self::TransferCut { times } => (Trouble::TransferCut, times),
            Self::Saturated { times } => (Trouble::Saturated, times),
            Self::NotANumber { times } => (Trouble::NotANumber, times),
            Self::DoorOpen => (Trouble::DoorOpen, u32::MAX),
            Self::ContactOpen => (Trouble::ContactOpen, u32::MAX),
            Self::OtherSerial => (Trouble::OtherSerial, u32::MAX),
            Self::OtherModel => (Trouble::OtherModel, u32::MAX),
            Self::OtherFirmware => (Trouble::OtherFirmware, u32::MAX),
            _ => return None,
        })
    }

    /// What it is for the line, if it is the line's, and for how many requests.
    pub(crate) fn treatment(self) -> Option<(Treatment, u32)> {
        let us = |ms: u64| ms.saturating_mul(1000);
        Some(match self {
            Self::Mute { requests } => (Treatment::Mute, requests),
            Self::Deaf { requests } => (Treatment::Deaf, requests),
            Self::Late { requests, by_ms } => (Treatment::Late(us(by_ms)), requests),
            Self::Garbled { requests } => (Treatment::Garbled, requests),
            Self::Misheard { requests } => (Treatment::Misheard, requests),
            Self::Noise { requests } => (Treatment::Noise, requests),
            Self::Echo { requests } => (Treatment::Echo, requests),
            Self::Duplicated { requests } => (Treatment::Duplicated, requests),
            Self::Half { requests, bytes } => (Treatment::Half(bytes), requests),
            Self::Dribbled { requests, gap_ms } => (Treatment::Dribbled(us(gap_ms)), requests),
            Self::Split {
                requests,
                bytes,
                gap_ms,
            } => (Treatment::Split(bytes, us(gap_ms)), requests),
            Self::Misaddressed { requests, part } => (Treatment::Misaddressed(part), requests),
            Self::Refused { requests, code } => (Treatment::Refused(code), requests),
            _ => return None,
        })
    }
}
