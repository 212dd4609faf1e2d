//! The task that owns a stream: one exchange at a time, quiet after a timeout, re-opened when it breaks.

use super::line::{Direction, Exchange, Framing, Settings};
use super::queues::{Job, Next, Queues, Urgent};
use super::{BoxStream, LineError, OpenError, Opener};
use crate::clock::Clock;
use crate::units::{Duration, Timestamp};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

/// The longest answer any instrument gives; more is noise.
pub(super) const LONGEST_ANSWER: usize = 64 * 1024;
/// Most answers are no longer.
const USUAL_ANSWER: usize = 128;
/// How long a chattering line is listened to before it is given up, real time.
const CHATTER: Duration = Duration::s(5);
/// How long writing one request may take.
const WRITING: Duration = Duration::s(2);
/// After so many questions without a byte in answer, the connection is given up: the other end may have died without a word,
/// and nothing would come over it any more. More than any instrument leaves unanswered that is merely busy.
const SILENT: u32 = 8;
/// Least silence after a lost answer.
const LEAST_QUIET: std::time::Duration = std::time::Duration::from_millis(50);
/// Between two attempts to open.
const REOPEN_PAUSE: std::time::Duration = std::time::Duration::from_millis(250);

pub(super) struct Task {
    opener: Opener,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) queues: Queues,
    generation: Rc<Cell<u64>>,
    pub(super) stream: Option<BoxStream>,
    /// When an answer of a device was given up, if the line has not been quiet for it since; `None` is one whose answers do
    /// not name it.
    dirty: BTreeMap<Option<u8>, Timestamp>,
    /// Whether an answer was given up and no silence heard since.
    unsettled: bool,
    last_byte: Timestamp,
    /// Silence that the last device wants before anything else goes out.
    turnaround: Duration,
    /// Bytes that were sent and have not come back yet, on a line with echo.
    echo: VecDeque<u8>,
    /// Questions since the last byte that came.
    pub(super) unanswered: u32,
    /// Where bytes are read to.
    buffer: Vec<u8>,
}

/// Why an answer did not come.
enum Lost {
    Broken(String),
    Noise,
    /// What was sent did not come back as it was sent.
    Echo,
}

impl Task {
    pub(super) fn new(
        opener: Opener,
        settings: Settings,
        clock: Clock,
        queues: Queues,
        generation: Rc<Cell<u64>>,
    ) -> Self {
        Self {
            opener,
            settings,
            clock,
            queues,
            generation,
            stream: None,
            dirty: BTreeMap::new(),
            unsettled: false,
            last_byte: Timestamp::default(),
            turnaround: Duration::ZERO,
            echo: VecDeque::new(),
            unanswered: 0,
            buffer: vec![0; 4096],
        }
    }

    /// Serves until the last handle is gone. Nothing is sent at the end.
    pub(super) async fn run(mut self) {
        let mut buffer = vec![0_u8; 1024];
        loop {
            // Who is next is asked once the line may be used: until then a command may come and go before a look.
            let rest = self.rest_of_gap();
            let clock = self.clock;
            tokio::select! {
                biased;
                next = self.queues.next(rest.is_zero()) => match next {
                    Next::Urgent(urgent) => self.write_urgent(urgent).await,
                    Next::Job(Job { exchange, reply }) => {
                        let answer = self.exchange(exchange).await;
                        // Whoever asked may be gone; the answer was read all the same, so the line stays in step.
                        let _ = reply.send(answer);
                    }
                    Next::End => return,
                },
                read = read_some(&mut self.stream, &mut buffer) => match read {
                    Ok(n) => self.stale(buffer.get(..n).unwrap_or_default()),
                    Err(why) => self.close(&why),
                },
                () = clock.sleep_real(rest), if !rest.is_zero() => {}
            }
        }
    }

    /// How long until the silence is over that must be before the next request.
    fn rest_of_gap(&self) -> std::time::Duration {
        let gap = self.settings.gap.max(self.turnaround);
        if gap == Duration::ZERO || self.stream.is_none() {
            return std::time::Duration::ZERO;
        }
        let passed = self.clock.real(self.clock.now().since(self.last_byte));
        gap.to_std().saturating_sub(passed)
    }

