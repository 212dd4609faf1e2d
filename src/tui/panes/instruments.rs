//! What each instrument does now, and what the contacts say that stop them.

use super::frame::{fit, list};
use crate::api::{InputView, Snapshot};
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Contacts that stop something come first. Then an instrument a line, or two where there is room for its title, and the
/// contacts that are closed.
pub(in crate::tui) fn instruments(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, theme: Theme) {
    let roomy = usize::from(area.height) >= snapshot.instruments.len() * 2 + snapshot.inputs.len() + 2;
    let width = usize::from(area.width.saturating_sub(2));
    let contact = |one: &InputView| {
        let (sign, style) = if one.safe {
            ("●", theme.good())
        } else {
            ("■", theme.wrong())
        };
        let text = format!("{} contact: {}", one.title, one.state);
        Line::from(Span::styled(
            format!("{sign} {}", fit(&text, width.saturating_sub(2))),
            style,
        ))
    };
    let mut lines: Vec<Line<'_>> = snapshot.inputs.iter().filter(|i| !i.safe).map(contact).collect();
    for one in &snapshot.instruments {
        let (sign, style) = if one.link_ok {
            ("●", theme.good())
        } else {
            ("✗", theme.wrong())
        };
        let state = if one.link_ok {
            one.state.clone()
        } else {
            format!("no answer; {}", one.state)
        };
        let name = if roomy {
            fit(&one.title, width.saturating_sub(2))
        } else {
            format!("{:<10}", fit(&one.id, 10))
        };
        let mut spans = vec![
            Span::styled(format!("{sign} "), style),
            Span::styled(name, theme.strong()),
        ];
        let text = Span::styled(
            state,
            if one.link_ok {
                ratatui::style::Style::new()
            } else {
                theme.wrong()
            },
        );
        if roomy {
            lines.push(Line::from(spans));
            lines.push(Line::from(vec![Span::raw("  "), text]));
        } else {
            spans.push(Span::raw(" "));
            spans.push(text);
            lines.push(Line::from(spans));
        }
    }
    lines.extend(snapshot.inputs.iter().filter(|i| i.safe).map(contact));
    list(frame, area, "Instruments", lines);
}
