//! `plated plan`: when each operation would run, what is the bottleneck, what to load.

mod variants;
mod waits;

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{Ready, parameters, read_protocol, read_rig, ready};
use crate::daemon::describe_load as load_item;
use crate::formats::clean as sanitise;
use crate::plan::{Action, LoadItem, Plan, Resource, Schedule, Work};
use crate::report::{Costs, costs, gantt, gantt_svg, gantt_text, interval, wastes};
use crate::schedule::in_words;
use crate::units::Duration;
use std::collections::BTreeMap;

/// Prints the plan.
pub fn plan(arguments: &args::Plan) -> CliResult {
    let mut source = read_rig(&arguments.rig, 0, false)?;
    let values = parameters(&arguments.protocol.parameters)?;
    read_protocol(&mut source, &arguments.protocol.protocol, values)?;
    let ready = ready(source)?;
    eprint!("{}", ready.warnings);
    if let Some(asked) = &arguments.why {
        super::out::text(&waits::why(&ready, asked)?);
        return Ok(Exit::Done);
    }
    let variants = variants::variants(&ready, &arguments.with)?;
    let bars = gantt(&ready.plan, &ready.schedule);
    if let Some(path) = &arguments.svg {
        let drawing = gantt_svg(&bars, &ready.plan.title).unwrap_or_default();
        std::fs::write(path, drawing)
            .map_err(|e| CliError::new(Exit::Failed, format!("could not write {}: {e}", path.display())))?;
    }
    if arguments.json {
        let document = serde_json::json!({
            "plan": ready.plan, "schedule": ready.schedule, "wastes": wastes(&ready.plan, &ready.schedule),
            "gantt": bars, "variants": variants,
        });
        super::out::line(&serde_json::to_string_pretty(&document).unwrap_or_default());
        return Ok(Exit::Done);
    }
    if !variants.is_empty() {
        super::out::text(&variants::table(&variants));
        return Ok(Exit::Done);
    }
    super::out::text(&text(&ready, &gantt_text(&bars, WIDTH)));
    Ok(Exit::Done)
}

/// Columns of the chart.
const WIDTH: usize = 100;

fn text(ready: &Ready, chart: &str) -> String {
    let (plan, schedule) = (&ready.plan, &ready.schedule);
    let costs = costs(plan, schedule, &ready.rig);
    let gap = costs.gap();
    let mut out = format!(
        "{}\n{} operations, {} planned; no schedule can be shorter than {} (gap {}.{} %)\n",
        plan.title,
        plan.operations.len(),
        schedule.makespan,
        schedule.bound,
        gap / 10,
        gap % 10
    );
    if let Some(release) = &ready.source.release {
        out.push_str(&format!("release state: {}\n", release.in_words()));
    }
    out.push('\n');
    out.push_str("   start       end  operation\n");
    let mut order: Vec<_> = schedule.slots.iter().collect();
    order.sort_by_key(|s| (s.start, s.operation));
    for slot in order {
        let title = plan
            .operations
            .get(slot.operation.index())
            .map(|o| o.title.as_str())
            .unwrap_or_default();
        out.push_str(&format!("{} {}  {title}\n", clock(slot.start), clock(slot.end)));
    }
    out.push_str(&format!("\nwho works when\n{chart}"));
    needs(&mut out, plan, &costs);
    let wastes = wastes(plan, schedule);
    if !wastes.is_empty() {
        out.push_str("\nwastes\n");
        for waste in &wastes {
            let told = waste.in_words(|at| clock(at).trim_start().to_owned());
            out.push_str(&format!("  {told}\n"));
        }
    }
    promises(&mut out, plan, schedule);
    let busiest = costs.busiest().map_or("", |b| b.0);
    out.push_str(&format!(
        "\nuse of instruments, the bottleneck first: {busiest}\n"
    ));
    for (resource, used) in use_of(ready) {
        let share = used.as_s() / schedule.makespan.as_s().max(1.0) * 100.0;
        out.push_str(&format!("{:>14}  {share:>5.1} %  {used}\n", resource.to_string()));
    }
    out.push_str("\nload\n");
    for operation in &plan.operations {
        let at = schedule.slot(operation.id).map(|s| s.start).unwrap_or_default();
        for item in loads(operation) {
            out.push_str(&format!("{}  {}\n", clock(at), load_item(item)));
        }
    }
    out.lines().map(|l| format!("{}\n", sanitise(l))).collect()
}

