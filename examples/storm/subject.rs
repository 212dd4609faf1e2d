//! The protocol and rig of a seed: one of the repository's, or one that is drawn and accepted.

use super::cases;
use super::draw::Draw;
use super::rigs::{Case, Repository};
use plated::daemon::inputs;
use plated::labware::Library;
use plated::plan::{Plan, Schedule, Work};
use plated::protocol;
use plated::rig::Rig;
use plated::run::Source;
use plated::source::{Severity, SourceFile};
use std::time::Duration;

/// Longest run that is tried, by its schedule.
const LONGEST: Duration = Duration::from_secs(30 * 3600);
/// Most actions of a plan that is tried.
const MOST: u64 = 1200;

/// A run that could begin.
pub struct Subject<'r> {
    /// What it is started from.
    pub source: Source,
    /// Its plan.
    pub plan: Plan,
    /// Its schedule.
    pub schedule: Schedule,
    /// Its rig.
    pub rig: &'r Rig,
    /// Labware.
    pub library: &'r Library,
    /// Its end by the schedule.
    pub expected: Duration,
    /// How many actions it has.
    pub actions: u64,
    /// Which rig, for a person.
    pub title: String,
}

fn accepted<'r>(repository: &'r Repository, case: &Case) -> Option<Subject<'r>> {
    if !case.rig.exact() || case.work_limit.is_some() {
        return None;
    }
    let (source, assembled) = repository.source(case)?;
    let rig = assembled.rig.as_ref()?;
    let file = SourceFile {
        name: source.protocol.name.clone(),
        text: source.protocol.text.clone(),
    };
    let built = protocol::build_without(&file, &inputs(&source), rig, &assembled.library, &[]);
    if built.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return None;
    }
    let plan = built.plan?;
    let phases = plan.operations.iter().flat_map(|o| &o.phases);
    let actions: usize = phases
        .map(|p| match &p.work {
            Work::Actions(actions) => actions.len(),
            _ => 20,
        })
        .sum();
    let actions = u64::try_from(actions).ok()?;
    if actions > MOST || actions == 0 {
        return None;
    }
    let schedule = plated::schedule::schedule(&plan).ok()?;
    let late = !plated::schedule::broken(&plan, &schedule).is_empty()
        || !plated::run::evaporated(&plan, &schedule, rig, &assembled.library).is_empty();
    let end = schedule.slots.iter().map(|s| s.end.as_us()).max()?;
    let expected = Duration::from_micros(end);
    if late || expected > LONGEST {
        return None;
    }
    let name = case
        .text
        .lines()
        .find(|l| l.starts_with("name"))
        .unwrap_or_default();
    let title = format!("{:?}, {name}", case.rig);
    Some(Subject {
        source,
        plan,
        schedule,
        rig,
        library: &assembled.library,
        expected,
        actions,
        title,
    })
}

impl<'r> Subject<'r> {
    /// The subject of a seed.
    pub fn of(repository: &'r Repository, seed: u64) -> Self {
        let mut draw = Draw::new(seed ^ 0x73_75_62);
        for attempt in 0..400 {
            let case = if draw.chance(45) {
                let which = draw.below(repository.protocols.len());
                let case = repository.protocols.get(which).cloned().unwrap_or_default();
                Case { seed, ..case }
            } else {
                let drawn = seed.wrapping_mul(401).wrapping_add(attempt);
                Case {
                    seed,
                    ..cases::of_seed(repository, drawn)
                }
            };
            if let Some(subject) = accepted(repository, &case) {
                return subject;
            }
        }
        panic!("seed {seed}: no protocol was accepted");
    }

    /// The protocol's text and rig, for a person.
    pub fn written(&self) -> String {
        format!("# {}\n{}", self.source.rig.name, self.source.protocol.text)
    }
}
