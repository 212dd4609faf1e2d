//! A pseudo-terminal whose near end is the instrument. The far end stays open here as well, so that a
//! client may come and go without the terminal hanging up.

use crate::SimError;
use rustix::{
    fd::OwnedFd,
    fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open},
    io::Errno,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, ioctl_tiocnxcl, tcgetattr, tcsetattr},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, unix::AsyncFd};

/// Speed that no client asks for; see [`Keeper::reset`].
const UNUSUAL_BAUD: u32 = 300;

/// The instrument's end.
pub(super) struct Pty {
    master: AsyncFd<OwnedFd>,
}

/// The client's end, kept open.
pub(super) struct Keeper {
    slave: OwnedFd,
    /// Path of the device that clients open.
    pub(super) path: String,
}

/// Opens a pseudo-terminal in raw mode.
#[expect(
    deprecated,
    reason = "the new constructor is unsafe; an owned descriptor keeps what it asks for"
)]
pub(super) fn pair() -> Result<(Pty, Keeper), SimError> {
    let fault = |error: io::Error| SimError::Io {
        what: "pseudo-terminal".into(),
        message: error.to_string(),
    };
    let open_pair = || -> io::Result<(Pty, Keeper)> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?
            .into_string()
            .map_err(io::Error::other)?;
        let slave = open(
            path.as_str(),
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let mut settings = tcgetattr(&slave)?;
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        fcntl_setfl(&master, fcntl_getfl(&master)? | OFlags::NONBLOCK)?;
        Ok((
            Pty {
                master: AsyncFd::new(master)?,
            },
            Keeper { slave, path },
        ))
    };
    open_pair().map_err(fault)
}

impl Keeper {
    /// Lifts the mark that a client sets to keep others out (TIOCEXCL). A real port loses it when its last user dies;
    /// a terminal that is held open here would keep it and shut out the next client.
    pub(super) fn unclaim(&self) {
        // A terminal without the mark is what is wanted; nothing else can be wrong with an open descriptor.
        let _ = ioctl_tiocnxcl(&self.slave);
    }

    /// Sets a speed that no client uses. A pseudo-terminal drops parity, and the C library refuses a
    /// setting that asks for parity and changes nothing else: with this, every opening changes the speed.
    pub(super) fn reset(&self) {
        let Ok(mut settings) = tcgetattr(&self.slave) else {
            return;
        };
        if settings.output_speed() != UNUSUAL_BAUD && settings.set_speed(UNUSUAL_BAUD).is_ok() {
            // A refusal leaves the client to its own devices; there is nothing else to do.
            let _ = tcsetattr(&self.slave, OptionalActions::Now, &settings);
        }
    }
}

/// A hang-up of the far end is not the end: it is kept open, and another client comes.
fn lasting(result: Result<usize, Errno>) -> io::Result<usize> {
    match result {
        Ok(count) => Ok(count),
        Err(Errno::IO | Errno::AGAIN) => Err(io::ErrorKind::WouldBlock.into()),
        Err(error) => Err(error.into()),
    }
}

impl AsyncRead for Pty {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.master.poll_read_ready(context))?;
            let read = guard
                .try_io(|master| lasting(rustix::io::read(master.get_ref(), buffer.initialize_unfilled())));
            if let Ok(result) = read {
                buffer.advance(result?);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Pty {
    /// An instrument sends whether or not anybody listens: what a full terminal does not take is lost.
    fn poll_write(self: Pin<&mut Self>, _context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match lasting(rustix::io::write(self.master.get_ref(), bytes)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Ready(Ok(bytes.len())),
            result => Poll::Ready(result),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
