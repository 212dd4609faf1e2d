//! What the rules share: diagnostics, a name that is not there, what strokes may be off by.

use crate::protocol::moves::Found;
use crate::source::{Diagnostic, Reporter, Spanned, closest};
use crate::units::Volume;
use std::ops::Range;

/// An error that waits for its label or help.
pub(super) fn error(
    reporter: &Reporter,
    code: &'static str,
    span: &Range<usize>,
    message: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(code, reporter.file(), span.clone(), message)
}

/// Reports a name that nothing has, with the nearest that there is.
pub(super) fn unknown<'a>(
    reporter: &Reporter,
    code: &'static str,
    what: &str,
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'a str>,
) {
    let known: Vec<&str> = known.into_iter().collect();
    let d = error(
        reporter,
        code,
        &name.span,
        format!("there is no {what} \"{}\"", name.value),
    );
    reporter.add(match closest(&name.value, known.iter().copied()) {
        Some(near) => d.label(format!("did you mean \"{near}\"?")),
        None if known.is_empty() => d.help(format!("the file or the rig has no {what} at all")),
        None if known.len() <= 12 => d.help(format!("there are: {}", known.join(", "))),
        None => d,
    });
}

/// What the random error of pipettes adds or takes, in words; nothing where there is none.
pub(super) fn give_or_take(doubt: Volume) -> String {
    if doubt == Volume::nl(0) {
        return String::new();
    }
    format!(", give or take {doubt} (three standard deviations of its strokes)")
}

/// Says in which branch of the run a problem occurs, when it does not in all.
pub(super) fn branch(mut diagnostic: Diagnostic, found: &Found) -> Diagnostic {
    if !found.without.is_empty() {
        let without: Vec<String> = found.without.iter().map(|w| format!("\"{w}\"")).collect();
        diagnostic.message = format!(
            "{} when {} does not hold",
            diagnostic.message,
            without.join(" and ")
        );
    }
    diagnostic
}
