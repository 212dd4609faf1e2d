//! Faults of the devices themselves, by instrument: asked for where an instrument or the world does what they befall.

use crate::rng::Stream;
use std::collections::BTreeMap;

/// What may befall a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    Stuck,
    Jammed,
    GripStuck,
    Slipped,
    DoorOpen,
    NoTip,
    Clogged,
    Short,
    NoBarcode,
    WrongBarcode,
    TransferCut,
    Saturated,
    NotANumber,
    OtherSerial,
    OtherModel,
    OtherFirmware,
    ContactOpen,
}

/// Troubles that wait for their moment, and those of chance.
#[derive(Debug)]
pub(crate) struct Troubles {
    seed: u64,
    waiting: BTreeMap<String, BTreeMap<Trouble, u32>>,
    chances: BTreeMap<String, (Stream, BTreeMap<Trouble, f64>)>,
}

impl Troubles {
    /// None yet.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            waiting: BTreeMap::new(),
            chances: BTreeMap::new(),
        }
    }

    /// Plants a trouble for so many times; `u32::MAX` lasts.
    pub(crate) fn plant(&mut self, instrument: &str, trouble: Trouble, times: u32) {
        let waiting = self.waiting.entry(instrument.to_owned()).or_default();
        let left = waiting.entry(trouble).or_default();
        *left = left.saturating_add(times);
    }

    /// From now on the trouble befalls an instrument with this probability, whenever it could.
    pub(crate) fn risk(&mut self, instrument: &str, trouble: Trouble, probability: f64) {
        let seed = self.seed;
        let (_, chances) = self.chances.entry(instrument.to_owned()).or_insert_with(|| {
            (
                Stream::new(seed, &format!("{instrument}/troubles")),
                BTreeMap::new(),
            )
        });
        chances.insert(trouble, probability);
    }

    /// Takes one trouble of an instrument away.
    pub(crate) fn over(&mut self, instrument: &str, trouble: Trouble) {
        if let Some(waiting) = self.waiting.get_mut(instrument) {
            waiting.remove(&trouble);
        }
    }

    /// Takes all troubles of an instrument away.
    pub(crate) fn mended(&mut self, instrument: &str) {
        self.waiting.remove(instrument);
        self.chances.remove(instrument);
    }

    /// Whether a trouble lasts.
    pub(crate) fn lasts(&self, instrument: &str, trouble: Trouble) -> bool {
        let waiting = self.waiting.get(instrument).and_then(|all| all.get(&trouble));
        waiting.is_some_and(|left| *left > 0)
    }

    /// Whether a trouble strikes now; one that was planted is then felt once less.
    pub(crate) fn strikes(&mut self, instrument: &str, trouble: Trouble) -> bool {
        let waiting = self
            .waiting
            .get_mut(instrument)
            .and_then(|all| all.get_mut(&trouble));
        if let Some(left) = waiting
            && *left > 0
        {
            if *left < u32::MAX {
                *left -= 1;
            }
            return true;
        }
        let Some((stream, chances)) = self.chances.get_mut(instrument) else {
            return false;
        };
        chances
            .get(&trouble)
            .is_some_and(|probability| stream.unit() < *probability)
    }
}
