//! The one way in: text to plan.

use super::check;
use super::compile;
use super::moves;
use super::parse::parse_with;
use super::scene::Scene;
use crate::labware::Library;
use crate::plan::Plan;
use crate::rig::Rig;
use crate::source::{Diagnostic, Reporter, Severity, SourceFile};
use std::collections::BTreeMap;

/// Values of parameters from the command line, by name.
pub type Overrides = BTreeMap<String, String>;

/// A built protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The plan; there when no problem is an error.
    pub plan: Option<Plan>,
    /// Every problem, in order of place; warnings only when there is no error.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads, checks and compiles a protocol for a rig.
pub fn build(file: &SourceFile, overrides: &Overrides, rig: &Rig, library: &Library) -> Built {
    let (source, mut diagnostics) = parse_with(file, overrides);
    let Some(source) = source else {
        return Built {
            plan: None,
            diagnostics,
        };
    };
    let reporter = Reporter::new(&file.name);
    let scene = Scene::new(&source, rig, library);
    let walk = moves::walk(&scene);
    check::check(&scene, &walk, &reporter);
    diagnostics.append(&mut reporter.take());
    let failed = |found: &[Diagnostic]| found.iter().any(|d| d.severity == Severity::Error);
    let mut plan = None;
    if !failed(&diagnostics) {
        plan = compile::compile(&scene, &walk, file, &reporter);
        diagnostics.append(&mut reporter.take());
    }
    if failed(&diagnostics) {
        // A warning may only follow from an error, and can wait until that is mended.
        diagnostics.retain(|d| d.severity == Severity::Error);
    }
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    diagnostics.dedup();
    let plan = plan.filter(|_| !failed(&diagnostics));
    Built { plan, diagnostics }
}
