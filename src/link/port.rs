//! Opens what a rig file calls a link.

use super::OpenError;
use crate::clock::Clock;
use crate::rig::{Link, Parity};
use crate::units::Duration;
use std::cell::RefCell;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_serial::SerialPortBuilderExt;

/// How long a TCP connection may take.
const CONNECT: Duration = Duration::s(3);

/// What the system says when process (EMFILE) or system (ENFILE) have no handle left.
const NO_HANDLES: [i32; 2] = [24, 23];

/// Any byte stream: a serial port, a socket, a pair in memory.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// A byte stream whose kind no longer matters.
pub type BoxStream = Box<dyn Stream>;

/// Opens a stream, again and again if need be.
pub type Opener = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<BoxStream, OpenError>>>>>;

/// Opens ports.
pub struct Port;

impl Port {
    /// Opens a link of the rig: a serial port exclusively (TIOCEXCL and flock), or a TCP connection without delay.
    ///
    /// # Errors
    /// When it cannot be opened, with what to do.
    pub async fn open(link: &Link, clock: Clock) -> Result<BoxStream, OpenError> {
        match link {
            Link::Serial { .. } => serial(link),
            Link::Tcp { address, .. } => tcp(address, clock).await,
        }
    }

    /// An opener for a link of the rig.
    pub fn opener(link: &Link, clock: Clock) -> Opener {
        let link = link.clone();
        Box::new(move || {
            let link = link.clone();
            Box::pin(async move { Self::open(&link, clock).await })
        })
    }
}

/// An opener that gives out one stream once, for streams in memory.
pub fn single(place: &str, stream: BoxStream) -> Opener {
    let place = place.to_owned();
    let stream = RefCell::new(Some(stream));
    Box::new(move || {
        let stream = stream.borrow_mut().take();
        let ended = OpenError::Ended { place: place.clone() };
        Box::pin(async move { stream.ok_or(ended) })
    })
}

fn serial(link: &Link) -> Result<BoxStream, OpenError> {
    let Link::Serial {
        path,
        baud,
        format,
        manner,
        ..
    } = link
    else {
        return Err(OpenError::Other {
            place: link.place().to_owned(),
            why: "not a serial port".to_owned(),
        });
    };
    // A pseudo-terminal drops parity, word length and flow control, and asking a second time for what it dropped is EINVAL.
    let pseudo = std::fs::canonicalize(path).is_ok_and(|p| p.starts_with("/dev/pts"));
    let parity = match format.parity {
        Parity::Even if !pseudo => tokio_serial::Parity::Even,
        Parity::Odd if !pseudo => tokio_serial::Parity::Odd,
        _ => tokio_serial::Parity::None,
    };
    let data_bits = if format.data_bits == 7 && !pseudo {
        tokio_serial::DataBits::Seven
    } else {
        tokio_serial::DataBits::Eight
    };
    let stop_bits = if format.stop_bits == 2 {
        tokio_serial::StopBits::Two
    } else {
        tokio_serial::StopBits::One
    };
    let flow_control = if manner.rts_cts && !pseudo {
        tokio_serial::FlowControl::Hardware
    } else {
        tokio_serial::FlowControl::None
    };
    let port = tokio_serial::new(path, *baud)
        .data_bits(data_bits)
        .parity(parity)
        .stop_bits(stop_bits)
        .flow_control(flow_control)
        .open_native_async();
    match port {
        Ok(port) => Ok(Box::new(port)),
        Err(error) => Err(serial_error(path, &error)),
    }
}

fn serial_error(path: &str, error: &tokio_serial::Error) -> OpenError {
    let path = path.to_owned();
    let text = error.to_string();
    let exists = std::path::Path::new(&path).exists();
    match error.kind {
        // The library keeps no number of the error.
        _ if text.contains("Too many open files") => OpenError::NoHandles { place: path },
        _ if !exists => OpenError::NotThere { path },
        tokio_serial::ErrorKind::Io(ErrorKind::PermissionDenied) => OpenError::Permission { path },
        // serialport reports a failed lock as "no device".
        tokio_serial::ErrorKind::Io(ErrorKind::ResourceBusy | ErrorKind::WouldBlock)
        | tokio_serial::ErrorKind::NoDevice => OpenError::InUse { path },
        _ if text.contains("busy") || text.contains("lock") => OpenError::InUse { path },
        _ => OpenError::Other {
            place: path,
            why: text,
        },
    }
}

async fn tcp(address: &str, clock: Clock) -> Result<BoxStream, OpenError> {
    let no_host = || OpenError::NoHost {
        address: address.to_owned(),
    };
    let connecting = clock.timeout(CONNECT, Duration::ZERO, tokio::net::TcpStream::connect(address));
    let stream = connecting
        .await
        .map_err(|_| no_host())?
        .map_err(|e| match e.kind() {
            ErrorKind::ConnectionRefused => OpenError::Refused {
                address: address.to_owned(),
            },
            _ if e.raw_os_error().is_some_and(|n| NO_HANDLES.contains(&n)) => OpenError::NoHandles {
                place: address.to_owned(),
            },
            ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => no_host(),
            _ => OpenError::Other {
                place: address.to_owned(),
                why: e.to_string(),
            },
        })?;
    // Requests are small and each waits for its answer: never hold one back.
    let _ = stream.set_nodelay(true);
    Ok(Box::new(stream))
}
