//! Files that a protocol names: lists, plate maps, modules. Their texts are brought by whoever reads files; this room
//! tells which ones it wants.

use crate::source::SourceFile;
use std::collections::{BTreeMap, BTreeSet};

/// Most files of one protocol.
pub const MOST_FILES: usize = 256;

/// Values of parameters from the command line, by name.
pub type Overrides = BTreeMap<String, String>;

/// Everything a protocol is built from besides its own text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// Values of parameters, by name.
    pub parameters: Overrides,
    /// Files that it names.
    pub files: Files,
    /// The day, as "2026-11-24", by which expiry is judged; nothing is judged without it.
    pub today: Option<String>,
}

impl Inputs {
    /// With these values of parameters and no files.
    pub fn with(parameters: Overrides) -> Self {
        Self {
            parameters,
            ..Self::default()
        }
    }
}

/// Texts of files by the path that the protocol writes, relative to its own folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    texts: BTreeMap<String, SourceFile>,
    refused: BTreeMap<String, String>,
}

impl Files {
    /// Adds a text.
    pub fn add(&mut self, path: &str, text: String) {
        let file = SourceFile {
            name: path.to_owned(),
            text,
        };
        self.texts.insert(path.to_owned(), file);
    }
    /// Says why a file could not be brought.
    pub fn refuse(&mut self, path: &str, why: String) {
        self.refused.insert(path.to_owned(), why);
    }
    /// A file's text, or why there is none; nothing when nobody tried to bring it.
    pub fn get(&self, path: &str) -> Option<Result<&SourceFile, &str>> {
        if let Some(file) = self.texts.get(path) {
            return Some(Ok(file));
        }
        self.refused.get(path).map(|why| Err(why.as_str()))
    }
    /// Every file that was brought, by path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &SourceFile)> {
        self.texts.iter().map(|(path, file)| (path.as_str(), file))
    }
    /// Which of these nobody tried to bring.
    pub fn missing(&self, wanted: &BTreeSet<String>) -> BTreeSet<String> {
        wanted
            .iter()
            .filter(|path| self.get(path).is_none())
            .cloned()
            .collect()
    }
}

/// Why a path leaves the protocol's own folder, if it does.
pub fn outside(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return Some("write it relative to the protocol's own folder, with \"/\"");
    }
    if path
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Some("files lie in the protocol's own folder or below it");
    }
    None
}
