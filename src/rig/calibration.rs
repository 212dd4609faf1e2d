//! What was measured of instruments that position, and by whom: from `[calibration.X]` of a rig file, or from a record of
//! the data folder, which takes its place as a whole.

use super::parse::{entries, point};
use super::{InstrumentId, NestId, PipetteId, Point};
use crate::source::{Diagnostic, Document, SourceFile, Table, Value};
use crate::units::{Day, Duration, Length};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How a deck is turned and tilted against the nominal one, in um per m: positive turns go counter-clockwise, seen from
/// above, about the deck's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// About the vertical.
    pub turn: i64,
    /// Rise to the right, and to the back.
    pub tilt: (i64, i64),
}

/// Who measured, how well, and for how long it is good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// Who.
    pub author: Option<String>,
    /// How far the points that were touched are from the deck that was found, as root of the mean square.
    pub residual: Option<Length>,
    /// Last day on which it is good, where it is told as a day.
    pub due: Option<Day>,
    /// Number of the record that it comes from; none of a rig file.
    pub version: Option<u32>,
}

/// Measured corrections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calibration {
    /// Instruments that were calibrated, with the day and for how many days it is good, where that is told.
    pub days: BTreeMap<InstrumentId, (Option<Day>, Option<u32>)>,
    /// Who measured each.
    pub told: BTreeMap<InstrumentId, Provenance>,
    /// Where the origin of each liquid handler's deck was found, relative to nominal.
    pub deck: BTreeMap<InstrumentId, Point>,
    /// How each deck is turned and tilted.
    pub turns: BTreeMap<InstrumentId, Turn>,
    /// Where the nozzles of a pipette are, relative to the place that the rig file gives.
    pub pipette_offsets: BTreeMap<(InstrumentId, PipetteId), Point>,
    /// Where what stands on a nest is, relative to the deck.
    pub labware_offsets: BTreeMap<(InstrumentId, NestId), Point>,
    /// Measured tip lengths by liquid handler and tip rack.
    pub tip_lengths: BTreeMap<(InstrumentId, String), Length>,
    /// Usual grip height of each mover over the nest.
    pub grip_height: BTreeMap<InstrumentId, Length>,
    /// Grip heights of single nests.
    pub grip_heights: BTreeMap<(InstrumentId, NestId), Length>,
    /// Heights over single nests from which an arm comes down and to which it goes up.
    pub approaches: BTreeMap<(InstrumentId, NestId), Length>,
}

/// A share of a length, in um per m.
fn share(of: Length, um_per_m: i64) -> Length {
    let um = i128::from(of.get()) * i128::from(um_per_m) / 1_000_000;
    Length::um(i64::try_from(um).unwrap_or(0))
}

impl Calibration {
    /// How far a point of the nominal deck is from where it is said to be, for a pipette over what stands on a nest.
    pub fn at(
        &self,
        instrument: &InstrumentId,
        pipette: &PipetteId,
        nest: &NestId,
        (x, y): (Length, Length),
    ) -> Point {
        let deck = self.deck.get(instrument).copied().unwrap_or_default();
        let turn = self.turns.get(instrument).copied().unwrap_or_default();
        let nozzle = self.pipette_offsets.get(&(instrument.clone(), pipette.clone()));
        let nozzle = nozzle.copied().unwrap_or_default();
        let labware = self.labware_offsets.get(&(instrument.clone(), nest.clone()));
        let labware = labware.copied().unwrap_or_default();
        let tilted = share(x, turn.tilt.0).plus(share(y, turn.tilt.1));
        Point {
            x: deck.x.minus(share(y, turn.turn)).plus(labware.x).minus(nozzle.x),
            y: deck.y.plus(share(x, turn.turn)).plus(labware.y).minus(nozzle.y),
            z: deck.z.plus(tilted).plus(labware.z).minus(nozzle.z),
        }
    }

