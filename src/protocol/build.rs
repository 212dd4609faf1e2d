//! The one way in: text to plan.

use super::check;
use super::compile;
use super::files::Inputs;
use super::moves;
use super::parse::parse;
use super::scene::Scene;
use crate::labware::Library;
use crate::plan::{Plan, Promise};
use crate::rig::Rig;
use crate::source::{Diagnostic, Reporter, Severity, SourceFile, Space};
use std::collections::BTreeSet;

/// A built protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The plan; there when no problem is an error.
    pub plan: Option<Plan>,
    /// Every problem, in order of file and place; warnings only when there is no error.
    pub diagnostics: Vec<Diagnostic>,
    /// Names of the rules that found something, errors or warnings: for tests that show that each is reached.
    pub spoken: BTreeSet<&'static str>,
}

/// Files that a protocol names and that are not among its inputs yet. Whoever reads files brings them and asks again,
/// until there are none: a file that was brought may name others.
pub fn wanted(file: &SourceFile, inputs: &Inputs) -> BTreeSet<String> {
    let parsed = parse(file, inputs);
    inputs.files.missing(&parsed.wanted.into_keys().collect())
}

/// Names of the rules, and whether a breach of each breaks physics.
pub fn rules() -> impl Iterator<Item = (&'static str, bool)> {
    check::RULES.iter().map(|r| (r.name, r.physical))
}

/// Reads, checks and compiles a protocol for a rig.
pub fn build(file: &SourceFile, inputs: &Inputs, rig: &Rig, library: &Library) -> Built {
    build_without(file, inputs, rig, library, &[])
}

/// The same without some of the rules: for tests that show what each rule is worth.
pub fn build_without(
    file: &SourceFile,
    inputs: &Inputs,
    rig: &Rig,
    library: &Library,
    off: &[&str],
) -> Built {
    let parsed = parse(file, inputs);
    let mut diagnostics = parsed.diagnostics;
    let missing = parsed
        .wanted
        .iter()
        .filter(|(path, _)| inputs.files.get(path).is_none());
    for (path, span) in missing {
        let message = format!("the file \"{path}\" was not brought");
        diagnostics.push(Diagnostic::error("file", &file.name, span.clone(), message));
    }
    let failed = |found: &[Diagnostic]| found.iter().any(|d| d.severity == Severity::Error);
    let mut plan = None;
    let mut spoken = BTreeSet::new();
    if let Some(source) = &parsed.source {
        let reporter = Reporter::new(&file.name);
        let scene = Scene::new(source, rig, library, inputs.today.as_deref());
        let walk = moves::walk(&scene);
        spoken = check::check(&scene, &walk, off, &reporter);
        diagnostics.append(&mut reporter.take());
        if !failed(&diagnostics) {
            plan = compile::compile(&scene, &walk, &parsed.space, &reporter);
            diagnostics.append(&mut reporter.take());
        }
    }
    if let Some(plan) = &mut plan {
        for promise in &mut plan.promises {
            settle(promise, &parsed.space, &file.name);
        }
    }
    if failed(&diagnostics) {
        // A warning may only follow from an error, and can wait until that is mended.
        diagnostics.retain(|d| d.severity == Severity::Error);
        plan = None;
    }
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    diagnostics.dedup();
    let diagnostics = diagnostics.into_iter().map(|d| parsed.space.settle(d)).collect();
    Built {
        plan,
        diagnostics,
        spoken,
    }
}

/// A promise with its place in its own file, where the space of all files is not known any more.
fn settle(promise: &mut Promise, space: &Space, own: &str) {
    let start = usize::try_from(promise.place.0).unwrap_or(usize::MAX);
    let Some((file, base)) = space.file_at(start) else {
        return;
    };
    let base = u32::try_from(base).unwrap_or(u32::MAX);
    promise.place = (
        promise.place.0.saturating_sub(base),
        promise.place.1.saturating_sub(base),
    );
    promise.file = (file.name != own).then(|| file.name.clone());
}
