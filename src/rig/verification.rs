//! What pipettes were found to deliver: records of verified volumes, and what a rig demands of them.

use super::calibration::{day, days};
use super::parse::whole;
use super::{InstrumentId, PipetteId, Rig, Role};
use crate::source::{Diagnostic, Document, SourceFile, Table, Value};
use crate::units::{Day, Quantity, Share, Volume};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The `verification` table of a rig file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRules {
    /// For how many days a verification holds; as long as its record says, where nothing is said.
    pub valid_for: Option<u32>,
    /// Whether a pipette without a verification that holds and was passed is refused instead of warned of.
    pub require: bool,
}

/// What one volume came to: of all channels together, or of one of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verified {
    /// Mean of what was delivered.
    pub mean: Volume,
    /// The mean relative to what was asked for, minus 1.
    pub systematic_error: f64,
    /// Coefficient of variation.
    pub random_error: f64,
    /// What it is at most, with 95 % confidence.
    pub random_error_at_most: f64,
    /// Replicates.
    pub n: u32,
    /// Within the limits.
    pub passed: bool,
}

/// One volume of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedVolume {
    /// What was asked for.
    pub asked: Volume,
    /// The stroke that was to deliver it.
    pub stroke: Volume,
    /// All channels together.
    pub all: Verified,
    /// Single channels, by number from 1; empty where they were not told apart.
    pub channels: BTreeMap<u8, Verified>,
}

/// A verification record: what one pipette with one kind of tip delivered on one occasion, in one liquid class or in none.
/// Records are added and never changed; the one with the highest version is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct VerificationRecord {
    /// Name of the rig.
    pub rig: String,
    /// The liquid handler.
    pub instrument: InstrumentId,
    /// The pipette.
    pub pipette: PipetteId,
    /// Labware name of the tip rack; none of a fixed probe.
    pub tips: Option<String>,
    /// The liquid class.
    pub class: Option<String>,
    /// Counts from 1.
    pub version: u32,
    /// "gravimetric" or "dye".
    pub method: String,
    /// The run that found it.
    pub run: String,
    /// The run's protocol.
    pub protocol: String,
    /// Who vouches for it.
    pub author: String,
    /// When it was found.
    pub date: Day,
    /// Last day on which it holds.
    pub due: Option<Day>,
    /// Whether the pipette was a simulated one.
    pub simulated: bool,
    /// By volume, ascending.
    pub volumes: Vec<VerifiedVolume>,
}

/// The records in force of a rig.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verifications {
    /// What the rig file demands; nothing, where it has no such table.
    pub rules: Option<VerificationRules>,
    /// By pipette, tips and class.
    pub records: BTreeMap<(PipetteId, Option<String>, Option<String>), VerificationRecord>,
}

impl Verifications {
    /// The record that counts for a pipette with tips in a class: the class's own, else the one without a class.
    pub fn of(
        &self,
        pipette: &PipetteId,
        tips: Option<&str>,
        class: Option<&str>,
    ) -> Option<&VerificationRecord> {
        let find = |class: Option<&str>| {
            let key = (pipette.clone(), tips.map(str::to_owned), class.map(str::to_owned));
            self.records.get(&key)
        };
        class.and_then(|class| find(Some(class))).or_else(|| find(None))
    }

    /// Why what a pipette delivers is not to be relied on; without a day, only what needs none is judged. A pipette that
    /// was never verified is no trouble where the rig file demands nothing.
    pub fn trouble(
        &self,
        (pipette, tips, class): (&PipetteId, Option<&str>, Option<&str>),
        today: Option<Day>,
    ) -> Option<String> {
        let with = tips.map_or_else(String::new, |tips| format!(" with \"{tips}\""));
        let Some(record) = self.of(pipette, tips, class) else {
            self.rules.as_ref()?;
            return Some(format!("what \"{pipette}\"{with} delivers was never verified"));
        };
        if let Some(failed) = record.volumes.iter().find(|v| !v.passed()) {
            return Some(format!(
                "\"{pipette}\"{with} failed its verification of {} ({}) at {}",
                record.date, record.run, failed.asked
            ));
        }
        let until = self.good_until(record)?;
        let today = today?;
        (until < today).then(|| {
            format!(
                "the verification of \"{pipette}\"{with} of {} was good until {until}; today is {today}",
                record.date
            )
        })
    }

