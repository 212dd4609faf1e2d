//! The map of a plate, and which maps there are.

use super::frame::{block, clock, fit, list};
use crate::api::{MapKind, MapView, Snapshot};
use crate::labware::Well;
use crate::report::PlateMap;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Rows of text that the wells take: half as many as rows of wells for dense plates in colour.
pub(in crate::tui) fn map_rows(map: &MapView, theme: Theme) -> u16 {
    if is_paired(map, theme) {
        u16::from(map.rows).div_ceil(2)
    } else {
        u16::from(map.rows)
    }
}

fn is_paired(map: &MapView, theme: Theme) -> bool {
    theme.colour && map.columns > 12
}

/// The shown map with its scale.
pub(in crate::tui) fn heat_map(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let Some(view) = model.shown_map() else {
        frame.render_widget(
            Paragraph::new(Line::styled("no read yet", theme.dim())).block(block("Plate")),
            area,
        );
        return;
    };
    let map = PlateMap::new(view.rows, view.columns, view.values.iter().copied());
    let title = match view.kind {
        MapKind::Absorbance => format!("{} read at {}", fit(&view.plate, 14), clock(view.at)),
        MapKind::Fluorescence => format!("{} fluorescence at {}", fit(&view.plate, 14), clock(view.at)),
        MapKind::Luminescence => format!("{} luminescence at {}", fit(&view.plate, 14), clock(view.at)),
        MapKind::GrowthRate => format!("{} growth rate 1/h", fit(&view.plate, 14)),
    };
    let inner = usize::from(area.width.saturating_sub(2)).saturating_sub(3);
    let cell = (inner / usize::from(view.columns.max(1))).clamp(1, 3);
    let range = map.range().unwrap_or((0.0, 0.0));
    let mut lines = vec![column_numbers(view.columns, cell, theme)];
    let step = if is_paired(view, theme) { 2 } else { 1 };
    for row in (0..view.rows).step_by(step) {
        let mut spans = vec![Span::styled(row_name(row), theme.dim())];
        for column in 0..view.columns {
            let upper = map.step(Well::new(row, column), range);
            spans.push(if step == 2 {
                let lower = map.step(Well::new(row.saturating_add(1), column), range);
                Span::styled("▀".repeat(cell), theme.wells(upper, lower))
            } else {
                well(upper, cell, theme)
            });
        }
        lines.push(Line::from(spans));
    }
    lines.push(match map.range() {
        Some((low, high)) => scale(low, high, theme),
        None => Line::styled("no values", theme.dim()),
    });
    frame.render_widget(Paragraph::new(lines).block(block(&title)), area);
}

fn well(step: Option<u8>, cell: usize, theme: Theme) -> Span<'static> {
    let text = step.map_or_else(|| "·".to_owned(), |s| s.to_string());
    let style = step.map_or(Style::new(), |s| theme.well(s));
    match cell {
        3 => Span::styled(format!(" {text} "), style),
        _ => Span::styled(format!("{text:<cell$}"), style),
    }
}

fn row_name(row: u8) -> String {
    let name = Well::new(row, 0).to_string();
    format!("{:>2} ", name.trim_end_matches('1'))
}

fn column_numbers(columns: u8, cell: usize, theme: Theme) -> Line<'static> {
    let every = if cell == 3 { 1 } else { 6 / cell.max(1) };
    let width = every * cell;
    let numbers: String = (0..usize::from(columns))
        .step_by(every)
        .map(|column| {
            if cell == 3 {
                format!("{:^width$}", column + 1)
            } else {
                format!("{:<width$}", column + 1)
            }
        })
        .collect();
    Line::styled(format!("   {}", numbers.trim_end()), theme.dim())
}

fn scale(low: f64, high: f64, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::raw(format!("   {low:.3} "))];
    spans.extend((0..10_u8).map(|step| Span::styled(step.to_string(), theme.well(step))));
    spans.push(Span::raw(format!(" {high:.3}")));
    Line::from(spans)
}

/// The maps that can be shown, the shown one marked.
pub(in crate::tui) fn maps(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    snapshot: &Snapshot,
    theme: Theme,
) {
    let lines = snapshot
        .maps
        .iter()
        .enumerate()
        .map(|(index, map)| {
            let values: Vec<f64> = map
                .values
                .iter()
                .flatten()
                .copied()
                .filter(|v| v.is_finite())
                .collect();
            let mean = crate::analysis::mean(&values).map_or_else(|| "–".to_owned(), |m| format!("{m:.3}"));
            let what = match map.kind {
                MapKind::Absorbance => format!("read {}", clock(map.at)),
                MapKind::Fluorescence => format!("fluor {}", clock(map.at)),
                MapKind::Luminescence => format!("lum {}", clock(map.at)),
                MapKind::GrowthRate => "growth rate".to_owned(),
            };
            let style = if index == model.map {
                theme.marked()
            } else {
                Style::new()
            };
            Line::styled(
                format!("{:<14} {what:<14} mean {mean}", fit(&map.plate, 14)),
                style,
            )
        })
        .collect();
    list(frame, area, "Maps (Tab)", lines);
}
