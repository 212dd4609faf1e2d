//! A line: cloneable handles to the one task that owns a stream.

use super::queues::{Job, Queues, Urgent};
use super::task::Task;
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

/// After so many lost answers in a row a device is not looked at more rarely still.
const MOST_DOUBLINGS: u32 = 4;

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
    pub(super) device: Option<u8>,
    pub(super) turnaround: Duration,
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
            device: None,
            turnaround: Duration::ZERO,
        }
    }
    /// A request that is never answered: the exchange ends when it is written, with no bytes.
    pub fn silent(request: impl Into<Vec<u8>>) -> Self {
        Self {
            silent: true,
            ..Self::new(request, Duration::ZERO, |_| Framing::Incomplete)
        }
    }
    /// The answer names its device: a lost answer of this one can never pass for that of another, so that only this one's
    /// next request waits it out.
    #[must_use]
    pub const fn device(mut self, address: u8) -> Self {
        self.device = Some(address);
        self
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
    /// What is sent comes back first, byte for byte.
    pub echo: bool,
    /// Most requests that are on their way at once; more than one only where the framing of each knows its own answer from
    /// those of all others.
    pub in_flight: u8,
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
            echo: false,
            in_flight: 1,
            drain: true,
            open_attempts: 8,
            capture: None,
        }
    }

    /// The settings that a link of the rig asks for: the silences of Modbus RTU from its bit rate (above 19200 bit/s
    /// they are fixed at 1.75 ms), none elsewhere.
    pub fn of(link: &Link) -> Self {
        let mut settings = Self::at(link.place());
        settings.echo = link.manner().echo;
        settings.in_flight = link.manner().in_flight;
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

/// A handle to a line. Clones share the line; exchanges take place one after the other, unless the settings let several be
/// on their way.
#[derive(Clone)]
pub struct Line {
    jobs: mpsc::Sender<Job>,
    /// Jobs that wait until nobody has another.
    looks: mpsc::Sender<Job>,
    urgent: mpsc::Sender<Urgent>,
    generation: Rc<Cell<u64>>,
    number: Rc<Cell<u16>>,
    place: Rc<str>,
    drains: bool,
    turnaround: Duration,
    /// How long a device that has left a question unanswered is waited for before it is asked the next.
    settles: std::time::Duration,
    clock: Clock,
    device: Rc<Courtesy>,
}

impl Line {
    /// A line over whatever the opener opens, which happens at the first exchange. Needs a local task set.
    pub fn new(opener: Opener, settings: Settings, clock: Clock) -> Self {
        let (jobs, job_queue) = mpsc::channel(8);
        let (looks, look_queue) = mpsc::channel(8);
        let (urgent, urgent_queue) = mpsc::channel(4);
        let generation = Rc::new(Cell::new(0));
        let place: Rc<str> = settings.place.as_str().into();
        let drains = settings.drain;
        let several = settings.in_flight > 1;
        let settles = if drains && !several {
            settings.worst_reply.to_std()
        } else {
            std::time::Duration::ZERO
        };
        let queues = Queues::new(job_queue, look_queue, urgent_queue);
        let task = Task::new(opener, settings, clock, queues, generation.clone());
        if several {
            tokio::task::spawn_local(task.run_several());
        } else {
            tokio::task::spawn_local(task.run());
        }
        Self {
            jobs,
            looks,
            urgent,
            generation,
            number: Rc::default(),
            place,
            drains,
            turnaround: Duration::ZERO,
            settles,
            clock,
            device: Rc::default(),
        }
    }

    /// The same line, for one device on it: its turnaround is kept, and it alone goes behind when it is told to.
    #[must_use]
    pub fn of(&self, link: &Link) -> Self {
        self.with_turnaround(link.manner().turnaround)
    }

    /// The same line, for a device that wants so much silence after its answers.
    #[must_use]
    pub fn with_turnaround(&self, turnaround: Duration) -> Self {
        Self {
            turnaround,
            device: Rc::default(),
            ..self.clone()
        }
    }

    /// From now until the guard is dropped, exchanges of this handle and its clones are looks: they go out when nobody has a
    /// command, and a command waits for at most one of them. Sixteen commands in a row let one look through all the same.
    /// A device that leaves looks unanswered is looked at ever more rarely, until it takes a sixteenth of the line's time.
    #[must_use]
    pub fn behind(&self) -> Behind {
        let before = self.device.behind.replace(true);
        Behind {
            device: self.device.clone(),
            before,
        }
    }

    /// The next of the numbers that tell requests on this line apart.
    pub fn number(&self) -> u16 {
        self.number.set(self.number.get().wrapping_add(1));
        self.number.get()
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
        self.begin(exchange).await?.end().await
    }

    /// Puts a request into the line's queue; its answer is fetched by [`Begun::end`]. So one who asks may have several on
    /// their way.
    ///
    /// # Errors
    /// When the line is gone.
    pub async fn begin(&self, mut exchange: Exchange) -> Result<Begun, LineError> {
        let (reply, answer) = oneshot::channel();
        let place = self.place.clone();
        exchange.turnaround = exchange.turnaround.max(self.turnaround);
        let costs = [
            self.clock.allowed(exchange.allowance, exchange.work),
            self.settles,
        ];
        let look = self.device.behind.get();
        while look && let Some(rest) = self.device.rest(self.clock) {
            self.clock.sleep_real(rest).await;
        }
        let queue = if look { &self.looks } else { &self.jobs };
        let queued = queue.send(Job { exchange, reply }).await;
        queued.map_err(|_| LineError::Gone {
            place: place.to_string(),
        })?;
        Ok(Begun {
            answer,
            place,
            device: self.device.clone(),
            clock: self.clock,
            costs,
        })
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

/// How one device's looks go with others on the line.
#[derive(Default)]
struct Courtesy {
    /// Whether its exchanges go behind those of others just now.
    behind: Cell<bool>,
    /// Exchanges without an answer since the last with one.
    lost: Cell<u32>,
    /// No look before this, by the clock's running time.
    looks_from: Cell<std::time::Duration>,
}

impl Courtesy {
    /// How long until the next look.
    fn rest(&self, clock: Clock) -> Option<std::time::Duration> {
        let rest = self.looks_from.get().saturating_sub(clock.running().to_std());
        (!rest.is_zero()).then_some(rest)
    }

    /// An exchange came to its end, which `costs` so much of the line's time where no answer comes, and which that device
    /// `settles` from for so long.
    fn ended(&self, answered: bool, clock: Clock, [costs, settles]: [std::time::Duration; 2]) {
        if answered {
            self.lost.set(0);
            self.looks_from.set(std::time::Duration::ZERO);
            return;
        }
        self.lost.set((self.lost.get() + 1).min(MOST_DOUBLINGS));
        let times = 2_u32.saturating_pow(self.lost.get()) - 1;
        // Its own lost answer is waited out before it is asked again; the line need not stand still for that.
        let pause = (costs * times).max(settles);
        self.looks_from.set(clock.running().to_std() + pause);
    }
}

/// A request whose answer is yet to be fetched.
pub struct Begun {
    answer: oneshot::Receiver<Result<Vec<u8>, LineError>>,
    place: Rc<str>,
    device: Rc<Courtesy>,
    clock: Clock,
    /// The line's time if no answer comes, and until its device may be asked again.
    costs: [std::time::Duration; 2],
}

impl Begun {
    /// Waits for the answer.
    ///
    /// # Errors
    /// As [`Line::exchange`].
    pub async fn end(self) -> Result<Vec<u8>, LineError> {
        let answer = self.answer.await.unwrap_or_else(|_| {
            Err(LineError::Gone {
                place: self.place.to_string(),
            })
        });
        let answered = !answer.as_ref().is_err_and(LineError::sent);
        self.device.ended(answered, self.clock, self.costs);
        answer
    }
}

/// Ends a time of looks when it is dropped.
pub struct Behind {
    device: Rc<Courtesy>,
    before: bool,
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.device.behind.set(self.before);
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
