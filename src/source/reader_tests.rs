use super::*;
use crate::source::render;
use crate::units::Volume;

fn file(text: &str) -> SourceFile {
    SourceFile {
        name: "p.toml".into(),
        text: text.into(),
    }
}

#[test]
fn every_problem_is_found_in_one_pass_at_its_place() {
    let file = file("volume = \"180 C\"\nvolum = 3\ntimes = \"three\"\n");
    let document = Document::parse(&file);
    let mut table = document.root();
    assert_eq!(table.get("volume").and_then(|v| v.quantity::<Volume>()), None);
    assert_eq!(table.get("times").and_then(|v| v.integer()), None);
    assert!(table.need("well").is_none());
    table.finish();
    let found = document.reporter().take();
    let codes: Vec<_> = found.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["missing-key", "quantity", "unknown-key", "wrong-type"]);
    let text = render(&found, &[file], false);
    assert!(text.contains("did you mean `volume`?"), "{text}");
    assert!(text.contains("p.toml:2:1"), "{text}");
    assert!(text.contains("\"C\" is not a unit of volume"), "{text}");
}

#[test]
fn broken_toml_keeps_what_can_be_read() {
    let file = file("a = \nb = 2\nc = [1,\n");
    let document = Document::parse(&file);
    assert_eq!(document.root().get("b").and_then(|v| v.integer()), Some(2));
    assert!(!document.reporter().take().is_empty());
}
