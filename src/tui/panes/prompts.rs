//! What a person is asked.

use super::frame::block;
use crate::api::PromptView;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Rows that the shown prompt wants; none without a prompt.
pub(in crate::tui) fn prompt_height(model: &Model) -> u16 {
    model.shown_prompt().map_or(0, |p| {
        u16::try_from(p.items.len().saturating_add(4)).unwrap_or(u16::MAX)
    })
}

/// The shown prompt: what is wanted, what to put where, the answers. The answers are drawn last but kept visible: items
/// that do not fit are counted.
pub(in crate::tui) fn prompts(frame: &mut Frame<'_>, area: Rect, model: &Model, theme: Theme) {
    let Some((snapshot, prompt)) = model.snapshot.as_ref().zip(model.shown_prompt()) else {
        return;
    };
    let place = snapshot
        .prompts
        .iter()
        .position(|p| p.id == prompt.id)
        .map_or(1, |i| i + 1);
    let title = match snapshot.prompts.len() {
        0 | 1 => "Your answer is needed".to_owned(),
        count => format!("Your answer is needed ({place} of {count}, o: next)"),
    };
    let room = usize::from(area.height.saturating_sub(4));
    let hidden = prompt.items.len().saturating_sub(room);
    let shown = if hidden == 0 {
        prompt.items.len()
    } else {
        room.saturating_sub(1)
    };
    let mut lines = vec![Line::styled(prompt.text.as_str(), theme.strong())];
    lines.extend(
        prompt
            .items
            .iter()
            .take(shown)
            .map(|item| Line::raw(format!("  • {item}"))),
    );
    if hidden > 0 && room > 0 {
        lines.push(Line::raw(format!("  … {} more", prompt.items.len() - shown)));
    }
    lines.push(answers(prompt, model, theme));
    let block = block(&title).border_style(theme.urgent());
    frame.render_widget(
        Paragraph::new(lines).wrap(Wrap { trim: false }).block(block),
        area,
    );
}

fn answers(prompt: &PromptView, model: &Model, theme: Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for (index, choice) in prompt.choices.iter().enumerate() {
        let marked = model.choice == Some(index);
        let style = if marked { theme.marked() } else { Style::new() };
        spans.push(Span::styled(format!(" {} {choice} ", index + 1), style));
        spans.push(Span::raw(" "));
    }
    let hint = match (model.is_answered(prompt.id), model.choice) {
        (true, _) => "sent",
        (false, Some(_)) => "Enter sends",
        (false, None) => "1…9 marks an answer",
    };
    spans.push(Span::styled(hint, theme.dim()));
    Line::from(spans)
}
