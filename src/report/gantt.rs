//! A plan's Gantt chart before it runs: for the terminal, as a drawing, as data.

use super::bars::timeline_svg;
use super::data::{Span, TimelineRow};
use super::markup::escape;
use crate::formats::clean;
use crate::plan::{Plan, Schedule};
use crate::units::Duration;
use serde::Serialize;
use std::collections::BTreeMap;

/// Work of one actor in one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GanttBar {
    /// Who works: an instrument or the operator.
    pub lane: String,
    /// The operation, as "read assay-2, cycle 5".
    pub title: String,
    /// The step that it comes from.
    pub step: String,
    /// The plates that it is about.
    pub plates: Vec<String>,
    /// Planned start.
    pub start: Duration,
    /// Planned end.
    pub end: Duration,
}

/// The bars of a schedule, lane by lane in the order in which they begin to work.
pub fn gantt(plan: &Plan, schedule: &Schedule) -> Vec<GanttBar> {
    let mut bars: Vec<GanttBar> = Vec::new();
    for operation in &plan.operations {
        let Some(slot) = schedule.slot(operation.id) else {
            continue;
        };
        for (index, phase) in operation.phases.iter().enumerate() {
            let start = slot.start.plus(operation.offset(index));
            let lane = phase.actor.to_string();
            let end = start.plus(phase.duration);
            // Stretches that follow each other on one actor are one bar.
            if let Some(last) = bars
                .last_mut()
                .filter(|b| index > 0 && b.lane == lane && b.end == start)
            {
                last.end = end;
                continue;
            }
            bars.push(GanttBar {
                lane,
                title: operation.title.clone(),
                step: operation.step.to_string(),
                plates: operation.plates.iter().map(ToString::to_string).collect(),
                start,
                end,
            });
        }
    }
    bars.retain(|b| b.start < b.end);
    let mut first: BTreeMap<String, Duration> = BTreeMap::new();
    for bar in &bars {
        let begins = first.entry(bar.lane.clone()).or_insert(bar.start);
        *begins = (*begins).min(bar.start);
    }
    bars.sort_by(|a, b| {
        let key = |bar: &GanttBar| {
            (
                first.get(&bar.lane).copied().unwrap_or_default(),
                bar.lane.clone(),
                bar.start,
            )
        };
        key(a).cmp(&key(b))
    });
    bars
}

/// The chart as text: a line per lane, a column per stretch of time, as wide as asked (from 40 columns).
pub fn gantt_text(bars: &[GanttBar], width: usize) -> String {
    let end = bars.iter().map(|b| b.end).max().unwrap_or_default();
    let names = bars.iter().map(|b| b.lane.chars().count()).max().unwrap_or(0);
    let columns = width.max(40).saturating_sub(names.saturating_add(10));
    let wide = u64::try_from(columns).unwrap_or(1).max(1);
    let mut out = String::new();
    let mut lanes: Vec<&str> = Vec::new();
    for bar in bars {
        if lanes.last() != Some(&bar.lane.as_str()) {
            lanes.push(&bar.lane);
        }
    }
    for lane in lanes {
        let busy: Vec<(u64, u64)> = bars
            .iter()
            .filter(|b| b.lane == lane)
            .map(|b| (b.start.as_us(), b.end.as_us()))
            .collect();
        let cells: String = (0..wide)
            .map(|cell| {
                let from = end.as_us().saturating_mul(cell) / wide;
                let to = end.as_us().saturating_mul(cell.saturating_add(1)) / wide;
                let overlap = busy
                    .iter()
                    .map(|(a, b)| (*b).min(to).saturating_sub((*a).max(from)))
                    .fold(0_u64, u64::saturating_add);
                let length = to.saturating_sub(from).max(1);
                match overlap.saturating_mul(4) / length {
                    0 if overlap == 0 => '·',
                    0 => '▁',
                    1 => '▃',
                    2 => '▅',
                    3 => '▇',
                    _ => '█',
                }
            })
            .collect();
        let used = busy
            .iter()
            .fold(0_u64, |sum, (a, b)| sum.saturating_add(b.saturating_sub(*a)));
        let share = used.saturating_mul(1000).checked_div(end.as_us()).unwrap_or(0);
        out.push_str(&format!(
            "{:>names$} {cells} {:>3}.{} %\n",
            clean(lane),
            share / 10,
            share % 10
        ));
    }
    out.push_str(&axis(end, names, columns));
    out
}

/// Times below the chart, as many as there is room for.
fn axis(end: Duration, names: usize, columns: usize) -> String {
    let mut line: Vec<char> = vec![' '; columns.saturating_add(names).saturating_add(10)];
    let marks = (columns / 12).clamp(1, 8);
    for mark in 0..=marks {
        let share = |of: u64| {
            let marks = u64::try_from(marks).unwrap_or(1);
            of.saturating_mul(u64::try_from(mark).unwrap_or(0))
                .checked_div(marks)
                .unwrap_or(0)
        };
        let s = share(end.as_us()) / 1_000_000;
        let text = format!("{}:{:02}", s / 3600, s % 3600 / 60);
        let column = usize::try_from(share(u64::try_from(columns).unwrap_or(0))).unwrap_or(0);
        for (offset, c) in text.chars().enumerate() {
            if let Some(cell) = line.get_mut(
                names
                    .saturating_add(1)
                    .saturating_add(column)
                    .saturating_add(offset),
            ) {
                *cell = c;
            }
        }
    }
    let text: String = line.into_iter().collect();
    format!("{}\n", text.trim_end())
}

/// The chart as a drawing of its own. None where there is nothing to draw.
pub fn gantt_svg(bars: &[GanttBar], title: &str) -> Option<String> {
    let rows: Vec<TimelineRow> = bars
        .iter()
        .map(|b| TimelineRow {
            actor: b.lane.clone(),
            title: b.title.clone(),
            planned: None,
            actual: Some(Span {
                start: b.start,
                end: b.end,
            }),
        })
        .collect();
    let drawing = timeline_svg(&rows)?;
    let style = format!("<title>{}</title><style>{STYLE}</style>", escape(title));
    let opened = "role=\"img\"";
    Some(
        drawing
            .replacen(
                opened,
                &format!("xmlns=\"http://www.w3.org/2000/svg\" {opened}"),
                1,
            )
            .replacen(">\n", &format!(">\n{style}\n"), 1),
    )
}

const STYLE: &str = "svg{font:11px system-ui,sans-serif;background:#fff}.tick{fill:#667382;font-size:9px}.lane{fill:#1d2733;\
                     font-size:12px}.grid{stroke:#dde3ea;fill:none}.actual{fill:#21918c;opacity:.85;stroke:#fff;stroke-width:.3}";

#[cfg(test)]
#[path = "gantt_tests.rs"]
mod tests;
