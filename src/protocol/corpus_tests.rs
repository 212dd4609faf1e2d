//! One fault per file under `tests/cases/protocols/invalid`, with the text that a person sees beside it; and files
//! under `valid` and `protocols` that have no fault at all. `BLESS=1 cargo test` rewrites the texts.

use super::testing::{demo_rig, file};
use super::*;
use crate::labware::Library;
use crate::source::render;
use std::path::{Path, PathBuf};

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    paths
}

fn report(path: &Path) -> (String, Built) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let source = file(name, &std::fs::read_to_string(path).unwrap());
    let built = build(&source, &Inputs::default(), &demo_rig(), &Library::load(&[]).0);
    (render(&built.diagnostics, &[source], false), built)
}

#[test]
fn every_fault_is_reported_as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let paths = cases("tests/cases/protocols/invalid");
    assert!(paths.len() >= 25, "only {} cases", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let (text, built) = report(&path);
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &text).unwrap();
        }
        let warning = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("warning-");
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
    for path in cases("tests/cases/protocols/invalid") {
        for diagnostic in report(&path).1.diagnostics {
            assert!(
                reference.contains(&format!("`{}`", diagnostic.code)),
                "{}",
                diagnostic.code
            );
        }
    }
}

#[test]
fn sound_protocols_have_no_faults() {
    for path in cases("tests/cases/protocols/valid")
        .into_iter()
        .chain(cases("protocols"))
    {
        let (text, built) = report(&path);
        assert_eq!(text, "", "{}", path.display());
        let plan = built.plan.unwrap();
        let schedule = crate::schedule::schedule(&plan).unwrap();
        assert_eq!(
            crate::schedule::checker::breaches(&plan, &schedule),
            Vec::<String>::new()
        );
    }
}
