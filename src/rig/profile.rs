//! Instrument profiles: a Modbus register map with its commands, as plain data.

use crate::source::{Diagnostic, Document, SourceFile};

/// An instrument described by a file instead of code.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Word of the role it plays, as "plate_reader".
    pub role: String,
}

/// Text in; the profile and every problem out.
pub fn parse(file: &SourceFile) -> (Option<Profile>, Vec<Diagnostic>) {
    let document = Document::parse(file);
    let profile = (|| {
        let mut root = document.root();
        let mut head = root.need("profile")?.table()?;
        Some(Profile {
            name: head.need("name")?.text()?,
            title: head.need("title")?.text()?,
            role: head.need("role")?.text()?,
        })
    })();
    (profile, document.reporter().take())
}
