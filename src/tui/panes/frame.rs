//! What panes share: border, popup, lists that say how much they leave out.

use crate::units::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Paragraph};

/// A bordered block with a title.
pub(super) fn block(title: &str) -> Block<'_> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .title(format!(" {title} "))
}

/// Lines in a bordered block; when they do not all fit, the last visible one says how many are left out.
pub(super) fn list(frame: &mut Frame<'_>, area: Rect, title: &str, mut lines: Vec<Line<'_>>) {
    let room = usize::from(area.height.saturating_sub(2));
    if lines.len() > room && room > 0 {
        let hidden = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(Line::raw(format!("… {hidden} more")));
    }
    frame.render_widget(Paragraph::new(lines).block(block(title)), area);
}

/// An area in the middle of the screen.
pub(super) fn centred(frame: &Frame<'_>, width: u16, height: u16) -> Rect {
    let all = frame.area();
    let (width, height) = (width.min(all.width), height.min(all.height));
    Rect {
        x: all.x + (all.width - width) / 2,
        y: all.y + (all.height - height) / 2,
        width,
        height,
    }
}

/// The time of day, "14:05:09".
pub(super) fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// Text of at most so many characters, cut with an ellipsis.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