/// Tips, liquids, corrected strokes, and when a person is needed.
fn needs(out: &mut String, plan: &Plan, costs: &Costs) {
    if !costs.tips.is_empty() {
        out.push_str("\ntips\n");
        for (kind, count) in &costs.tips {
            out.push_str(&format!("{kind:>14}  {}\n", interval(count)));
        }
        let all = interval(&costs.all_tips());
        out.push_str(&format!(
            "{:>14}  {all}, emptied {} times\n",
            "waste", costs.waste_emptied
        ));
    }
    if !costs.loaded.is_empty() {
        out.push_str("\nliquids\n");
        for (liquid, loaded) in &costs.loaded {
            let drawn = costs.drawn.get(liquid);
            let drawn = drawn.map_or_else(String::new, |d| format!(", {} drawn from pieces", interval(d)));
            out.push_str(&format!("{liquid:>14}  {loaded} to load at the start{drawn}\n"));
        }
    }
    let phases = plan.operations.iter().flat_map(|o| &o.phases);
    let again: Vec<_> = phases
        .filter_map(|phase| match &phase.work {
            Work::PickAgain(again) => Some((phase, again)),
            _ => None,
        })
        .collect();
    if !again.is_empty() {
        out.push_str("\npicks that may fail\n");
        for (phase, again) in again {
            let (picks, spares) = (again.gives.len(), again.takes.len());
            out.push_str(&format!(
                "{:>14}  {picks} picks from {}, {spares} spare colonies, {} planned for at most\n",
                phase.title, again.from, phase.duration
            ));
        }
    }
    if !plan.corrections.is_empty() {
        out.push_str("\nstrokes corrected by liquid classes\n");
        for c in &plan.corrections {
            let class = format!("{} ({})", c.class, c.tips);
            out.push_str(&format!(
                "{class:>30}  {} asked for, {} stroke\n",
                c.asked, c.stroke
            ));
        }
    }
    if !costs.visits.is_empty() {
        out.push_str("\na person is needed\n");
        for (at, what) in &costs.visits {
            out.push_str(&format!("{}  {what}\n", clock(*at)));
        }
    }
}

/// What is promised of times, and that the schedule keeps it: a plan that does not is refused.
fn promises(out: &mut String, plan: &Plan, schedule: &Schedule) {
    if plan.promises.is_empty() {
        return;
    }
    let broken = crate::schedule::broken(plan, schedule);
    out.push_str("\npromises\n");
    for promise in &plan.promises {
        let is_broken = broken
            .iter()
            .any(|b| b.place == Some(promise.place) && b.step == promise.step);
        let kept = if is_broken { "broken" } else { "kept" };
        out.push_str(&format!("  {kept}: {}\n", in_words(plan, promise, schedule)));
    }
}

fn loads(operation: &crate::plan::Operation) -> impl Iterator<Item = &LoadItem> {
    operation
        .phases
        .iter()
        .flat_map(|phase| match &phase.work {
            Work::Actions(actions) => actions.as_slice(),
            _ => &[],
        })
        .filter_map(|action| match action {
            Action::Ask(prompt) => Some(prompt.items.iter()),
            _ => None,
        })
        .flatten()
}

fn use_of(ready: &Ready) -> Vec<(Resource, Duration)> {
    let mut used: BTreeMap<Resource, Duration> = BTreeMap::new();
    for operation in &ready.plan.operations {
        for claim in &operation.claims {
            if matches!(claim.resource, Resource::Instrument(_) | Resource::Operator) {
                let from = operation.offset(usize::from(claim.from));
                let to = operation.offset(usize::from(claim.to) + 1);
                let total = used.entry(claim.resource.clone()).or_default();
                *total = total.plus(to.minus(from));
            }
        }
    }
    let mut used: Vec<_> = used.into_iter().collect();
    used.sort_by_key(|(_, d)| std::cmp::Reverse(*d));
    used
}

pub(super) fn clock(at: Duration) -> String {
    let s = at.as_us() / 1_000_000;
    format!("{:>3}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60)
}
