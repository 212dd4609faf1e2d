//! A line: cloneable handles to the one task that owns a stream.

use super::task::{Job, Task, Urgent};
use super::{LineError, Opener, Port, single};
use crate::clock::Clock;
use crate::rig::{LineProtocol, Link};
use crate::units::Duration;
use std::cell::Cell;
use std::rc::Rc;
use tokio::sync::{mpsc, oneshot};

/// What received bytes are, seen from the beginning of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The beginning of an answer; more is needed.
    Incomplete,
    /// The first so many bytes are the answer.
    Frame(usize),
    /// The first so many bytes are no answer to this request: they are logged and dropped.
    Junk(usize),
}

/// Looks at what has arrived since the last decision.
pub(super) type Recogniser = Box<dyn FnMut(&[u8]) -> Framing>;

/// One request and how to recognise its answer.
pub struct Exchange {
    pub(super) request: Vec<u8>,
    pub(super) framing: Recogniser,
    pub(super) allowance: Duration,
    pub(super) work: Duration,
    pub(super) generation: Option<u64>,
    pub(super) silent: bool,
}

impl Exchange {
    /// A request with the framing of its answer. The answer may take `allowance` of real time.
    pub fn new(
        request: impl Into<Vec<u8>>,
        allowance: Duration,
        framing: impl FnMut(&[u8]) -> Framing + 'static,
    ) -> Self {
        Self {
            request: request.into(),
            framing: Box::new(framing),
            allowance,
            work: Duration::ZERO,
            generation: None,
            silent: false,
        }
    }
    /// A request that is never answered: the exchange ends when it is written, with no bytes.
    pub fn silent(request: impl Into<Vec<u8>>) -> Self {
        Self {
            silent: true,
            ..Self::new(request, Duration::ZERO, |_| Framing::Incomplete)
        }
    }
    /// The instrument works for up to this much of the clock's time before it answers.
    #[must_use]
    pub fn work(mut self, work: Duration) -> Self {
        self.work = work;
        self
    }
    /// Send only while the link has not been re-opened since this generation.
    #[must_use]
    pub const fn only_in(mut self, generation: u64) -> Self {
        self.generation = Some(generation);
        self
    }
}

/// Which way bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the instrument.
    Sent,
    /// From the instrument.
    Received,
}

/// A recorder of bytes.
pub type Capture = Rc<dyn Fn(Direction, &[u8])>;

/// How a line is used.
#[derive(Clone)]
pub struct Settings {
    /// Path or address, for messages.
    pub place: String,
    /// Least silence before a request (t3.5 of Modbus RTU), real time.
    pub gap: Duration,
    /// After a timeout: no byte for this long before the line is used again, real time; at least 50 ms.
    pub quiet: Duration,
    /// After a timeout: wait at least this long for the lost answer, real time. An answer later than this could pass
    /// for that of the next request where the protocol has no transaction number.
    pub worst_reply: Duration,
    /// Whether an answer that was given up makes the line dirty, so that it is waited out and whoever speaks falls into step
    /// again. Always, but where it is tried what that is worth.
    pub drain: bool,
    /// How often opening is tried before an exchange fails, with a quarter of a second in between.
    pub open_attempts: u32,
    /// Records bytes both ways, if wanted.
    pub capture: Option<Capture>,
}

impl Settings {
    /// The usual settings for something at this place.
    pub fn at(place: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            gap: Duration::ZERO,
            quiet: Duration::ms(50),
            worst_reply: Duration::s(1),
            drain: true,
            open_attempts: 8,
            capture: None,
        }
    }

    /// The settings that a link of the rig asks for: the silences of Modbus RTU from its bit rate (above 19200 bit/s
    /// they are fixed at 1.75 ms), none elsewhere.
    pub fn of(link: &Link) -> Self {
        let mut settings = Self::at(link.place());
        match link {
            Link::Serial {
                baud,
                format,
                protocol: LineProtocol::ModbusRtu,
                ..
            } => {
                let bits = u64::from(format.bits());
                let baud = u64::from(*baud).max(1);
                settings.gap = if baud > 19_200 {
                    Duration::us(1_750)
                } else {
                    Duration::us(bits.saturating_mul(3_500_000) / baud + 1)
                };
            }
            Link::Serial { .. } => {}
            // The transaction number (or the connection) keeps late answers apart.
            Link::Tcp {
                protocol: LineProtocol::ModbusTcp,
                ..
            } => settings.worst_reply = Duration::ZERO,
            Link::Tcp { .. } => {}
        }
        settings
    }
}

/// A handle to a line. Clones share the line; exchanges take place one after the other.
#[derive(Clone)]
pub struct Line {
    jobs: mpsc::Sender<Job>,
    urgent: mpsc::Sender<Urgent>,
    generation: Rc<Cell<u64>>,
    place: Rc<str>,
    drains: bool,
}

impl Line {
    /// A line over whatever the opener opens, which happens at the first exchange. Needs a local task set.
    pub fn new(opener: Opener, settings: Settings, clock: Clock) -> Self {
        let (jobs, job_queue) = mpsc::channel(8);
        let (urgent, urgent_queue) = mpsc::channel(4);
        let generation = Rc::new(Cell::new(0));
        let place: Rc<str> = settings.place.as_str().into();
        let drains = settings.drain;
        let task = Task::new(
            opener,
            settings,
            clock,
            job_queue,
            urgent_queue,
            generation.clone(),
        );
        tokio::task::spawn_local(task.run());
        Self {
            jobs,
            urgent,
            generation,
            place,
            drains,
        }
    }

    /// A line over a link of the rig.
    pub fn to(link: &Link, clock: Clock) -> Self {
        Self::new(Port::opener(link, clock), Settings::of(link), clock)
    }

    /// A line over a stream in memory, with the settings of a link of the rig.
    pub fn over(stream: impl super::Stream + 'static, settings: Settings, clock: Clock) -> Self {
        let opener = single(&settings.place, Box::new(stream));
        Self::new(opener, settings, clock)
    }

    /// Sends a request and returns its answer.
    ///
    /// # Errors
    /// When there was none; [`LineError::sent`] says whether the request may have arrived.
    pub async fn exchange(&self, exchange: Exchange) -> Result<Vec<u8>, LineError> {
        let (reply, answer) = oneshot::channel();
        let gone = || LineError::Gone {
            place: self.place.to_string(),
        };
        self.jobs
            .send(Job { exchange, reply })
            .await
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Sends bytes at once, even while an answer is awaited; for stops. Returns when they are written.
    ///
    /// # Errors
    /// When they could not be written.
    pub async fn interrupt(&self, bytes: impl Into<Vec<u8>>) -> Result<(), LineError> {
        let gone = || LineError::Gone {
            place: self.place.to_string(),
        };
        let (written, out) = oneshot::channel();
        let urgent = Urgent {
            bytes: bytes.into(),
            written,
        };
        self.urgent.send(urgent).await.map_err(|_| gone())?;
        out.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Counts openings and closings: unchanged means the same connection to the same instrument.
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// Whether a lost answer is waited out and both ends are brought in step before anything else is believed; see
    /// [`Settings::drain`].
    pub const fn drains(&self) -> bool {
        self.drains
    }

    /// Path or address.
    pub fn place(&self) -> &str {
        &self.place
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
