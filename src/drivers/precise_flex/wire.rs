//! Lines: words LF out; a code, a space and data CR LF back. Code 0 is well, a negative one an error.

use crate::link::Framing;

/// Longest answer that is believed to be one.
const LONGEST: usize = 512;

/// What the data of an answer look like, for there is nothing else to know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looks {
    /// Nothing, `OK`, or the command again: of what sets or moves. The command's first word.
    Plain(String),
    /// Five numbers, and a sixth of an arm on a rail: of `wherej`.
    Joints,
    /// Six numbers, and the arm's configuration: of `wherec`.
    Place,
    /// `-1` or `0`: of `attach` and `IsFullyClosed`.
    Flag,
    /// A number of one or two digits: of `sysState`.
    State,
    /// Words that begin with no command: of `version`.
    Words,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Code 0, with the data.
    Accepted(String),
    /// An error, with its text.
    Refused(i32, String),
}

/// Words that our commands begin with, in small letters: no answer to `version` does.
const COMMANDS: [&str; 15] = [
    "mode",
    "hp",
    "attach",
    "home",
    "speed",
    "move",
    "movej",
    "locangles",
    "locxyz",
    "locconfig",
    "gripper",
    "gripopenpos",
    "gripclosepos",
    "halt",
    "ok",
];

/// A command as bytes.
pub fn command(text: &str) -> Vec<u8> {
    format!("{text}\n").into_bytes()
}

/// What the answer to a command looks like.
pub fn looks(text: &str) -> Looks {
    match text {
        "wherej" => Looks::Joints,
        "wherec" => Looks::Place,
        "attach" | "IsFullyClosed" => Looks::Flag,
        "sysState" => Looks::State,
        "version" => Looks::Words,
        _ => Looks::Plain(text.split(' ').next().unwrap_or_default().to_ascii_lowercase()),
    }
}

/// A number of thousandths as the controller writes it: with at least one decimal.
#[expect(clippy::cast_precision_loss, reason = "an arm's numbers stay far below 2^53")]
pub fn number(thousandths: i64) -> String {
    format!("{:?}", thousandths as f64 / 1_000.0)
}

/// Numbers, with spaces between them.
pub fn numbers(thousandths: &[i64]) -> String {
    let words: Vec<String> = thousandths.iter().copied().map(number).collect();
    words.join(" ")
}

/// Finds the answer that looks as it should, or an error; other lines are dropped.
pub fn framing(received: &[u8], looks: &Looks) -> Framing {
    let Some(end) = received.iter().position(|b| *b == b'\n') else {
        return if received.len() > LONGEST {
            Framing::Junk(received.len())
        } else {
            Framing::Incomplete
        };
    };
    match read(received.get(..=end).unwrap_or_default(), looks) {
        Some(_) => Framing::Frame(end + 1),
        None => Framing::Junk(end + 1),
    }
}

/// Reads one whole answer.
pub fn read(frame: &[u8], looks: &Looks) -> Option<Answer> {
    let text = std::str::from_utf8(frame.strip_suffix(b"\r\n")?).ok()?;
    let (code, data) = text.split_once(' ').map_or((text, ""), |(c, d)| (c, d.trim()));
    let digits = code.strip_prefix('-').unwrap_or(code);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || data.chars().any(char::is_control)
    {
        return None;
    }
    match code.parse::<i32>().ok()? {
        0 => looks.fit(data).then(|| Answer::Accepted(data.to_owned())),
        error if error < 0 => Some(Answer::Refused(error, data.to_owned())),
        _ => None,
    }
}

impl Looks {
    fn fit(&self, data: &str) -> bool {
        let first = data.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        let count = |data: &str| thousandths(data).map(|n| n.len());
        match self {
            Self::Plain(command) => data.is_empty() || data == "OK" || first == *command,
            Self::Joints => matches!(count(data), Some(5 | 6)),
            Self::Place => matches!(count(data), Some(6 | 7)),
            Self::Flag => data == "-1" || data == "0",
            Self::State => (1..=2).contains(&data.len()) && data.bytes().all(|b| b.is_ascii_digit()),
            Self::Words => {
                let words = first.bytes().any(|b| b.is_ascii_alphabetic());
                words && !COMMANDS.contains(&first.as_str())
            }
        }
    }
}

/// Numbers in thousandths; none where a word is no number of an arm.
#[expect(clippy::cast_possible_truncation, reason = "checked to be within 100000")]
pub fn thousandths(data: &str) -> Option<Vec<i64>> {
    let one = |word: &str| {
        let plain = word.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        let value: f64 = word.parse().ok().filter(|_| plain)?;
        (value.abs() < 100_000.0).then(|| (value * 1_000.0).round() as i64)
    };
    data.split_whitespace().map(one).collect()
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
