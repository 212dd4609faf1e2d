//! Any text as a protocol on the construction rig: stationsing it ends, without a panic. Behind lines of a single `%`
//! stand the files that it may name: the first line of each is its path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plated::labware::Library;
use plated::protocol::{Inputs, build, wanted};
use plated::rig::Rig;
use plated::source::SourceFile;
use std::collections::BTreeMap;
use std::sync::LazyLock;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let profiles = [
        (
            "absorbance-reader",
            include_str!("../../config/profiles/absorbance-reader.toml"),
        ),
        (
            "plate-mover",
            include_str!("../../config/profiles/plate-mover.toml"),
        ),
        (
            "plate-station",
            include_str!("../../config/profiles/plate-station.toml"),
        ),
    ]
    .map(|(name, text)| (format!("profiles/{name}.toml"), file(name, text)));
    let rig = file("stations-rig.toml", include_str!("../../config/stations-rig.toml"));
    let (rig, found) = plated::rig::parse(&rig, &BTreeMap::from(profiles));
    assert!(found.is_empty(), "{found:?}");
    rig.expect("the rig is sound")
});
static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(&[]).0);

fuzz_target!(|text: &str| {
    let mut parts = text.split("\n%\n");
    let source = file("p.toml", parts.next().unwrap_or(""));
    let mut inputs = Inputs::default();
    for part in parts {
        if let Some((path, text)) = part.split_once('\n') {
            inputs.files.add(path, text.to_owned());
        }
    }
    for path in wanted(&source, &inputs) {
        inputs.files.refuse(&path, "it is not there".into());
    }
    let _ = build(&source, &inputs, &RIG, &LIBRARY);
});
