//! `[[steps]]`: what is done.

use super::values::Reader;
use crate::protocol::source::{
    AfterStep, Distribute, Endpoint, Growth, Incubate, Mix, Pick, PickFill, PickTransfer, Read, Select, Step,
    StepWork, Transfer,
};
use crate::source::{Diagnostic, Spanned, Table, Value, closest};
use crate::units::{Absorbance, Duration};

const WORDS: [&str; 6] = ["distribute", "transfer", "read", "analyse", "select", "pick"];

pub(super) fn read(root: &mut Table<'_>, reader: &Reader) -> Vec<Step> {
    let Some(value) = root.need("steps") else {
        return Vec::new();
    };
    let mut steps: Vec<Step> = Vec::new();
    for item in value.list().unwrap_or_default() {
        let Some(mut t) = item.table() else { continue };
        let id = t.need("id").and_then(|v| reader.name(&v));
        let word = t.need("do");
        let after = t.get("after").map(|v| afters(&v, reader)).unwrap_or_default();
        let work = word.and_then(|w| work(&mut t, &w, reader));
        if let Some(id) = id.as_ref().filter(|_| work.as_ref().is_none_or(Option::is_none)) {
            reader.broken(&id.value);
        }
        let Some(work) = work else { continue };
        t.finish();
        let (Some(id), Some(work)) = (id, work) else {
            continue;
        };
        if let Some(first) = steps.iter().find(|s| s.id.value == id.value) {
            let message = format!("two steps are named \"{}\"", id.value);
            let d = Diagnostic::error("twice", reader.reporter().file(), id.span.clone(), message);
            reader
                .reporter()
                .add(d.other(first.id.span.clone(), "the first one"));
        }
        steps.push(Step { id, after, work });
    }
    steps
}

/// The work, if it is complete; nothing at all when the kind of work is not known, so that its keys are not either.
fn work(t: &mut Table<'_>, word: &Value<'_>, reader: &Reader) -> Option<Option<StepWork>> {
    let text = word.text()?;
    let work = match text.as_str() {
        "distribute" => distribute(t, reader).map(StepWork::Distribute),
        "transfer" => transfer(t, reader).map(StepWork::Transfer),
        "read" => reading(t, reader).map(StepWork::Read),
        "analyse" => return analyse(t, reader),
        "select" => return select(t, reader),
        "pick" => pick(t, reader).map(StepWork::Pick),
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

fn afters(value: &Value<'_>, reader: &Reader) -> Vec<AfterStep> {
    let items = value.as_list().unwrap_or_else(|| vec![value.clone()]);
    items.iter().filter_map(|item| after(item, reader)).collect()
}

fn after(value: &Value<'_>, reader: &Reader) -> Option<AfterStep> {
    let Some(mut t) = value.as_table() else {
        let step = reader.text(value)?;
        return Some(AfterStep {
            step,
            at_least: Duration::ZERO,
            at_most: None,
        });
    };
    let step = t.need("step").and_then(|v| reader.text(&v));
    let at_least: Option<Spanned<Duration>> = t.get("at_least").and_then(|v| reader.quantity(&v));
    let at_most: Option<Spanned<Duration>> = t.get("at_most").and_then(|v| reader.quantity(&v));
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
        at_least,
        at_most: at_most.map(|d| d.value),
    })
}

fn mix(t: &mut Table<'_>, reader: &Reader) -> Option<Mix> {
    let mut t = t.get("mix_before")?.table()?;
    let times = t.need("times").and_then(|v| reader.whole(&v, 1, 50));
    let volume = t.need("volume").and_then(|v| reader.positive(&v));
    t.finish();
    Some(Mix {
        times: times?.value,
        volume: volume?,
    })
}

fn columns(t: &mut Table<'_>, reader: &Reader) -> Option<Spanned<Vec<u8>>> {
    let value = t.get("columns")?;
    let numbers: Vec<u8> = value
        .list()?
        .iter()
        .filter_map(|v| reader.whole::<u8>(v, 1, 48))
        .filter_map(|n| n.value.checked_sub(1))
        .collect();
    Some(Spanned {
        value: numbers,
        span: value.span.clone(),
    })
}

/// `tips`: the one word that fits this work; it is written so that a reader of the file sees it.
fn tips(t: &mut Table<'_>, reader: &Reader, fits: &str, why: &str) {
    if let Some(value) = t.get("tips")
        && let Some(text) = reader.text(&value)
        && text.value != fits
    {
        value.error("tips", format!("`tips` must be \"{fits}\" here: {why}"));
    }
}