    /// The last day on which a record holds: by its own `due` or by the rig file's `valid_for`, whichever is sooner.
    pub fn good_until(&self, record: &VerificationRecord) -> Option<Day> {
        let valid = self.rules.as_ref().and_then(|r| r.valid_for);
        let valid = valid.map(|days| record.date.later(days));
        match (valid, record.due) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The random error of a pipette: the largest that its records in force leave possible; none without a record.
    pub fn random_error(&self, pipette: &PipetteId) -> Option<Share> {
        let own = self.records.values().filter(|r| r.pipette == *pipette);
        let all = own.flat_map(|r| r.volumes.iter().map(|v| v.all.random_error_at_most));
        let largest = all.max_by(f64::total_cmp)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded just before"
        )]
        let hundredths = (largest * 10_000.0).ceil().clamp(0.0, 10_000.0) as u32;
        Some(Share::hundredths_of_percent(hundredths))
    }
}

impl VerifiedVolume {
    /// Whether it is within the limits, on every channel.
    pub fn passed(&self) -> bool {
        self.all.passed && self.channels.values().all(|c| c.passed)
    }
}

impl VerificationRecord {
    /// Pairs of what is delivered and the stroke that does it, both ascending: a pair that does not ascend is left out.
    pub fn correction(&self) -> Vec<(Volume, Volume)> {
        let mut pairs: Vec<(Volume, Volume)> = Vec::new();
        let mut found: Vec<_> = self.volumes.iter().map(|v| (v.all.mean, v.stroke)).collect();
        found.sort_unstable();
        for pair in found {
            let ascends = pairs.last().is_none_or(|last| pair.0 > last.0 && pair.1 > last.1);
            if ascends && pair.0 > Volume::nl(0) {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// What the files of records about the same are named after.
    pub fn stem(&self) -> String {
        let mut stem = format!("{}.{}", self.instrument, self.pipette);
        for part in [&self.tips, &self.class].into_iter().flatten() {
            let _ = write!(stem, ".{part}");
        }
        stem
    }

    /// Whether a file holds a verification record rather than another one.
    pub fn is_in(file: &SourceFile) -> bool {
        Document::parse(file).root().get("verification").is_some()
    }

    /// Text in, a record and every problem out. The record is there when nothing is wrong.
    pub fn parse(file: &SourceFile) -> (Option<Self>, Vec<Diagnostic>) {
        let document = Document::parse(file);
        let record = read(&mut document.root());
        let found = document.reporter().take();
        (record.filter(|_| found.is_empty()), found)
    }

    /// The record as the text of a file.
    pub fn to_text(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut out = String::from("[record]\n");
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "{key} = {value}");
        };
        line("rig", quoted(&self.rig));
        line("instrument", quoted(self.instrument.as_str()));
        line("pipette", quoted(self.pipette.as_str()));
        self.tips.iter().for_each(|tips| line("tips", quoted(tips)));
        self.class.iter().for_each(|class| line("class", quoted(class)));
        line("version", format!("{}\n\n[verification]", self.version));
        line("method", quoted(&self.method));
        line("run", quoted(&self.run));
        line("protocol", quoted(&self.protocol));
        line("author", quoted(&self.author));
        line("date", format!("\"{}\"", self.date));
        self.due.iter().for_each(|day| line("due", format!("\"{day}\"")));
        if self.simulated {
            line("simulated", "true".to_owned());
        }
        for volume in &self.volumes {
            let head = "\n[[verification.volumes]]\n";
            let _ = write!(
                out,
                "{head}asked = \"{}\"\nstroke = \"{}\"\n",
                nl(volume.asked),
                nl(volume.stroke)
            );
            let _ = writeln!(out, "{}", pairs(&volume.all).join("\n"));
            if !volume.channels.is_empty() {
                out.push_str("channels = [\n");
                for (number, one) in &volume.channels {
                    let _ = writeln!(out, "    {{ channel = {number}, {} }},", pairs(one).join(", "));
                }
                out.push_str("]\n");
            }
        }
        out
    }
}

impl Rig {
    /// Whether a liquid handler has a pipette of that name.
    pub fn has_pipette(&self, instrument: &InstrumentId, pipette: &PipetteId) -> bool {
        let role = self.instruments.get(instrument).map(|i| &i.role);
        matches!(role, Some(Role::LiquidHandler(handler)) if handler.pipettes.contains_key(pipette))
    }

