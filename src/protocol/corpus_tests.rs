//! One fault per file under `tests/cases/protocols/invalid`, with the text that a person sees beside it; and files
//! under `valid` and `protocols` that have no fault at all. `BLESS=1 cargo test` rewrites the texts.
//!
//! Comments at the head of a file say what it is built with: `# rig: stations` (else the demonstration rig), `# rig: probe`, `# rig: pin`, `# rig: imprecise`,
//! `# today: 2026-11-24`, `# param: name=value`. Files that it names lie beside it.

use super::testing::{demo_rig, file};
use super::*;
use crate::labware::Library;
use crate::rig::{self, Rig};
use crate::source::{SourceFile, render};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(super) const INVALID: &str = "tests/cases/protocols/invalid";
pub(super) const VALID: [&str; 2] = ["tests/cases/protocols/valid", "protocols"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The protocols of a folder, by name.
pub(super) fn cases(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .filter(|p| !file_name(p).starts_with("called-"))
        .collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The rig of strain construction.
pub(super) fn build_rig() -> Rig {
    let profiles = ["absorbance-reader", "plate-mover", "plate-station"].map(|name| {
        let path = format!("profiles/{name}.toml");
        let text = std::fs::read_to_string(root().join("config").join(&path)).unwrap();
        (path, file(name, &text))
    });
    let rig = include_str!("../../config/stations-rig.toml");
    let (rig, found) = crate::rig::parse(&file("rig", rig), &BTreeMap::from(profiles));
    assert_eq!(found, []);
    rig.unwrap()
}

/// The rig of strain construction, whose pipettes tell of a random error within what ISO 8655-2 allows.
fn imprecise() -> Rig {
    let mut rig = build_rig();
    for instrument in rig.instruments.values_mut() {
        let crate::rig::Role::LiquidHandler(handler) = &mut instrument.role else {
            continue;
        };
        for pipette in handler.pipettes.values_mut() {
            let share = if pipette.channels == 8 { 80 } else { 150 };
            pipette.random_error = crate::units::Share::hundredths_of_percent(share);
        }
    }
    rig
}

/// The rig with a fixed probe or with pins, one whose pipettes are "imprecise", or one like the first two: "probe", "pin", or that with what is replaced in its file, as
/// "probe; 1 L = 50 mL" (values within quotes) or "pin; uses = 60 => uses = 2".
pub(super) fn other_rig(name: &str) -> Rig {
    if name == "imprecise" {
        return imprecise();
    }
    let mut changes = name.split("; ");
    let mut text = match changes.next() {
        Some("probe") => include_str!("../../config/probe-rig.toml"),
        Some("pin") => include_str!("../../config/pin-rig.toml"),
        Some("build") => include_str!("../../config/build.toml"),
        Some("bench") => include_str!("../../config/bench.toml"),
        Some("pick") => include_str!("../../config/pick-and-screen.toml"),
        Some("process") => include_str!("../../config/process-rig.toml"),
        Some("verify") => include_str!("../../config/verify.toml"),
        _ => panic!("there is no rig {name}"),
    }
    .to_owned();
    for change in changes {
        let (from, to) = if let Some((from, to)) = change.split_once(" => ") {
            (from.to_owned(), to.to_owned())
        } else {
            let (from, to) = change.split_once(" = ").unwrap();
            (format!("\"{from}\""), format!("\"{to}\""))
        };
        assert!(text.contains(&from), "{name}");
        text = text.replace(&from, &to);
    }
    let folder = root().join("config/profiles");
    let profiles = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        (
            format!("profiles/{}", file_name(&path)),
            file(file_name(&path), &text),
        )
    });
    let named = rig::references(&file("rig", &text)).profiles;
    let profiles: BTreeMap<_, _> = profiles.filter(|(path, _)| named.contains(path)).collect();
    let (rig, found) = rig::parse(&file("rig", &text), &profiles);
    assert_eq!(found, []);
    rig.unwrap()
}

/// A protocol with everything that it is built with.
pub(super) struct Case {
    pub source: SourceFile,
    pub inputs: Inputs,
    pub on_build_rig: bool,
    /// Name of a rig file, where it is neither of the two.
    pub other_rig: Option<String>,
}

impl Case {
    pub(super) fn read(path: &Path) -> Self {
        let source = file(file_name(path), &std::fs::read_to_string(path).unwrap());
        let mut inputs = Inputs::default();
        let mut on_build_rig = false;
        let mut other_rig = None;
        for line in source.text.lines().map_while(|l| l.strip_prefix("# ")) {
            if let Some(rig) = line.strip_prefix("rig: ") {
                on_build_rig = rig == "stations";
                other_rig = (!matches!(rig, "stations" | "demo")).then(|| rig.to_owned());
            } else if let Some(day) = line.strip_prefix("today: ") {
                inputs.today = Some(day.to_owned());
            } else if let Some((name, value)) = line.strip_prefix("param: ").and_then(|p| p.split_once('=')) {
                inputs.parameters.insert(name.to_owned(), value.to_owned());
            }
        }
        // A file that was brought may name others.
        loop {
            let wanted = wanted(&source, &inputs);
            if wanted.is_empty() {
                break;
            }
            for name in wanted {
                match std::fs::read_to_string(path.with_file_name(&name)) {
                    Ok(text) => inputs.files.add(&name, text),
                    Err(_) => inputs.files.refuse(&name, "there is no such file".into()),
                }
            }
        }
        Self {
            source,
            inputs,
            on_build_rig,
            other_rig,
        }
    }
}