    async fn exchange(&mut self, mut exchange: Exchange) -> Result<Vec<u8>, LineError> {
        self.ready(exchange.device).await?;
        self.same_connection(&exchange)?;
        self.keep_gap().await;
        if self.stream.is_none() {
            self.open().await?;
        }
        let clock = self.clock;
        self.turnaround = exchange.turnaround;
        self.send(&exchange.request).await?;
        if exchange.silent {
            return Ok(Vec::new());
        }
        let mut heard = Vec::with_capacity(USUAL_ANSWER);
        let (allowance, work) = (exchange.allowance, exchange.work);
        let reading = self.read_answer(exchange.framing.as_mut(), &mut heard);
        let read = clock.timeout(allowance, work, reading).await;
        self.unanswered = match heard.is_empty() && !matches!(read, Ok(Ok(_))) {
            true => self.unanswered.saturating_add(1),
            false => 0,
        };
        match read {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(Lost::Broken(why))) => Err(self.broken(why)),
            Ok(Err(Lost::Echo)) => {
                self.soil(exchange.device);
                Err(LineError::Echo {
                    place: self.settings.place.clone(),
                    heard: printable(&heard),
                })
            }
            Ok(Err(Lost::Noise)) | Err(_) => {
                self.soil(exchange.device);
                self.give_up_silent();
                Err(LineError::NoAnswer {
                    place: self.settings.place.clone(),
                    heard: printable(&heard),
                })
            }
        }
    }

    /// Refuses what was prepared for a connection that is no more.
    pub(super) fn same_connection(&self, exchange: &Exchange) -> Result<(), LineError> {
        if exchange.generation.is_some_and(|g| g != self.generation.get()) {
            return Err(LineError::Reopened {
                place: self.settings.place.clone(),
            });
        }
        Ok(())
    }

    /// Writes a request.
    pub(super) async fn send(&mut self, request: &[u8]) -> Result<(), LineError> {
        let clock = self.clock;
        self.echo.clear();
        match clock.timeout(WRITING, Duration::ZERO, self.write(request)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(self.broken(why.to_string())),
            Err(_) => Err(self.broken("the request could not be written".to_owned())),
        }
    }

    /// An answer was given up: it may still come.
    fn soil(&mut self, device: Option<u8>) {
        if self.settings.drain {
            self.dirty.insert(device, self.clock.now());
            self.unsettled = true;
        }
    }

    /// Gives the connection up over which nothing has come for long.
    pub(super) fn give_up_silent(&mut self) {
        if self.unanswered >= SILENT {
            self.close("nothing answers over it any more");
        }
    }

    /// Opens if need be, waits until the line is quiet if need be, and drops what nobody asked for.
    async fn ready(&mut self, device: Option<u8>) -> Result<(), LineError> {
        if self.stream.is_none() {
            self.open().await?;
        }
        // Whose answers name it need not wait for what others have left unanswered, but for silence.
        let mine = |(d, _): &(&Option<u8>, &Timestamp)| device.is_none() || d.is_none() || **d == device;
        let since = self.dirty.iter().filter(mine).map(|(_, since)| *since).max();
        if let Some(since) = since {
            self.settle_down(since).await?;
            self.dirty
                .retain(|d, _| device.is_some() && d.is_some() && *d != device);
        } else if std::mem::take(&mut self.unsettled) {
            self.keep_quiet(self.settings.quiet.to_std().max(LEAST_QUIET))
                .await;
        }
        if self.settings.drain {
            self.drain_pending();
        }
        if self.stream.is_none() {
            self.open().await?;
        }
        Ok(())
    }

    pub(super) async fn open(&mut self) -> Result<(), LineError> {
        let mut last = OpenError::Ended {
            place: self.settings.place.clone(),
        };
        for attempt in 0..self.settings.open_attempts.max(1) {
            if attempt > 0 {
                self.clock.sleep_real(REOPEN_PAUSE).await;
            }
            match (self.opener)().await {
                Ok(stream) => {
                    self.stream = Some(stream);
                    self.dirty.clear();
                    self.unanswered = 0;
                    self.generation.set(self.generation.get() + 1);
                    tracing::debug!(target: "plated::link", place = %self.settings.place, "opened");
                    return Ok(());
                }
                // These do not heal by waiting.
                Err(
                    error
                    @ (OpenError::Ended { .. } | OpenError::Permission { .. } | OpenError::InUse { .. }),
                ) => {
                    return Err(error.into());
                }
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    /// After a timeout: waits for the lost answer's latest time and for silence, dropping what comes.
    async fn settle_down(&mut self, since: Timestamp) -> Result<(), LineError> {
        let quiet = self.settings.quiet.to_std().max(LEAST_QUIET);
        let worst = self.settings.worst_reply.to_std();
        let mut buffer = vec![0_u8; 1024];
        // Counted from here: however long ago the answer was given up, silence is only heard by listening now.
        let listening = self.clock.now();
        loop {
            let passed = self.clock.real(self.clock.now().since(since));
            if self.clock.real(self.clock.now().since(listening)) > worst + CHATTER.to_std() {
                return Err(LineError::Babble {
                    place: self.settings.place.clone(),
                });
            }
            let wait = worst.saturating_sub(passed).max(quiet);
            tokio::select! {
                biased;
                read = read_some(&mut self.stream, &mut buffer) => match read {
                    Ok(n) => self.stale(buffer.get(..n).unwrap_or_default()),
                    Err(why) => {
                        self.close(&why);
                        return Ok(());
                    }
                },
                () = self.clock.sleep_real(wait) => {
                    if self.clock.real(self.clock.now().since(since)) >= worst {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Drops bytes that have already arrived, without waiting.
    fn drain_pending(&mut self) {
        // Bounded: a line that never stops sending must not hold the task.
        for _ in 0..64 {
            let Some(stream) = self.stream.as_mut() else {
                return;
            };
            let mut read = ReadBuf::new(&mut self.buffer);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            match Pin::new(stream).poll_read(&mut context, &mut read) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if read.filled().is_empty() => return self.close("end of stream"),
                Poll::Ready(Ok(())) => {
                    let filled = read.filled().to_vec();
                    self.stale(&filled);
                }
                Poll::Ready(Err(error)) => return self.close(&error.to_string()),
            }
        }
    }

    /// Waits until nothing has been on the line for the gap. What still comes is dropped, and the gap begins anew: the
    /// second of two equal answers must not pass for that of the next request.
    async fn keep_gap(&mut self) {
        let gap = self.settings.gap.max(self.turnaround);
        if gap > Duration::ZERO {
            self.keep_quiet(gap.to_std()).await;
        }
    }

    async fn keep_quiet(&mut self, gap: std::time::Duration) {
        // Bounded: a line that never stops sending must not hold the task.
        for _ in 0..64 {
            let passed = self.clock.real(self.clock.now().since(self.last_byte));
            let rest = gap.saturating_sub(passed);
            if rest.is_zero() {
                return;
            }
            self.clock.sleep_real(rest).await;
            self.drain_pending();
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Whoever only listens sends nothing.
        if bytes.is_empty() {
            return Ok(());
        }
        self.record(Direction::Sent, bytes);
        let Some(stream) = self.stream.as_mut() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        if self.settings.echo {
            self.echo.extend(bytes);
        }
        stream.write_all(bytes).await?;
        stream.flush().await?;
        self.last_byte = self.clock.now();
        Ok(())
    }

    pub(super) async fn write_urgent(&mut self, urgent: Urgent) {
        let written = self.try_write_urgent(&urgent.bytes).await;
        self.dirty.insert(None, self.clock.now());
        // Whoever asked may be gone; the bytes are out all the same.
        let _ = urgent.written.send(written);
    }

    async fn try_write_urgent(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        if self.stream.is_none() {
            self.open().await?;
        }
        let clock = self.clock;
        let broken = match clock.timeout(WRITING, Duration::ZERO, self.write(bytes)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(why)) => why.to_string(),
            Err(_) => "the port takes no bytes".to_owned(),
        };
        self.close(&broken);
        Err(LineError::Gone {
            place: self.settings.place.clone(),
        })
    }

    async fn read_answer(
        &mut self,
        framing: &mut dyn FnMut(&[u8]) -> Framing,
        heard: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Lost> {
        let mut pending: Vec<u8> = Vec::with_capacity(USUAL_ANSWER);
        loop {
            let read = tokio::select! {
                biased;
                Some(urgent) = self.queues.urgent() => {
                    self.write_urgent(urgent).await;
                    continue;
                }
                read = read_some(&mut self.stream, &mut self.buffer) => read,
            };
            let read = read.map_err(Lost::Broken)?;
            let bytes = self.buffer.get(..read).unwrap_or_default();
            self.record(Direction::Received, bytes);
            self.last_byte = self.clock.now();
            let own = own_bytes(&mut self.echo, bytes);
            heard.extend_from_slice(bytes.get(own.unwrap_or(0)..).unwrap_or_default());
            // Somebody spoke meanwhile: the request may not have arrived as it was sent.
            let own = own.ok_or(Lost::Echo)?;
            pending.extend_from_slice(bytes.get(own..).unwrap_or_default());
            while !pending.is_empty() {
                match framing(&pending) {
                    Framing::Incomplete => break,
                    Framing::Frame(n) => {
                        let rest = pending.split_off(n.min(pending.len()));
                        if !rest.is_empty() {
                            self.stale(&rest);
                        }
                        return Ok(pending);
                    }
                    Framing::Junk(n) => {
                        let rest = pending.split_off(n.clamp(1, pending.len()));
                        tracing::debug!(target: "plated::link", place = %self.settings.place,
                            bytes = %printable(&pending), "dropped: no answer to the request");
                        pending = rest;
                    }
                }
            }
            if heard.len() > LONGEST_ANSWER {
                return Err(Lost::Noise);
            }
        }
    }

    /// Counts openings and closings.
    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    fn stale(&mut self, bytes: &[u8]) {
        self.last_byte = self.clock.now();
        self.unanswered = 0;
        if let Some(capture) = &self.settings.capture {
            capture(Direction::Received, bytes);
        }
        self.drop_unasked(bytes);
    }

    /// Tells of bytes that answer nothing.
    pub(super) fn drop_unasked(&self, bytes: &[u8]) {
        tracing::debug!(target: "plated::link", place = %self.settings.place, bytes = %printable(bytes), "dropped: stale");
    }

    pub(super) fn record(&self, direction: Direction, bytes: &[u8]) {
        if let Some(capture) = &self.settings.capture {
            capture(direction, bytes);
        }
        tracing::trace!(target: "plated::link", place = %self.settings.place, ?direction, bytes = %printable(bytes));
    }

    pub(super) fn broken(&mut self, why: String) -> LineError {
        self.close(&why);
        LineError::Broken {
            place: self.settings.place.clone(),
            why,
        }
    }

    pub(super) fn close(&mut self, why: &str) {
        if self.stream.take().is_some() {
            self.generation.set(self.generation.get() + 1);
            tracing::debug!(target: "plated::link", place = %self.settings.place, why, "closed");
        }
    }
}

/// How many of the bytes that arrived are what was sent and comes back; `None` when they should be and are not.
fn own_bytes(echo: &mut VecDeque<u8>, bytes: &[u8]) -> Option<usize> {
    let mut own = 0;
    for byte in bytes {
        let Some(sent) = echo.pop_front() else { break };
        if sent != *byte {
            echo.clear();
            return None;
        }
        own += 1;
    }
    Some(own)
}

/// Waits for bytes; for ever without a stream.
pub(super) async fn read_some(stream: &mut Option<BoxStream>, buffer: &mut [u8]) -> Result<usize, String> {
    let Some(stream) = stream.as_mut() else {
        return poll_fn(|_| Poll::Pending).await;
    };
    match stream.read(buffer).await {
        Ok(0) => Err("end of stream".to_owned()),
        Ok(n) => Ok(n),
        Err(error) => Err(error.to_string()),
    }
}

/// Bytes as text with escapes, cut to what fits a message.
pub(super) fn printable(bytes: &[u8]) -> String {
    let shown = bytes.get(..bytes.len().min(120)).unwrap_or_default();
    let more = if bytes.len() > shown.len() { "…" } else { "" };
    format!("{}{more}", shown.escape_ascii())
}
