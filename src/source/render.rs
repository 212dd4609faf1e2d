//! Diagnostics as a compiler prints them: file, line, column, the text underlined, a hint.

use super::{Diagnostic, Severity, SourceFile};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Lays out diagnostics against the files they are about; `colour` adds terminal colours.
pub fn render(diagnostics: &[Diagnostic], files: &[SourceFile], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for d in diagnostics {
        let level = match d.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(d.message.as_str()).id(d.code);
        let mut group = match files.iter().find(|f| f.name == d.file) {
            Some(file) => {
                let clip = |span: &std::ops::Range<usize>| clip(span, &file.text);
                let mut snippet = Snippet::source(file.text.as_str()).path(d.file.as_str());
                let primary = AnnotationKind::Primary.span(clip(&d.span));
                snippet = snippet.annotation(if d.label.is_empty() {
                    primary
                } else {
                    primary.label(d.label.as_str())
                });
                for other in &d.others {
                    let annotation = AnnotationKind::Context.span(clip(&other.span));
                    snippet = snippet.annotation(annotation.label(other.text.as_str()));
                }
                title.element(snippet)
            }
            None => Group::with_title(title),
        };
        if let Some(help) = &d.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        out.push_str(&renderer.render(&[group]).to_string());
        out.push_str("\n\n");
    }
    out
}

/// A span moved inside the text and onto character boundaries.
fn clip(span: &std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}
