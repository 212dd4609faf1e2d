//! The summary at the end of a run, for a scientist at a terminal.

use super::data::ReportData;
use super::findings::endpoint_by_strain;
use super::heat_map::{Colours, heat_map};
use crate::formats::clean;
use crate::plan::{Hit, PlateQuality, StrainRate};
use std::fmt::Write;

/// Quality of plates, hits, a heat map of growth rates, and where the files lie; at most 100 columns wide (but for
/// long folder names).
pub fn summary(data: &ReportData<'_>, folder: &str, colours: Colours) -> String {
    let mut text = String::new();
    head(&mut text, data);
    quality(&mut text, &data.quality());
    if let Some((strains, hits)) = data.selection() {
        selection(&mut text, data, strains, hits);
    }
    endpoint(&mut text, data);
    map(&mut text, data, colours);
    notes(&mut text, data);
    files(&mut text, data, folder);
    text
}

fn head(text: &mut String, data: &ReportData<'_>) {
    let title = fit(&data.plan.title, 70);
    let _ = writeln!(text, "{title}: {}", fit(data.outcome, 25));
    let late: u32 = data.quality().iter().map(|q| q.late_reads).sum();
    let reads = count(data.readings.len(), "read", "reads");
    let seed = data
        .seed
        .map_or_else(String::new, |seed| format!(", seed {seed}"));
    let kind = if data.simulated {
        format!("simulated{seed}")
    } else {
        "real instruments".to_owned()
    };
    let _ = writeln!(
        text,
        "{reads} ({late} late), {} from {} UTC, {kind}",
        data.ended.since(data.started),
        data.started
    );
}

fn quality(text: &mut String, plates: &[&PlateQuality]) {
    if plates.is_empty() {
        return;
    }
    text.push_str("\nPlate quality\n");
    let _ = writeln!(
        text,
        "  {:<16} {:>6} {:>7} {:>13} {:>7} {:>8} {:>7} {:>6}",
        "plate", "Z'", "blank", "reference 1/h", "CV", "control", "edge", "late"
    );
    for plate in plates {
        let _ = writeln!(
            text,
            "  {:<16} {:>6} {:>7} {:>13} {:>7} {:>8} {:>7} {:>6}",
            fit(plate.plate.as_str(), 16),
            number(plate.z_prime, 2),
            number(plate.blank.map(|a| a.0), 3),
            number(plate.reference.map(|r| r.0), 3),
            percent(plate.reference_cv, false),
            number(plate.control.map(|r| r.0), 3),
            percent(plate.edge_effect, true),
            plate.late_reads
        );
    }
}

fn selection(text: &mut String, data: &ReportData<'_>, strains: &[StrainRate], hits: &[Hit]) {
    let limits = data.hit_parameters().map_or_else(String::new, |p| {
        format!(
            " at least {} % faster than the reference, q < {}",
            trim(p.at_least * 100.0),
            p.q_below
        )
    });
    let among = count(strains.len(), "strain", "strains");
    if hits.is_empty() {
        let _ = writeln!(text, "\nNo hits among {among}{limits}");
        return;
    }
    let _ = writeln!(
        text,
        "\n{} among {among}{limits}",
        count(hits.len(), "hit", "hits")
    );
    let _ = writeln!(
        text,
        "  {:>4}  {:<24} {:>9} {:>10} {:>10} {:>11} {:>7}",
        "rank", "strain", "advantage", "rate 1/h", "q", "replicates", "source"
    );
    for hit in hits {
        let _ = writeln!(
            text,
            "  {:>4}  {:<24} {:>9} {:>10} {:>10} {:>11} {:>7}",
            hit.rank,
            fit(hit.rate.strain.as_str(), 24),
            percent(Some(hit.rate.advantage), true),
            number(Some(hit.rate.mean.0), 3),
            small(hit.rate.q),
            hit.rate.n,
            hit.source.to_string()
        );
    }
}

fn endpoint(text: &mut String, data: &ReportData<'_>) {
    let strains = endpoint_by_strain(&data.endpoint());
    if strains.is_empty() {
        return;
    }
    text.push_str(
        "\nPicked strains, mean absorbance of their wells, less the blanks where the plate has any\n",
    );
    let _ = writeln!(
        text,
        "  {:<24} {:>6} {:>8} {:>8} {:>7}",
        "strain", "wells", "first", "last", "fold"
    );
    for one in strains {
        let fold = one
            .first
            .zip(one.last)
            .filter(|(first, _)| *first > 0.0)
            .map(|(first, last)| last / first);
        let _ = writeln!(
            text,
            "  {:<24} {:>6} {:>8} {:>8} {:>7}",
            fit(&one.strain, 24),
            one.wells,
            number(one.first, 3),
            number(one.last, 3),
            number(fold, 1)
        );
    }
}

fn map(text: &mut String, data: &ReportData<'_>, colours: Colours) {
    let maps = data.rate_maps();
    let Some((plate, map)) = maps.first() else { return };
    let Some(range) = map.range() else {
        let _ = writeln!(text, "\nNo well of {} grew", fit(plate.as_str(), 40));
        return;
    };
    let _ = writeln!(
        text,
        "\nGrowth rate of {} (1/h): 0 is {:.3}, 9 is {:.3}, · is none",
        fit(plate.as_str(), 40),
        range.0,
        range.1
    );
    text.push_str(&heat_map(map, range, colours));
}

fn notes(text: &mut String, data: &ReportData<'_>) {
    if data.notes.is_empty() {
        return;
    }
    text.push_str("\nNotes\n");
    for note in data.notes {
        for line in wrapped(&clean(note), 96) {
            let _ = writeln!(text, "  {line}");
        }
    }
}

fn files(text: &mut String, data: &ReportData<'_>, folder: &str) {
    let _ = writeln!(text, "\nFiles in {}", clean(folder));
    for file in data.files {
        let _ = writeln!(text, "  {:<24} {}", fit(&file.what, 24), clean(&file.name));
    }
}

/// Cleaned text of at most so many characters, cut with an ellipsis.
pub(super) fn fit(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= width {
        return text;
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Words in lines of at most so many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, width)),
        }
    }
    lines
}

fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

/// A number with so many decimals, or a dash.
pub(super) fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.decimals$}"))
}

/// A share in percent, or a dash.
pub(super) fn percent(value: Option<f64>, signed: bool) -> String {
    match value {
        None => "–".to_owned(),
        Some(v) if signed => format!("{:+.1} %", v * 100.0),
        Some(v) => format!("{:.1} %", v * 100.0),
    }
}

/// A probability as people read it.
pub(super) fn small(value: f64) -> String {
    if value < 0.001 {
        format!("{value:.1e}")
    } else {
        format!("{value:.3}")
    }
}

/// A number without needless decimals.
pub(super) fn trim(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