fn distribute(t: &mut Table<'_>, reader: &Reader) -> Option<Distribute> {
    tips(
        t,
        reader,
        "shared",
        "one set of tips touches the liquid of the reservoir only",
    );
    let from = t.need("from").and_then(|v| reader.text(&v));
    let to = t.need("to").and_then(|v| reader.text(&v));
    let pipette = t.need("pipette").and_then(|v| reader.text(&v));
    let volume = t.need("volume").and_then(|v| reader.positive(&v));
    let columns = columns(t, reader);
    Some(Distribute {
        from: from?,
        to: to?,
        pipette: pipette?,
        volume: volume?,
        columns,
    })
}

fn transfer(t: &mut Table<'_>, reader: &Reader) -> Option<Transfer> {
    tips(t, reader, "new", "tips that touched one well never touch another");
    let from = t.need("from").and_then(|v| reader.text(&v));
    let to = t.need("to").and_then(|v| reader.text(&v));
    let pipette = t.need("pipette").and_then(|v| reader.text(&v));
    let volume = t.need("volume").and_then(|v| reader.positive(&v));
    let columns = columns(t, reader);
    let mix_before = mix(t, reader);
    let reversed = t
        .get("reverse_columns_on")
        .and_then(|v| v.list())
        .unwrap_or_default();
    let reverse_columns_on = reversed.iter().filter_map(|v| reader.whole(v, 1, 1000)).collect();
    Some(Transfer {
        from: from?,
        to: to?,
        pipette: pipette?,
        volume: volume?,
        columns,
        mix_before,
        reverse_columns_on,
    })
}

fn reading(t: &mut Table<'_>, reader: &Reader) -> Option<Read> {
    let each = t.need("each").and_then(|v| reader.text(&v));
    let wavelength = t.need("wavelength").and_then(|v| reader.positive(&v));
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
    let incubate = t
        .get("incubate")
        .and_then(|v| v.table())
        .and_then(|t| incubate(t, reader));
    Some(Read {
        each: each?,
        wavelength: wavelength?,
        every,
        over,
        within: within?,
        incubate,
    })
}

fn incubate(mut t: Table<'_>, reader: &Reader) -> Option<Incubate> {
    let at = t.need("at").and_then(|v| reader.text(&v));
    let still = Spanned {
        value: false,
        span: t.span.clone(),
    };
    let shake = t.get("shake").and_then(|v| reader.boolean(&v)).unwrap_or(still);
    let temperature = t.get("temperature").and_then(|v| reader.quantity(&v));
    t.finish();
    Some(Incubate {
        at: at?,
        shake,
        temperature,
    })
}

fn method(t: &mut Table<'_>, reader: &Reader, known: &[&str]) -> Option<String> {
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

fn analyse(t: &mut Table<'_>, reader: &Reader) -> Option<Option<StepWork>> {
    let method = method(t, reader, &["growth", "endpoint"])?;
    let readings = t.need("readings").and_then(|v| reader.text(&v));
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

fn select(t: &mut Table<'_>, reader: &Reader) -> Option<Option<StepWork>> {
    method(t, reader, &["hits"])?;
    let rates = t.need("rates").and_then(|v| reader.text(&v));
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

fn pick(t: &mut Table<'_>, reader: &Reader) -> Option<Pick> {
    let select = t.need("select").and_then(|v| reader.text(&v));
    let fill = t.need("fill").and_then(|v| v.table()).and_then(|mut t| {
        let from = t.need("from").and_then(|v| reader.text(&v));
        let pipette = t.need("pipette").and_then(|v| reader.text(&v));
        let volume = t.need("volume").and_then(|v| reader.positive(&v));
        t.finish();
        Some(PickFill {
            from: from?,
            pipette: pipette?,
            volume: volume?,
        })
    });
    let transfer = t.need("transfer").and_then(|v| v.table()).and_then(|mut t| {
        let pipette = t.need("pipette").and_then(|v| reader.text(&v));
        let volume = t.need("volume").and_then(|v| reader.positive(&v));
        let mix_before = mix(&mut t, reader);
        t.finish();
        Some(PickTransfer {
            pipette: pipette?,
            volume: volume?,
            mix_before,
        })
    });
    Some(Pick {
        select: select?,
        fill: fill?,
        transfer: transfer?,
    })
}
