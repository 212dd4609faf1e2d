//! A capture played back in place of an instrument: it answers what was recorded, and complains about bytes that differ.
//!
//! Owns the way back from a capture's text to bytes. Knows no time: what was received is there as soon as all before it was sent.

use super::error::OpenError;
use super::line::Direction;
use super::port::{BoxStream, Opener};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A line of a capture that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line} is no line of a capture (\"TIME > TEXT\" or \"TIME < TEXT\"): {why}")]
pub struct RecordingError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    line: usize,
    direction: Direction,
    bytes: Vec<u8>,
}

/// What once went over a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    pieces: Vec<Piece>,
}

impl Recording {
    /// Reads the text of a capture.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let pieces = text.lines().enumerate().map(|(index, text)| {
            let line = index + 1;
            piece(line, text).map_err(|why| RecordingError { line, why })
        });
        Ok(Self {
            pieces: pieces.collect::<Result<_, _>>()?,
        })
    }

    /// An opener for a line that plays it back, from where the connection before left it; and how it goes.
    pub fn play(self) -> (Opener, Playback) {
        let mut reel = Reel {
            left: self.pieces.into(),
            matched: 0,
            heard: VecDeque::new(),
            last: 0,
            reader: None,
            complaint: None,
        };
        reel.advance();
        let reel = Rc::new(RefCell::new(reel));
        let playback = Playback(Rc::clone(&reel));
        let opener: Opener = Box::new(move || {
            let player = Player(Rc::clone(&reel));
            Box::pin(async move { Ok::<BoxStream, OpenError>(Box::new(player)) })
        });
        (opener, playback)
    }
}

/// How playing back goes.
#[derive(Clone)]
pub struct Playback(Rc<RefCell<Reel>>);

impl Playback {
    /// What was sent that had not been recorded, with the line of the capture; the first time only.
    pub fn complaint(&self) -> Option<String> {
        self.0.borrow().complaint.clone()
    }

    /// The line of the capture that is to be sent next; none at its end.
    pub fn next_line(&self) -> Option<usize> {
        self.0.borrow().left.front().map(|piece| piece.line)
    }
}

struct Reel {
    /// From what is to be sent next.
    left: VecDeque<Piece>,
    /// Bytes of the first of these that were sent.
    matched: usize,
    /// What may be read, in the pieces in which it came.
    heard: VecDeque<Vec<u8>>,
    /// The line that was played last.
    last: usize,
    reader: Option<Waker>,
    complaint: Option<String>,
}

impl Reel {
    /// What was received next may be read.
    fn advance(&mut self) {
        let received = |piece: &Piece| piece.direction == Direction::Received;
        while self.left.front().is_some_and(received)
            && let Some(piece) = self.left.pop_front()
        {
            self.last = piece.line;
            self.heard.push_back(piece.bytes);
        }
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// How many of these bytes go on with what was recorded; none is a complaint.
    fn send(&mut self, bytes: &[u8]) -> usize {
        let said = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let Some(piece) = self.left.front() else {
            self.complaint = Some(format!(
                "after line {}, the last of the recording, \"{}\" was sent",
                self.last,
                said(bytes)
            ));
            return 0;
        };
        let rest = piece.bytes.get(self.matched..).unwrap_or_default();
        let n = rest.len().min(bytes.len());
        if rest.get(..n) != bytes.get(..n) {
            self.complaint = Some(format!(
                "line {}: \"{}\" was recorded, and \"{}\" was sent",
                piece.line,
                said(rest),
                said(bytes)
            ));
            return 0;
        }
        self.matched += n;
        if n == rest.len() {
            self.last = piece.line;
            self.matched = 0;
            self.left.pop_front();
            self.advance();
        }
        n
    }
}

/// One connection to what plays back.
struct Player(Rc<RefCell<Reel>>);

impl AsyncRead for Player {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut reel = self.0.borrow_mut();
        let Some(mut piece) = reel.heard.pop_front() else {
            // As an instrument that has nothing to say.
            reel.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        let rest = piece.split_off(piece.len().min(buffer.remaining()));
        buffer.put_slice(&piece);
        if !rest.is_empty() {
            reel.heard.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Player {
    fn poll_write(self: Pin<&mut Self>, _context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut reel = self.0.borrow_mut();
        if reel.complaint.is_none() {
            let n = if bytes.is_empty() { 0 } else { reel.send(bytes) };
            if n > 0 || bytes.is_empty() {
                return Poll::Ready(Ok(n));
            }
        }
        let why = reel.complaint.clone().unwrap_or_default();
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn piece(line: usize, text: &str) -> Result<Piece, String> {
    let (time, rest) = text.split_once(' ').ok_or("it has no direction")?;
    time.parse::<u64>().map_err(|e| format!("its time: {e}"))?;
    let (direction, escaped) = match (rest.strip_prefix("> "), rest.strip_prefix("< ")) {
        (Some(sent), _) => (Direction::Sent, sent),
        (_, Some(received)) => (Direction::Received, received),
        _ => return Err("it has no direction".to_owned()),
    };
    let bytes = unescape(escaped)?;
    Ok(Piece {
        line,
        direction,
        bytes,
    })
}

/// Bytes from what [`slice::escape_ascii`] makes of them.
fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.bytes();
    while let Some(byte) = left.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let plain = match left.next() {
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(same @ (b'\'' | b'"' | b'\\')) => same,
            Some(b'x') => {
                let digit = |b: Option<u8>| char::from(b?).to_digit(16).and_then(|d| u8::try_from(d).ok());
                let (high, low) = (digit(left.next()), digit(left.next()));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err("\\x without two digits".to_owned());
                };
                high << 4 | low
            }
            other => {
                let what = other.map_or_else(String::new, |b| char::from(b).to_string());
                return Err(format!("\\{what} escapes nothing"));
            }
        };
        bytes.push(plain);
    }
    Ok(bytes)
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
