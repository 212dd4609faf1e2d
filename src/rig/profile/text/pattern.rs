//! A regular expression for a whole text, kept with its source.

use regex::bytes::{Captures, Regex, RegexBuilder};

/// Most memory that one compiled pattern may take.
const SIZE: usize = 1 << 20;

/// A regular expression that a whole answer must fit, of ASCII characters (crate `regex`).
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    /// From its source, which need not be anchored: it always stands for the whole text.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub fn new(source: &str) -> Result<Self, String> {
        let whole = format!("^(?:{source})$");
        let regex = RegexBuilder::new(&whole).unicode(false).size_limit(SIZE).build();
        let regex = regex.map_err(|error| {
            let text = error.to_string();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            last.unwrap_or("it is too large")
                .trim_start_matches("error: ")
                .to_owned()
        })?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }
    /// Whether a text fits.
    pub fn fits(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }
    /// The named parts of a text that fits; a part that took no part is left out.
    pub fn parts(&self, text: &[u8]) -> Option<Vec<(String, String)>> {
        let found: Captures<'_> = self.regex.captures(text)?;
        let named = self.regex.capture_names().flatten().filter_map(|name| {
            let part = found.name(name)?;
            Some((
                name.to_owned(),
                String::from_utf8_lossy(part.as_bytes()).into_owned(),
            ))
        });
        Some(named.collect())
    }
    /// Names of its parts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }
    /// Its source.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
