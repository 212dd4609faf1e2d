//! Keys, or a notice.

use crate::tui::model::Model;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

const KEYS: [(&str, &str); 8] = [
    ("p", "pause"),
    ("h", "hold"),
    ("r", "resume"),
    ("a", "abort"),
    ("H", "halt"),
    ("Tab", "plate"),
    ("?", "help"),
    ("q", "leave"),
];

/// One line.
pub(in crate::tui) fn footer(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let line = match &model.notice {
        Some(notice) => Line::styled(format!(" {}", notice.0), theme.urgent()),
        None => {
            let spans = KEYS.iter().flat_map(|(key, what)| {
                [
                    Span::styled(format!(" {key} "), theme.marked()),
                    Span::raw(format!(" {what}  ")),
                ]
            });
            Line::from(spans.collect::<Vec<Span<'_>>>())
        }
    };
    frame.render_widget(Paragraph::new(line), area);
}
