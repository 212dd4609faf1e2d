//! `[[steps]]`: what is done, and what every step has.

mod call;
mod data;
mod line;
mod liquid;
mod pipetting;
mod plate;
mod regulator;
mod repeat;
mod volume;

use super::shared::MOST_STEPS;
use super::values::Reader;
use crate::plan::{FailureClass, FailurePolicy, Remedy};
use crate::protocol::source::{AfterStep, Event, Step, StepWork};
use crate::source::{Diagnostic, Spanned, Table, Value, closest};
use crate::units::Duration;
use std::collections::BTreeMap;
use std::ops::Range;

/// Everything that a step can do.
pub(in crate::protocol) const WORDS: [&str; 38] = [
    "distribute",
    "transfer",
    "consolidate",
    "stamp",
    "dilute",
    "mix",
    "spot",
    "pick_colonies",
    "pipette",
    "prime",
    "flush",
    "wash",
    "pick",
    "seal",
    "peel",
    "centrifuge",
    "thermocycle",
    "heat",
    "cool",
    "shake",
    "scan",
    "incubate",
    "move",
    "lid",
    "unlid",
    "wait",
    "load",
    "empty",
    "replace",
    "prompt",
    "set",
    "measure",
    "read",
    "analyse",
    "select",
    "record",
    "verify",
    "call",
];

/// The steps of a file, called files included, and by what names earlier calls stand for their last steps.
pub(super) fn read(root: &mut Table<'_>, reader: &Reader<'_>) -> Vec<Step> {
    let Some(value) = root.need("steps") else {
        return Vec::new();
    };
    let mut list = StepList::default();
    for item in value.list().unwrap_or_default() {
        let Some(mut t) = item.table() else { continue };
        let Some(each) = t.get("for_each") else {
            if !counted(&item, reader) {
                break;
            }
            list.add(t, reader, None);
            continue;
        };
        if !list.repeat(&item, t, &each, reader) {
            break;
        }
    }
    list.steps
}

/// Counts one more step; false, and said, when there are too many.
fn counted(item: &Value<'_>, reader: &Reader<'_>) -> bool {
    let so_far = reader.shared.steps.get();
    if so_far >= MOST_STEPS {
        let message = format!(
            "a protocol has at most {MOST_STEPS} steps, with those of what it calls and all repetitions"
        );
        item.error("too-many", message);
        return false;
    }
    reader.shared.steps.set(so_far.saturating_add(1));
    true
}

/// Steps as they are read.
#[derive(Default)]
struct StepList {
    steps: Vec<Step>,
    /// Names of steps, calls and repeated steps, with their places.
    names: BTreeMap<String, Range<usize>>,
    /// Calls and repeated steps, with the steps that end them.
    calls: Vec<(Spanned<String>, Vec<String>)>,
}

impl StepList {
    /// A step once for each column or well; false when there are too many steps.
    fn repeat(&mut self, item: &Value<'_>, mut t: Table<'_>, each: &Value<'_>, reader: &Reader<'_>) -> bool {
        let id = t.need("id").and_then(|v| reader.step(&v));
        let Some((name, turns)) = repeat::turns(each, reader) else {
            // What else is in the step is told all the same, whatever it would have been repeated over.
            let any = reader.turn("column", "1").turn("well", "A1");
            self.add(t, &any, None);
            for broken in any.finish().1 {
                reader.broken(&broken);
            }
            return true;
        };
        let first = self.steps.len();
        let mut repeated = Vec::new();
        for turn in turns {
            let Some(mut t) = item.as_table() else { return true };
            t.get("for_each");
            if !counted(item, reader) {
                return false;
            }
            let faults = reader.reporter().count();
            let inner = reader.turn(name, &turn);
            if let Some(id) = self.add(t, &inner, Some(&turn)) {
                repeated.push(id);
            }
            for broken in inner.finish().1 {
                reader.broken(&broken);
            }
            // What is wrong with one is wrong with all.
            if reader.reporter().count() > faults {
                break;
            }
        }
        let Some(id) = id else { return true };
        if self.steps.len() == first {
            reader.broken(&id.value);
        }
        // After the step means after all its repetitions; of a call, after the last steps of each.
        let mut ends = Vec::new();
        for one in repeated {
            match self.calls.iter().find(|(call, _)| call.value == one) {
                Some((_, last)) => ends.extend(last.iter().cloned()),
                None => ends.push(one),
            }
        }
        self.distinct(&id, reader);
        self.calls.push((id, ends));
        true
    }

