//! The keys.

use super::frame::{block, centred};
use crate::tui::keymap::HELP;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

/// Every key with what it does.
pub(in crate::tui) fn help(frame: &mut Frame<'_>, theme: Theme) {
    let area = centred(frame, 70, u16::try_from(HELP.len() + 2).unwrap_or(u16::MAX));
    let lines: Vec<Line<'_>> = HELP
        .iter()
        .map(|(key, what)| {
            Line::from(vec![
                Span::styled(format!(" {key:<7}"), theme.strong()),
                Span::raw(*what),
            ])
        })
        .collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block("Keys")), area);
}
