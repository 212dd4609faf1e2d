//! Whether times keep what a plan promises of them: deadlines, equal intervals, absences from the incubator, longest
//! delays.
//!
//! The solver places operations by their delays and series alone; what else was promised is judged here, of a schedule
//! before anything moves ([`broken`]) and of the times of a run that has ended ([`broken_by`]).

use crate::plan::{Action, Operation, OperationId, Plan, PlateId, Promise, Promised, Schedule, StepId, Work};
use crate::units::Duration;

/// A promise that the times do not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which kind, as the code of the diagnostic: "deadline", "unequal", "absence" or "window".
    pub code: &'static str,
    /// The step that promises it.
    pub step: StepId,
    /// Its place, where the plan knows it: bytes of the file that [`Promise::file`] names.
    pub place: Option<(u32, u32)>,
    /// The file, when it is not the protocol's own.
    pub file: Option<String>,
    /// The operation that breaks it, or the first of several.
    pub operation: Option<OperationId>,
    /// What is so, one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// Something that times do not keep, and by how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Index of the promise; none of a longest delay.
    pub promise: Option<usize>,
    /// The operation that breaks it, or the first of several.
    pub operation: Option<OperationId>,
    /// By how much it is broken.
    pub over: Duration,
    code: &'static str,
    message: String,
    help: &'static str,
}

/// Everything that a schedule does not keep, in the order of the plan.
pub fn broken(plan: &Plan, schedule: &Schedule) -> Vec<Broken> {
    broken_by(plan, |id| schedule.slot(id).map(|s| (s.start, s.end)))
}

/// The same for the times that `times` tells: start and end of an operation from the start of the run, none of one that
/// was left out or has not ended.
pub fn broken_by(plan: &Plan, times: impl Fn(OperationId) -> Option<(Duration, Duration)>) -> Vec<Broken> {
    let counted: Vec<usize> = (0..plan.promises.len()).collect();
    let told = |flaw: Flaw| {
        let promise = flaw.promise.and_then(|p| plan.promises.get(p));
        let operation = flaw.operation.and_then(|id| plan.operations.get(id.index()));
        let step = promise
            .map(|p| &p.step)
            .or_else(|| operation.map(|o| &o.step))?
            .clone();
        Some(Broken {
            code: flaw.code,
            step,
            place: promise.map(|p| p.place),
            file: promise.and_then(|p| p.file.clone()),
            operation: flaw.operation,
            message: flaw.message,
            help: flaw.help,
        })
    };
    flaws(plan, &counted, true, times)
        .into_iter()
        .filter_map(told)
        .collect()
}

