//! The reference shows what the program reads: its tables are the description's, and every example is accepted.
//! `BLESS=1 cargo test` writes the tables anew.

use super::{file, library, rig, text};
use plated::protocol::{Inputs, build};
use plated::schema::{Language, sections};
use plated::source::{Severity, render};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

const PAGE: &str = "docs/protocol-reference.md";

/// The page with its tables as the description has them, and which were asked for.
fn fresh(page: &str) -> (String, Vec<String>) {
    let tables = sections(Language::Protocol);
    let mut out = String::new();
    let mut shown = Vec::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("<!-- keys ") {
        let (id, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after
            .split_once("<!-- end -->")
            .unwrap_or_else(|| panic!("{id} has no end"));
        let table = tables.get(id).unwrap_or_else(|| panic!("there is no table {id}"));
        out.push_str(&format!("{before}<!-- keys {id} -->\n{table}<!-- end -->"));
        shown.push(id.to_owned());
        rest = after;
    }
    out.push_str(rest);
    (out, shown)
}

#[test]
fn the_reference_has_every_table_of_keys() {
    let page = text(PAGE);
    let (fresh, shown) = fresh(&page);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE), &fresh).unwrap();
    } else {
        assert!(
            page == fresh,
            "{PAGE} is not what `plated schema` says; BLESS=1 cargo test writes it anew"
        );
    }
    // Told in words beside the tables that use them.
    let in_words = ["protocol.manner", "protocol.retry"];
    let missing: Vec<_> = sections(Language::Protocol)
        .into_keys()
        .filter(|id| !shown.iter().any(|s| s == id) && !in_words.contains(id))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "tables that {PAGE} does not show");
}

#[test]
fn every_key_of_rigs_profiles_and_labware_is_in_a_reference() {
    for (language, page) in [
        (Language::Rig, "docs/rig-reference.md"),
        (Language::Labware, "docs/rig-reference.md"),
        (Language::Profile, "docs/profile-reference.md"),
    ] {
        let page = text(page);
        for (id, table) in sections(language) {
            for key in table.lines().skip(2).filter_map(|l| l.split('`').nth(1)) {
                let told = [
                    format!("`{key}"),
                    format!(".{key}"),
                    format!("[{key}"),
                    format!(" {key} ="),
                ];
                assert!(told.iter().any(|t| page.contains(t)), "{id}.{key}");
            }
        }
    }
}

/// The code blocks of a page, by language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let open = format!("```{language}\n");
    let parts = page.split(open.as_str()).skip(1);
    parts.map(|p| p.split_once("\n```").unwrap().0).collect()
}

/// What fragments are put into; of its pieces and plates, those that a fragment names.
const SKELETON: &str = r#"
[protocol]
name = "fragment"

[liquids.medium]
[liquids.culture]
[liquids.buffer]
[liquids.enzyme]

[layouts.library]
references = "parent"
blanks = "blank"
wells = [
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
  "parent S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 blank",
]

[pieces.medium]
labware = "reservoir-1"
at = "deck-1"
liquid = "medium"

[pieces.trough]
labware = "reservoir-1"
at = "deck-2"

[pieces.p300-multi]
labware = "tiprack-300"
at = ["deck-4", "deck-5"]

[pieces.p20-single]
labware = "tiprack-20"
at = "deck-6"

[plates.source]
labware = "plate-96-flat"
at = "deck-7"
layout = "library"
liquid = "culture"
volume = "150 uL"
od = 1.0

[plates.assay]
labware = "plate-96-flat"
count = 2
at = ["deck-8", "deck-9"]

[plates.buffered]
labware = "plate-96-flat"
at = "deck-8"
liquid = "buffer"
volume = "100 uL"

[plates.picked]
labware = "plate-96-flat"
at = "deck-9"

[plates.large]
labware = "plate-384-flat"
at = "deck-10"

[plates.agar]
labware = "agar-tray"
at = "deck-11"

[[steps]]
id = "pause"
do = "wait"
for = "1 min"
"#;

