//! An in-memory link that reaches its instrument without a task in between: what is written arrives at once, and who reads
//! sleeps until the instrument has something to say.
//!
//! The instrument itself needs nobody who polls: whatever asks for it later works off what fell due meanwhile, in order.

use crate::{core::Core, instruments::Port, pump::Shared};
use std::{
    cell::RefCell,
    future::Future as _,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// One end of a link to an instrument; the other end is the instrument.
pub struct DirectLink {
    shared: Rc<Shared>,
    name: String,
    port: Port,
    /// Answers that the reader's buffer had no room for.
    rest: Vec<u8>,
    /// Until the instrument has something to do or to say.
    sleep: Option<Pin<Box<Sleep>>>,
    /// What the sleep is for, in simulated microseconds.
    asleep_until: Option<u64>,
    /// Under which number the reader waits for its connection's end.
    number: u64,
    /// The waker that is kept there.
    waits: Option<Waker>,
}

impl std::fmt::Debug for DirectLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DirectLink")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl DirectLink {
    pub(crate) fn new(shared: Rc<Shared>, name: String, port: Port) -> Self {
        let number = shared.core.borrow().wake.number();
        Self {
            shared,
            name,
            port,
            rest: Vec::new(),
            sleep: None,
            asleep_until: None,
            number,
            waits: None,
        }
    }

    fn core(&self) -> &RefCell<Core> {
        &self.shared.core
    }
}

impl AsyncRead for DirectLink {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let link = self.get_mut();
        loop {
            if link.rest.is_empty() {
                let now = link.shared.clock.now();
                let answers = link.core().borrow_mut().answers(&link.name, link.port, now);
                link.rest = answers;
            }
            if !link.rest.is_empty() {
                let count = link.rest.len().min(buffer.remaining());
                buffer.put_slice(link.rest.get(..count).unwrap_or_default());
                link.rest.drain(..count);
                return Poll::Ready(Ok(()));
            }
            if link.core().borrow().ended(&link.name, link.port) {
                return Poll::Ready(Ok(()));
            }
            if !link.waits.as_ref().is_some_and(|w| w.will_wake(context.waker())) {
                let waker = context.waker().clone();
                link.core().borrow().wake.keep(link.number, waker.clone());
                link.waits = Some(waker);
            }
            let due = link.core().borrow().next_due(&link.name, link.port);
            let Some(due) = due else {
                return Poll::Pending;
            };
            let clock = link.shared.clock;
            let again = link.asleep_until != Some(due);
            let sleep = link
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(clock.wakes_at(due))));
            if again {
                sleep.as_mut().reset(clock.wakes_at(due));
                link.asleep_until = Some(due);
            }
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            // One step of a long sleep, or the due time: look again.
            link.asleep_until = None;
        }
    }
}

impl AsyncWrite for DirectLink {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let link = self.get_mut();
        let now = link.shared.clock.now();
        let mut core = link.core().borrow_mut();
        if core.ended(&link.name, link.port) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        core.receive(&link.name, link.port, bytes, now);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for DirectLink {
    /// The instrument notices that a socket was closed, as it would when its host dies.
    fn drop(&mut self) {
        if let Ok(mut core) = self.shared.core.try_borrow_mut() {
            core.wake.forget(self.number);
            core.close(&self.name, self.port);
        }
    }
}
