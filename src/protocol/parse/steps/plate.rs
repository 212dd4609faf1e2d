//! Steps on whole plates, and what people do.

use super::super::values::Reader;
use super::liquid::{duration, vessel};
use crate::plan::{ThermalProgram, ThermalStage, ThermalStep};
use crate::protocol::source::plate::{
    Hold, Incubate, Incubation, Move, Operator, OperatorTask, Prompt, PutLid, StationWork, Task, Unlid, Wait,
    Wanted,
};
use crate::source::{Spanned, Table, Value};
use crate::units::{Duration, Temperature};

pub(super) fn station(t: &mut Table<'_>, reader: &Reader<'_>, word: &str) -> Option<StationWork> {
    let each = reader.needed(t, "each");
    let at = reader.optional(t, "at");
    let task = match word {
        "seal" => {
            let temperature = t.need("temperature").and_then(|v| reader.quantity(&v));
            let duration = duration(t, reader);
            (|| {
                Some(Task::Seal {
                    temperature: temperature?,
                    duration: duration?,
                })
            })()
        }
        "peel" => Some(Task::Peel),
        "centrifuge" => {
            let force = reader.amount(t, "force");
            let duration = duration(t, reader);
            (|| {
                Some(Task::Centrifuge {
                    force: force?,
                    duration: duration?,
                })
            })()
        }
        "thermocycle" => program(t, reader).map(|program| Task::Thermocycle { program }),
        "heat" | "cool" => {
            let temperature = t.need("temperature").and_then(|v| reader.quantity(&v));
            let speed = if word == "heat" {
                reader.amount_if(t, "speed")
            } else {
                None
            };
            let duration = duration(t, reader);
            (|| {
                let hold = Hold {
                    temperature: Some(temperature?),
                    speed,
                    duration: duration?,
                };
                Some(if word == "heat" {
                    Task::Heat(hold)
                } else {
                    Task::Cool(hold)
                })
            })()
        }
        "shake" => {
            let speed = reader.amount(t, "speed");
            let duration = duration(t, reader);
            (|| {
                Some(Task::Shake(Hold {
                    temperature: None,
                    speed: Some(speed?),
                    duration: duration?,
                }))
            })()
        }
        _ => Some(Task::Scan),
    };
    Some(StationWork {
        each: each?,
        at,
        task: task?,
    })
}

/// `lid`, `stages = [{ cycles, steps = [{ temperature, for }] }]`, `hold`.
fn program(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Spanned<ThermalProgram>> {
    let temperature = |t: &mut Table<'_>, key: &str| -> Option<Spanned<Temperature>> {
        t.get(key).and_then(|v| reader.quantity(&v))
    };
    let lid = temperature(t, "lid").map(|l| l.value);
    let hold = temperature(t, "hold").map(|h| h.value);
    let value = t.need("stages")?;
    let mut stages = Vec::new();
    for item in value.list()? {
        let Some(mut t) = item.table() else { continue };
        let cycles = t
            .get("cycles")
            .map_or(Some(1), |v| reader.whole(&v, 1, 999).map(|n| n.value));
        let steps = t.need("steps").and_then(|v| v.list()).unwrap_or_default();
        let steps: Vec<ThermalStep> = steps.iter().filter_map(|v| thermal_step(v, reader)).collect();
        t.finish();
        if steps.is_empty() {
            item.error("program", "a stage goes to at least one temperature");
        }
        stages.push(ThermalStage {
            cycles: cycles?,
            steps,
        });
    }
    if stages.is_empty() {
        value.error("program", "a program has at least one stage");
    }
    Some(Spanned {
        value: ThermalProgram { lid, stages, hold },
        span: value.span.clone(),
    })
}

fn thermal_step(value: &Value<'_>, reader: &Reader<'_>) -> Option<ThermalStep> {
    let mut t = value.table()?;
    let temperature = t.need("temperature").and_then(|v| reader.quantity(&v));
    let duration: Option<Spanned<Duration>> = duration(&mut t, reader);
    t.finish();
    Some(ThermalStep {
        temperature: temperature?.value,
        duration: duration?.value,
    })
}