    /// Why an instrument's calibration does not count on a day; without a day, only what needs none is judged.
    pub fn trouble(&self, instrument: &InstrumentId, today: Option<Day>) -> Option<String> {
        let Some((date, days)) = self.days.get(instrument) else {
            return Some(format!(
                "\"{instrument}\" was never calibrated: where its positions are, nobody knows"
            ));
        };
        if date.is_none() && days.is_some() {
            return Some(format!(
                "the calibration of \"{instrument}\" is good for a time, but has no `date`"
            ));
        }
        let until = self.good_until(instrument);
        let today = today?;
        match (date, until) {
            (Some(date), _) if *date > today => Some(format!(
                "\"{instrument}\" would have been calibrated on {date}; today is {today}"
            )),
            (_, Some(until)) if until < today => {
                let of = date.map_or_else(String::new, |date| format!(" of {date}"));
                Some(format!(
                    "the calibration of \"{instrument}\"{of} was good until {until}; today is {today}"
                ))
            }
            _ => None,
        }
    }

    /// The last day on which an instrument's calibration is good, where that is told: by `due` or by `valid_for`, whichever
    /// is sooner.
    pub fn good_until(&self, instrument: &InstrumentId) -> Option<Day> {
        let due = self.told.get(instrument).and_then(|t| t.due);
        let valid = match self.days.get(instrument) {
            Some((Some(date), Some(days))) => Some(date.later(*days)),
            _ => None,
        };
        match (valid, due) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Grip height of a mover over a nest; none where it was never measured.
    pub fn grip(&self, mover: &InstrumentId, nest: &NestId) -> Option<Length> {
        let own = self.grip_heights.get(&(mover.clone(), nest.clone()));
        own.or_else(|| self.grip_height.get(mover)).copied()
    }

    /// Puts what another says of an instrument in the place of all that is known of it.
    pub fn replace(&mut self, instrument: &InstrumentId, by: Self) {
        self.days.remove(instrument);
        self.told.remove(instrument);
        self.deck.remove(instrument);
        self.turns.remove(instrument);
        self.pipette_offsets.retain(|(i, _), _| i != instrument);
        self.labware_offsets.retain(|(i, _), _| i != instrument);
        self.tip_lengths.retain(|(i, _), _| i != instrument);
        self.grip_height.remove(instrument);
        self.grip_heights.retain(|(i, _), _| i != instrument);
        self.approaches.retain(|(i, _), _| i != instrument);
        self.join(by);
    }

    fn join(&mut self, other: Self) {
        self.days.extend(other.days);
        self.told.extend(other.told);
        self.deck.extend(other.deck);
        self.turns.extend(other.turns);
        self.pipette_offsets.extend(other.pipette_offsets);
        self.labware_offsets.extend(other.labware_offsets);
        self.tip_lengths.extend(other.tip_lengths);
        self.grip_height.extend(other.grip_height);
        self.grip_heights.extend(other.grip_heights);
        self.approaches.extend(other.approaches);
    }

    /// What is known of one instrument.
    pub fn of(&self, instrument: &InstrumentId) -> Self {
        let mut own = self.clone();
        let others = self.days.keys().filter(|id| *id != instrument);
        for other in others {
            own.replace(other, Self::default());
        }
        own
    }
}

/// Every table of `[calibration]`.
pub(super) fn calibrations(root: &mut Table<'_>) -> Calibration {
    let mut out = Calibration::default();
    for (key, value) in entries(root, "calibration") {
        if let Some(table) = value.table() {
            out.join(one(&InstrumentId::new(key), table));
        }
    }
    out
}

/// What one table says of an instrument.
fn one(id: &InstrumentId, mut t: Table<'_>) -> Calibration {
    let mut out = Calibration::default();
    let date = t.get("date").and_then(|v| day(&v));
    let valid = t.get("valid_for").and_then(|v| days(&v));
    out.days.insert(id.clone(), (date, valid));
    let provenance = Provenance {
        author: t.get("author").and_then(|v| v.text()),
        residual: t.get("residual").and_then(|v| v.quantity()),
        due: t.get("due").and_then(|v| day(&v)),
        version: None,
    };
    out.told.insert(id.clone(), provenance);
    if let Some(deck) = t.get("deck").and_then(|v| point(&v)) {
        out.deck.insert(id.clone(), deck);
    }
    let turn = t.get("turn").and_then(|v| per_m(&v));
    let tilt = t.get("tilt").and_then(|v| match v.list()?.as_slice() {
        [x, y] => Some((per_m(x)?, per_m(y)?)),
        _ => {
            v.error(
                "wrong-length",
                format!("`{}` is two numbers: to the right, to the back", v.path),
            );
            None
        }
    });
    if turn.is_some() || tilt.is_some() {
        let turn = Turn {
            turn: turn.unwrap_or(0),
            tilt: tilt.unwrap_or_default(),
        };
        out.turns.insert(id.clone(), turn);
    }
    for (pipette, value) in entries(&mut t, "pipette_offsets") {
        if let Some(offset) = point(&value) {
            out.pipette_offsets
                .insert((id.clone(), PipetteId::new(pipette)), offset);
        }
    }
    for (nest, value) in entries(&mut t, "labware_offsets") {
        if let Some(offset) = point(&value) {
            out.labware_offsets
                .insert((id.clone(), NestId::new(nest)), offset);
        }
    }
    for (rack, value) in entries(&mut t, "tip_lengths") {
        if let Some(length) = value.quantity() {
            out.tip_lengths.insert((id.clone(), rack), length);
        }
    }
    if let Some(height) = t.get("grip_height").and_then(|v| v.quantity::<Length>()) {
        out.grip_height.insert(id.clone(), height);
    }
    for (nest, value) in entries(&mut t, "grip_heights") {
        if let Some(height) = value.quantity() {
            out.grip_heights.insert((id.clone(), NestId::new(nest)), height);
        }
    }
    for (nest, value) in entries(&mut t, "approaches") {
        if let Some(height) = value.quantity() {
            out.approaches.insert((id.clone(), NestId::new(nest)), height);
        }
    }
    t.finish();
    out
}

/// Millimetres per metre as micrometres per metre, at most 50 mm.
fn per_m(value: &Value<'_>) -> Option<i64> {
    let number = value.number()?;
    if !(-50.0..=50.0).contains(&number) {
        let message = format!(
            "`{}` is in mm per m, from -50 to 50; a deck further off is to be put right",
            value.path
        );
        value.error("out-of-range", message);
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 50000")]
    Some((number * 1000.0).round() as i64)
}

pub(super) fn day(value: &Value<'_>) -> Option<Day> {
    let text = value.text()?;
    let day = Day::parse(&text);
    if day.is_none() {
        let message = format!("`{}` is \"{text}\"; write a day as \"2027-03-31\"", value.path);
        value.error("day", message);
    }
    day
}

/// A duration of whole days, at least one.
pub(super) fn days(value: &Value<'_>) -> Option<u32> {
    let us = value.quantity::<Duration>()?.as_us();
    let day = Duration::h(24).as_us();
    let days = us.checked_div(day).and_then(|n| u32::try_from(n).ok());
    let whole = days.filter(|n| *n > 0 && us.is_multiple_of(day));
    if whole.is_none() {
        value.error(
            "out-of-range",
            format!("`{}` is whole days, at least one", value.path),
        );
    }
    whole
}

/// A calibration record: what was measured of one instrument, on one occasion. Records are added and never changed; the
/// one with the highest version is in force, in the place of the rig file's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalibrationRecord {
    /// Name of the rig.
    pub rig: String,
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// Counts from 1.
    pub version: u32,
    /// What was measured.
    pub calibration: Calibration,
}

impl CalibrationRecord {
    /// Text in, a record and every problem out. The record is there when nothing is wrong.
    pub fn parse(file: &SourceFile) -> (Option<Self>, Vec<Diagnostic>) {
        let document = Document::parse(file);
        let read = || {
            let mut root = document.root();
            let mut head = root.need("record")?.table()?;
            let rig = head.need("rig").and_then(|v| v.text());
            let instrument = head.need("instrument").and_then(|v| v.text());
            let version = head
                .need("version")
                .and_then(|v| super::parse::whole(&v, 1, 999_999));
            head.finish();
            let id = InstrumentId::new(instrument?);
            let mut calibration = one(&id, root.need("calibration")?.table()?);
            root.finish();
            if let Some(told) = calibration.told.get_mut(&id) {
                told.version = version;
            }
            Some(Self {
                rig: rig?,
                instrument: id,
                version: version?,
                calibration,
            })
        };
        let record = read();
        let found = document.reporter().take();
        (record.filter(|_| found.is_empty()), found)
    }

