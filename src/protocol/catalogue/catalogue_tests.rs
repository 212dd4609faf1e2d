use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap() != "catalogue" {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.to_string_lossy().ends_with("_tests.rs")
        {
            found.push(path);
        }
    }
}

fn texts() -> BTreeMap<PathBuf, String> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// The text in quotes that begins here, if it looks like a code.
fn code_at(text: &str) -> Option<&str> {
    let inner = text.trim_start().strip_prefix('"')?.split('"').next()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!inner.is_empty() && inner.chars().all(plain)).then_some(inner)
}

/// Codes given to what makes problems: first argument, or the second behind a reporter.
fn codes_in(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for call in ["error(", "unknown(", "within(", "refuse(", "Refusal("] {
        for (at, _) in text.match_indices(call) {
            let arguments = text.get(at + call.len()..).unwrap();
            found.extend(code_at(arguments));
            let first = arguments.split(',').next().unwrap();
            if first
                .trim_start_matches('&')
                .trim()
                .chars()
                .all(|c| c.is_alphanumeric() || "_.".contains(c))
            {
                found.extend(arguments.get(first.len() + 1..).and_then(code_at));
            }
        }
    }
    found
}

#[test]
fn every_code_of_the_sources_is_explained_and_every_explained_code_is_used() {
    let texts = texts();
    let explained: BTreeSet<&str> = explanations().map(|e| e.code).collect();
    let mut missing = Vec::new();
    for (path, text) in &texts {
        // Drivers and the engine say "error" of other things.
        let room = path
            .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
            .unwrap();
        let room = room.iter().next().unwrap().to_string_lossy().into_owned();
        if !["protocol", "rig", "labware", "source", "daemon", "schedule"].contains(&room.as_str()) {
            continue;
        }
        for code in codes_in(text).difference(&explained) {
            missing.push(format!("{code} ({})", path.display()));
        }
    }
    assert!(missing.is_empty(), "not explained: {missing:#?}");
    let unused: Vec<_> = explained
        .iter()
        .filter(|code| !texts.values().any(|t| t.contains(&format!("\"{code}\""))))
        .collect();
    assert!(unused.is_empty(), "explained, but no source says it: {unused:?}");
}

#[test]
fn the_search_finds_codes_however_a_call_is_broken_into_lines() {
    let text = "reporter.error(\n    \"one-code\", span, \"words here\"); v.error(\"two\", x); \
                unknown(\n reporter,\n \"three-3\", \"nest\", n); error(reporter, \"four\", s); Diagnostic::error(\"five\", f)";
    let found: Vec<_> = codes_in(text).into_iter().collect();
    assert_eq!(found, ["five", "four", "one-code", "three-3", "two"]);
}

#[test]
fn every_code_is_explained_once_and_in_full() {
    let mut seen = BTreeSet::new();
    for e in explanations() {
        assert!(seen.insert(e.code), "{} twice", e.code);
        for (what, text) in [("means", e.means), ("matters", e.matters), ("mend", e.mend)] {
            assert!(
                text.ends_with('.') && text.len() > 7,
                "{}: {what}: {text}",
                e.code
            );
        }
        assert!(
            !e.title.ends_with('.') && e.title.len() < 60,
            "{}: {}",
            e.code,
            e.title
        );
        assert!(!e.wrong.is_empty() && !e.right.is_empty(), "{}", e.code);
    }
}

#[test]
fn examples_are_toml_but_the_one_of_broken_toml() {
    for e in explanations() {
        for (what, text) in [("wrong", e.wrong), ("right", e.right)] {
            let parsed = if text.starts_with('{') {
                serde_json::from_str::<serde_json::Value>(text)
                    .map(|_| ())
                    .map_err(|e| e.to_string())
            } else {
                text.parse::<toml::Table>().map(|_| ()).map_err(|e| e.to_string())
            };
            let broken = e.code == "syntax" && what == "wrong";
            assert_eq!(parsed.is_err(), broken, "{} {what}: {parsed:?}", e.code);
        }
    }
}
