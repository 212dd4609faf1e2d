//! What the tests of this room and of the schedule share.

use super::{Built, Inputs, Overrides, build};
use crate::labware::Library;
use crate::plan::Plan;
use crate::rig::Rig;
use crate::source::{SourceFile, render};
use std::collections::BTreeMap;

pub(crate) const SCREEN: &str = include_str!("../../protocols/growth-screen.toml");
pub(crate) const DRILL: &str = include_str!("../../protocols/drill.toml");

pub(crate) fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

pub(crate) fn demo_rig() -> Rig {
    let profiles = BTreeMap::from([
        (
            "profiles/absorbance-reader.toml".to_owned(),
            file(
                "reader",
                include_str!("../../config/profiles/absorbance-reader.toml"),
            ),
        ),
        (
            "profiles/plate-mover.toml".to_owned(),
            file("mover", include_str!("../../config/profiles/plate-mover.toml")),
        ),
    ]);
    let (rig, found) = crate::rig::parse(
        &file("rig", include_str!("../../config/demo-rig.toml")),
        &profiles,
    );
    assert_eq!(found, []);
    rig.unwrap()
}

pub(crate) fn built(text: &str, parameters: &[(&str, &str)]) -> Built {
    let overrides: Overrides = parameters
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    build(
        &file("p.toml", text),
        &Inputs::with(overrides),
        &demo_rig(),
        &Library::load(&[]).0,
    )
}

/// The rig of strain construction.
pub(crate) fn build_rig() -> Rig {
    super::corpus_tests::build_rig()
}

/// What is built of a text on it.
pub(crate) fn built_on_build_rig(source: &SourceFile) -> Built {
    build(source, &Inputs::default(), &build_rig(), &Library::load(&[]).0)
}

/// The problems of a text, as a person sees them.
pub(crate) fn problems(text: &str, parameters: &[(&str, &str)]) -> String {
    render(
        &built(text, parameters).diagnostics,
        &[file("p.toml", text)],
        false,
    )
}

pub(crate) fn screen(plates: u32) -> Plan {
    let parameters = [("plates", plates.to_string())];
    let parameters: Vec<_> = parameters.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let found = built(SCREEN, &parameters);
    assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    found.plan.unwrap()
}
