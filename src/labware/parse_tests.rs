use super::*;
use crate::labware::BUILT_IN;
use proptest::prelude::*;

fn text_of(name: &str) -> String {
    let (_, text) = BUILT_IN.iter().find(|(n, _)| *n == name).unwrap();
    (*text).to_owned()
}

fn file(text: &str) -> SourceFile {
    SourceFile {
        name: "own.toml".into(),
        text: text.into(),
    }
}

/// Code and marked text of every problem of a built-in definition with one part replaced.
fn problems(name: &str, from: &str, to: &str) -> Vec<(&'static str, String)> {
    let built_in = text_of(name);
    assert!(built_in.contains(from), "{name} has no {from}");
    let text = built_in.replacen(from, to, 1);
    let (labware, found) = parse(&file(&text));
    assert_eq!(labware.is_none(), !found.is_empty());
    found
        .into_iter()
        .map(|d| (d.code, text.get(d.span.clone()).unwrap().to_owned()))
        .collect()
}

#[test]
fn what_cannot_be_is_refused_at_its_place() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        (
            "plate-96-flat",
            "capacity = \"360 uL\"",
            "capacity = \"420 uL\"",
            "labware-capacity",
            "\"420 uL\"",
        ),
        (
            "plate-96-flat",
            "\"10 uL\"",
            "\"360 uL\"",
            "labware-dead-volume",
            "\"360 uL\"",
        ),
        (
            "plate-96-flat",
            "columns = 12",
            "columns = 14",
            "labware-outside",
            "[\"14.38 mm\", \"74.24 mm\"]",
        ),
        (
            "plate-96-flat",
            "\"9 mm\", \"9 mm\"",
            "\"9 mm\", \"6 mm\"",
            "labware-overlap",
            "[\"9 mm\", \"6 mm\"]",
        ),
        ("plate-96-flat", "10.67 mm", "12 mm", "labware-depth", "\"12 mm\""),
        ("plate-96-flat", "rows = 8", "rows = 49", "labware-size", "49"),
        (
            "plate-96-flat",
            "6.86 mm",
            "2000 mm",
            "labware-range",
            "\"circular\"",
        ),
        (
            "plate-96-flat",
            "14.22 mm",
            "-14.22 mm",
            "labware-range",
            "\"-14.22 mm\"",
        ),
        (
            "plate-96-flat",
            "rise = \"2 mm\"",
            "rise = \"9 mm\"",
            "labware-lid",
            "{ height = \"8 mm\", rise = \"9 mm\", absorbance = 0.008 }",
        ),
        (
            "plate-96-flat",
            "\"plate\"",
            "\"plat\"",
            "labware-kind",
            "\"plat\"",
        ),
        ("plate-96-flat", "\"flat\"", "\"w\"", "labware-bottom", "\"w\""),
        ("plate-96-flat", "\"flat\"", "\"v\"", "missing-key", ""),
        ("plate-96-flat", "circular", "round", "labware-shape", "\"round\""),
        (
            "plate-96-flat",
            "name = \"plate-96-flat\"",
            "name = \"plate 96\"",
            "labware-name",
            "\"plate 96\"",
        ),
        ("plate-96-v", "\"3 mm\"", "\"30 mm\"", "labware-bottom", "\"v\""),
        (
            "plate-96-deep-1ml",
            "[\"7.6 mm\", \"7.6 mm\"]",
            "[\"7.6 mm\", \"4 mm\"]",
            "labware-bottom",
            "\"u\"",
        ),
        (
            "reservoir-1",
            "capacity = \"195 mL\"",
            "capacity = \"90000000000 L\"",
            "quantity",
            "\"90000000000 L\"",
        ),
        (
            "reservoir-1",
            "capacity = \"195 mL\"",
            "capacity = \"1000 L\"",
            "labware-range",
            "\"1000 L\"",
        ),
        (
            "agar-tray",
            "\"4.1 mm\"",
            "\"12 mm\"",
            "labware-agar",
            "\"12 mm\"",
        ),
        ("agar-tray", "agar = \"4.1 mm\"\n", "", "missing-key", ""),
        (
            "agar-tray",
            "agar =",
            "dead_volume = \"1 uL\"\nagar =",
            "unknown-key",
            "dead_volume",
        ),
        (
            "tiprack-300",
            "\"7.47 mm\"",
            "\"60 mm\"",
            "labware-tip",
            "\"60 mm\"",
        ),
        ("waste-bin", "700", "-1", "labware-range", "-1"),
        (
            "plate-96-pcr",
            "= \"10 mm\"",
            "= \"-1 mm\"",
            "labware-range",
            "{ adapter-pcr-96 = \"-1 mm\" }",
        ),
    ];
    for (name, from, to, code, marked) in cases {
        let found = problems(name, from, to);
        let hit = found
            .iter()
            .any(|(c, m)| c == code && (m == marked || marked.is_empty()));
        assert!(
            hit,
            "{name}, {from} -> {to}: wanted {code} at {marked}, found {found:?}"
        );
    }
}

