//! One connection's task: moves bytes between a stream and its instrument, and sleeps until it is due.

use crate::{clock::SimClock, core::Core, instruments::Port};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    task::Waker,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::Notify,
};

/// Wakes everybody whose connection may have ended.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    tasks: Notify,
    readers: RefCell<BTreeMap<u64, Waker>>,
    next: Cell<u64>,
}

impl Wake {
    /// A number for a reader of a direct link.
    pub(crate) fn number(&self) -> u64 {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        number
    }

    /// This reader is woken from now on.
    pub(crate) fn keep(&self, number: u64, waker: Waker) {
        self.readers.borrow_mut().insert(number, waker);
    }

    /// This reader is gone.
    pub(crate) fn forget(&self, number: u64) {
        self.readers.borrow_mut().remove(&number);
    }

    /// Connections have ended.
    pub(crate) fn all(&self) {
        self.tasks.notify_waiters();
        for waker in self.readers.borrow().values() {
            waker.wake_by_ref();
        }
    }
}

/// What all tasks share.
pub(crate) struct Shared {
    pub(crate) core: RefCell<Core>,
    pub(crate) clock: SimClock,
}

/// Serves one connection until its other end is gone.
pub(crate) async fn pump<S: AsyncRead + AsyncWrite + Unpin>(
    shared: Rc<Shared>,
    name: String,
    port: Port,
    mut stream: S,
) {
    let mut buffer = [0_u8; 4096];
    // A client that has hung up hears nothing more, but what it sent before is still on its way.
    let mut heard = true;
    let wake = Rc::clone(&shared.core.borrow().wake);
    loop {
        let ending = wake.tasks.notified();
        let answers = shared.core.borrow_mut().answers(&name, port, shared.clock.now());
        if !answers.is_empty() {
            heard = heard && stream.write_all(&answers).await.is_ok() && stream.flush().await.is_ok();
            continue;
        }
        if shared.core.borrow().ended(&name, port) {
            break;
        }
        let due = shared.core.borrow().next_due(&name, port);
        tokio::select! {
            biased;
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    let now = shared.clock.now();
                    shared.core.borrow_mut().receive(&name, port, buffer.get(..count).unwrap_or_default(), now);
                }
            },
            () = ending => {}
            () = until(shared.clock, due) => {}
        }
    }
    shared.core.borrow_mut().close(&name, port);
}

/// Sleeps until a due time, or for ever where there is none.
async fn until(clock: SimClock, due: Option<u64>) {
    match due {
        Some(due) => clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}
