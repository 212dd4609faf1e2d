//! An instrument on a serial line that is made from its profile: whole requests out of bytes, answers into them.

use super::{
    device::{Device, Reply},
    template::Template,
    values::Value,
};
use crate::{
    fault::Treatment,
    instruments::{Ctx, Port, Twin},
    text::Framing,
};
use std::collections::BTreeMap;

/// Bytes of a request that never ends, before they are thrown away.
const LONGEST: usize = 4096;
/// Lines that nobody heard for so long are gone, in microseconds.
const KEPT_US: u64 = 10_000_000;

/// A request: the connection that it came on, and what becomes of its answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    port: Port,
    treatment: Treatment,
}

/// Which sum over characters goes with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    Xor,
    Plain,
    Lrc,
    Crc16,
}

impl Sum {
    fn of(self, bytes: &[u8]) -> String {
        let added = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        match self {
            Self::Xor => format!("{:02X}", bytes.iter().fold(0, |sum, byte| sum ^ byte)),
            Self::Plain => format!("{added:02X}"),
            Self::Lrc => format!("{:02X}", added.wrapping_neg()),
            Self::Crc16 => {
                let bit = |crc: u16| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
                let byte = |crc: u16, byte: &u8| (0..8).fold(crc ^ u16::from(*byte), |crc, _| bit(crc));
                format!("{:04X}", bytes.iter().fold(0xFFFF, byte))
            }
        }
    }

    fn digits(self) -> usize {
        if self == Self::Crc16 { 4 } else { 2 }
    }
}

/// What stands around a text: before it, between it and its sum, and behind.
#[derive(Clone, Debug)]
struct Around {
    before: String,
    between: String,
    sum: Option<Sum>,
    behind: String,
}

impl Around {
    fn parse(text: &str, sum: Option<Sum>) -> Result<Self, String> {
        let plain = |part: &str| part.replace("{{", "{").replace("}}", "}");
        let (before, rest) = text
            .split_once("{}")
            .ok_or_else(|| format!("`line`: \"{text}\" does not say where the text stands"))?;
        let (between, sum, behind) = match rest.split_once("{sum}") {
            Some((between, behind)) => {
                let sum = sum.ok_or("`line.checksum` does not say which sum")?;
                (between, Some(sum), behind)
            }
            None => ("", None, rest),
        };
        Ok(Self {
            before: plain(before),
            between: plain(between),
            sum,
            behind: plain(behind),
        })
    }

    /// The text as it travels.
    fn wrap(&self, text: &str) -> Vec<u8> {
        let mut out = format!("{}{text}{}", self.before, self.between);
        if let Some(sum) = self.sum {
            out.push_str(&sum.of(out.as_bytes()));
        }
        out.push_str(&self.behind);
        out.into_bytes()
    }

    /// Bytes of the first whole line in a buffer. What ends it stands behind its sum, or before it where nothing is behind.
    fn cut(&self, buffer: &[u8]) -> Option<usize> {
        let (end, digits) = match self.sum {
            Some(sum) if self.behind.is_empty() => (self.between.as_bytes(), sum.digits()),
            _ => (self.behind.as_bytes(), 0),
        };
        let at = buffer
            .windows(end.len().max(1))
            .position(|window| window == end)?;
        let length = at.saturating_add(end.len()).saturating_add(digits);
        (length <= buffer.len()).then_some(length)
    }

    /// The text in a line without its end; `None`: it has not the form, or not the sum.
    fn unwrap(&self, line: &str) -> Option<String> {
        let begin = line.find(&self.before)?;
        let line = line.get(begin..)?;
        let body = match self.sum {
            None => line,
            Some(sum) => {
                let (body, said) = line.split_at_checked(line.len().checked_sub(sum.digits())?)?;
                (sum.of(body.as_bytes()) == said.to_ascii_uppercase()).then_some(body)?
            }
        };
        let text = body.strip_prefix(self.before.as_str())?;
        text.strip_suffix(self.between.as_str()).map(str::to_owned)
    }
}

