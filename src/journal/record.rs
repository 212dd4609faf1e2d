//! One record: a fixed head, a body, and a hash over both.
//!
//! All integers are little-endian. The head is length (of the body), sequence, time and format version, in every version,
//! so that a record of a newer version can be told from a damaged one. The body of version 2 is the hash of the record
//! before, the number of the last record known durable when this one was made, the version of the events, and one event
//! as JSON; in version 1 it is hash and event, and the length counts the event alone. The SHA-256 checks the record and
//! chains it to all earlier ones. Zeros end the file: they are space set aside.

use super::events::{self, EVENTS};
use crate::run::Event;
use crate::units::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Version of the record format that is written; all from 1 are read.
pub const VERSION: u16 = 2;

/// First bytes of a journal file.
pub const MAGIC: &[u8; 8] = b"plated\x00\x01";

const HEAD: usize = 4 + 8 + 8 + 2;
const HASH: usize = 32;
/// What stands before the event in a body: hash, durable sequence, version of the events.
const BEFORE_EVENT: usize = 32 + 8 + 2;
/// Largest body accepted, to bound memory on a damaged length.
const MAX_BODY: usize = 256 << 20;

/// Hash of a record; all zeros before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hash(pub [u8; 32]);

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A record that was read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, from 1.
    pub sequence: u64,
    /// When it was appended, by the run's clock.
    pub at: Timestamp,
    /// The fact.
    pub event: Event,
    /// Its hash.
    pub hash: Hash,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The file does not begin like a journal.
    #[error("the file does not begin like a journal")]
    Magic,
    /// The file ends inside it.
    #[error("the file ends inside the record")]
    Short,
    /// Its length cannot be.
    #[error("its length of {0} bytes cannot be")]
    Length(usize),
    /// Its hash does not fit its bytes.
    #[error("its hash does not fit its bytes")]
    Hash,
    /// It does not follow the one before.
    #[error("it does not follow the record before it")]
    Chain,
    /// It is sound, and was written by a newer program.
    #[error(
        "it is sound, but of record version {0}, and this program reads up to {VERSION}; use the program that wrote it, or a newer one"
    )]
    Version(u16),
    /// It is sound, and its events are those of a newer program.
    #[error(
        "it is sound, but its events are of version {0}, and this program knows up to {EVENTS}; use the program that wrote it, or a newer one"
    )]
    Events(u16),
    /// It is sound, and its text is no event that this program knows.
    #[error("it is sound, but its text is no event that this program knows: {0}")]
    Payload(String),
}

impl RecordError {
    /// Whether the record is whole, and it is this program that cannot read it: nothing is damaged then.
    pub const fn is_foreign(&self) -> bool {
        matches!(self, Self::Version(_) | Self::Events(_) | Self::Payload(_))
    }
}

/// Encodes a record; returns its bytes and its hash. `durable` is the last record known to be durable by now.
///
/// # Errors
/// When the event cannot be written as JSON or is too large.
pub fn encode(
    sequence: u64,
    at: Timestamp,
    previous: Hash,
    durable: u64,
    event: &Event,
) -> Result<(Vec<u8>, Hash), RecordError> {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(&at.as_us().to_le_bytes());
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&previous.0);
    bytes.extend_from_slice(&durable.to_le_bytes());
    bytes.extend_from_slice(&EVENTS.to_le_bytes());
    serde_json::to_writer(&mut bytes, event).map_err(|e| RecordError::Payload(e.to_string()))?;
    let body = bytes.len() - HEAD;
    let length = u32::try_from(body).ok().filter(|_| body <= MAX_BODY);
    let length = length.ok_or(RecordError::Length(body))?;
    if let Some(first) = bytes.first_chunk_mut::<4>() {
        *first = length.to_le_bytes();
    }
    let hash = Hash(Sha256::digest(&bytes).into());
    bytes.extend_from_slice(&hash.0);
    Ok((bytes, hash))
}

