//! Barcode readers of Microscan and of Honeywell on a serial line. Written from dossier 11 C and D.
//!
//! Where the dossier is silent: a Microscan is triggered by `< >` and says `NOREAD` when it has seen nothing within its read
//! cycle; settings are taken without a word, queries answer with the setting in brackets. A Honeywell that sees nothing says
//! nothing, until it is told to stop; one that has read is off by itself.

use super::{
    dialogue::{Asked, Dialogue},
    seat::Seat,
    work::Work,
};
use crate::{
    instruments::{Ctx, Durations},
    quantity::Seconds,
};
use std::collections::BTreeMap;

const SYN: u8 = 0x16;
const CR: u8 = 0x0D;

/// The make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    Microscan,
    Honeywell,
}

/// A reader of a make, told apart at compile time by how its requests are cut.
#[derive(Debug)]
pub(super) struct Microscan(Scanner);

/// See [`Microscan`].
#[derive(Debug)]
pub(super) struct Honeywell(Scanner);

/// What both share.
#[derive(Debug)]
struct Scanner {
    seat: Seat,
    make: Make,
    durations: Durations,
    work: Work<Asked>,
    settings: BTreeMap<String, String>,
}

impl Scanner {
    fn new(nest: String, make: Make, durations: Durations) -> Self {
        Self {
            seat: Seat::new(nest),
            make,
            durations,
            work: Work::none(),
            settings: BTreeMap::new(),
        }
    }

    fn on(&mut self, ctx: &mut Ctx<'_>, asked: Asked) {
        if self.work.now().is_none() {
            let us = self.durations.draw("read_barcode", Seconds(0.5));
            self.work.begin(ctx, asked, us);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(ended) = self.work.ended(ctx.now) else {
            return;
        };
        match (self.seat.barcode(ctx), self.make) {
            (Some(code), Make::Microscan) => ended.job.answer(ctx, format!("{code}\r\n")),
            (Some(code), Make::Honeywell) => ended.job.answer(ctx, format!("{code}\r")),
            (None, Make::Microscan) => ended.job.answer(ctx, "NOREAD\r\n"),
            // It looks on, in vain.
            (None, Make::Honeywell) => self.work.begin(ctx, ended.job, u64::MAX),
        }
    }
}

impl Microscan {
    /// Just switched on.
    pub(super) fn new(nest: String, durations: Durations) -> Self {
        Self(Scanner::new(nest, Make::Microscan, durations))
    }

    /// What is answered to a command in brackets, if anything is.
    fn command(&mut self, ctx: &mut Ctx<'_>, asked: Asked, command: &str) -> Option<String> {
        match command {
            " " => {
                self.0.on(ctx, asked);
                None
            }
            "?" => Some("<?/0>".to_owned()),
            "A" | "Z" => None,
            _ => {
                if let Some(name) = command.strip_suffix('?') {
                    let value = self.0.settings.get(name).map_or("0", String::as_str);
                    return Some(format!("<{name},{value}>"));
                }
                let (name, value) = command.split_once(',')?;
                let known = name.strip_prefix('K').is_some_and(|number| {
                    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
                });
                if known && self.0.settings.len() < 512 {
                    self.0.settings.insert(name.to_owned(), value.to_owned());
                }
                None
            }
        }
    }
}

impl Dialogue for Microscan {
    const SEVEN_BITS: bool = true;

    /// A command stands between angle brackets; what is outside of them is passed over.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        let end = buffer.iter().position(|byte| *byte == b'>')?;
        let all: Vec<u8> = buffer.drain(..=end).collect();
        let begin = all.iter().rposition(|byte| *byte == b'<');
        let command = begin.and_then(|begin| all.get(begin + 1..end));
        Some(command.unwrap_or_default().to_vec())
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if asked.refused().is_some() {
            return;
        }
        if let Some(answer) = self.command(ctx, asked, request) {
            asked.answer(ctx, answer);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.0.advance(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.0.work.next_due()
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.0.work.cut_short();
        self.0.settings.clear();
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.0.work.mended(ctx.now);
    }
}

impl Honeywell {
    /// Just switched on.
    pub(super) fn new(nest: String, durations: Durations) -> Self {
        Self(Scanner::new(nest, Make::Honeywell, durations))
    }