/// What cases are built on.
struct Bench {
    demo: Rig,
    build: Rig,
    library: Library,
}

impl Bench {
    fn new() -> Self {
        Self {
            demo: demo_rig(),
            build: build_rig(),
            library: Library::load(&[]).0,
        }
    }
    fn report(&self, path: &Path) -> (String, Built) {
        let case = Case::read(path);
        let other = case.other_rig.as_deref().map(other_rig);
        let rig = match &other {
            Some(other) => other,
            None if case.on_build_rig => &self.build,
            None => &self.demo,
        };
        let built = build(&case.source, &case.inputs, rig, &self.library);
        let mut files: Vec<SourceFile> = case.inputs.files.texts().map(|(_, f)| f.clone()).collect();
        files.push(case.source);
        (render(&built.diagnostics, &files, false), built)
    }
}

#[test]
fn every_fault_is_reported_as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let bench = Bench::new();
    let paths = cases(INVALID);
    assert!(paths.len() >= 200, "only {} cases", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let (text, built) = bench.report(&path);
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &text).unwrap();
        }
        let warning = file_name(&path).starts_with("warning-");
        if built.plan.is_some() != warning || built.diagnostics.is_empty() {
            wrong.push(format!("{}: accepted\n{text}", path.display()));
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != text {
            wrong.push(format!("{}:\n{text}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_the_corpus_is_in_the_reference() {
    let reference = include_str!("../../docs/protocol-reference.md");
    for code in reached() {
        assert!(reference.contains(&format!("`{code}`")), "{code}");
    }
}

/// Codes of the corpus.
fn reached() -> BTreeSet<&'static str> {
    let bench = Bench::new();
    cases(INVALID)
        .iter()
        .flat_map(|path| bench.report(path).1.diagnostics)
        .map(|d| d.code)
        .collect()
}

/// Codes that no file can reach on these two rigs, and where they are tried instead.
const ELSEWHERE: [(&str, &str); 4] = [
    (
        "calibration",
        "the days of both rigs are good for the corpus; see the tests of rigs",
    ),
    (
        "no-tip-on",
        "single movements take a tip by themselves where none is on",
    ),
    (
        "waste",
        "both rigs have a waste that takes more tips than a visit drops",
    ),
    ("mixed-tips", "every pipette of both rigs takes one kind of rack"),
];

/// The sources of the reader and of the rules.
fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if !file_name(&path).ends_with("_tests.rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_code_of_reader_and_rules_is_reached() {
    // The reference names every code in its table of what is refused; those that stand in the sources are this room's.
    let reference = include_str!("../../docs/protocol-reference.md");
    let table = reference.split("## What is refused").nth(1).unwrap();
    let mut text = String::new();
    for folder in ["src/protocol/parse", "src/protocol/check", "src/source"] {
        sources(&root().join(folder), &mut text);
    }
    // A code is a literal that is the first argument that is a text of a call that reports.
    let mut codes = BTreeSet::new();
    for call in ["error(", "unknown(", "within(", "wrong(", "report("] {
        for (at, _) in text.match_indices(call) {
            let behind: String = text
                .get(at + call.len()..)
                .unwrap_or("")
                .chars()
                .take(160)
                .collect();
            let literal = behind.split('"').nth(1).unwrap_or("");
            let kebab = !literal.is_empty() && literal.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if kebab && table.contains(&format!("`{literal}`")) {
                codes.insert(literal.to_owned());
            }
        }
    }
    assert!(codes.len() >= 70, "{codes:?}");
    let reached = reached();
    for (code, why) in ELSEWHERE {
        assert!(codes.contains(code), "{code} is no code ({why})");
        assert!(!reached.contains(code), "{code} is reached after all");
    }
    let missing: Vec<_> = codes
        .iter()
        .filter(|c| !reached.contains(c.as_str()) && !ELSEWHERE.iter().any(|(e, _)| e == c))
        .collect();
    assert!(missing.is_empty(), "no file reaches {missing:?}");
}

#[test]
fn sound_protocols_have_no_faults() {
    let bench = Bench::new();
    let paths: Vec<_> = VALID.into_iter().flat_map(cases).collect();
    assert!(paths.len() >= 60, "only {} cases", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let (text, built) = bench.report(&path);
        let Some(plan) = built.plan.filter(|_| text.is_empty()) else {
            wrong.push(format!("{}:\n{text}", path.display()));
            continue;
        };
        match crate::schedule::schedule(&plan) {
            Ok(schedule) => {
                let mut breaches = crate::schedule::checker::breaches(&plan, &schedule);
                let broken = crate::schedule::broken(&plan, &schedule);
                breaches.extend(broken.into_iter().map(|b| b.message));
                if !breaches.is_empty() {
                    wrong.push(format!("{}: {breaches:?}", path.display()));
                }
            }
            Err(error) => wrong.push(format!("{}: no schedule: {error:?}", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
