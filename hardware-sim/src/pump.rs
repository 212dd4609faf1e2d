//! One connection's task: moves bytes between a stream and its instrument, and sleeps until it is due.

use crate::{clock::SimClock, core::Core, instruments::Port};
use std::{cell::RefCell, rc::Rc};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

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
        let ending = wake.notified();
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
