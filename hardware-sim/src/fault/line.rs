//! Faults of one line: what becomes of each request and its answer.

use super::Fault;
use crate::rng::Stream;
use serde::Deserialize;
use std::collections::VecDeque;

/// Most bytes of noise before an answer.
const NOISE: usize = 6;

/// The part of a Modbus frame that is wrong.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The unit that answers.
    Unit,
    /// The transaction number (TCP).
    Transaction,
    /// The function.
    Function,
}

/// What becomes of one request and its answer. Times in simulated microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Treatment {
    #[default]
    Normal,
    Mute,
    Deaf,
    Late(u64),
    Garbled,
    /// The request itself; its answer is left alone.
    Misheard,
    Noise,
    Echo,
    Duplicated,
    Half(Option<usize>),
    Dribbled(u64),
    Split(usize, u64),
    Misaddressed(Part),
    Refused(u8),
}

/// Faults of one line: those that were planted in the order in which they were planted, then those of chance.
#[derive(Debug)]
pub(crate) struct Faults {
    waiting: VecDeque<(Treatment, u32)>,
    /// Treatments that any request may get, with their probabilities.
    chances: Vec<(Treatment, f64)>,
    mended: bool,
    begun: u64,
    /// Requests and answers that something befell.
    struck: u64,
    noise: Stream,
}

impl Faults {
    /// No fault yet.
    pub(crate) fn new(noise: Stream) -> Self {
        Self {
            waiting: VecDeque::new(),
            chances: Vec::new(),
            mended: false,
            begun: 0,
            struck: 0,
            noise,
        }
    }

    /// Plants a fault; what is not the line's affair is passed over.
    pub(crate) fn plant(&mut self, fault: Fault) {
        if fault == Fault::Mended {
            self.waiting.clear();
            self.chances.clear();
            self.mended = true;
        } else if let Some(entry) = fault.treatment() {
            self.mended = false;
            self.waiting.push_back(entry);
        }
    }

    /// From now on any request gets this treatment with this probability.
    pub(crate) fn risk(&mut self, treatment: Treatment, probability: f64) {
        self.chances.push((treatment, probability));
    }

    /// Whether faults were taken away, and none was planted since.
    pub(crate) fn mended(&self) -> bool {
        self.mended
    }

    /// Requests so far.
    pub(crate) fn begun(&self) -> u64 {
        self.begun
    }

    /// How many requests or answers something befell.
    pub(crate) fn struck(&self) -> u64 {
        self.struck
    }

    /// A request begins: what becomes of it.
    pub(crate) fn begin(&mut self) -> Treatment {
        self.begun += 1;
        while let Some((treatment, left)) = self.waiting.front_mut() {
            if *left == 0 {
                self.waiting.pop_front();
            } else if *treatment == Treatment::Misheard {
                // It befell the bytes on their way.
                break;
            } else {
                *left -= 1;
                self.struck += 1;
                return *treatment;
            }
        }
        for (treatment, probability) in &self.chances {
            if *treatment != Treatment::Misheard && self.noise.unit() < *probability {
                self.struck += 1;
                return *treatment;
            }
        }
        Treatment::Normal
    }

    /// Bytes arrive at the instrument: flips a bit of them if that is their fault.
    pub(crate) fn hear(&mut self, bytes: &mut [u8]) {
        while self.waiting.front().is_some_and(|(_, left)| *left == 0) {
            self.waiting.pop_front();
        }
        if let Some((Treatment::Misheard, left)) = self.waiting.front_mut() {
            *left -= 1;
            self.struck += 1;
            self.garble(bytes);
            return;
        }
        let risk = self.chances.iter().find(|(t, _)| *t == Treatment::Misheard);
        if let Some((_, probability)) = risk
            && self.noise.unit() < *probability
        {
            self.struck += 1;
            self.garble(bytes);
        }
    }

    /// Flips one bit.
    pub(crate) fn garble(&mut self, bytes: &mut [u8]) {
        let (at, bit) = (self.noise.below(bytes.len()), self.noise.below(8));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1_u8.checked_shl(u32::try_from(bit).unwrap_or(0)).unwrap_or(1);
        }
    }

    /// The pieces that an answer becomes, each with how much later than usual it comes, in microseconds. `heard` is the
    /// request that it answers.
    pub(crate) fn pieces(
        &mut self,
        treatment: Treatment,
        heard: &[u8],
        mut bytes: Vec<u8>,
    ) -> Vec<(u64, Vec<u8>)> {
        match treatment {
            Treatment::Mute | Treatment::Deaf => Vec::new(),
            Treatment::Normal | Treatment::Misheard | Treatment::Refused(_) => vec![(0, bytes)],
            Treatment::Late(us) => vec![(us, bytes)],
            Treatment::Garbled => {
                self.garble(&mut bytes);
                vec![(0, bytes)]
            }
            Treatment::Noise => {
                let count = 1 + self.noise.below(NOISE);
                let noise = (0..count).map(|_| u8::try_from(self.noise.below(256)).unwrap_or(0));
                let noise: Vec<u8> = noise.collect();
                vec![(0, noise), (0, bytes)]
            }
            Treatment::Echo => vec![(0, heard.to_vec()), (0, bytes)],
            Treatment::Duplicated => vec![(0, bytes.clone()), (0, bytes)],
            Treatment::Half(length) => {
                let length = length.unwrap_or_else(|| self.noise.below(bytes.len()));
                bytes.truncate(length);
                vec![(0, bytes)]
            }
            Treatment::Dribbled(gap) => bytes
                .into_iter()
                .zip(0_u64..)
                .map(|(byte, n)| (if n == 0 { 0 } else { gap }, vec![byte]))
                .collect(),
            Treatment::Split(at, gap) => {
                let rest = bytes.split_off(at.min(bytes.len()));
                vec![(0, bytes), (gap, rest)]
            }
            // Whole frames of another: the twin that knows frames makes them. Elsewhere the first byte is another.
            Treatment::Misaddressed(_) => {
                if let Some(first) = bytes.first_mut() {
                    *first ^= 1;
                }
                vec![(0, bytes)]
            }
        }
    }
}