/// The twin.
#[derive(Debug)]
pub(super) struct Line {
    device: Device<Asked>,
    request: Around,
    answer: Around,
    alone: String,
    unknown: Option<Template>,
    refused: Option<Template>,
    partial: BTreeMap<Port, Vec<u8>>,
}

impl Line {
    /// An instrument on its line, with what it says to what it does not know, and to what a fault refuses.
    pub(super) fn new(
        device: Device<Asked>,
        framing: &Framing,
        (unknown, refused): (Option<&str>, Option<&str>),
    ) -> Result<Self, String> {
        let sum = match framing.checksum.as_deref() {
            None => None,
            Some("xor") => Some(Sum::Xor),
            Some("sum") => Some(Sum::Plain),
            Some("lrc") => Some(Sum::Lrc),
            Some("crc16") => Some(Sum::Crc16),
            Some(other) => return Err(format!("`line.checksum`: there is no sum `{other}`")),
        };
        let request = Around::parse(&framing.request, sum)?;
        if request.behind.is_empty() && (request.sum.is_none() || request.between.is_empty()) {
            return Err("`line.request`: a request has no end by which it could be heard".into());
        }
        Ok(Self {
            device,
            request,
            answer: Around::parse(&framing.answer, sum)?,
            alone: framing.alone.clone(),
            unknown: unknown.map(Template::parse).transpose()?,
            refused: refused.map(Template::parse).transpose()?,
            partial: BTreeMap::new(),
        })
    }

    fn send(&self, ctx: &mut Ctx<'_>, asked: Asked, text: &str) {
        let alone = text.len() == 1 && self.alone.contains(text);
        let bytes = if alone {
            text.as_bytes().to_vec()
        } else {
            self.answer.wrap(text)
        };
        ctx.wire.send(ctx.now, asked.port, asked.treatment, bytes);
    }

    /// Says all that there is to say.
    fn speak(&mut self, ctx: &mut Ctx<'_>) {
        for (asked, reply) in self.device.said() {
            if let Reply::Answer(text) | Reply::Refused(text) = reply {
                if asked.is_none() {
                    ctx.wire.answers(ctx.now.saturating_sub(KEPT_US), 0);
                }
                self.send(ctx, asked.unwrap_or_default(), &text);
            }
        }
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, text: &str) {
        if let Treatment::Refused(code) = asked.treatment {
            if let Some(refused) = &self.refused {
                let text = refused.says(|_| Value::Number(f64::from(code)));
                self.send(ctx, asked, &text);
            }
            return;
        }
        if !self.device.hear(ctx, asked, text)
            && let Some(unknown) = &self.unknown
        {
            let text = unknown.says(|_| Value::Text(text.to_owned()));
            self.send(ctx, asked, &text);
        }
        self.speak(ctx);
    }
}

impl Twin for Line {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        let mut buffer = self.partial.remove(&port).unwrap_or_default();
        buffer.extend(bytes);
        let behind = self.request.behind.len();
        while let Some(length) = self.request.cut(&buffer) {
            let text = length.saturating_sub(behind);
            let line: Vec<u8> = buffer.drain(..length).take(text).collect();
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf || self.device.boots(ctx.now) {
                continue;
            }
            let line = String::from_utf8_lossy(&line);
            if let Some(text) = self.request.unwrap(&line) {
                self.request(ctx, Asked { port, treatment }, &text);
            }
        }
        if buffer.len() <= LONGEST {
            self.partial.insert(port, buffer);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.device.advance(ctx);
        self.speak(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.device.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.partial.clear();
        self.device.power_cycle(ctx);
        self.device.said();
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.device.mended(ctx.now);
    }

    fn closed(&mut self, port: Port) {
        self.partial.remove(&port);
    }
}
