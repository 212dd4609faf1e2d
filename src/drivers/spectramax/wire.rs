//! Lines: `!COMMAND arguments` CR out; back one or two fields, each ended by `>`, the first of them `OK` or `FAIL` code.

use crate::link::Framing;
use crate::rig::SpectraMax as Model;

/// Longest answer that is believed to be one: 1536 wells at several wavelengths stay below.
const LONGEST: usize = 100_000;

/// What an answer looks like, for there is nothing else to know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// `OK` and nothing else, in so many fields.
    Bare(u8),
    /// `!STATUS`: words, the second of them the state.
    Status,
    /// `!TEMP`: two numbers.
    Temperatures,
    /// `!TRANSFER`: lines with tabs.
    Data,
    /// Any words in the second field, or behind `OK` in the first: `!OPTION`, `!ERROR`.
    Words,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What follows `OK`; empty where nothing does.
    Accepted(String),
    /// `FAIL`: refused, with the code.
    Refused(u16),
}

/// A command as bytes.
pub fn command(text: &str) -> Vec<u8> {
    format!("{text}\r").into_bytes()
}

/// How many fields answer a command that sets something.
pub fn fields(command: &str, model: Model) -> u8 {
    let mut words = command.split(' ');
    let absorbance = |kind: Option<&str>| kind.is_some_and(|k| k.starts_with("ABS"));
    match words.next().unwrap_or_default() {
        "!READTYPE" => match model {
            Model::M5 if absorbance(words.next()) => 2,
            Model::M5 | Model::Plus384 => 1,
        },
        "!QUEUE" | "!READSTAGE" | "!SPEED" | "!USER_NUMBER" | "!WELLSCANMODE" | "!PATHCAL" => 2,
        _ => 1,
    }
}

/// Finds the answer that looks as it should; what else arrives is dropped.
pub fn framing(received: &[u8], looks: Looks) -> Framing {
    // Line ends and prompts that an earlier answer has left over.
    let left_over = received.iter().take_while(|b| b"\r\n>\t ".contains(b)).count();
    if left_over > 0 {
        return Framing::Junk(left_over);
    }
    let Some(first) = received.iter().position(|b| *b == b'>') else {
        return if received.len() > LONGEST {
            Framing::Junk(received.len())
        } else {
            Framing::Incomplete
        };
    };
    let first = first + 1;
    if read(received.get(..first).unwrap_or_default(), looks).is_some() {
        return Framing::Frame(first);
    }
    if !accepts(received.get(..first).unwrap_or_default()) {
        return Framing::Junk(first);
    }
    let rest = received.get(first..).unwrap_or_default();
    let Some(second) = rest.iter().position(|b| *b == b'>') else {
        return if rest.len() > LONGEST {
            Framing::Junk(received.len())
        } else {
            Framing::Incomplete
        };
    };
    let whole = first + second + 1;
    match read(received.get(..whole).unwrap_or_default(), looks) {
        Some(_) => Framing::Frame(whole),
        None => Framing::Junk(first),
    }
}

/// Whether a field says no more than that a command was accepted.
fn accepts(field: &[u8]) -> bool {
    matches!(head(field), Some(Answer::Accepted(more)) if more.is_empty())
}

/// The first field: `OK`, `OK` and more, or `FAIL` and a code. Echoed commands and warnings are left out.
fn head(field: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(field).ok()?;
    let text = text.strip_suffix('>').unwrap_or(text);
    let line = |line: &&str| {
        let plain = line.trim();
        let warning = plain.to_ascii_lowercase().contains("warning") && !plain.starts_with("OK");
        !plain.is_empty() && !plain.starts_with('!') && !warning
    };
    let mut lines = text.split(['\r', '\n']).filter(line);
    let said = lines.next()?;
    if lines.next().is_some() {
        return None;
    }
    if let Some(refused) = refusal(said) {
        return Some(Answer::Refused(refused));
    }
    let more = said.strip_prefix("OK")?;
    if more.to_ascii_lowercase().contains("warning") {
        return Some(Answer::Accepted(String::new()));
    }
    (more.is_empty() || more.starts_with(['\t', ' '])).then(|| Answer::Accepted(more.trim().to_owned()))
}

/// The code of `FAIL`, the last word behind a tab.
fn refusal(said: &str) -> Option<u16> {
    let more = said.trim_start().strip_prefix("FAIL")?;
    more.rsplit('\t').next()?.trim().parse().ok()
}

/// Reads one whole answer. Strict: the protocol has no checksum, so whatever is not exactly an answer is none.
pub fn read(frame: &[u8], looks: Looks) -> Option<Answer> {
    let first = frame.iter().position(|b| *b == b'>')? + 1;
    let accepted = head(frame.get(..first)?)?;
    let rest = frame.get(first..)?;
    if rest.is_empty() {
        return match (accepted, looks) {
            (Answer::Refused(code), _) => Some(Answer::Refused(code)),
            (Answer::Accepted(more), Looks::Bare(1)) if more.is_empty() => Some(Answer::Accepted(more)),
            (Answer::Accepted(more), Looks::Words) if !more.is_empty() => Some(Answer::Accepted(more)),
            _ => None,
        };
    }
    let Answer::Accepted(more) = accepted else {
        return None;
    };
    let second = std::str::from_utf8(rest).ok()?.strip_suffix('>')?;
    let text = second.trim();
    if !more.is_empty() || text.contains('>') {
        return None;
    }
    if text.starts_with("FAIL") {
        return refusal(text).map(Answer::Refused);
    }
    let fits = match looks {
        Looks::Bare(fields) => fields == 2 && (text.is_empty() || text == "OK"),
        Looks::Status => state(text).is_some(),
        Looks::Temperatures => temperatures(text).is_some(),
        Looks::Data => text
            .lines()
            .next()
            .is_some_and(|line| line.split('\t').count() >= 3),
        Looks::Words => !text.is_empty(),
    };
    let plain = |c: char| !c.is_control() || c == '\t' || c == '\r' || c == '\n';
    (fits && text.chars().all(plain)).then(|| Answer::Accepted(text.to_owned()))
}

/// The state of `!STATUS`: its second word, in capitals.
pub fn state(text: &str) -> Option<&str> {
    let state = text.split_whitespace().nth(1)?;
    let one_line = !text.contains(['\r', '\n']);
    (one_line && state.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')).then_some(state)
}

/// Set value and actual value of `!TEMP`, in degrees.
pub fn temperatures(text: &str) -> Option<(f64, f64)> {
    let mut words = text
        .split_whitespace()
        .map(|w| w.parse::<f64>().ok().filter(|n| n.is_finite()));
    let pair = (words.next()??, words.next()??);
    words.next().is_none().then_some(pair)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
