//! `do = "verify"`: proof of volume.

use super::super::values::Reader;
use super::data::method;
use crate::labware::Well;
use crate::protocol::source::StepWork;
use crate::protocol::source::volume::{Proof, Verify};
use crate::source::{Spanned, Table, Value};
use crate::units::{Temperature, Unit, Volume};

/// The outer value is there when the method is known, the inner one when the step is complete.
pub(super) fn verify(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Option<StepWork>> {
    let method = method(t, reader, &["gravimetric", "dye"])?;
    let of = t.need("of").map(|v| {
        let items = v.as_list().unwrap_or_else(|| vec![v.clone()]);
        items.iter().filter_map(|v| reader.step(v)).collect::<Vec<_>>()
    });
    let by = if method == "dye" {
        dye(t, reader)
    } else {
        gravimetric(t, reader)
    };
    let share = |t: &mut Table<'_>, key: &str| t.get(key).map(|v| reader.share(&v, 0.0, 1.0));
    let accuracy = share(t, "accuracy");
    let cv = share(t, "cv");
    let nominal: Option<Option<Spanned<Volume>>> = t.get("nominal").map(|v| reader.positive(&v));
    let work = || {
        Some(StepWork::Verify(Verify {
            of: of.filter(|of| !of.is_empty())?,
            by: by?,
            accuracy: accuracy.map_or(Some(None), |a| a.map(|a| Some(a.value)))?,
            cv: cv.map_or(Some(None), |c| c.map(|c| Some(c.value)))?,
            nominal: nominal.map_or(Some(None), |n| n.map(|n| Some(n.value)))?,
        }))
    };
    Some(work())
}

fn gravimetric(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Proof> {
    let balance = reader.needed(t, "balance");
    let temperature = t.need("temperature").and_then(|v| {
        let found = reader.quantity::<Temperature>(&v)?;
        if !(0..=40_000).contains(&found.value.get()) {
            v.error(
                "out-of-range",
                format!("`{}` is of water, from 0 to 40 C", v.path),
            );
            return None;
        }
        Some(found)
    });
    let pressure = t.get("pressure").map_or(Some(101.325), |v| pressure(&v, reader));
    let humidity = t
        .get("humidity")
        .map_or(Some(0.5), |v| reader.share(&v, 0.0, 1.0).map(|h| h.value));
    Some(Proof::Gravimetric {
        balance: balance?,
        temperature: temperature?,
        pressure_kpa: pressure?,
        humidity: humidity?,
    })
}

/// Of the air, in kPa.
fn pressure(value: &Value<'_>, reader: &Reader<'_>) -> Option<f64> {
    let amount = reader.any_amount(value)?.value;
    if amount.unit() != Unit::Kilopascals || !(50.0..=110.0).contains(&amount.value()) {
        let message = format!("`{}` is of air, from 50 kPa to 110 kPa", value.path);
        value.error("out-of-range", message);
        return None;
    }
    Some(amount.value())
}

fn dye(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Proof> {
    let readings = t.need("readings").and_then(|v| reader.step(&v));
    let wavelength = t.get("wavelength").map(|v| reader.positive(&v));
    let standards = t.need("standards").and_then(|v| {
        let found: Option<Vec<_>> = v.list()?.iter().map(|v| standard(v, reader)).collect();
        let found = found?;
        let mut volumes: Vec<Volume> = found.iter().map(|(_, volume)| *volume).collect();
        volumes.sort_unstable();
        volumes.dedup();
        if volumes.len() < 2 {
            v.error(
                "standards",
                "a line needs standards of two volumes at least; one may be \"0 uL\"",
            );
            return None;
        }
        Some(found)
    });
    Some(Proof::Dye {
        readings: readings?,
        wavelength: wavelength.map_or(Some(None), |w| w.map(Some))?,
        standards: standards?,
    })
}

/// `{ wells, volume }`.
fn standard(value: &Value<'_>, reader: &Reader<'_>) -> Option<(Spanned<Vec<Well>>, Volume)> {
    let mut t = value.table()?;
    let wells = t.need("wells").and_then(|v| reader.wells(&v));
    let volume = t.need("volume").and_then(|v| {
        let found = reader.quantity::<Volume>(&v)?;
        if found.value < Volume::nl(0) {
            v.error("out-of-range", format!("`{}` must not be below 0", v.path));
            return None;
        }
        Some(found)
    });
    t.finish();
    Some((wells?, volume?.value))
}
