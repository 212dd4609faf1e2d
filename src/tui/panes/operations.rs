//! Operations under way and next.

use super::frame::{clock, fit, list};
use crate::api::{OperationView, Snapshot};
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Those under way with their expected end, then those to come with their start.
pub(in crate::tui) fn operations(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, theme: Theme) {
    let width = usize::from(area.width.saturating_sub(2));
    // Seconds and actor only where there is room for them: the title matters more.
    let roomy = width >= 44;
    let time = |at| {
        let text = clock(at);
        let short = text
            .rsplit_once(':')
            .map_or(text.as_str(), |(minutes, _)| minutes);
        if roomy { text } else { short.to_owned() }
    };
    let line = |operation: &OperationView, sign: &str, time: String, style: Style| {
        let actor = if roomy {
            fit(&operation.actor, 10)
        } else {
            String::new()
        };
        let room =
            width.saturating_sub(time.chars().count() + actor.chars().count() + if roomy { 4 } else { 3 });
        Line::from(vec![
            Span::styled(format!("{sign} {time} "), style),
            Span::styled(format!("{:<room$} ", fit(&operation.title, room)), style),
            Span::styled(actor, theme.dim()),
        ])
    };
    let mut lines: Vec<Line<'_>> = snapshot
        .current
        .iter()
        .map(|o| line(o, "▶", format!("to {}", time(o.end)), theme.strong()))
        .collect();
    if snapshot.current.is_empty() {
        lines.push(Line::styled("nothing under way", theme.dim()));
    }
    // While the run stands, what ticks matters more than what would come next.
    lines.extend(snapshot.ticking.iter().map(|tick| {
        let time = time(tick.by);
        let room = width.saturating_sub(time.chars().count() + 6);
        Line::styled(format!("! by {time} {}", fit(&tick.what, room)), theme.urgent())
    }));
    lines.extend(
        snapshot
            .next
            .iter()
            .map(|o| line(o, " ", format!("at {}", time(o.start)), Style::new())),
    );
    list(frame, area, "Operations", lines);
}
