//! Picklists as CSV, with the headers that liquid handlers' software knows.

use super::table::{Cell, Table};
use crate::labware::{Well, WellError};
use crate::plan::{Picklist, Plan, StepId, Work};
use crate::units::Volume;
use thiserror::Error;

const HEADER: [&str; 6] = [
    "Source Plate Name",
    "Source Well",
    "Destination Plate Name",
    "Destination Well",
    "Transfer Volume (uL)",
    "Sample",
];

/// The volume that the plan transfers per pick of a selection step.
pub fn pick_volume(plan: &Plan, select: &StepId) -> Option<Volume> {
    plan.operations
        .iter()
        .flat_map(|o| &o.phases)
        .find_map(|phase| match &phase.work {
            Work::PickTransfer(transfer) if transfer.select == *select => Some(transfer.volume),
            _ => None,
        })
}

/// A picklist in the order in which it is carried out; the volume in uL is left empty when the plan has none.
pub fn picklist_csv(picklist: &Picklist, volume: Option<Volume>) -> Vec<u8> {
    let mut table = Table::new(&HEADER);
    for pick in &picklist.picks {
        table.row(vec![
            Cell::text(pick.from_plate.as_str()),
            Cell::plain(pick.from),
            Cell::text(pick.to_plate.as_str()),
            Cell::plain(pick.to),
            Cell::number(volume.map(Volume::as_ul)),
            Cell::text(pick.strain.as_str()),
        ]);
    }
    table.to_csv()
}

/// A line of a picklist that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PicklistLine {
    /// Name of the source plate.
    pub from_plate: String,
    /// Source well.
    pub from: Well,
    /// Name of the destination plate.
    pub to_plate: String,
    /// Destination well.
    pub to: Well,
    /// Volume, if given.
    pub volume: Option<Volume>,
    /// The sample, if named.
    pub sample: Option<String>,
}

/// Why a text is no picklist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PicklistError {
    /// The text is not CSV.
    #[error("not readable as CSV: {0}")]
    Csv(String),
    /// A column is missing.
    #[error("the picklist has no column \"{0}\"")]
    NoColumn(&'static str),
    /// A well cannot be read.
    #[error("line {line}: {cause}")]
    Well {
        /// Line of the file, from 1.
        line: u64,
        /// What is wrong.
        cause: WellError,
    },
    /// A volume cannot be read.
    #[error("line {line}: \"{text}\" is not a volume in uL")]
    Volume {
        /// Line of the file, from 1.
        line: u64,
        /// The text as given.
        text: String,
    },
}

/// Reads a picklist; columns in any order and case, others ignored.
///
/// # Errors
/// A [`PicklistError`] that says what is wrong and in which line.
pub fn parse_picklist_csv(bytes: &[u8]) -> Result<Vec<PicklistLine>, PicklistError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_reader(bytes);
    let csv_error = |e: csv::Error| PicklistError::Csv(e.to_string());
    let header = reader.headers().map_err(csv_error)?.clone();
    let find = |name: &str| header.iter().position(|h| h.eq_ignore_ascii_case(name));
    let need = |name: &'static str| find(name).ok_or(PicklistError::NoColumn(name));
    let [from_plate, from, to_plate, to, volume, sample] = HEADER;
    let (from_plate, from, to_plate, to) = (need(from_plate)?, need(from)?, need(to_plate)?, need(to)?);
    let (volume, sample) = (find(volume), find(sample));
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(csv_error)?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |i: usize| record.get(i).unwrap_or_default();
        let text = |i: Option<usize>| i.map(field).filter(|t| !t.is_empty());
        let well = |i: usize| {
            field(i)
                .parse()
                .map_err(|cause| PicklistError::Well { line, cause })
        };
        lines.push(PicklistLine {
            from_plate: undefuse(field(from_plate)),
            from: well(from)?,
            to_plate: undefuse(field(to_plate)),
            to: well(to)?,
            volume: text(volume).map(|t| microlitres(t, line)).transpose()?,
            sample: text(sample).map(undefuse),
        });
    }
    Ok(lines)
}

fn microlitres(text: &str, line: u64) -> Result<Volume, PicklistError> {
    use crate::units::Quantity;
    Volume::parse(&format!("{text} uL")).map_err(|_| PicklistError::Volume {
        line,
        text: text.to_owned(),
    })
}

/// The text before it was kept from being taken for a formula.
fn undefuse(text: &str) -> String {
    text.strip_prefix('\'').unwrap_or(text).to_owned()
}

#[cfg(test)]
#[path = "picklist_tests.rs"]
mod tests;