    /// Puts the random errors of verifications in the place of what the rig file says of its pipettes.
    pub fn heed_verifications(&mut self) {
        for instrument in self.instruments.values_mut() {
            let Role::LiquidHandler(handler) = &mut instrument.role else {
                continue;
            };
            for (id, pipette) in &mut handler.pipettes {
                if let Some(error) = self.verifications.random_error(id) {
                    pipette.random_error = error;
                }
            }
        }
    }
}

/// A volume to the nanolitre, whatever its size.
fn nl(volume: Volume) -> String {
    format!("{} nL", volume.get())
}

fn pairs(one: &Verified) -> [String; 6] {
    [
        format!("mean = \"{}\"", nl(one.mean)),
        format!("systematic_error = {:.6}", one.systematic_error),
        format!("random_error = {:.6}", one.random_error),
        format!("random_error_at_most = {:.6}", one.random_error_at_most),
        format!("n = {}", one.n),
        format!("passed = {}", one.passed),
    ]
}

fn read(root: &mut Table<'_>) -> Option<VerificationRecord> {
    let mut head = root.need("record")?.table()?;
    let rig = head.need("rig").and_then(|v| v.text());
    let instrument = head.need("instrument").and_then(|v| v.text());
    let pipette = head.need("pipette").and_then(|v| v.text());
    let tips = head.get("tips").and_then(|v| v.text());
    let class = head.get("class").and_then(|v| v.text());
    let version = head.need("version").and_then(|v| whole(&v, 1, 999_999));
    head.finish();
    let mut t = root.need("verification")?.table()?;
    let method = t.need("method").and_then(|v| v.text());
    let run = t.need("run").and_then(|v| v.text());
    let protocol = t.need("protocol").and_then(|v| v.text());
    let author = t.need("author").and_then(|v| v.text());
    let date = t.need("date").and_then(|v| day(&v));
    let due = t.get("due").and_then(|v| day(&v));
    let simulated = t.get("simulated").and_then(|v| v.boolean()).unwrap_or(false);
    let listed = t.need("volumes").and_then(|v| v.list())?;
    let volumes: Option<Vec<VerifiedVolume>> = listed.iter().map(volume).collect();
    t.finish();
    Some(VerificationRecord {
        rig: rig?,
        instrument: InstrumentId::new(instrument?),
        pipette: PipetteId::new(pipette?),
        tips,
        class,
        version: version?,
        method: method?,
        run: run?,
        protocol: protocol?,
        author: author?,
        date: date?,
        due,
        simulated,
        volumes: volumes?,
    })
}

fn volume(value: &Value<'_>) -> Option<VerifiedVolume> {
    let mut t = value.table()?;
    let asked = t.need("asked").and_then(|v| above_nothing(&v));
    let stroke = t.need("stroke").and_then(|v| above_nothing(&v));
    let all = verified(&mut t);
    let mut channels = BTreeMap::new();
    for value in t.get("channels").and_then(|v| v.list()).unwrap_or_default() {
        let mut t = value.table()?;
        let number: u8 = t.need("channel").and_then(|v| whole(&v, 1, 96))?;
        channels.insert(number, verified(&mut t)?);
        t.finish();
    }
    t.finish();
    Some(VerifiedVolume {
        asked: asked?,
        stroke: stroke?,
        all: all?,
        channels,
    })
}

fn verified(t: &mut Table<'_>) -> Option<Verified> {
    let mean = t.need("mean").and_then(|v| v.quantity());
    let systematic_error = t.need("systematic_error").and_then(|v| v.number());
    let random_error = t.need("random_error").and_then(|v| v.number());
    let random_error_at_most = t.need("random_error_at_most").and_then(|v| v.number());
    let n = t.need("n").and_then(|v| whole(&v, 1, 1_000_000));
    let passed = t.need("passed").and_then(|v| v.boolean());
    Some(Verified {
        mean: mean?,
        systematic_error: systematic_error?,
        random_error: random_error?,
        random_error_at_most: random_error_at_most?,
        n: n?,
        passed: passed?,
    })
}

fn above_nothing(value: &Value<'_>) -> Option<Volume> {
    let volume: Volume = value.quantity()?;
    if volume.base() <= 0 {
        value.error("out-of-range", format!("`{}` must be above 0", value.path));
        return None;
    }
    Some(volume)
}

/// The `verification` table of a rig file.
pub(super) fn rules(root: &mut Table<'_>) -> Option<VerificationRules> {
    let mut t = root.get("verification")?.table()?;
    let valid_for = t.get("valid_for").and_then(|v| days(&v));
    let require = t.get("require").and_then(|v| v.boolean()).unwrap_or(false);
    t.finish();
    Some(VerificationRules { valid_for, require })
}

#[cfg(test)]
#[path = "verification_tests.rs"]
mod tests;