/// A record whose hash fits its bytes; what it says is not yet read.
pub(super) struct Sound<'a> {
    pub sequence: u64,
    at: u64,
    version: u16,
    body: &'a [u8],
    hash: Hash,
    /// Bytes of the whole record.
    pub size: usize,
}

/// The parts of a body: hash of the record before, durable sequence, version of the events, event.
type Body<'a> = (Hash, u64, u16, &'a [u8]);

impl<'a> Sound<'a> {
    /// The record at the start of `bytes`.
    ///
    /// # Errors
    /// Why it is none.
    pub fn at(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(RecordError::Short)?;
        let (sequence, rest) = rest.split_first_chunk::<8>().ok_or(RecordError::Short)?;
        let (at, rest) = rest.split_first_chunk::<8>().ok_or(RecordError::Short)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(RecordError::Short)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length == 0 || length > MAX_BODY {
            return Err(RecordError::Length(length));
        }
        let version = u16::from_le_bytes(*version);
        let length = if version == 1 { length + HASH } else { length };
        let (body, rest) = rest.split_at_checked(length).ok_or(RecordError::Short)?;
        let hash = rest.first_chunk::<HASH>().ok_or(RecordError::Short)?;
        let hashed = bytes.get(..HEAD + length).ok_or(RecordError::Short)?;
        if <[u8; HASH]>::from(Sha256::digest(hashed)) != *hash {
            return Err(RecordError::Hash);
        }
        Ok(Self {
            sequence: u64::from_le_bytes(*sequence),
            at: u64::from_le_bytes(*at),
            version,
            body,
            hash: Hash(*hash),
            size: HEAD + length + HASH,
        })
    }

    fn body(&self) -> Result<Body<'a>, RecordError> {
        if self.version > VERSION {
            return Err(RecordError::Version(self.version));
        }
        let (previous, rest) = self.body.split_first_chunk::<HASH>().ok_or(RecordError::Short)?;
        match self.version {
            // Version 1 kept no note of what was durable; its events are those of version 1.
            1 => Ok((Hash(*previous), 0, 1, rest)),
            VERSION => {
                let (durable, rest) = rest.split_first_chunk::<8>().ok_or(RecordError::Short)?;
                let (events, rest) = rest.split_first_chunk::<2>().ok_or(RecordError::Short)?;
                let durable = u64::from_le_bytes(*durable);
                Ok((Hash(*previous), durable, u16::from_le_bytes(*events), rest))
            }
            other => Err(RecordError::Version(other)),
        }
    }

    /// The last record that was known to be durable when this one was made; nothing where its version does not say.
    pub fn durable(&self) -> Option<u64> {
        match self.body() {
            Ok((_, durable, _, _)) if self.version > 1 => Some(durable),
            _ => None,
        }
    }

    /// Reads it as the record after another.
    ///
    /// # Errors
    /// When it does not follow, or this program cannot read it.
    pub fn after(&self, sequence: u64, previous: Hash) -> Result<Entry, RecordError> {
        let (found, _, version, event) = self.body()?;
        if found != previous || self.sequence != sequence.saturating_add(1) {
            return Err(RecordError::Chain);
        }
        Ok(Entry {
            sequence: self.sequence,
            at: Timestamp::from_us(self.at),
            event: events::read(version, event)?,
            hash: self.hash,
        })
    }
}

/// Whether something at the start of `bytes` could be a record after number `sequence`; quick, for searching.
pub(super) fn is_likely(bytes: &[u8], sequence: u64) -> bool {
    let Some((head, _)) = bytes.split_first_chunk::<HEAD>() else {
        return false;
    };
    let (Some(length), Some((_, rest))) = (head.first_chunk::<4>(), head.split_first_chunk::<4>()) else {
        return false;
    };
    let Some(found) = rest.first_chunk::<8>() else {
        return false;
    };
    let found = u64::from_le_bytes(*found);
    let body = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    found > sequence && found - sequence < 1 << 32 && body >= BEFORE_EVENT && body < bytes.len()
}