    /// Adds a step, or one turn of it; the name that it got.
    fn add(&mut self, mut t: Table<'_>, reader: &Reader<'_>, turn: Option<&str>) -> Option<String> {
        let id = t.need("id").and_then(|v| {
            let mut id = reader.step(&v)?;
            if let Some(turn) = turn {
                id.value = format!("{}-{turn}", id.value);
            }
            reader.sound_name(&id).then_some(id)
        });
        let word = t.need("do");
        let mut after = t.get("after").map(|v| afters(&v, reader)).unwrap_or_default();
        self.resolve(&mut after);
        let common = Common {
            after,
            when: reader.optional(&mut t, "when"),
            unbroken: reader.optional(&mut t, "unbroken"),
            deadline: reader.amount_if(&mut t, "deadline"),
            on_failure: t
                .get("on_failure")
                .map(|v| policy(&v, reader))
                .unwrap_or_default(),
        };
        if word.as_ref().and_then(Value::as_text).as_deref() == Some("call") {
            let called = call::read(&mut t, reader, id.as_ref(), &common);
            t.finish();
            let name = id.as_ref().map(|id| id.value.clone());
            if let (Some(id), Some(called)) = (id, called) {
                self.distinct(&id, reader);
                let named = |step: &Step, id: &str| step.after.iter().any(|a| a.step.value == id);
                let last = called
                    .iter()
                    .filter(|s| !called.iter().any(|o| named(o, &s.id.value)));
                self.calls.push((id, last.map(|s| s.id.value.clone()).collect()));
                for step in &called {
                    let name = step.id.value.clone();
                    self.names.entry(name).or_insert_with(|| step.id.span.clone());
                }
                self.steps.extend(called);
            }
            return name;
        }
        let work = word.and_then(|w| work(&mut t, &w, reader));
        if let Some(id) = id.as_ref().filter(|_| work.as_ref().is_none_or(Option::is_none)) {
            reader.broken(&id.value);
        }
        let work = work?;
        t.finish();
        let (id, work) = (id?, work?);
        self.distinct(&id, reader);
        let name = id.value.clone();
        self.steps.push(common.step(id, work));
        Some(name)
    }

    fn distinct(&mut self, id: &Spanned<String>, reader: &Reader<'_>) {
        if let Some(first) = self.names.get(&id.value) {
            let message = format!("two steps are named \"{}\"", id.value);
            let d = Diagnostic::error("twice", reader.reporter().file(), id.span.clone(), message);
            reader.reporter().add(d.other(first.clone(), "the first one"));
            return;
        }
        self.names.insert(id.value.clone(), id.span.clone());
    }

    /// After a call means after its last steps, after a repeated step after all its repetitions.
    fn resolve(&self, after: &mut Vec<AfterStep>) {
        let mut out = Vec::new();
        for entry in after.drain(..) {
            match self.calls.iter().find(|(id, _)| id.value == entry.step.value) {
                Some((_, last)) => out.extend(last.iter().map(|id| {
                    let step = Spanned {
                        value: id.clone(),
                        span: entry.step.span.clone(),
                    };
                    AfterStep {
                        step,
                        ..entry.clone()
                    }
                })),
                None => out.push(entry),
            }
        }
        *after = out;
    }
}

/// What every step has.
pub(super) struct Common {
    pub after: Vec<AfterStep>,
    pub when: Option<Spanned<String>>,
    pub unbroken: Option<Spanned<String>>,
    pub deadline: Option<Spanned<Duration>>,
    pub on_failure: FailurePolicy,
}

impl Common {
    fn step(self, id: Spanned<String>, work: StepWork) -> Step {
        Step {
            id,
            after: self.after,
            when: self.when,
            unbroken: self.unbroken,
            deadline: self.deadline,
            on_failure: self.on_failure,
            work,
        }
    }
}

