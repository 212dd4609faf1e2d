//! Lists that a protocol names: worklists and picklists, colonies, plate maps. Comma-separated, with a header.

use super::values::Reader;
use crate::labware::Well;
use crate::plan::Role;
use crate::protocol::source::Spanned;
use crate::protocol::source::liquid::{Colony, List, Mark, Row, Spotted};
use crate::rig::Pixel;
use crate::source::{Diagnostic, SourceFile};
use crate::units::{Length, Quantity, Volume};
use std::collections::BTreeMap;
use std::ops::Range;

/// Most rows of a list.
const MOST_ROWS: usize = 1_000_000;

/// Columns of a worklist: the name here, then other headers that mean the same.
const WORKLIST: [&[&str]; 5] = [
    &["from_plate", "source plate name", "source plate"],
    &["from", "source well"],
    &["to_plate", "destination plate name", "destination plate"],
    &["to", "destination well"],
    &["volume", "transfer volume (ul)", "transfer volume"],
];
const COLONIES: [&[&str]; 9] = [
    &["plate"],
    &["x", "x (mm)"],
    &["y", "y (mm)"],
    &["to_plate", "destination plate name"],
    &["to", "destination well"],
    &["x_px", "x (px)"],
    &["y_px", "y (px)"],
    &["fiducial"],
    &["agar", "agar (mm)"],
];
/// No image is wider.
const MOST_PIXELS: f64 = 1e6;
const PLATE_MAP: [&[&str]; 3] = [&["well"], &["name", "sample", "strain"], &["role"]];

/// A comma-separated file at hand.
struct Csv<'f, 'r> {
    file: &'f SourceFile,
    base: usize,
    reader: &'r Reader<'f>,
    used: &'r Spanned<String>,
    columns: Vec<Option<usize>>,
}

/// A row at hand.
struct Line {
    record: csv::StringRecord,
    span: Range<usize>,
}

