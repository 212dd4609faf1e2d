use super::format;
use crate::protocol::testing::{DRILL, SCREEN, built};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// Values without spaces in texts: quantities may gain one.
fn squeezed(text: &str) -> toml::Value {
    fn squeeze(value: &mut toml::Value) {
        match value {
            toml::Value::String(s) => s.retain(|c| c != ' '),
            toml::Value::Array(list) => list.iter_mut().for_each(squeeze),
            toml::Value::Table(table) => table.iter_mut().for_each(|(_, v)| squeeze(v)),
            _ => {}
        }
    }
    let mut value = toml::Value::Table(text.parse().unwrap());
    squeeze(&mut value);
    value
}

fn notes(text: &str) -> Vec<String> {
    // Good enough for texts whose strings have no hash.
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|l| l.split_once('#').map(|(_, c)| c.trim().to_owned()))
        .collect();
    found.sort();
    found
}

fn sound(text: &str) -> Result<String, TestCaseError> {
    let once = format(text).map_err(TestCaseError::fail)?;
    let twice = format(&once).map_err(|e| TestCaseError::fail(format!("{e}\n{once}")))?;
    prop_assert_eq!(&twice, &once, "not idempotent");
    prop_assert_eq!(squeezed(&once), squeezed(text), "values changed:\n{}", once);
    prop_assert_eq!(notes(&once), notes(text), "comments changed:\n{}", once);
    prop_assert!(!once.contains("\n\n\n") && once.ends_with('\n') && !once.ends_with("\n\n"));
    Ok(once)
}

#[test]
fn every_file_of_the_repository_is_laid_out_so() {
    for folder in ["protocols", "config", "docs/examples"] {
        for (path, text) in files(folder) {
            let formatted = sound(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert!(
                formatted == text,
                "{} is not in canonical layout; run plated fmt on it",
                path.display()
            );
        }
    }
}

#[test]
fn every_protocol_of_the_corpus_keeps_its_values_and_its_plan() {
    for (path, text) in files("tests/cases/protocols") {
        let Ok(formatted) = format(&text) else { continue };
        assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "{}", path.display());
        let (before, after) = (built(&text, &[]), built(&formatted, &[]));
        assert_eq!(before.plan.is_some(), after.plan.is_some(), "{}", path.display());
        if let (Some(mut before), Some(mut after)) = (before.plan, after.plan) {
            for plan in [&mut before, &mut after] {
                for operation in &mut plan.operations {
                    operation.origin = Default::default();
                }
                for promise in &mut plan.promises {
                    promise.place = (0, 0);
                }
            }
            assert_eq!(before, after, "{}", path.display());
        }
    }
}

#[test]
fn tables_keys_quotes_and_units_find_their_order() {
    let text = "# about the file\n\n[[steps]]   # first\nto='assay'\n\"from\" = \"source\"\n# why so little\nvolume=\"20uL\"\n\
                do = 'transfer'\nid = \"12h\"\nafter = { at_most = \"5min\", step = \"x\" }\n\n\n\n# what it is\n[protocol]\n\
                title='say \"so\"'\nname = \"p\" # short\n# the end\n";
    let wanted = "# about the file\n\n# what it is\n[protocol]\nname = \"p\" # short\ntitle = \"say \\\"so\\\"\"\n\n\
                  [[steps]] # first\nid = \"12h\"\ndo = \"transfer\"\nafter = { step = \"x\", at_most = \"5 min\" }\n\
                  from = \"source\"\nto = \"assay\"\n# why so little\nvolume = \"20 uL\"\n\n# the end\n";
    assert_eq!(format(text).unwrap(), wanted);
    assert_eq!(format(wanted).unwrap(), wanted);
}

#[test]
fn long_lists_have_an_entry_a_line_with_their_comments() {
    let long = (0..30)
        .map(|n| format!("\"deck-{n}\""))
        .collect::<Vec<_>>()
        .join(",");
    let formatted = format(&std::format!("[pieces.a]\nat=[{long}]\n")).unwrap();
    assert!(
        formatted.contains("at = [\n    \"deck-0\",\n    \"deck-1\",\n"),
        "{formatted}"
    );
    let text = "[layouts.a]\nwells = [\n  # first\n  \"a b\", # one\n  \"c d\" # two\n  # last\n]\n";
    let wanted =
        "[layouts.a]\nwells = [\n    # first\n    \"a b\", # one\n    \"c d\", # two\n    # last\n]\n";
    assert_eq!(format(text).unwrap(), wanted);
    assert_eq!(format(wanted).unwrap(), wanted);
    assert_eq!(
        format("[pieces.a]\nat = [ \"x\" , \"y\" ]\n").unwrap(),
        "[pieces.a]\nat = [\"x\", \"y\"]\n"
    );
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let error = format("[protocol\nname = 3").unwrap_err();
    assert!(error.contains("line 1"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Tables and lines of protocols shuffled, spaced and commented at will.
    #[test]
    fn any_layout_comes_to_the_canonical_one(
        seed in any::<u64>(),
        drill in any::<bool>(),
    ) {
        let text = if drill { DRILL } else { SCREEN };
        let mut state = seed | 1;
        let mut roll = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % n
        };
        let mut out = String::new();
        let mut depth = 0_i32;
        for line in text.lines() {
            let inside = depth > 0;
            depth += i32::try_from(line.matches('[').count()).unwrap() - i32::try_from(line.matches(']').count()).unwrap();
            if !inside && !line.starts_with('#') && !line.is_empty() {
                if roll(6) == 0 { out.push_str("\n\n"); }
                if roll(6) == 0 { out.push_str("   # remark\n"); }
            }
            let line = match roll(3) {
                0 if !inside && !line.contains('#') && !line.starts_with('[') => line.replacen(" = ", "=", 1),
                1 => std::format!("{line}   "),
                _ => line.to_owned(),
            };
            out.push_str(&line);
            out.push('\n');
        }
        let once = sound(&out)?;
        let (before, after) = (built(text, &[]).plan.unwrap(), built(&once, &[]).plan.unwrap());
        prop_assert_eq!(before.plates, after.plates);
        prop_assert_eq!(before.operations.len(), after.operations.len());
    }
}
