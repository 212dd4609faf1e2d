//! Steps of regulators: setting and measuring.

use super::super::values::Reader;
use crate::protocol::source::regulator::{RegulatorTask, RegulatorWork, Series};
use crate::source::{Spanned, Table};
use crate::units::Duration;

/// Most measurements of one step.
const MOST: i64 = 10_000;

pub(super) fn read(t: &mut Table<'_>, reader: &Reader<'_>, word: &str) -> Option<RegulatorWork> {
    let on = reader.needed(t, "on");
    let quantity = reader.needed(t, "quantity");
    let task = if word == "set" {
        set(t, reader)
    } else {
        measure(t, reader)
    };
    Some(RegulatorWork {
        on: on?,
        quantity: quantity?,
        task: task?,
    })
}

fn set(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<RegulatorTask> {
    let to = t.need("to").and_then(|v| reader.any_amount(&v));
    let within = t.get("within").map(|v| reader.any_amount(&v));
    let timeout: Option<Option<Spanned<Duration>>> = if within.is_some() {
        Some(reader.amount(t, "timeout"))
    } else {
        None
    };
    Some(RegulatorTask::Set {
        to: to?,
        reach: match (within, timeout) {
            (Some(within), Some(timeout)) => Some((within?, timeout?)),
            _ => None,
        },
    })
}

fn measure(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<RegulatorTask> {
    let between_value = t.get("between");
    let between = between_value.as_ref().map(|v| match v.list()?.as_slice() {
        [least, most] => Some((reader.any_amount(least)?, reader.any_amount(most)?)),
        _ => {
            v.error("wrong-length", format!("`{}` is a pair: least and most", v.path));
            None
        }
    });
    let every: Option<Option<Spanned<Duration>>> = t.get("every").map(|v| reader.positive(&v));
    let series = match every {
        Some(every) => {
            let times = t.need("times").and_then(|v| reader.whole(&v, 2, MOST));
            Some((|| {
                Some(Series {
                    every: every?,
                    times: times?.value,
                })
            })())
        }
        None => None,
    };
    Some(RegulatorTask::Measure {
        between: between.map_or(Some(None), |b| b.map(Some))?,
        series: series.map_or(Some(None), |s| s.map(Some))?,
    })
}