    /// The answer to a menu command: its echo, and before what ended it whether it was understood.
    fn menu(&mut self, command: &str) -> Option<String> {
        let end = command.chars().last().filter(|end| ['.', '!'].contains(end))?;
        let body = command.get(..command.len() - 1)?;
        let query = body.trim_end_matches(['?', '^', '*']);
        let tag = query.get(..6).unwrap_or_default();
        let known = tag.len() == 6 && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let value = query.get(6..).unwrap_or_default();
        let mark = if !known {
            '\u{5}'
        } else if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            '\u{15}'
        } else {
            '\u{6}'
        };
        if query.len() < body.len() && known {
            let held = self
                .0
                .settings
                .get(tag)
                .cloned()
                .unwrap_or_else(|| "0".to_owned());
            return Some(format!("{tag}{held}{mark}{end}"));
        }
        if mark == '\u{6}' && self.0.settings.len() < 512 {
            self.0.settings.insert(tag.to_owned(), value.to_owned());
        }
        Some(format!("{body}{mark}{end}"))
    }
}

impl Dialogue for Honeywell {
    /// SYN, a letter, CR; behind `M` also all up to a full stop or an exclamation mark.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        loop {
            let begin = buffer.iter().position(|byte| *byte == SYN)?;
            buffer.drain(..begin);
            let [_, letter, CR, ..] = *buffer.as_slice() else {
                if buffer.len() < 3 {
                    return None;
                }
                buffer.remove(0);
                continue;
            };
            if letter != b'M' {
                buffer.drain(..3);
                return Some(vec![letter]);
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'.' | b'!'))?;
            let all: Vec<u8> = buffer.drain(..=end).collect();
            let menu = all.get(3..).unwrap_or_default();
            return Some([b"M", menu].concat());
        }
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        if asked.refused().is_some() {
            return asked.answer(ctx, "\u{15}");
        }
        match request {
            "T" => self.0.on(ctx, asked),
            "U" => {
                self.0.work.cut_short();
            }
            _ => {
                let menu = request.strip_prefix('M').and_then(|menu| self.menu(menu));
                if let Some(answer) = menu {
                    asked.answer(ctx, answer);
                }
            }
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.0.advance(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.0.work.next_due()
    }

    /// What was saved is not told from what was not: all is kept.
    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.0.work.cut_short();
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.0.work.mended(ctx.now);
    }
}

#[cfg(test)]
mod tests {
    use crate::instruments::text::bench::{Bench, SEAT};

    #[test]
    fn a_microscan_reads_says_that_it_did_not_and_takes_settings() {
        let mut reader = Bench::of_profile("microscan", 22.0);
        assert_eq!(reader.say("<K100,3><A>"), "");
        assert_eq!(reader.say("<K100?>"), "<K100,3>");
        assert_eq!(reader.say("< >"), "");
        assert_eq!(reader.until_said(), ("NOREAD\r\n".to_owned(), 0.5));
        reader.plate(SEAT, false, false);
        reader.say("noise < >");
        assert_eq!(reader.until_said().0, "P7\r\n");
    }

    #[test]
    fn a_honeywell_reads_and_is_silent_where_nothing_is() {
        let mut reader = Bench::of_profile("honeywell", 22.0);
        assert_eq!(reader.say("\u{16}T\r"), "");
        assert_eq!(reader.wait(60.0), "", "nothing there");
        assert_eq!(reader.say("\u{16}U\r"), "");
        reader.plate(SEAT, false, false);
        assert_eq!(reader.wait(60.0), "", "and off");
        reader.say("\u{16}T\r");
        assert_eq!(reader.until_said(), ("P7\r".to_owned(), 0.5));
        assert_eq!(reader.say("\u{16}M\r232BAD9."), "232BAD9\u{6}.");
        assert_eq!(reader.say("\u{16}M\r232BAD?."), "232BAD9\u{6}.");
        assert_eq!(reader.say("\u{16}M\r?!"), "?\u{5}!");
    }
}
