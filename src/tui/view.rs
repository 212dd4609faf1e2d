//! Where the panes go. Usable from 80 by 24; three columns from 110 wide.

use super::model::Model;
use super::panes;
use super::theme::Theme;
use crate::api::Snapshot;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

/// Draws the model; changes nothing.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: Theme) {
    let [header, body, footer] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(0), Constraint::Length(1)])
            .areas(frame.area());
    match &model.snapshot {
        Some(snapshot) => {
            panes::header(frame, header, model, snapshot, theme);
            draw_body(frame, body, model, snapshot, theme);
        }
        None => {
            let text = if model.lost {
                "The daemon is gone."
            } else {
                "Waiting for the daemon …"
            };
            frame.render_widget(Paragraph::new(Line::raw(text)), header);
        }
    }
    panes::footer(frame, footer, model, theme);
    if model.help {
        panes::help(frame, theme);
    }
    if let Some(dialog) = model.dialog {
        panes::dialog(frame, dialog, theme);
    }
}

fn draw_body(frame: &mut Frame<'_>, area: Rect, model: &Model, snapshot: &Snapshot, theme: Theme) {
    let asked = panes::prompt_height(model).min(area.height / 2);
    let [prompts, rest] = Layout::vertical([Constraint::Length(asked), Constraint::Min(0)]).areas(area);
    if asked > 0 {
        panes::prompts(frame, prompts, model, theme);
    }
    if area.width >= 110 {
        wide(frame, rest, model, snapshot, theme);
    } else {
        narrow(frame, rest, model, snapshot, theme);
    }
}

fn with_border(lines: usize) -> u16 {
    u16::try_from(lines.saturating_add(2)).unwrap_or(u16::MAX)
}

/// Rows that the map needs, with border and scale.
fn map_height(model: &Model, theme: Theme) -> u16 {
    let rows = model.shown_map().map_or(8, |m| panes::map_rows(m, theme));
    rows.saturating_add(4)
}

fn wide(frame: &mut Frame<'_>, area: Rect, model: &Model, snapshot: &Snapshot, theme: Theme) {
    let map_width = if model.shown_map().is_some_and(|m| m.columns > 12) {
        56
    } else {
        44
    };
    let [left, middle, right] = Layout::horizontal([
        Constraint::Fill(4),
        Constraint::Fill(5),
        Constraint::Length(map_width),
    ])
    .areas(area);
    let [instruments, plates] = Layout::vertical([
        Constraint::Length(
            with_border(snapshot.instruments.len() * 2 + snapshot.inputs.len()).min(area.height / 2),
        ),
        Constraint::Min(0),
    ])
    .areas(left);
    let [operations, log] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(middle);
    let [map, rest] =
        Layout::vertical([Constraint::Length(map_height(model, theme)), Constraint::Min(0)]).areas(right);
    panes::instruments(frame, instruments, snapshot, theme);
    panes::plates(frame, plates, snapshot, theme);
    panes::operations(frame, operations, snapshot, theme);
    panes::log(frame, log, snapshot, theme);
    panes::heat_map(frame, map, model, theme);
    if rest.height > 3 {
        panes::maps(frame, rest, model, snapshot, theme);
    }
}

fn narrow(frame: &mut Frame<'_>, area: Rect, model: &Model, snapshot: &Snapshot, theme: Theme) {
    let map = map_height(model, theme).min(12);
    // What the map leaves goes to plates and log; too little for them goes to the upper panes.
    let below = area.height.saturating_sub(map);
    let below = if below < 4 { 0 } else { below };
    let [top, bottom] = Layout::vertical([Constraint::Min(0), Constraint::Length(below)]).areas(area);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(42)]).areas(top);
    let [instruments, operations] = Layout::vertical([
        Constraint::Length(
            with_border(snapshot.instruments.len() + snapshot.inputs.len()).min(top.height / 2),
        ),
        Constraint::Min(0),
    ])
    .areas(left);
    panes::instruments(frame, instruments, snapshot, theme);
    panes::operations(frame, operations, snapshot, theme);
    panes::heat_map(frame, right, model, theme);
    if below > 0 {
        let [plates, log] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(42)]).areas(bottom);
        panes::plates(frame, plates, snapshot, theme);
        panes::log(frame, log, snapshot, theme);
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