/// The work, if it is complete; nothing at all when the kind of work is not known, so that its keys are not either.
fn work(t: &mut Table<'_>, word: &Value<'_>, reader: &Reader<'_>) -> Option<Option<StepWork>> {
    let text = word.text()?;
    let work = match text.as_str() {
        "distribute" => liquid::distribute(t, reader).map(StepWork::Distribute),
        "transfer" => liquid::transfer(t, reader).map(StepWork::Transfer),
        "consolidate" => liquid::consolidate(t, reader).map(StepWork::Consolidate),
        "stamp" => liquid::stamp(t, reader).map(StepWork::Stamp),
        "dilute" => liquid::dilute(t, reader).map(StepWork::Dilute),
        "mix" => liquid::mix_wells(t, reader).map(StepWork::Mix),
        "spot" => liquid::spot(t, reader).map(StepWork::Spot),
        "pick_colonies" => liquid::pick_colonies(t, reader).map(StepWork::PickColonies),
        "pipette" => pipetting::read(t, reader).map(StepWork::Pipette),
        "prime" | "flush" | "wash" => line::read(t, reader, &text).map(StepWork::Line),
        "pick" => liquid::pick(t, reader).map(StepWork::Pick),
        "seal" | "peel" | "centrifuge" | "thermocycle" | "heat" | "cool" | "shake" | "scan" => {
            plate::station(t, reader, &text).map(StepWork::Station)
        }
        "incubate" => plate::incubation(t, reader).map(StepWork::Incubate),
        "move" => plate::relocation(t, reader).map(StepWork::Move),
        "lid" => plate::put_lid(t, reader).map(StepWork::Lid),
        "unlid" => plate::unlid(t, reader).map(StepWork::Unlid),
        "wait" => plate::wait(t, reader).map(StepWork::Wait),
        "load" | "empty" | "replace" => plate::operator(t, reader, &text).map(StepWork::Operator),
        "prompt" => plate::prompt(t, reader).map(StepWork::Prompt),
        "set" | "measure" => regulator::read(t, reader, &text).map(StepWork::Regulator),
        "read" => data::reading(t, reader).map(StepWork::Read),
        "analyse" => return data::analyse(t, reader),
        "select" => return data::select(t, reader),
        "record" => data::record(t, reader).map(StepWork::Record),
        "verify" => return volume::verify(t, reader),
        other => {
            let d = Diagnostic::error(
                "step-kind",
                reader.reporter().file(),
                word.span.clone(),
                format!("\"{other}\" is nothing that a step can do"),
            );
            reader.reporter().add(match closest(other, WORDS) {
                Some(near) => d.label(format!("did you mean \"{near}\"?")),
                None => d.help(format!("steps do: {}", WORDS.join(", "))),
            });
            return None;
        }
    };
    Some(work)
}

fn afters(value: &Value<'_>, reader: &Reader<'_>) -> Vec<AfterStep> {
    let items = value.as_list().unwrap_or_else(|| vec![value.clone()]);
    items.iter().filter_map(|item| after(item, reader)).collect()
}

fn after(value: &Value<'_>, reader: &Reader<'_>) -> Option<AfterStep> {
    let Some(mut t) = value.as_table() else {
        return Some(AfterStep {
            step: reader.step(value)?,
            from: Event::End,
            to: Event::Start,
            at_least: Duration::ZERO,
            at_most: None,
            equal_within: None,
        });
    };
    let step = t.need("step").and_then(|v| reader.step(&v));
    let mut event = |key: &str, word: &str| {
        t.get(key).and_then(|v| match reader.text(&v)?.value.as_str() {
            "start" => Some(Event::Start),
            "end" => Some(Event::End),
            other => {
                let message = format!(
                    "a delay counts {word} the \"start\" or the \"end\" of a step, not {word} \"{other}\""
                );
                v.error("delay", message);
                None
            }
        })
    };
    let (from, to) = (event("from", "from"), event("to", "to"));
    let at_least: Option<Spanned<Duration>> = t.get("at_least").and_then(|v| reader.quantity(&v));
    let at_most: Option<Spanned<Duration>> = t.get("at_most").and_then(|v| reader.quantity(&v));
    let equal_within = t.get("equal_within").and_then(|v| reader.quantity(&v));
    t.finish();
    let at_least = at_least.map_or(Duration::ZERO, |d| d.value);
    if let Some(at_most) = at_most.as_ref().filter(|m| m.value < at_least) {
        let message = format!(
            "`at_most` ({}) is less than `at_least` ({at_least})",
            at_most.value
        );
        reader.reporter().error("delay", at_most.span.clone(), message);
    }
    Some(AfterStep {
        step: step?,
        from: from.unwrap_or(Event::End),
        to: to.unwrap_or(Event::Start),
        at_least,
        at_most,
        equal_within,
    })
}

/// What is done about failures, by class: a word of [`Remedy::WORDS`] or `{ retry = 2 }`.
pub(super) fn policy(value: &Value<'_>, reader: &Reader<'_>) -> FailurePolicy {
    let mut policy = FailurePolicy::default();
    let Some(mut t) = value.table() else { return policy };
    for (word, class) in FailureClass::ALL {
        let Some(value) = t.get(word) else { continue };
        let remedy = if let Some(mut t) = value.as_table() {
            let times = t.need("retry").and_then(|v| reader.whole(&v, 1, 10));
            t.finish();
            times.map(|n| Remedy::Retry(n.value))
        } else {
            reader.text(&value).and_then(|t| {
                let known = Remedy::WORDS.iter().find(|(word, _)| *word == t.value);
                if known.is_none() {
                    let words = Remedy::WORDS.map(|(word, _)| format!("\"{word}\"")).join(", ");
                    let other = &t.value;
                    let message = format!(
                        "\"{other}\" is nothing that is done about a failure; use {words} or {{ retry = 2 }}"
                    );
                    value.error("policy", message);
                }
                known.map(|(_, remedy)| *remedy)
            })
        };
        if let Some(remedy) = remedy {
            policy.0.insert(class, remedy);
        }
    }
    t.finish();
    policy
}