impl<'f, 'r> Csv<'f, 'r> {
    /// Opens a file; `needed` of the columns must be there.
    fn open(
        reader: &'r Reader<'f>,
        used: &'r Spanned<String>,
        columns: &[&[&str]],
        needed: &[usize],
    ) -> Option<(Self, Vec<Line>)> {
        let (file, base) = reader.file(used)?;
        let mut csv = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .from_reader(file.text.as_bytes());
        let line_end = file.text.find('\n').unwrap_or(file.text.len());
        let header_span = base..base.saturating_add(line_end);
        let report = |code, span: Range<usize>, message: String| {
            let d = Diagnostic::error(code, reporter_file(reader), span, message);
            reader.reporter().add(d.other(used.span.clone(), "named here"));
        };
        let headers = match csv.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => {
                report(
                    "list",
                    header_span,
                    format!("not a comma-separated list: {error}"),
                );
                return None;
            }
        };
        let position = |names: &[&str]| {
            headers
                .iter()
                .position(|h| names.contains(&h.trim_start_matches('\u{feff}').to_ascii_lowercase().as_str()))
        };
        let found: Vec<Option<usize>> = columns.iter().map(|names| position(names)).collect();
        if file
            .text
            .lines()
            .all(|l| l.trim().is_empty() || l.starts_with('#'))
        {
            report("list", header_span, "this list is empty".into());
            return None;
        }
        let missing: Vec<String> = needed
            .iter()
            .filter(|index| found.get(**index).copied().flatten().is_none())
            .filter_map(|index| Some(format!("`{}`", columns.get(*index)?.first()?)))
            .collect();
        if !missing.is_empty() {
            let header: Vec<&str> = headers.iter().collect();
            let message = match header.as_slice() {
                [one] if one.contains(';') => {
                    "commas belong between the columns of a list, not semicolons".to_owned()
                }
                [one] if one.contains('\t') => {
                    "commas belong between the columns of a list, not tabs".to_owned()
                }
                _ => format!(
                    "this list has no column {}; it has: {}",
                    missing.join(", no column "),
                    header.join(", ")
                ),
            };
            report("list-column", header_span, message);
            return None;
        }
        let mut lines = Vec::new();
        for record in csv.into_records() {
            match record {
                Ok(record) => {
                    let start = record.position().map_or(0, csv::Position::byte);
                    let start = usize::try_from(start).unwrap_or(usize::MAX).min(file.text.len());
                    let rest = file.text.get(start..).unwrap_or("");
                    let length = rest.find('\n').unwrap_or(rest.len());
                    let start = base.saturating_add(start);
                    lines.push(Line {
                        record,
                        span: start..start.saturating_add(length),
                    });
                }
                Err(error) => {
                    let (span, message) = match error.kind() {
                        csv::ErrorKind::UnequalLengths {
                            pos: Some(at),
                            expected_len,
                            len,
                        } => {
                            let start = usize::try_from(at.byte())
                                .unwrap_or(usize::MAX)
                                .min(file.text.len());
                            let rest = file.text.get(start..).unwrap_or("");
                            // Lines without anything may stand before the row.
                            let blank = rest.len().saturating_sub(rest.trim_start().len());
                            let length = rest.trim_start().lines().next().map_or(0, str::len);
                            let start = base.saturating_add(start).saturating_add(blank);
                            let message = format!("this row has {len} fields, the header has {expected_len}");
                            (start..start.saturating_add(length), message)
                        }
                        _ => (header_span, format!("not a comma-separated list: {error}")),
                    };
                    report("list", span, message);
                    return None;
                }
            }
            if lines.len() > MOST_ROWS {
                report(
                    "list",
                    header_span,
                    format!("a list has at most {MOST_ROWS} rows"),
                );
                return None;
            }
        }
        let csv = Csv {
            file,
            base,
            reader,
            used,
            columns: found,
        };
        Some((csv, lines))
    }

    fn cell<'l>(&self, line: &'l Line, column: usize) -> Option<&'l str> {
        let index = self.columns.get(column).copied().flatten()?;
        line.record.get(index).filter(|text| !text.is_empty())
    }
    fn wrong(&self, line: &Line, message: String) {
        let d = Diagnostic::error("list-row", reporter_file(self.reader), line.span.clone(), message);
        self.reader.reporter().add(d);
    }
    fn well(&self, line: &Line, column: usize, name: &str) -> Option<Well> {
        let Some(text) = self.cell(line, column) else {
            self.wrong(line, format!("this row has nothing under `{name}`"));
            return None;
        };
        text.parse()
            .map_err(|error| self.wrong(line, format!("`{name}`: {error}")))
            .ok()
    }
    /// A quantity with its unit, or a bare number of `unit`.
    fn quantity<Q: Quantity>(&self, line: &Line, column: usize, name: &str, unit: &str) -> Option<Option<Q>> {
        let Some(text) = self.cell(line, column) else {
            return Some(None);
        };
        let with_unit = if text.ends_with(|c: char| c.is_ascii_digit()) {
            format!("{text} {unit}")
        } else {
            text.to_owned()
        };
        Q::parse(&with_unit)
            .map(Some)
            .map_err(|error| self.wrong(line, format!("`{name}`: {error}")))
            .ok()
    }
}

fn reporter_file<'r>(reader: &'r Reader<'_>) -> &'r str {
    reader.reporter().file()
}

/// The rows of a worklist or picklist.
pub(super) fn worklist(
    reader: &Reader<'_>,
    file: Spanned<String>,
    volume: Option<Spanned<Volume>>,
) -> Option<List> {
    let needed: &[usize] = if volume.is_some() { &[1, 3] } else { &[1, 3, 4] };
    let (csv, lines) = Csv::open(reader, &file, &WORKLIST, needed)?;
    let mut rows = Vec::new();
    for line in lines {
        let (Some(from), Some(to)) = (csv.well(&line, 1, "from"), csv.well(&line, 3, "to")) else {
            continue;
        };
        let Some(listed) = csv.quantity(&line, 4, "volume", "uL") else {
            continue;
        };
        let Some(amount) = listed.or(volume.as_ref().map(|v| v.value)) else {
            csv.wrong(&line, "this row has no volume, and the step names none".into());
            continue;
        };
        if amount <= Volume::nl(0) {
            csv.wrong(
                &line,
                format!("the volume is {amount}; a transfer moves more than nothing"),
            );
            continue;
        }
        rows.push(Row {
            from_plate: csv.cell(&line, 0).map(str::to_owned),
            from,
            to_plate: csv.cell(&line, 2).map(str::to_owned),
            to,
            volume: amount,
            span: line.span,
        });
    }
    empty(&csv, rows.is_empty());
    Some(List { file, volume, rows })
}

