//! Run, state, clock and progress.

use super::frame::{clock, fit};
use crate::api::{RunState, Snapshot};
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use crate::units::Duration;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Two lines: what runs and how it stands; clock and progress.
pub(in crate::tui) fn header(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    snapshot: &Snapshot,
    theme: Theme,
) {
    let [first, second] = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]).areas(area);
    let mut spans = vec![
        Span::styled(
            format!(" {} ", snapshot.state.name().to_uppercase()),
            theme.state(snapshot.state),
        ),
        Span::styled(fit(&snapshot.run, 30), theme.strong()),
        Span::raw(format!("  {}", fit(&snapshot.protocol, 40))),
    ];
    if let Some(how) = &snapshot.commissioning {
        spans.push(Span::styled(format!("  COMMISSIONING: {how}"), theme.wrong()));
    }
    if let Some(reason) = &snapshot.reason {
        spans.push(Span::styled(format!("  {reason}"), theme.state(snapshot.state)));
    }
    if model.lost && snapshot.state != RunState::Ended {
        spans.push(Span::styled("  daemon gone, last known state", theme.wrong()));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), first);
    let clock_text = clocks(snapshot);
    let done = format!(" {}/{} ", snapshot.operations_done, snapshot.operations_total);
    let used = clock_text.chars().count() + done.chars().count() + 1;
    let bar = bar(snapshot, usize::from(area.width).saturating_sub(used));
    let line = Line::from(vec![
        Span::raw(format!(" {clock_text}")),
        Span::styled(done, theme.strong()),
        Span::styled(bar, theme.good()),
    ]);
    frame.render_widget(Paragraph::new(line), second);
}

fn clocks(snapshot: &Snapshot) -> String {
    let kind = if snapshot.simulated { "simulated " } else { "" };
    let hours = |span: Duration| {
        let minutes = span.as_us() / 60_000_000;
        format!("{}:{:02} h", minutes / 60, minutes % 60)
    };
    let left = match snapshot.predicted_end {
        Some(end) if snapshot.state != RunState::Ended => {
            format!(", {} to go", hours(end.since(snapshot.now)))
        }
        _ => String::new(),
    };
    format!(
        "{kind}{}  {}{left} ",
        clock(snapshot.now),
        hours(snapshot.now.since(snapshot.started))
    )
}

/// A bar of so many cells, full by the share of operations done.
fn bar(snapshot: &Snapshot, width: usize) -> String {
    let total = usize::try_from(snapshot.operations_total.max(1)).unwrap_or(1);
    let done = usize::try_from(snapshot.operations_done).unwrap_or(0).min(total);
    let full = width.saturating_mul(done) / total;
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}
