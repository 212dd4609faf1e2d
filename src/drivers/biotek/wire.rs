//! One letter out, and where it takes a parameter that behind the acknowledgement; back ACK, text, ETX. Most texts end with
//! a status of four digits, 0000 where all is well.

use crate::link::Framing;

/// Every answer to a letter begins with it.
pub const ACK: u8 = 0x06;
/// Every answer ends with it, and most parameters.
pub const ETX: u8 = 0x03;
/// Longest answer without values that is believed to be one.
const LONGEST: usize = 100;
/// Longest block of values: 1536 wells stay below.
const LONGEST_BLOCK: usize = 32_000;
/// How a block of values begins.
const BLOCK: &[u8] = b"01,1,\r";

/// What an answer looks like, for there is nothing else to know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// The acknowledgement of a letter that takes a parameter.
    Acknowledged,
    /// Of a letter, a status or nothing: `J`, `A`, `O`.
    Bare,
    /// Of a parameter, a status or nothing: `y`, `t`.
    Taken,
    /// Of the parameter of `D`: digits and a status.
    Estimate,
    /// `e`: words with the version.
    Version,
    /// `C`: a number and a status.
    Serial,
    /// `h`: tenths of degrees and a status.
    Temperature,
    /// `O`: a status at once, and the values when they are measured; or a status alone, of a refusal. The values alone where
    /// the status before them was lost.
    Block,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it says, without its status.
    pub text: String,
    /// Its status, 0 where it has none.
    pub status: u16,
}

/// Finds the answer that looks as it should; what else arrives is dropped.
pub fn framing(received: &[u8], looks: Looks) -> Framing {
    match looks {
        Looks::Acknowledged => match received {
            [] => Framing::Incomplete,
            [ACK] => Framing::Frame(1),
            // More than the acknowledgement is an answer to something else, or its beginning is.
            _ => Framing::Junk(received.len()),
        },
        Looks::Block => block(received),
        Looks::Taken | Looks::Estimate => ended(received, looks),
        _ => match received.iter().position(|b| *b == ACK) {
            Some(0) => ended(received, looks),
            Some(before) => Framing::Junk(before),
            None if received.is_empty() => Framing::Incomplete,
            None => Framing::Junk(received.len()),
        },
    }
}

/// An answer up to its ETX.
fn ended(received: &[u8], looks: Looks) -> Framing {
    let Some(end) = received.iter().position(|b| *b == ETX) else {
        return if received.len() > LONGEST {
            Framing::Junk(received.len())
        } else {
            Framing::Incomplete
        };
    };
    // An answer that was cut short, and the next one.
    let again = received.iter().skip(1).position(|b| *b == ACK);
    if let Some(next) = again.map(|at| at + 1).filter(|next| *next < end) {
        return Framing::Junk(next);
    }
    match read(received.get(..=end).unwrap_or_default(), looks) {
        Some(_) => Framing::Frame(end + 1),
        None => Framing::Junk(end + 1),
    }
}

/// Whatever is long and ends like a block is one, right or wrong: its checksum tells which.
fn block(received: &[u8]) -> Framing {
    let mut begun = 0;
    if received.first() == Some(&ACK) {
        match ended(received, Looks::Bare) {
            Framing::Frame(n) => begun = n,
            other => return other,
        }
        let status = received.get(..begun).and_then(|frame| read(frame, Looks::Bare));
        if status.is_some_and(|answer| answer.status != 0) {
            return Framing::Frame(begun);
        }
    }
    let rest = received.get(begun..).unwrap_or_default();
    let begins = rest.windows(BLOCK.len()).position(|w| w == BLOCK);
    if let Some(before) = begins.filter(|at| *at > 0) {
        return Framing::Junk(begun + before);
    }
    match rest.iter().position(|b| *b == ETX) {
        Some(end) if end > 2 * BLOCK.len() => Framing::Frame(begun + end + 1),
        Some(end) => Framing::Junk(begun + end + 1),
        None if rest.len() > LONGEST_BLOCK => Framing::Junk(received.len()),
        None => Framing::Incomplete,
    }
}

/// Reads one whole answer. Strict: short answers have no checksum, so whatever is not exactly an answer is none.
pub fn read(frame: &[u8], looks: Looks) -> Option<Answer> {
    let inside = match looks {
        Looks::Acknowledged => {
            return (frame == [ACK]).then(|| Answer {
                text: String::new(),
                status: 0,
            });
        }
        Looks::Taken | Looks::Estimate | Looks::Block => frame.strip_suffix(&[ETX])?,
        _ => frame.strip_prefix(&[ACK])?.strip_suffix(&[ETX])?,
    };
    if looks == Looks::Block {
        let begun = inside.iter().position(|b| *b == ETX).map_or(0, |at| at + 1);
        let values = inside.get(begun..).unwrap_or_default();
        if let Some(refused) = read(frame, Looks::Bare).filter(|answer| answer.status != 0) {
            return Some(refused);
        }
        let text = String::from_utf8(values.to_vec()).ok()?;
        return Some(Answer { text, status: 0 });
    }
    let printable = |b: &u8| matches!(b, b' '..=b'~');
    if !inside.iter().all(printable) {
        return None;
    }
    let text = std::str::from_utf8(inside).ok()?;
    if text.is_empty() {
        return matches!(looks, Looks::Bare | Looks::Taken).then(|| Answer {
            text: String::new(),
            status: 0,
        });
    }
    let (text, status) = text.split_at_checked(text.len().checked_sub(4)?)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(status) {
        return None;
    }
    let fits = match looks {
        Looks::Bare | Looks::Taken => text.is_empty(),
        Looks::Estimate => text.len() >= 20 && digits(text),
        Looks::Version => version(text).is_some(),
        Looks::Serial => text.len() >= 8 && text.ends_with(' ') && !text.contains("Version"),
        Looks::Temperature => (1..=4).contains(&text.len()) && digits(text),
        Looks::Acknowledged | Looks::Block => false,
    };
    fits.then_some(Answer {
        text: text.trim().to_owned(),
        status: status.parse().ok()?,
    })
}

/// The version that the answer to `e` names.
pub fn version(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace().skip_while(|word| *word != "Version");
    words.next()?;
    let version = words.next()?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(version)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
