//! Where each plate is.

use super::frame::{fit, list};
use crate::api::Snapshot;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A plate a line: name, barcode, place, lid.
pub(in crate::tui) fn plates(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, theme: Theme) {
    let width = usize::from(area.width.saturating_sub(2));
    // Name and place always; the lid and then the barcode where there is room.
    let with_barcode = width >= 44;
    let name = snapshot
        .plates
        .iter()
        .map(|p| p.id.chars().count())
        .max()
        .unwrap_or(0)
        .min(12);
    let room = width.saturating_sub(name + if with_barcode { 17 } else { 8 });
    let lines = snapshot
        .plates
        .iter()
        .map(|plate| {
            let lid = match plate.lidded {
                Some(true) => "lid on",
                Some(false) => "open",
                None => "",
            };
            let barcode = fit(plate.barcode.as_deref().unwrap_or(""), 8);
            let mut spans = vec![Span::styled(
                format!("{:<name$} ", fit(&plate.id, name)),
                theme.strong(),
            )];
            if with_barcode {
                spans.push(Span::styled(format!("{barcode:<8} "), theme.dim()));
            }
            spans.push(Span::raw(format!("{:<room$} ", fit(&plate.place, room))));
            spans.push(Span::styled(lid, theme.dim()));
            Line::from(spans)
        })
        .collect();
    list(frame, area, "Plates", lines);
}