/// The rows of a list of colonies, and the marks among them; `imaged`: in pixels, else in millimetres.
pub(super) fn colonies(
    reader: &Reader<'_>,
    file: &Spanned<String>,
    imaged: bool,
) -> Option<(Vec<Colony>, Vec<Mark>)> {
    let needed: &[usize] = if imaged { &[4, 5, 6, 7] } else { &[1, 2, 4] };
    let (csv, lines) = Csv::open(reader, file, &COLONIES, needed)?;
    let (mut colonies, mut marks) = (Vec::new(), Vec::new());
    for line in lines {
        let plate = csv.cell(&line, 0).map(str::to_owned);
        let at = if imaged {
            let Some(pixel) = pixel(&csv, &line) else {
                continue;
            };
            if let Some(name) = csv.cell(&line, 7) {
                if csv.cell(&line, 4).is_some() {
                    csv.wrong(
                        &line,
                        "a row is a fiducial or a colony for a well, not both".into(),
                    );
                    continue;
                }
                marks.push(Mark {
                    plate,
                    name: name.to_owned(),
                    at: pixel,
                    span: line.span,
                });
                continue;
            }
            Spotted::Image(pixel)
        } else {
            let (Some(x), Some(y)) = (
                csv.quantity(&line, 1, "x", "mm"),
                csv.quantity(&line, 2, "y", "mm"),
            ) else {
                continue;
            };
            let (Some(x), Some(y)): (Option<Length>, Option<Length>) = (x, y) else {
                csv.wrong(
                    &line,
                    "a colony has `x` and `y`, in mm from the plate's left front corner".into(),
                );
                continue;
            };
            Spotted::Plate { x, y }
        };
        let to = match csv.cell(&line, 4) {
            Some(_) => csv.well(&line, 4, "to").map(Some),
            None => Some(None),
        };
        let (Some(agar), Some(to)) = (csv.quantity(&line, 8, "agar", "mm"), to) else {
            continue;
        };
        colonies.push(Colony {
            plate,
            at,
            agar,
            to_plate: csv.cell(&line, 3).map(str::to_owned),
            to,
            span: line.span,
        });
    }
    empty(&csv, colonies.is_empty());
    Some((colonies, marks))
}

fn pixel(csv: &Csv<'_, '_>, line: &Line) -> Option<Pixel> {
    let number = |column: usize| {
        let number: f64 = csv.cell(line, column)?.parse().ok()?;
        (number.abs() <= MOST_PIXELS).then_some(number)
    };
    let (Some(x), Some(y)) = (number(5), number(6)) else {
        let message = "a row has `x_px` and `y_px`, in pixels from the upper left corner of the image";
        csv.wrong(line, message.into());
        return None;
    };
    Some(Pixel { x, y })
}

/// Wells with their names and roles.
pub(super) fn plate_map(
    reader: &Reader<'_>,
    file: &Spanned<String>,
    roles: &BTreeMap<String, Role>,
) -> Option<BTreeMap<Well, (String, Role)>> {
    let (csv, lines) = Csv::open(reader, file, &PLATE_MAP, &[0, 1])?;
    let mut wells = BTreeMap::new();
    for line in lines {
        let Some(well) = csv.well(&line, 0, "well") else {
            continue;
        };
        let Some(name) = csv.cell(&line, 1).filter(|n| *n != super::layouts::EMPTY) else {
            continue;
        };
        if let Some(why) = super::layouts::unsound(name) {
            csv.wrong(&line, why);
            continue;
        }
        let role = match csv.cell(&line, 2).map(str::to_ascii_lowercase).as_deref() {
            None => roles.get(name).copied().unwrap_or(Role::Sample),
            Some("sample") => Role::Sample,
            Some("reference") => Role::Reference,
            Some("control") => Role::Control,
            Some("blank") => Role::Blank,
            Some(other) => {
                csv.wrong(
                    &line,
                    format!("\"{other}\" is no role; use sample, reference, control or blank"),
                );
                continue;
            }
        };
        if wells.insert(well, (name.to_owned(), role)).is_some() {
            csv.wrong(&line, format!("well {well} is named twice"));
        }
    }
    empty(&csv, wells.is_empty());
    Some(wells)
}

/// A list without a row is a mistake of whoever made it.
fn empty(csv: &Csv<'_, '_>, nothing: bool) {
    let said = csv.file.text.trim().lines().count() > 1;
    if nothing && !said {
        let message = "this list has no row".to_owned();
        let d = Diagnostic::error("list", reporter_file(csv.reader), csv.base..csv.base, message);
        csv.reader
            .reporter()
            .add(d.other(csv.used.span.clone(), "named here"));
    }
}
