//! Telegrams: `class:command parameters` CR LF out, `key value` CR back.

use crate::link::Framing;

/// The overview register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overview(
    /// Its eight bits.
    pub u8,
);

impl Overview {
    const fn bit(self, n: u8) -> bool {
        self.0 & (1 << n) != 0
    }
    /// Something moves.
    pub const fn busy(self) -> bool {
        self.bit(0)
    }
    /// Ready for a command.
    pub const fn ready(self) -> bool {
        self.bit(1)
    }
    /// The error register holds a code.
    pub const fn error(self) -> bool {
        self.bit(3)
    }
    /// A plate lies on the handler.
    pub const fn handler_occupied(self) -> bool {
        self.bit(4)
    }
    /// The door is open.
    pub const fn door_open(self) -> bool {
        self.bit(6)
    }
    /// A plate stands on the transfer station.
    pub const fn transfer_occupied(self) -> bool {
        self.bit(7)
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `ok`: accepted.
    Accepted,
    /// `er XX`: refused, with the code.
    Refused(u8),
    /// A value, after its key.
    Value(String),
}

/// A telegram as bytes.
pub fn telegram(text: &str) -> Vec<u8> {
    format!("{text}\r\n").into_bytes()
}

/// A slot as the telegrams write it: three digits from 001.
pub fn location(slot: u16) -> String {
    format!("{slot:03}")
}

/// The key that answers a telegram: the register for `ch:`, `ok` for everything else.
pub fn key(telegram: &str) -> &str {
    let word = telegram.split_whitespace().next().unwrap_or(telegram);
    match word.split_once(':') {
        Some(("ch", register)) => register,
        _ => "ok",
    }
}

/// Finds the answer with this key (or a refusal); other lines are dropped.
pub fn framing(received: &[u8], key: &str) -> Framing {
    let Some(end) = received.iter().position(|b| *b == b'\r') else {
        return Framing::Incomplete;
    };
    let line = received.get(..end).unwrap_or_default();
    match read(line, key) {
        Some(_) => Framing::Frame(end + 1),
        None => Framing::Junk(end + 1),
    }
}

/// Reads one answer, without or with its line end. Strict: the protocol has no checksum, so whatever is not exactly an
/// answer is none.
pub fn read(line: &[u8], key: &str) -> Option<Answer> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let (word, value) = text.split_once(' ').map_or((text, ""), |(w, v)| (w, v.trim()));
    if word == "er" {
        return hex(value).map(Answer::Refused);
    }
    if word != key {
        return None;
    }
    if key == "ok" {
        // The overview that some units append is only a hint; it is asked for anyway.
        return (value.is_empty() || hex(value).is_some()).then_some(Answer::Accepted);
    }
    if value.is_empty() || value.chars().any(char::is_control) {
        return None;
    }
    let register = matches!(key, "bs" | "be" | "bw" | "ba" | "sw" | "ts");
    (!register || hex(value).is_some()).then(|| Answer::Value(value.to_owned()))
}

/// Two hexadecimal digits.
pub fn hex(text: &str) -> Option<u8> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| u8::from_str_radix(text, 16).ok())?
}

/// Nominal and actual value of `ch:it`, `+37.0 +36.9`, in thousandths of a degree.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be within 1000 degrees"
)]
pub fn temperatures(value: &str) -> Option<(i32, i32)> {
    let mut words = value.split_whitespace().map(|w| {
        let celsius: f64 = w.parse().ok()?;
        (celsius.is_finite() && celsius.abs() < 1000.0).then(|| (celsius * 1000.0).round() as i32)
    });
    let pair = (words.next()??, words.next()??);
    words.next().is_none().then_some(pair)
}

/// The code of `ch:bc`; `None` where the scanner saw no barcode (`-`).
pub fn barcode(value: &str) -> Option<String> {
    let code = value.trim();
    (code != "-").then(|| code.to_owned())
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