/// What times do not keep of the longest delays, if they count, and of the promises that do.
pub(super) fn flaws(
    plan: &Plan,
    counted: &[usize],
    delays: bool,
    times: impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Vec<Flaw> {
    let mut out: Vec<Flaw> = plan
        .operations
        .iter()
        .filter(|_| delays)
        .filter_map(|o| missed_window(plan, o, &times))
        .collect();
    for (index, promise) in counted.iter().filter_map(|p| Some((*p, plan.promises.get(*p)?))) {
        let found = match &promise.what {
            Promised::Deadline { operations, at_most } => deadline(plan, operations, *at_most, &times),
            Promised::Alike {
                pairs,
                from_start,
                to_end,
                within,
            } => unequal(plan, pairs, (*from_start, *to_end), *within, &times),
            Promised::Absence { plate, out, at_most } => absence(plan, plate, out, *at_most, &times),
        };
        out.extend(found.map(|flaw| Flaw {
            promise: Some(index),
            ..flaw
        }));
    }
    out
}

/// A promise in words, for a plan that is shown: what, and how much room is left with these times.
pub fn in_words(plan: &Plan, promise: &Promise, schedule: &Schedule) -> String {
    let times = |id: OperationId| schedule.slot(id).map(|s| (s.start, s.end));
    match &promise.what {
        Promised::Deadline { operations, at_most } => {
            let last = operations
                .iter()
                .filter_map(|o| times(*o))
                .map(|t| t.1)
                .max()
                .unwrap_or_default();
            format!("\"{}\" has ended by {at_most}: it ends at {last}", promise.step)
        }
        Promised::Alike {
            pairs,
            from_start,
            to_end,
            within,
        } => {
            let spread = intervals(pairs, (*from_start, *to_end), &times);
            let spread = spread
                .iter()
                .map(|i| i.0)
                .max()
                .unwrap_or_default()
                .minus(spread.iter().map(|i| i.0).min().unwrap_or_default());
            format!(
                "the intervals before \"{}\" are alike within {within}: they differ by {spread}",
                promise.step
            )
        }
        Promised::Absence { plate, out, at_most } => {
            let sum = out_for(plan, plate, out, &times);
            format!("{plate} is out of its incubator for at most {at_most}: it is out for {sum}")
        }
    }
}

fn title(plan: &Plan, id: OperationId) -> &str {
    plan.operations.get(id.index()).map_or("", |o| o.title.as_str())
}

fn missed_window(
    plan: &Plan,
    operation: &Operation,
    times: &impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Option<Flaw> {
    let (start, end) = times(operation.id)?;
    operation.after.iter().find_map(|after| {
        let max = after.max?;
        let (began, ended) = times(after.operation)?;
        let from = if after.from_start { began } else { ended };
        let to = if after.to_end { end } else { start };
        let waited = to.minus(from);
        (waited > max).then(|| Flaw {
            code: "window",
            promise: None,
            operation: Some(operation.id),
            over: waited.minus(max),
            message: format!(
                "\"{}\" {} {waited} after {}\"{}\"; {max} is the most that was allowed",
                operation.title,
                if after.to_end { "ends" } else { "starts" },
                if after.from_start { "the start of " } else { "" },
                title(plan, after.operation)
            ),
            help: "allow a longer delay, or have fewer plates wait for the same instrument",
        })
    })
}

fn deadline(
    plan: &Plan,
    operations: &[OperationId],
    at_most: Duration,
    times: &impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Option<Flaw> {
    let (end, last) = operations
        .iter()
        .filter_map(|id| Some((times(*id)?.1, *id)))
        .max()?;
    (end > at_most).then(|| {
        let message = format!(
            "\"{}\" ends {end} after the start of the run, {} after its deadline",
            title(plan, last),
            end.minus(at_most)
        );
        let help = "allow more time, use fewer plates, or put what comes before it in parallel";
        Flaw {
            code: "deadline",
            promise: None,
            operation: Some(last),
            over: end.minus(at_most),
            message,
            help,
        }
    })
}

/// Interval of each pair with its later operation: from the start of the earlier or else its end, to the end of the
/// later or else its start.
fn intervals(
    pairs: &[(OperationId, OperationId)],
    (from_start, to_end): (bool, bool),
    times: &impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Vec<(Duration, OperationId)> {
    pairs
        .iter()
        .filter_map(|(earlier, later)| {
            let (began, ended) = times(*earlier)?;
            let from = if from_start { began } else { ended };
            let (starts, ends) = times(*later)?;
            let to = if to_end { ends } else { starts };
            Some((to.minus(from), *later))
        })
        .collect()
}

fn unequal(
    plan: &Plan,
    pairs: &[(OperationId, OperationId)],
    counted: (bool, bool),
    within: Duration,
    times: &impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Option<Flaw> {
    let intervals = intervals(pairs, counted, times);
    let (least, longest) = (intervals.iter().min()?, intervals.iter().max()?);
    let differ = longest.0.minus(least.0);
    (differ > within).then(|| {
        let message = format!(
            "plates are not treated alike: \"{}\" comes after {}, \"{}\" after {}; they differ by {differ}, {within} \
             is allowed",
            title(plan, least.1),
            least.0,
            title(plan, longest.1),
            longest.0
        );
        let help = "allow a larger difference, or begin the earlier step for each plate only when the later one can follow";
        Flaw {
            code: "unequal",
            promise: None,
            operation: Some(longest.1),
            over: differ.minus(within),
            message,
            help,
        }
    })
}

fn absence(
    plan: &Plan,
    plate: &PlateId,
    out: &[(OperationId, OperationId)],
    at_most: Duration,
    times: &impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Option<Flaw> {
    let sum = out_for(plan, plate, out, times);
    (sum > at_most).then(|| {
        let message = format!(
            "{plate} is out of its incubator for {sum} in all, {} too long",
            sum.minus(at_most)
        );
        let help = "read less often, or allow more time outside";
        Flaw {
            code: "absence",
            promise: None,
            operation: out.first().map(|o| o.0),
            over: sum.minus(at_most),
            message,
            help,
        }
    })
}

/// How long a plate is out, all absences together: from the start of the phase that takes it out to the end of the
/// phase that puts it back.
fn out_for(
    plan: &Plan,
    plate: &PlateId,
    out: &[(OperationId, OperationId)],
    times: &impl Fn(OperationId) -> Option<(Duration, Duration)>,
) -> Duration {
    out.iter().fold(Duration::ZERO, |sum, (from, to)| {
        let (Some((start, _)), Some((_, end))) = (times(*from), times(*to)) else {
            return sum;
        };
        let leaves = start.plus(before(
            plan,
            *from,
            |a| matches!(a, Action::Retrieve { plate: p, .. } if p == plate),
        ));
        let back = end.minus(behind(
            plan,
            *to,
            |a| matches!(a, Action::Store { plate: p, .. } if p == plate),
        ));
        sum.plus(back.minus(leaves))
    })
}

fn has(operation: &Operation, phase: usize, wanted: &impl Fn(&Action) -> bool) -> bool {
    operation
        .phases
        .get(phase)
        .is_some_and(|p| matches!(&p.work, Work::Actions(actions) if actions.iter().any(wanted)))
}

/// Planned time of an operation before its first phase with such an action.
fn before(plan: &Plan, id: OperationId, wanted: impl Fn(&Action) -> bool) -> Duration {
    let Some(operation) = plan.operations.get(id.index()) else {
        return Duration::ZERO;
    };
    (0..operation.phases.len())
        .find(|p| has(operation, *p, &wanted))
        .map_or(Duration::ZERO, |p| operation.offset(p))
}

/// Planned time of an operation behind its last phase with such an action.
fn behind(plan: &Plan, id: OperationId, wanted: impl Fn(&Action) -> bool) -> Duration {
    let Some(operation) = plan.operations.get(id.index()) else {
        return Duration::ZERO;
    };
    (0..operation.phases.len())
        .rev()
        .find(|p| has(operation, *p, &wanted))
        .map_or(Duration::ZERO, |p| {
            operation.duration().minus(operation.offset(p.saturating_add(1)))
        })
}

#[cfg(test)]
#[path = "promises_tests.rs"]
mod tests;
