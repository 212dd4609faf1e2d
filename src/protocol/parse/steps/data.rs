//! Steps that read plates and draw conclusions.

use super::super::values::Reader;
use super::plate::incubate;
use crate::plan::AreaScan;
use crate::protocol::source::StepWork;
use crate::protocol::source::data::{Endpoint, FailedPicks, Growth, Optics, Read, Record, Select};
use crate::source::{Spanned, Table, Value};
use crate::units::{Absorbance, Duration, Wavelength};

/// Most wavelengths of a spectrum.
const MOST_WAVELENGTHS: usize = 1_000;

pub(super) fn reading(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Read> {
    let each = t.need("each").and_then(|v| reader.text(&v));
    let optics = optics(t, reader);
    let area = t.get("area").and_then(|v| area(&v, reader));
    let at = t.get("at").map(|v| reader.texts(&v)).unwrap_or_default();
    let every: Option<Spanned<Duration>> = t.get("every").and_then(|v| reader.positive(&v));
    let over = t.get("for").and_then(|v| reader.positive(&v));
    let within = t.get("within");
    if let (Some(every), None) = (&every, &over) {
        let message = "a read that is repeated `every` so often also says `for` how long";
        reader
            .reporter()
            .error("missing-key", every.span.clone(), message);
    }
    if let (None, Some(over)) = (&every, &over) {
        let message = "a read that goes on `for` some time also says `every` how long it is repeated";
        reader.reporter().error("missing-key", over.span.clone(), message);
    }
    let within = match &within {
        Some(value) => reader.quantity(value),
        None => {
            // A tenth of the interval, so that a late read does not run into the next.
            let tenth = every
                .as_ref()
                .map_or(Duration::min(5), |e| Duration::us(e.value.as_us() / 10));
            Some(Spanned {
                value: tenth,
                span: t.span.clone(),
            })
        }
    };
    let incubate = t.get("incubate").and_then(|v| v.table()).and_then(|mut t| {
        let place = incubate(&mut t, reader);
        t.finish();
        place
    });
    let until = reader.optional(t, "until");
    if let Some(until) = until.as_ref().filter(|_| every.is_none()) {
        let message = "only a read that is repeated can go on `until` something";
        reader.reporter().error("until", until.span.clone(), message);
    }
    Some(Read {
        each: each?,
        at,
        optics: optics?,
        area,
        every,
        over,
        within: within?,
        incubate,
        until,
    })
}

/// What is measured: `wavelength`, `wavelengths`, `spectrum`, `fluorescence`, `luminescence`, or several of them.
fn optics(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Vec<Optics>> {
    let mut optics = Vec::new();
    let mut whole = true;
    let mut wavelengths = Vec::new();
    if let Some(one) = t.get("wavelength") {
        let one = reader.positive(&one);
        whole &= one.is_some();
        wavelengths.extend(one);
    }
    if let Some(more) = t.get("wavelengths") {
        let more = more.list()?;
        wavelengths.extend(more.iter().filter_map(|v| reader.positive(v)));
    }
    if let Some(value) = t.get("spectrum") {
        wavelengths.extend(spectrum(&value, reader)?);
    }
    if !wavelengths.is_empty() {
        optics.push(Optics::Absorbance(wavelengths));
    }
    if let Some(mut t) = t.get("fluorescence").and_then(|v| v.table()) {
        let excitation = reader.amount(&mut t, "excitation");
        let emission = reader.amount(&mut t, "emission");
        let gain = t.need("gain").and_then(|v| reader.whole(&v, 1, 255));
        t.finish();
        optics.push(Optics::Fluorescence {
            excitation: excitation?,
            emission: emission?,
            gain: gain?.value,
        });
    }
    if let Some(mut t) = t.get("luminescence").and_then(|v| v.table()) {
        let integration = reader.amount(&mut t, "integration");
        t.finish();
        optics.push(Optics::Luminescence {
            integration: integration?,
        });
    }
    if optics.is_empty() {
        if whole {
            let message = "a read says what it measures: `wavelength`, `wavelengths`, `spectrum`, `fluorescence` or `luminescence`";
            reader.reporter().error("missing-key", t.span.clone(), message);
        }
        return None;
    }
    Some(optics)
}

/// `{ points, spacing }`: a square grid.
fn area(value: &Value<'_>, reader: &Reader<'_>) -> Option<Spanned<AreaScan>> {
    let mut t = value.table()?;
    let points = t
        .need("points")
        .and_then(|v| reader.whole(&v, 2, i64::from(AreaScan::MOST)));
    let spacing = t.need("spacing").and_then(|v| reader.positive(&v));
    t.finish();
    Some(Spanned {
        value: AreaScan {
            points: points?.value,
            spacing: spacing?.value,
        },
        span: value.span.clone(),
    })
}

/// `{ from, to, step }`, ends included.
fn spectrum(value: &Value<'_>, reader: &Reader<'_>) -> Option<Vec<Spanned<Wavelength>>> {
    let mut t = value.table()?;
    let from: Option<Spanned<Wavelength>> = reader.amount(&mut t, "from");
    let to: Option<Spanned<Wavelength>> = reader.amount(&mut t, "to");
    let step: Option<Spanned<Wavelength>> = reader.amount(&mut t, "step");
    t.finish();
    let (from, to, step) = (from?, to?, step?);
    if from.value > to.value {
        value.error(
            "spectrum",
            format!("a spectrum from {} to {} has no wavelength", from.value, to.value),
        );
        return None;
    }
    let span = &value.span;
    let all: Vec<_> = (from.value.get()..=to.value.get())
        .step_by(usize::from(step.value.get()))
        .map(|nm| Spanned {
            value: Wavelength::nm(nm),
            span: span.clone(),
        })
        .collect();
    if all.len() > MOST_WAVELENGTHS {
        value.error(
            "spectrum",
            format!(
                "a spectrum of {} wavelengths is too long; at most {MOST_WAVELENGTHS}",
                all.len()
            ),
        );
        return None;
    }
    Some(all)
}

pub(super) fn method(t: &mut Table<'_>, reader: &Reader<'_>, known: &[&str]) -> Option<String> {
    let value = t.need("method")?;
    let word = reader.text(&value)?.value;
    if known.contains(&word.as_str()) {
        return Some(word);
    }
    value.error(
        "method",
        format!("\"{word}\" is not a method; use {}", known.join(" or ")),
    );
    None
}

pub(super) fn analyse(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Option<StepWork>> {
    let method = method(t, reader, &["growth", "endpoint"])?;
    let readings = t.need("readings").and_then(|v| reader.step(&v));
    if method == "endpoint" {
        return Some(readings.map(|readings| StepWork::Endpoint(Endpoint { readings })));
    }
    let window = t
        .get("window")
        .map_or(Some(5), |v| reader.whole(&v, 3, 1000).map(|n| n.value));
    let quota = t
        .get("quota")
        .map_or(Some(0.95), |v| reader.share(&v, 0.01, 1.0).map(|n| n.value));
    let above = t
        .get("above")
        .map_or(Some(0.02), |v| reader.number(&v, 0.0, 10.0).map(|n| n.value));
    let growth = || {
        Some(StepWork::Growth(Growth {
            readings: readings?,
            window: window?,
            quota: quota?,
            above: Absorbance(above?),
        }))
    };
    Some(growth())
}

pub(super) fn select(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Option<StepWork>> {
    if method(t, reader, &["hits", "failed_picks"])? == "failed_picks" {
        let picks = t.need("picks").and_then(|v| reader.step(&v));
        let readings = t.need("readings").and_then(|v| reader.step(&v));
        let above = t.need("above").and_then(|v| reader.number(&v, 0.0, 10.0));
        let failed = || {
            Some(StepWork::FailedPicks(FailedPicks {
                picks: picks?,
                readings: readings?,
                above: Absorbance(above?.value),
            }))
        };
        return Some(failed());
    }
    let rates = t.need("rates").and_then(|v| reader.step(&v));
    let at_least = t.need("at_least").and_then(|v| reader.share(&v, 0.0, 100.0));
    let q_below = t.need("q_below").and_then(|v| reader.share(&v, 0.0, 1.0));
    let at_most = t.need("at_most").and_then(|v| reader.whole(&v, 1, 1000));
    let source = t.need("source").and_then(|v| reader.text(&v));
    let target = t.need("target").and_then(|v| reader.text(&v));
    let replicates = t.need("replicates").and_then(|v| reader.whole(&v, 1, 96));
    let references = t.need("references").and_then(|v| reader.whole(&v, 0, 96));
    let select = || {
        Some(StepWork::Select(Select {
            rates: rates?,
            at_least: at_least?.value,
            q_below: q_below?.value,
            at_most: at_most?.value,
            source: source?,
            target: target?,
            replicates: replicates?,
            references: references?,
        }))
    };
    Some(select())
}

/// The value of an expression, kept under the step's name.
pub(super) fn record(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Record> {
    reader.needed(t, "value").map(|value| Record { value })
}
