//! The language as described (`plated::schema`), as read by the parsers, and as documented.

mod agreement;
mod documents;
mod written;

use plated::labware::{BUILT_IN, Library};
use plated::protocol::{Inputs, build};
use plated::rig::{Rig, profile};
use plated::schema::Language;
use plated::source::{Diagnostic, SourceFile};
use std::collections::BTreeMap;
use std::path::Path;

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn file(name: &str, text: String) -> SourceFile {
    SourceFile {
        name: name.into(),
        text,
    }
}

fn profiles() -> BTreeMap<String, SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
    let one = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("profiles/{name}");
        (path.clone(), file(&path, text(&format!("config/{path}"))))
    };
    std::fs::read_dir(folder).unwrap().map(one).collect()
}

/// A rig of the repository, as "stations-rig" or "demo-rig".
fn rig(name: &str) -> Rig {
    let (rig, found) = plated::rig::parse(&file(name, text(&format!("config/{name}.toml"))), &profiles());
    assert_eq!(found, []);
    rig.unwrap()
}

fn library() -> Library {
    assert!(!BUILT_IN.is_empty());
    Library::load(&[]).0
}

/// What the parser of a kind of file says of a text.
fn problems(language: Language, source: String) -> Vec<Diagnostic> {
    let file = file("sample.toml", source);
    match language {
        Language::Protocol => build(&file, &Inputs::default(), &rig("stations-rig"), &library()).diagnostics,
        Language::Rig => plated::rig::parse(&file, &profiles()).1,
        Language::Profile | Language::TextProfile => profile::parse(&file).1,
        Language::Labware => plated::labware::parse(&file).1,
    }
}
