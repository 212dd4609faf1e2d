//! Rig files with pin tools: what is read, and what is refused.

use crate::rig::parse;
use crate::source::SourceFile;

fn found(from: &str, to: &str) -> Vec<String> {
    let mut text = include_str!("../../config/pin-rig.toml").to_owned();
    assert!(text.contains(from), "{from}");
    text = text.replace(from, to);
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let mover = include_str!("../../config/profiles/plate-mover.toml");
    let reader = include_str!("../../config/profiles/absorbance-reader.toml");
    let profiles = [
        ("profiles/plate-mover.toml".to_owned(), file("mover", mover)),
        (
            "profiles/absorbance-reader.toml".to_owned(),
            file("reader", reader),
        ),
    ]
    .into();
    let (_, found) = parse(&file("rig", &text), &profiles);
    found
        .into_iter()
        .map(|d| format!("{}: {}", d.code, d.message))
        .collect()
}

#[test]
fn the_file_of_the_repository_has_no_problem() {
    assert_eq!(found("pins = 1", "pins = 1"), Vec::<String>::new());
}

#[test]
fn what_cannot_work_is_said() {
    for (from, to, code, says) in [
        ("pins = 1", "pins = 3", "pin-tool", "1 pin, or 8"),
        (
            "mount = \"right\"",
            "mount = \"left\"",
            "pin-tool",
            "left mount already",
        ),
        (
            "pin_tools.pins]",
            "pin_tools.p300-multi]",
            "pin-tool",
            "name of a pipette",
        ),
        (
            "station = \"baths\"",
            "station = \"deck-1\"",
            "sterilising-station",
            "another kind",
        ),
        (
            "labware = \"reservoir-4\"\n",
            "",
            "sterilising-station",
            "needs `labware` and `position`",
        ),
        (
            "station = \"baths\"",
            "station = \"bath\"",
            "unknown-nest",
            "no nest \"bath\"",
        ),
        (
            "well = \"A2\"",
            "well = \"A1\"",
            "baths",
            "two baths are in one well",
        ),
        ("well = \"A2\"", "well = \"2A\"", "baths", "not a well"),
        (
            "carries = \"0.2 uL\"",
            "carries = \"0 uL\"",
            "out-of-range",
            "above 0",
        ),
        ("uses = 60", "uses = 0", "out-of-range", "from 1 to"),
    ] {
        let all = found(from, to);
        assert!(
            all.iter()
                .any(|f| f.starts_with(&format!("{code}: ")) && f.contains(says)),
            "{from} -> {to}: {all:?}"
        );
    }
}
