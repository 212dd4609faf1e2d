//! What goes wrong on a link, in words for a person.

use thiserror::Error;

/// Why a port could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// There is no such device node.
    #[error(
        "the serial port {path} does not exist; check the cable, or list the ports under /dev/serial/by-id"
    )]
    NotThere {
        /// Its path.
        path: String,
    },
    /// Another program holds it.
    #[error("the serial port {path} is in use by another program; end that program first")]
    InUse {
        /// Its path.
        path: String,
    },
    /// The user may not open it.
    #[error(
        "no permission to open the serial port {path}; add this user to the group that owns it (often `dialout`)"
    )]
    Permission {
        /// Its path.
        path: String,
    },
    /// Nobody listens at the address.
    #[error("{address} refused the connection; is the instrument switched on, and is the port number right?")]
    Refused {
        /// "host:port".
        address: String,
    },
    /// The address did not answer.
    #[error("{address} did not answer; check the cable, the address and the instrument's power")]
    NoHost {
        /// "host:port".
        address: String,
    },
    /// The process has no handle left.
    #[error(
        "{place} cannot be opened: this program, or the system, has as many files and connections open as it may (ulimit -n); close \
         what is not needed, or raise the limit"
    )]
    NoHandles {
        /// Path or address.
        place: String,
    },
    /// An in-memory stream has ended and cannot be opened again.
    #[error("the stream to {place} has ended")]
    Ended {
        /// What it led to.
        place: String,
    },
    /// Anything else.
    #[error("{place} cannot be opened: {why}")]
    Other {
        /// Path or address.
        place: String,
        /// The system's words.
        why: String,
    },
}

/// Why an exchange brought no reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineError {
    /// The port could not be opened; nothing was sent.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The port was re-opened since the exchange was prepared; nothing was sent.
    #[error(
        "the link to {place} was interrupted and opened again; who is at the other end must be asked first"
    )]
    Reopened {
        /// Path or address.
        place: String,
    },
    /// The line did not fall silent; nothing was sent.
    #[error("{place} keeps sending without being asked; check that the right instrument is connected")]
    Babble {
        /// Path or address.
        place: String,
    },
    /// The reply did not come in time.
    #[error("no answer from {place}{}", words_for(.heard))]
    NoAnswer {
        /// Path or address.
        place: String,
        /// What came instead, escaped and cut short.
        heard: String,
    },
    /// What was sent did not come back byte for byte, on a line with echo: somebody spoke meanwhile. Whether the request
    /// arrived is not known, and no answer is believed.
    #[error(
        "what was sent to {place} did not come back as it was sent (heard \"{heard}\"); another program or device speaks on the \
         line, or its adapter has no echo: then take `echo` out of the link"
    )]
    Echo {
        /// Path or address.
        place: String,
        /// What came instead, escaped and cut short.
        heard: String,
    },
    /// The link broke after the request was (or may have been) sent.
    #[error("the link to {place} broke while an answer was awaited: {why}")]
    Broken {
        /// Path or address.
        place: String,
        /// The system's words.
        why: String,
    },
    /// The line's task is gone: the program is shutting down. Whether the request was sent is not known.
    #[error("the link to {place} is closed")]
    Gone {
        /// Path or address.
        place: String,
    },
}

impl LineError {
    /// Whether the request may have reached the instrument.
    pub const fn sent(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer { .. } | Self::Echo { .. } | Self::Broken { .. } | Self::Gone { .. }
        )
    }
}

fn words_for(heard: &str) -> String {
    if heard.is_empty() {
        String::new()
    } else {
        format!(" that could be understood (heard \"{heard}\")")
    }
}