pub(super) fn incubation(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Incubation> {
    let each = reader.needed(t, "each");
    let duration = duration(t, reader);
    let within = t.get("within").and_then(|v| reader.quantity(&v));
    let place = incubate(t, reader);
    Some(Incubation {
        each: each?,
        place: place?,
        duration: duration?,
        within,
    })
}

/// `at`, `shake`, `temperature` of a table at hand.
pub(super) fn incubate(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Incubate> {
    let at = reader.needed(t, "at");
    let still = Spanned {
        value: false,
        span: t.span.clone(),
    };
    let shake = t.get("shake").and_then(|v| reader.boolean(&v)).unwrap_or(still);
    let temperature = t.get("temperature").and_then(|v| reader.quantity(&v));
    Some(Incubate {
        at: at?,
        shake,
        temperature,
    })
}

pub(super) fn relocation(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Move> {
    let each = reader.needed(t, "each");
    let to = t.need("to").map(|v| reader.texts(&v));
    Some(Move { each: each?, to: to? })
}

pub(super) fn unlid(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Unlid> {
    let each = reader.needed(t, "each");
    let to = t.need("to").map(|v| reader.texts(&v));
    Some(Unlid { each: each?, to: to? })
}

pub(super) fn put_lid(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<PutLid> {
    reader.needed(t, "each").map(|each| PutLid { each })
}

pub(super) fn wait(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Wait> {
    let each = reader.optional(t, "each");
    let duration = duration(t, reader)?;
    Some(Wait { each, duration })
}

pub(super) fn operator(t: &mut Table<'_>, reader: &Reader<'_>, word: &str) -> Option<Operator> {
    let note = reader.optional(t, "note").map(|n| n.value);
    let task = match word {
        "load" => OperatorTask::Load(reader.needed(t, "each")?),
        "empty" => OperatorTask::Empty(reader.needed(t, "each")?),
        _ => OperatorTask::Replace(vessel(t, reader, "piece", "well")?),
    };
    let between = t.get("between").and_then(|v| between(&v, reader));
    let scan = t
        .get("scan")
        .and_then(|v| reader.boolean(&v))
        .is_some_and(|s| s.value);
    Some(Operator {
        task,
        note,
        between,
        scan,
    })
}

/// `["1 h", "2 h"]`: earliest and latest, in this order.
fn between(value: &Value<'_>, reader: &Reader<'_>) -> Option<Spanned<(Duration, Duration)>> {
    let list = value.list()?;
    let [earliest, latest] = list.as_slice() else {
        value.error(
            "window",
            "`between` is the earliest and the latest begin from the start of the run, as [\"1 h\", \"2 h\"]",
        );
        return None;
    };
    let earliest: Spanned<Duration> = reader.quantity(earliest)?;
    let latest: Spanned<Duration> = reader.quantity(latest)?;
    if earliest.value > latest.value {
        let message = format!(
            "it begins at the latest {} before the earliest {}",
            latest.value, earliest.value
        );
        value.error("window", message);
        return None;
    }
    Some(Spanned {
        value: (earliest.value, latest.value),
        span: value.span.clone(),
    })
}

pub(super) fn prompt(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Prompt> {
    let text = reader.needed(t, "text");
    let kind = t.get("answer");
    let min = t.get("min");
    let max = t.get("max");
    let expected = reader.optional(t, "expected");
    let bound = |v: &Option<Value<'_>>, usual: f64| match v {
        None => Some(usual),
        Some(v) => reader.number(v, -1e12, 1e12).map(|n| n.value),
    };
    let stray = |v: &Option<Value<'_>>, word: &str| {
        if let Some(v) = v {
            v.error("prompt", format!("bounds belong to a number, not to {word}"));
        }
    };
    let word = match &kind {
        None => "confirm".to_owned(),
        Some(value) => reader.text(value)?.value,
    };
    let wanted = match word.as_str() {
        "number" => {
            let bounds = (bound(&min, -1e12)?, bound(&max, 1e12)?);
            if bounds.0 > bounds.1
                && let Some(max) = &max
            {
                max.error("prompt", "`max` is less than `min`");
            }
            Wanted::Number { bounds }
        }
        "confirm" | "text" | "barcode" => {
            stray(&min, &format!("a {word}"));
            stray(&max, &format!("a {word}"));
            match word.as_str() {
                "confirm" => Wanted::Confirm,
                "text" => Wanted::Text,
                _ => Wanted::Barcode {
                    expected: expected.as_ref().map(|e| e.value.clone()),
                },
            }
        }
        other => {
            if let Some(kind) = &kind {
                let message =
                    format!("\"{other}\" is no kind of answer; use confirm, number, text or barcode");
                kind.error("prompt", message);
            }
            return None;
        }
    };
    if let Some(expected) = expected.filter(|_| !matches!(wanted, Wanted::Barcode { .. })) {
        let message = "only a barcode can be expected to be something";
        reader.reporter().error("prompt", expected.span, message);
    }
    Some(Prompt {
        text: text?.value,
        wanted,
    })
}
