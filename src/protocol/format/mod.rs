//! The canonical layout of protocol, rig, profile and labware files.
//!
//! Owns layout alone: order of tables and keys, blank lines, spacing, quotes, the width of lists. Text in, text out; a
//! file that is laid out so stays as it is. Comments stay with what they stand above or behind. Knows nothing of what the
//! files mean.

mod emit;
mod order;
mod values;

use toml_edit::DocumentMut;

/// The text in canonical layout: tables and keys in the language's order, one blank line between tables, strings in basic
/// quotes, a space between number and unit, lists of more than 100 columns with an entry per line.
///
/// # Errors
/// When the text is no TOML: what is wrong, with its line.
pub fn format(text: &str) -> Result<String, String> {
    let text = text.replace("\r\n", "\n");
    let document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.to_string())?;
    Ok(emit::document(&document))
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
