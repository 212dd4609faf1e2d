//! Verified volumes as a table.

use super::table::{Cell, Table};
use crate::plan::{Finding, StepId};
use std::collections::BTreeMap;

/// What pipettes were found to deliver, one row for each volume of all channels together and of each channel. Volumes in
/// µL; errors and their limits as shares of what was asked for. None without a verification.
pub fn volumes_csv(findings: &BTreeMap<StepId, Finding>) -> Option<Vec<u8>> {
    let mut table = Table::new(&[
        "step",
        "method",
        "pipette",
        "tips",
        "class",
        "channel",
        "asked_ul",
        "stroke_ul",
        "n",
        "mean_ul",
        "systematic_error",
        "random_error",
        "most_systematic_error",
        "most_random_error",
        "passed",
    ]);
    let mut any = false;
    for (step, finding) in findings {
        let Finding::Volumes { method, rows } = finding else {
            continue;
        };
        any = true;
        let text = |text: Option<&String>| text.map_or(Cell::Empty, Cell::text);
        for row in rows {
            table.row(vec![
                Cell::text(step.as_str()),
                Cell::text(method),
                Cell::text(row.pipette.as_str()),
                text(row.tips.as_ref()),
                text(row.class.as_ref()),
                row.channel.map_or(Cell::Empty, Cell::plain),
                Cell::number(Some(row.asked.as_ul())),
                Cell::number(Some(row.stroke.as_ul())),
                Cell::plain(row.n),
                Cell::number(Some(row.mean_ul)),
                Cell::number(Some(row.systematic)),
                Cell::number(row.random),
                Cell::number(Some(row.most_systematic)),
                Cell::number(Some(row.most_random)),
                Cell::plain(row.passed),
            ]);
        }
    }
    any.then(|| table.to_csv())
}
