//! The simulator's handle: connections, truth, ledger and faults.

use crate::{
    Planted, SimError,
    clock::SimClock,
    core::{Core, OPERATOR},
    direct::DirectLink,
    fault::Fault,
    hand::Hand,
    instruments::Port,
    ledger::Entry,
    pump::{Shared, pump},
    text::Texts,
    truth::Truth,
};
use std::{cell::RefCell, path::Path, rc::Rc};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};

/// Bytes that an in-memory link holds before its writer waits.
const LINK_BUFFER: usize = 1 << 16;

/// A simulated rig. Cheap to clone; all clones are the same rig. Lives on one current-thread runtime
/// inside a `LocalSet`.
#[derive(Clone)]
pub struct Sim {
    pub(crate) shared: Rc<Shared>,
    pub(crate) texts: Rc<Texts>,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    /// Sets up the rig that the texts describe, empty and just switched on, at the clock's present.
    /// Errors name the text and what is wrong with it.
    pub fn new(texts: &Texts, seed: u64, clock: SimClock) -> Result<Self, SimError> {
        let core = Core::new(texts, seed, clock.now())?;
        Ok(Self {
            shared: Rc::new(Shared {
                core: RefCell::new(core),
                clock,
            }),
            texts: Rc::new(texts.clone()),
        })
    }

    /// Also appends the ledger to a file, one JSON line per event, from the beginning on.
    pub fn with_ledger_file(self, path: impl AsRef<Path>) -> Result<Self, SimError> {
        self.shared.core.borrow_mut().world.ledger.attach(path.as_ref())?;
        Ok(self)
    }

    /// An in-memory link to an instrument. May be called again after the old end was dropped: the
    /// instrument and its queued motion live on. On a serial line the newest connection hears the answers.
    pub fn connect(&self, instrument: &str) -> Result<DirectLink, SimError> {
        let behind = self.behind(instrument);
        let port = self.open(&behind)?;
        Ok(DirectLink::new(Rc::clone(&self.shared), behind, port))
    }

    /// An in-memory link to the simulated operator: JSON lines, see the README.
    #[must_use]
    pub fn operator(&self) -> DuplexStream {
        let (theirs, ours) = duplex(LINK_BUFFER);
        // The operator is always there.
        if let Ok(port) = self.open(OPERATOR) {
            self.spawn(OPERATOR, port, ours);
        }
        theirs
    }

    /// What is physically so now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let now = self.shared.clock.now();
        let mut core = self.shared.core.borrow_mut();
        core.advance(now);
        let now = core.now();
        Truth::of(&mut core.world, now)
    }

    /// Every physical event so far, in order.
    #[must_use]
    pub fn ledger(&self) -> Vec<Entry> {
        self.advance();
        self.shared.core.borrow().world.ledger.entries().to_vec()
    }

    /// Plants a fault on an instrument.
    pub fn inject(&self, instrument: &str, fault: Fault) -> Result<(), SimError> {
        self.shared
            .core
            .borrow_mut()
            .inject(instrument, fault, self.shared.clock.now())
    }

    /// Does something with a person's hands; an error says what was not there.
    pub fn by_hand(&self, hand: &Hand) -> Result<(), String> {
        let now = self.shared.clock.now();
        self.shared.core.borrow_mut().by_hand(hand, now)
    }

    /// How many of an instrument's requests or answers a fault of its line befell.
    #[must_use]
    pub fn struck(&self, instrument: &str) -> u64 {
        self.shared.core.borrow().struck(instrument)
    }

    /// Ledger entries from a number on.
    #[must_use]
    pub fn ledger_from(&self, first: usize) -> Vec<Entry> {
        self.advance();
        let core = self.shared.core.borrow();
        core.world
            .ledger
            .entries()
            .get(first..)
            .unwrap_or_default()
            .to_vec()
    }

    /// Swaps the cables of two instruments: who asks for one reaches the other. Connections of both end.
    pub fn swap(&self, one: &str, other: &str) -> Result<(), SimError> {
        let now = self.shared.clock.now();
        self.shared.core.borrow_mut().swap(one, other, now)
    }

    /// Whether an instrument's cable is plugged in.
    pub(crate) fn plugged(&self, name: &str) -> bool {
        self.advance();
        self.shared.core.borrow().plugged(name, self.shared.clock.now())
    }

    /// The instrument that a cable leads to.
    pub(crate) fn behind(&self, cable: &str) -> String {
        self.shared.core.borrow().behind(cable).to_owned()
    }

    /// Which strains were planted; empty until plates with strains were loaded.
    #[must_use]
    pub fn planted(&self) -> Planted {
        self.advance();
        self.shared
            .core
            .borrow()
            .world
            .planted
            .clone()
            .unwrap_or_default()
    }

    /// The simulator's clock.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        self.shared.clock
    }

    /// Works off what is due by now, also when nobody is connected.
    pub(crate) fn advance(&self) {
        self.shared.core.borrow_mut().advance(self.shared.clock.now());
    }

    pub(crate) fn open(&self, name: &str) -> Result<Port, SimError> {
        self.shared.core.borrow_mut().open(name, self.shared.clock.now())
    }

    pub(crate) fn spawn<S: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
        name: &str,
        port: Port,
        stream: S,
    ) {
        tokio::task::spawn_local(pump(Rc::clone(&self.shared), name.to_owned(), port, stream));
    }
}
