//! One record: length, sequence, time, version, previous hash, canonical JSON, hash.
//!
//! All integers are little-endian. The hash is SHA-256 over everything before it in the record, so that it checks the
//! record and chains it to all earlier ones. A length of zero ends the file (preallocated space is zeros).

use crate::run::Event;
use crate::units::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Version of the record format and of the events in it.
pub const VERSION: u16 = 1;

/// First bytes of a journal file.
pub const MAGIC: &[u8; 8] = b"plated\x00\x01";

const HEAD: usize = 4 + 8 + 8 + 2 + 32;
const HASH: usize = 32;
/// Largest payload accepted, to bound memory on a damaged length.
const MAX_PAYLOAD: usize = 256 << 20;

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
    /// It was written by a newer program.
    #[error("it has version {0}; this program reads up to {VERSION}")]
    Version(u16),
    /// Its text is not an event.
    #[error("its text is not an event: {0}")]
    Payload(String),
}

/// Encodes a record; returns its bytes and its hash.
///
/// # Errors
/// When the event cannot be written as JSON or is too large.
pub fn encode(
    sequence: u64,
    at: Timestamp,
    previous: Hash,
    event: &Event,
) -> Result<(Vec<u8>, Hash), RecordError> {
    let payload = serde_json::to_vec(event).map_err(|e| RecordError::Payload(e.to_string()))?;
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|_| payload.len() <= MAX_PAYLOAD);
    let length = length.ok_or(RecordError::Length(payload.len()))?;
    let mut bytes = Vec::with_capacity(HEAD + payload.len() + HASH);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(&at.as_us().to_le_bytes());
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&previous.0);
    bytes.extend_from_slice(&payload);
    let hash = Hash(Sha256::digest(&bytes).into());
    bytes.extend_from_slice(&hash.0);
    Ok((bytes, hash))
}

/// Decodes the record at the start of `bytes`; returns it with its size, or `None` at the end of the records.
///
/// # Errors
/// What is wrong with the record.
pub fn decode(bytes: &[u8], sequence: u64, previous: Hash) -> Result<Option<(Entry, usize)>, RecordError> {
    if bytes.iter().take(HEAD).all(|b| *b == 0) {
        return Ok(None);
    }
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(RecordError::Short)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length == 0 || length > MAX_PAYLOAD {
        return Err(RecordError::Length(length));
    }
    let (found_sequence, rest) = rest.split_first_chunk::<8>().ok_or(RecordError::Short)?;
    let (at, rest) = rest.split_first_chunk::<8>().ok_or(RecordError::Short)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(RecordError::Short)?;
    let (found_previous, rest) = rest.split_first_chunk::<32>().ok_or(RecordError::Short)?;
    let (payload, rest) = rest.split_at_checked(length).ok_or(RecordError::Short)?;
    let (found_hash, _) = rest.split_first_chunk::<32>().ok_or(RecordError::Short)?;
    let hashed = bytes.get(..HEAD + length).ok_or(RecordError::Short)?;
    if <[u8; 32]>::from(Sha256::digest(hashed)) != *found_hash {
        return Err(RecordError::Hash);
    }
    if *found_previous != previous.0 || u64::from_le_bytes(*found_sequence) != sequence {
        return Err(RecordError::Chain);
    }
    let version = u16::from_le_bytes(*version);
    if version > VERSION {
        return Err(RecordError::Version(version));
    }
    let event = serde_json::from_slice(payload).map_err(|e| RecordError::Payload(e.to_string()))?;
    let at = Timestamp::from_us(u64::from_le_bytes(*at));
    Ok(Some((
        Entry {
            sequence,
            at,
            event,
            hash: Hash(*found_hash),
        },
        HEAD + length + HASH,
    )))
}