fn spliced(fragment: &str, called: &str) -> String {
    let mut whole: Table = SKELETON.parse().unwrap();
    let part: Table = fragment.parse().unwrap_or_else(|e| panic!("{e}\n{fragment}"));
    let named = |name: &str| {
        [fragment, called]
            .iter()
            .any(|t| t.contains(&format!("\"{name}\"")))
    };
    for kind in ["pieces", "plates"] {
        let table = whole[kind].as_table_mut().unwrap();
        table.retain(|name, _| named(name));
    }
    for (key, value) in part {
        match (whole.get_mut(&key).and_then(Value::as_table_mut), value) {
            (Some(table), Value::Table(more)) => table.extend(more),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
    whole.to_string()
}

#[test]
fn every_example_of_the_reference_is_accepted() {
    let page = text(PAGE);
    let mut files = plated::protocol::Files::default();
    let mut called = String::new();
    let mut texts = BTreeMap::new();
    for block in blocks(&page, "csv") {
        let (name, _) = block.trim_start_matches("# ").split_once('\n').unwrap();
        texts.insert(name.to_owned(), format!("{block}\n"));
    }
    let mut examples = Vec::new();
    for block in blocks(&page, "toml") {
        if let Some((name, _)) = block.strip_prefix("# file: ").and_then(|b| b.split_once('\n')) {
            texts.insert(name.to_owned(), block.to_owned());
            called.push_str(block);
        } else {
            examples.push(block);
        }
    }
    for (name, text) in texts {
        files.add(&name, text);
    }
    let (library, build_rig, demo_rig) = (library(), rig("stations-rig"), rig("demo-rig"));
    let probe_rig = rig("probe-rig");
    let pin_rig = rig("pin-rig");
    let process_rig = rig("process-rig");
    let verify_rig = rig("verify");
    assert!(examples.len() > 30, "{}", examples.len());
    let mut wrong = Vec::new();
    for example in examples {
        let whole = example.strip_prefix("# rig: ").and_then(|b| b.split_once('\n'));
        let (rig, source) = match whole {
            Some(("stations-rig", _)) => (&build_rig, example.to_owned()),
            Some(("demo-rig", _)) => (&demo_rig, example.to_owned()),
            Some(("probe-rig", _)) => (&probe_rig, example.to_owned()),
            Some(("pin-rig", _)) => (&pin_rig, example.to_owned()),
            Some(("process-rig", _)) => (&process_rig, example.to_owned()),
            Some(("verify", _)) => (&verify_rig, example.to_owned()),
            Some((other, _)) => panic!("there is no rig {other}"),
            None => {
                let calls = if example.contains("\"call\"") {
                    called.as_str()
                } else {
                    ""
                };
                (&build_rig, spliced(example, calls))
            }
        };
        let source = file("example.toml", source);
        let inputs = Inputs {
            files: files.clone(),
            ..Inputs::default()
        };
        let built = build(&source, &inputs, rig, &library);
        let mut found = built.diagnostics;
        // A fragment may be short: what it does not use is no fault of it.
        found.retain(|d| whole.is_some() || d.severity == Severity::Error);
        if built.plan.is_none() || !found.is_empty() {
            wrong.push(format!("{example}\n\n{}", render(&found, &[source], false)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} examples:\n{}",
        wrong.len(),
        wrong.join("\n=======\n")
    );
}

/// Codes of diagnostics in a source text: the first literal behind a call that reports.
fn codes(source: &str) -> Vec<&str> {
    let mut codes = Vec::new();
    for call in ["error(", "unknown(", "report("] {
        for rest in source.split(call).skip(1) {
            let mut parts = rest.split('"');
            let (Some(before), Some(code)) = (parts.next(), parts.next()) else {
                continue;
            };
            let kebab = code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if kebab && !code.is_empty() && !before.contains([';', '{']) {
                codes.push(code);
            }
        }
    }
    codes
}

#[test]
fn every_code_is_in_the_reference() {
    let page = text(PAGE);
    let (_, table) = page.split_once("## What is refused").unwrap();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol")];
    let mut seen = 0;
    let mut missing = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.file_stem().unwrap().to_string_lossy().ends_with("tests") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for code in codes(&source) {
                seen += 1;
                if !table.contains(&format!("`{code}`")) {
                    missing.push(format!(
                        "{code} ({})",
                        path.file_name().unwrap().to_string_lossy()
                    ));
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert_eq!(missing, Vec::<String>::new());
}
