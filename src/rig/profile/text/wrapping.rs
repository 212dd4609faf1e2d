//! Reads `[line]`: how texts travel.

use super::command::seconds_or;
use super::template::parts;
use super::{Checksum, Frame, Part, Wrapping};
use crate::rig::profile::reading::whole;
use crate::rig::{Format, Link};
use crate::source::{Table, Value};
use crate::units::Duration;

/// The wrapping, where it is right, and the question that brings both ends in step.
pub(super) type Line<'a> = (Option<Wrapping>, Option<(Value<'a>, String)>);

/// The whole table.
pub(super) fn line<'a>(value: &Value<'a>) -> Option<Line<'a>> {
    let mut t = value.table()?;
    let checksum = t.get("checksum").map(|v| checksum(&v));
    let frame = frame(&mut t);
    let framed = frame.is_some();
    let mut around = |key: &str| -> Option<Option<Vec<Vec<Part>>>> {
        if framed {
            if let Some(v) = t.get(key) {
                v.error(
                    "template",
                    format!(
                        "`{}`: texts travel in frames (`line.frame`), nothing stands around them",
                        v.path
                    ),
                );
            }
            return Some(None);
        }
        let v = t.need(key)?;
        let forms = match v.as_list() {
            Some(forms) if key == "answer" => forms,
            _ => return Some(Some(vec![form(&v, key, checksum.is_some())?])),
        };
        if forms.is_empty() {
            v.error("template", format!("`{}` has no form", v.path));
            return None;
        }
        let forms: Vec<_> = forms.iter().map(|v| form(v, key, checksum.is_some())).collect();
        Some(Some(forms.into_iter().collect::<Option<_>>()?))
    };
    let (request, answers) = (around("request"), around("answer"));
    let alone = t.get("alone").map(|v| {
        let bytes: Vec<u8> = v.text()?.bytes().collect();
        let plain = bytes.iter().all(|b| b.is_ascii_control());
        if !plain {
            v.error(
                "template",
                "an answer of a single byte is a control character, as \"\\u0006\"",
            );
        }
        plain.then_some(bytes)
    });
    let listed = t.get("settings").and_then(|v| v.list()).unwrap_or_default();
    let settings: Vec<_> = listed.iter().map(setting).collect();
    let gap = seconds_or(&mut t, "gap", Duration::ZERO);
    let resync = t.need("resync").and_then(|v| {
        let name = v.text()?;
        Some((v, name))
    });
    t.finish();
    let wrapping = || {
        Some(Wrapping {
            request: request?
                .and_then(|forms| forms.into_iter().next())
                .unwrap_or_default(),
            answers: answers?.unwrap_or_default(),
            frame: frame.map_or(Some(None), |f| f.map(Some))?,
            alone: alone.map_or(Some(Vec::new()), |a| a)?,
            checksum: checksum.flatten(),
            gap: gap?,
            settings: settings.into_iter().collect::<Option<_>>()?,
        })
    };
    Some((wrapping(), resync))
}

fn checksum(v: &Value<'_>) -> Option<Checksum> {
    match v.text()?.as_str() {
        "xor" => Some(Checksum::Xor),
        "sum" => Some(Checksum::Sum),
        "lrc" => Some(Checksum::Lrc),
        "crc16" => Some(Checksum::Crc16),
        other => {
            v.error(
                "checksum",
                format!("\"{other}\" is not a checksum; use xor, sum, lrc or crc16"),
            );
            None
        }
    }
}

/// `frame` with its `unit`, where texts travel in one; inside, none where it is wrong.
fn frame(t: &mut Table<'_>) -> Option<Option<Frame>> {
    let v = t.get("frame")?;
    let unit = t.need("unit").and_then(|v| whole(&v, 0, 15));
    let known = v.text().filter(|kind| {
        let known = kind == "length-crc8";
        if !known {
            v.error(
                "template",
                format!("\"{kind}\" is no kind of frame; there is \"length-crc8\""),
            );
        }
        known
    });
    Some(known.and(unit).map(|unit| Frame::LengthCrc8 { unit }))
}

/// What stands around a request, or around one form of an answer.
fn form(v: &Value<'_>, key: &str, summed: bool) -> Option<Vec<Part>> {
    let found = match parts(&v.text()?) {
        Ok(found) => found,
        Err(why) => {
            v.error("template", format!("`{}`: {why}", v.path));
            return None;
        }
    };
    if found.contains(&Part::Sum) && !summed {
        v.error("checksum", "`{sum}` needs `checksum = …`: which one?");
    }
    // Something behind the text, before its sum or behind it, by which its end is seen.
    let text = found.iter().position(|part| *part == Part::Text);
    let ended = found
        .iter()
        .skip(text.unwrap_or_default())
        .any(|part| matches!(part, Part::Bytes(_)));
    if key == "answer" && !ended {
        v.error(
            "template",
            "an answer must have an end that can be recognised, as \"{}\\r\\n\"",
        );
    }
    Some(found)
}

/// As "9600 8N1".
fn setting(value: &Value<'_>) -> Option<(u32, Format)> {
    let text = value.text()?;
    let found = text
        .split_once(' ')
        .and_then(|(baud, format)| Some((baud.parse().ok()?, Format::of(format.trim())?)));
    if found.is_none() {
        let message =
            format!("\"{text}\" is no line setting; write bits per second and format, as \"9600 8N1\"");
        value.error("profile-line", message);
    }
    found
}

impl Wrapping {
    /// What a behaviour's twin cannot hear, or say, is an error.
    pub(super) fn for_twin(&self, behaviour: &Value<'_>) {
        let text = self.request.iter().position(|part| *part == Part::Text);
        let mut behind = self.request.iter().skip(text.unwrap_or_default());
        if self.frame.is_some() || self.answers.len() > 1 {
            behaviour.error(
                "template",
                "no twin is made of a behaviour where texts travel in frames, or answers have several forms; leave `[behaviour]` out",
            );
        } else if !behind.any(|part| matches!(part, Part::Bytes(_))) {
            behaviour.error(
                "template",
                "a request has no end by which it could be heard: give `line.request` one, before its checksum or behind it",
            );
        }
    }

    /// A serial port of the rig file must be set as the instrument can be.
    pub(in crate::rig) fn check(&self, link: &Link, value: &Value<'_>) {
        let Link::Serial { baud, format, .. } = link else {
            return;
        };
        if self.settings.is_empty() || self.settings.contains(&(*baud, *format)) {
            return;
        }
        let known: Vec<String> = self.settings.iter().map(|(b, f)| format!("{b} {f}")).collect();
        value.error(
            "profile-line",
            format!(
                "the instrument cannot be set to {baud} {format}; its profile names {}",
                known.join(", ")
            ),
        );
    }
}