    /// The record as the text of a file.
    pub fn to_text(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let length = |l: &Length| format!("\"{}\"", mm(*l));
        let triple = |p: &Point| format!("[\"{}\", \"{}\", \"{}\"]", mm(p.x), mm(p.y), mm(p.z));
        let mut out = format!(
            "[record]\nrig = {}\ninstrument = {}\nversion = {}\n\n[calibration]\n",
            quoted(&self.rig),
            quoted(self.instrument.as_str()),
            self.version
        );
        let (c, id) = (&self.calibration, &self.instrument);
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "{key} = {value}");
        };
        if let Some(told) = c.told.get(id) {
            told.author
                .iter()
                .for_each(|author| line("author", quoted(author)));
            told.residual.iter().for_each(|r| line("residual", length(r)));
        }
        if let Some((date, valid)) = c.days.get(id) {
            date.iter().for_each(|day| line("date", format!("\"{day}\"")));
            valid
                .iter()
                .for_each(|days| line("valid_for", format!("\"{days} d\"")));
        }
        let due = c.told.get(id).and_then(|t| t.due);
        due.iter().for_each(|day| line("due", format!("\"{day}\"")));
        c.deck.get(id).iter().for_each(|p| line("deck", triple(p)));
        if let Some(turn) = c.turns.get(id) {
            line("turn", thousandths(turn.turn));
            line(
                "tilt",
                format!("[{}, {}]", thousandths(turn.tilt.0), thousandths(turn.tilt.1)),
            );
        }
        c.grip_height
            .get(id)
            .iter()
            .for_each(|l| line("grip_height", length(l)));
        let mut table = |key: &str, rows: Vec<(String, String)>| {
            if !rows.is_empty() {
                let _ = writeln!(out, "\n[calibration.{key}]");
            }
            for (name, value) in rows {
                let _ = writeln!(out, "{} = {value}", quoted(&name));
            }
        };
        let points = |(name, point): (&str, &Point)| (name.to_owned(), triple(point));
        let lengths = |(name, l): (&str, &Length)| (name.to_owned(), length(l));
        let rows = c
            .pipette_offsets
            .iter()
            .map(|((_, n), p)| points((n.as_str(), p)));
        table("pipette_offsets", rows.collect());
        let rows = c
            .labware_offsets
            .iter()
            .map(|((_, n), p)| points((n.as_str(), p)));
        table("labware_offsets", rows.collect());
        let rows = c.tip_lengths.iter().map(|((_, n), l)| lengths((n.as_str(), l)));
        table("tip_lengths", rows.collect());
        let rows = c.grip_heights.iter().map(|((_, n), l)| lengths((n.as_str(), l)));
        table("grip_heights", rows.collect());
        let rows = c.approaches.iter().map(|((_, n), l)| lengths((n.as_str(), l)));
        table("approaches", rows.collect());
        out
    }
}

/// A length in millimetres, whatever its size.
fn mm(length: Length) -> String {
    let number = thousandths(length.get());
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} mm")
}

/// Thousandths as a decimal number.
fn thousandths(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    let n = n.unsigned_abs();
    format!("{sign}{}.{:03}", n / 1000, n % 1000)
}

#[cfg(test)]
#[path = "calibration_tests.rs"]
mod tests;
