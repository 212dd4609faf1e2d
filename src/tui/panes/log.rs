//! The latest lines of the log.

use super::frame::{block, clock};
use crate::api::Snapshot;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// As many of the latest lines as fit, the newest at the bottom.
pub(in crate::tui) fn log(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, theme: Theme) {
    let room = usize::from(area.height.saturating_sub(2));
    let skipped = snapshot.log.len().saturating_sub(room);
    let lines: Vec<Line<'_>> = snapshot
        .log
        .iter()
        .skip(skipped)
        .map(|line| {
            Line::from(vec![
                Span::styled(format!("{} ", clock(line.at)), theme.dim()),
                Span::styled(line.text.as_str(), theme.level(line.level)),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).block(block("Log")), area);
}
