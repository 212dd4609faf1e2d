//! Who may come in: so many clients at once, and none that keeps the others waiting.
//!
//! A client holds a file handle of the daemon, and the run needs some of its own: to open a link again, to write its files. So
//! clients get a share of them and no more; whoever comes too many is told so and may come again.

use super::server::Peer;
use crate::clock::Clock;
use crate::units::{Duration, Timestamp};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most clients at once, where the system grants handles enough.
const MOST: u64 = 64;

/// The share of the process's handles that clients may hold: one of so many.
const SHARE: u64 = 4;

/// A client over whose connection nothing goes for so long is dropped.
const IDLE: Duration = Duration::s(60);

/// What one that comes too many is told.
const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 97\r\n\r\n\
    {\"why\":\"too many clients are connected to the daemon; end some, then ask again\",\"by_check\":false}";

/// A listener that gives out seats.
pub(super) struct Door {
    listener: UnixListener,
    seats: Arc<Semaphore>,
    clock: Clock,
}

impl Door {
    pub(super) fn new(listener: UnixListener) -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let seats = (limit.unwrap_or(u64::MAX) / SHARE).clamp(2, MOST);
        Self {
            listener,
            seats: Arc::new(Semaphore::new(usize::try_from(seats).unwrap_or(2))),
            clock: Clock::wall(),
        }
    }
}

impl axum::serve::Listener for Door {
    type Io = Patient;
    type Addr = Peer;

    async fn accept(&mut self) -> (Patient, Peer) {
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a client could not be let in");
                    self.clock.sleep(Duration::s(1)).await;
                    continue;
                }
            };
            let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() else {
                // Its buffer is empty, so that these few bytes fit or it is gone.
                let _ = stream.try_write(FULL.as_bytes());
                continue;
            };
            let peer = Peer::of(&stream);
            return (Patient::new(stream, seat, self.clock), peer);
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer("plated".into()))
    }
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that ends when nothing goes over it for too long, with the seat that it holds.
pub(super) struct Patient {
    stream: UnixStream,
    clock: Clock,
    last: Timestamp,
    waiting: Waiting,
    _seat: OwnedSemaphorePermit,
}

impl Patient {
    fn new(stream: UnixStream, seat: OwnedSemaphorePermit, clock: Clock) -> Self {
        Self {
            stream,
            clock,
            last: clock.now(),
            waiting: Box::pin(async move { clock.sleep(IDLE).await }),
            _seat: seat,
        }
    }

    /// What an attempt brought; one that waits too long fails.
    fn within<T>(&mut self, context: &mut Context<'_>, attempt: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            self.last = self.clock.now();
            return attempt;
        }
        while self.waiting.as_mut().poll(context).is_ready() {
            let until = self.last.plus(IDLE);
            if self.clock.now() >= until {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let clock = self.clock;
            self.waiting = Box::pin(async move { clock.sleep_until(until).await });
        }
        Poll::Pending
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.within(context, read)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.within(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
