//! Faults planted on an instrument's line, seeded. They change what arrives and when, never what is true.

use crate::rng::Stream;
use serde::Deserialize;
use std::collections::VecDeque;

/// A fault to plant.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The next requests are carried out, but their answers are lost.
    Mute {
        /// How many requests.
        requests: u32,
    },
    /// The next requests are lost on their way and never carried out.
    Deaf {
        /// How many requests.
        requests: u32,
    },
    /// The answers to the next requests come late.
    Late {
        /// How many requests.
        requests: u32,
        /// Simulated milliseconds of delay.
        by_ms: u64,
    },
    /// The answers to the next requests have a flipped bit.
    Garbled {
        /// How many requests.
        requests: u32,
    },
    /// Planted faults of the line that have not been felt yet are taken away.
    Mended,
    /// The instrument loses power and starts again at once; what is physically so stays.
    PowerCycle,
}

/// What becomes of one request and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Treatment {
    #[default]
    Normal,
    Mute,
    Deaf,
    Late(u64),
    Garbled,
}

/// Planted faults of one line, in the order in which they were planted.
#[derive(Debug)]
pub(crate) struct Faults {
    waiting: VecDeque<(Treatment, u32)>,
    mended: bool,
    noise: Stream,
}

impl Faults {
    /// No fault yet.
    pub(crate) fn new(noise: Stream) -> Self {
        Self {
            waiting: VecDeque::new(),
            mended: false,
            noise,
        }
    }

    /// Plants a fault; a power cycle is not the line's affair.
    pub(crate) fn plant(&mut self, fault: Fault) {
        let entry = match fault {
            Fault::Mute { requests } => (Treatment::Mute, requests),
            Fault::Deaf { requests } => (Treatment::Deaf, requests),
            Fault::Late { requests, by_ms } => (Treatment::Late(by_ms.saturating_mul(1000)), requests),
            Fault::Garbled { requests } => (Treatment::Garbled, requests),
            Fault::Mended => {
                self.waiting.clear();
                self.mended = true;
                return;
            }
            Fault::PowerCycle => return,
        };
        self.mended = false;
        self.waiting.push_back(entry);
    }

    /// Whether faults were taken away, and none was planted since.
    pub(crate) fn mended(&self) -> bool {
        self.mended
    }

    /// A request begins: what becomes of it.
    pub(crate) fn begin(&mut self) -> Treatment {
        while let Some((treatment, left)) = self.waiting.front_mut() {
            if *left > 0 {
                *left -= 1;
                return *treatment;
            }
            self.waiting.pop_front();
        }
        Treatment::Normal
    }

    /// Flips one bit of an answer.
    pub(crate) fn garble(&mut self, bytes: &mut [u8]) {
        let (at, bit) = (self.noise.below(bytes.len()), self.noise.below(8));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1_u8.checked_shl(u32::try_from(bit).unwrap_or(0)).unwrap_or(1);
        }
    }
}
