//! Links: byte streams to instruments, and the one task per line that owns each.
//!
//! Owns ports and sockets ([`Port`]), the exchange of request and reply with its timeouts, silences and re-opening
//! ([`Line`]), who shares one ([`Lines`]), and Modbus RTU and TCP ([`modbus`]). Knows no instrument. What it promises: bytes of one exchange never
//! mix with those of another; after a lost reply the line is quiet before it is used again; a request is known to
//! have been sent or not ([`LineError::sent`]); nothing is sent when something is dropped.

mod capture;
mod error;
mod line;
pub mod modbus;
mod port;
mod queues;
mod replay;
mod several;
mod shared;
mod task;

pub use capture::capture_into;
pub use error::{LineError, OpenError};
pub use line::{Begun, Behind, Capture, Direction, Exchange, Framing, Line, Settings};
pub use port::{BoxStream, Opener, Port, Stream, single};
pub use replay::{Playback, Recording, RecordingError};
pub use shared::{Lines, MakeLine};
