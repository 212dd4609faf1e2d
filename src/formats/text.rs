//! Text for people and other programs: cleaned of what a terminal or a spreadsheet would obey.

use crate::plan::Role;
use crate::units::Timestamp;

/// Text without control characters: C0 (with escape, bell, line ends, tab), DEL, C1, and the marks that reverse or
/// embed the direction of writing, all of which could make a terminal or a page show something else than what is there.
///
/// A run of removed line ends or tabs becomes one space, so that words stay apart.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if matches!(c, '\n' | '\r' | '\t') {
            gap = true;
        } else if !is_unsafe(c) {
            if gap && !cleaned.is_empty() {
                cleaned.push(' ');
            }
            gap = false;
            cleaned.push(c);
        }
    }
    cleaned
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}

/// The word for a role in tables.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Sample => "sample",
        Role::Reference => "reference",
        Role::Control => "control",
        Role::Blank => "blank",
        Role::Empty => "empty",
    }
}

/// A time as ISO 8601 in UTC with microseconds, "2026-01-31T14:05:09.000000Z".
pub fn iso_time(at: Timestamp) -> String {
    format!(
        "{}.{:06}Z",
        at.to_string().replace(' ', "T"),
        at.as_us() % 1_000_000
    )
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