#[test]
fn sections_must_make_up_the_well() {
    for (from, to, told) in [
        ("height = \"0.8 mm\"", "height = \"0.9 mm\"", "labware-sections"),
        (
            "height = \"0.8 mm\"\nradius = \"1.25 mm\"",
            "height = \"0.8 mm\"\nradius = \"0.3 mm\"",
            "labware-sections",
        ),
        ("shape = \"spherical\"", "shape = \"ball\"", "labware-sections"),
        ("bottom = \"2.33 mm\"\n", "", "missing-key"),
        ("radius", "count = 0\nradius", "labware-range"),
        (
            "diameter = \"5.5 mm\"",
            "diameter = \"5.6 mm\"",
            "labware-sections",
        ),
        (
            "diameter = \"5.5 mm\"",
            "diameter = \"5.5 mm\"\nbottom = \"v\"",
            "labware-bottom",
        ),
    ] {
        let found = problems("plate-96-pcr", from, to);
        assert!(
            found.iter().any(|(code, _)| *code == told),
            "{from} -> {to}: {found:?}"
        );
    }
}

#[test]
fn an_edge_runs_along_a_long_well_with_a_v_bottom() {
    let text = text_of("reservoir-1").replace("\"flat\"", "\"v\"\nbottom_depth = \"4 mm\"");
    let text = text.replace("195 mL", "180 mL");
    let (labware, found) = parse(&file(&text));
    assert_eq!(found, []);
    let low = labware.unwrap().volume_at(Length::um(4_000)).as_ul();
    assert!(
        (low - 106.8 * 71.2 * 4.0 / 2.0).abs() < 1.0,
        "half of the straight walls: {low}"
    );
}

#[test]
fn every_example_of_the_reference_is_read() {
    let page = include_str!("../../docs/rig-reference.md");
    let labware = page.split("\n## Labware files").nth(1).unwrap();
    let labware = labware.split("\n## ").next().unwrap();
    let examples: Vec<_> = labware
        .split("```toml\n")
        .skip(1)
        .map(|part| part.split("```").next().unwrap())
        .collect();
    assert!(examples.len() >= 6, "{}", examples.len());
    let mut kinds = std::collections::BTreeSet::new();
    for example in examples {
        let (definition, found) = parse(&file(example));
        assert_eq!(found, [], "{example}");
        kinds.insert(definition.unwrap().kind);
    }
    assert_eq!(kinds.len(), Kind::ALL.len(), "an example of every kind");
    for key in [
        "name",
        "title",
        "kind",
        "rows",
        "columns",
        "capacity",
        "dead_volume",
        "agar",
        "lid",
        "capacity_tips",
        "fits",
        "sinks",
        "footprint",
        "height",
        "first_well",
        "spacing",
        "well_bottom",
        "well_depth",
        "shape",
        "diameter",
        "size",
        "bottom",
        "bottom_depth",
        "sections",
        "radius",
        "top",
        "count",
        "length",
        "overlap",
    ] {
        assert!(
            labware.contains(&format!("`{key}`")) || labware.contains(&format!(".{key}`")),
            "`{key}` is not told"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn damaged_files_are_read_without_panic(
        which in 0..BUILT_IN.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 1..12),
    ) {
        let mut bytes = BUILT_IN[which].1.as_bytes().to_vec();
        for (at, byte, what) in changes {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte % 96 + 32),
                _ => { bytes.remove(at); }
            }
        }
        let (labware, found) = parse(&file(&String::from_utf8_lossy(&bytes)));
        prop_assert_eq!(labware.is_none(), found.iter().any(|d| d.severity == Severity::Error));
        if let Some(labware) = labware {
            // Whatever is accepted can be reckoned with.
            let height = labware.height(labware.capacity);
            prop_assert!(labware.volume_at(height) <= labware.capacity);
            prop_assert!(labware.heads(8).len() <= labware.well_count());
        }
    }

    #[test]
    fn absurd_figures_are_refused(n in any::<i64>(), exponent in 0..30_u32, key in 0..8_usize) {
        let figure = format!("{n}{} mm", "0".repeat(exponent as usize));
        let from = ["127.76 mm", "14.22 mm", "14.38 mm", "9 mm", "3.55 mm", "10.67 mm", "6.86 mm", "8 mm"][key];
        let text = text_of("plate-96-flat").replacen(from, &figure, 1);
        let (labware, _) = parse(&file(&text));
        prop_assert!(labware.is_none() || (0..1_000).contains(&n), "{figure} for {from}");
    }
}
