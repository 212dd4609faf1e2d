//! Several files in one space of places, so that a range alone tells its file.

use super::{Diagnostic, SourceFile};

/// Files one after the other; the first begins at 0.
#[derive(Debug, Clone, Default)]
pub struct Space {
    files: Vec<(SourceFile, usize)>,
    end: usize,
}

impl Space {
    /// Adds a file and tells where it begins.
    pub fn add(&mut self, file: &SourceFile) -> usize {
        if let Some((_, base)) = self.files.iter().find(|(f, _)| f.name == file.name) {
            return *base;
        }
        let base = self.end;
        self.end = base.saturating_add(file.text.len()).saturating_add(1);
        self.files.push((file.clone(), base));
        base
    }
    /// Every file.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(|(file, _)| file)
    }
    /// The file that a place is in, and where it begins.
    pub fn file_at(&self, place: usize) -> Option<(&SourceFile, usize)> {
        let found = self.files.iter().rev().find(|(_, base)| *base <= place);
        found.map(|(file, base)| (file, *base))
    }
    /// A diagnostic with its places in its own file; places in other files become words.
    pub fn settle(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let Some((file, base)) = self.file_at(diagnostic.span.start) else {
            return diagnostic;
        };
        let back =
            |span: &std::ops::Range<usize>| span.start.saturating_sub(base)..span.end.saturating_sub(base);
        diagnostic.file.clone_from(&file.name);
        diagnostic.span = back(&diagnostic.span);
        let mut elsewhere = Vec::new();
        diagnostic.others.retain_mut(|label| {
            let inside = self.file_at(label.span.start).is_some_and(|(_, b)| b == base);
            if inside {
                label.span = back(&label.span);
            } else if let Some((other, start)) = self.file_at(label.span.start) {
                let (line, column) = other.line_column(label.span.start.saturating_sub(start));
                elsewhere.push(format!("{}: {}:{line}:{column}", label.text, other.name));
            }
            inside
        });
        if !elsewhere.is_empty() {
            let elsewhere = elsewhere.join("; ");
            diagnostic.help = Some(match diagnostic.help.take() {
                Some(help) => format!("{help} ({elsewhere})"),
                None => elsewhere,
            });
        }
        diagnostic
    }
}
