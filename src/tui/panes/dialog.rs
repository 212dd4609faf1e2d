//! A question of the UI itself, over everything else.

use super::frame::{block, centred};
use crate::tui::model::Dialog;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph, Wrap};

/// The question with its two answers.
pub(in crate::tui) fn dialog(frame: &mut Frame<'_>, dialog: Dialog, theme: Theme) {
    let area = centred(frame, 54, 6);
    let lines = vec![
        Line::styled(dialog.question(), theme.strong()),
        Line::raw(""),
        Line::raw("y: yes    n: no"),
    ];
    frame.render_widget(Clear, area);
    frame.render_widget(
        Paragraph::new(lines)
            .wrap(Wrap { trim: true })
            .block(block("Confirm").border_style(theme.urgent())),
        area,
    );
}
