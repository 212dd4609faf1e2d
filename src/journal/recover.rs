//! Reading a journal back: the whole records, and what is wrong after them.

use super::disk::{Disk, DiskError};
use super::record::{Entry, Hash, MAGIC, RecordError, decode};

/// What stands after the last whole record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// Nothing, or zeros.
    Clean,
    /// Bytes that are no record.
    Damaged {
        /// Number that the damaged record would have.
        sequence: u64,
        /// Where it begins.
        offset: u64,
        /// What is wrong with it.
        error: RecordError,
    },
}

/// A journal read back.
#[derive(Debug)]
pub struct Recovered {
    /// The whole records.
    pub entries: Vec<Entry>,
    /// Number of the last one; 0 when there is none.
    pub sequence: u64,
    /// Hash of the last one.
    pub hash: Hash,
    /// Bytes up to the end of the last whole record.
    pub length: u64,
    /// What stands after it.
    pub tail: Tail,
}

/// Reads every whole record of a journal's bytes. Never fails: damage ends the reading and is named.
pub fn verify(bytes: &[u8]) -> Recovered {
    let mut out = Recovered {
        entries: Vec::new(),
        sequence: 0,
        hash: Hash::default(),
        length: 0,
        tail: Tail::Clean,
    };
    if bytes.is_empty() {
        return out;
    }
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        out.tail = Tail::Damaged {
            sequence: 0,
            offset: 0,
            error: RecordError::Chain,
        };
        return out;
    };
    let mut offset = MAGIC.len();
    loop {
        let sequence = out.sequence.saturating_add(1);
        match decode(rest, sequence, out.hash) {
            Ok(None) => break,
            Ok(Some((entry, size))) => {
                out.sequence = sequence;
                out.hash = entry.hash;
                out.entries.push(entry);
                offset += size;
                rest = rest.get(size..).unwrap_or(&[]);
            }
            Err(error) => {
                let at = u64::try_from(offset).unwrap_or(u64::MAX);
                out.tail = Tail::Damaged {
                    sequence,
                    offset: at,
                    error,
                };
                break;
            }
        }
    }
    out.length = u64::try_from(offset).unwrap_or(u64::MAX);
    out
}

/// Reads a journal and makes its disk ready for more: a damaged tail is kept aside and cut off.
///
/// # Errors
/// When the disk fails. A file that is no journal at all is refused, not cut.
pub fn recover(disk: &mut Disk) -> Result<Recovered, DiskError> {
    let bytes = disk.read()?;
    let recovered = verify(&bytes);
    if let Tail::Damaged { offset: 0, .. } = recovered.tail {
        let error = std::io::Error::other("it does not begin like a journal; nothing was changed");
        return Err(DiskError {
            doing: "read the journal from",
            place: "its file".into(),
            error,
        });
    }
    if !bytes.is_empty() {
        disk.truncate(recovered.length)?;
    }
    Ok(recovered)
}
