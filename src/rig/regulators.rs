//! What a rig file says of an instrument that measures and holds set-points: circulator, controller, balance, pump,
//! axis, fermenter.
//!
//! Owns the bounds and rates within which set-points may be changed: none may, where nothing is said. Knows nothing of how
//! a quantity is read or written.

use super::parse::entries;
use super::profile::Profile;
use super::{NestId, QuantityId, Role};
use crate::source::{Table, Value};
use crate::units::{Amount, Duration};
use std::collections::BTreeMap;

/// How fast a set-point may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// By this much…
    pub amount: Amount,
    /// …in this time.
    pub per: Duration,
}

impl Rate {
    /// As "2 C/min".
    fn of(text: &str) -> Result<Self, String> {
        let ends = [
            ("/min", Duration::min(1)),
            ("/s", Duration::s(1)),
            ("/h", Duration::h(1)),
        ];
        let found = ends
            .into_iter()
            .find_map(|(end, per)| Some((text.trim().strip_suffix(end)?, per)));
        let (amount, per) =
            found.ok_or_else(|| format!("\"{text}\" is no rate; write one as \"2 C/min\""))?;
        let amount: Amount = amount
            .parse()
            .map_err(|e| format!("{e}; a rate is written as \"2 C/min\""))?;
        if amount.get() <= 0 {
            return Err(format!("\"{text}\" is no rate: it must be more than 0"));
        }
        Ok(Self { amount, per })
    }

    /// How much it may change in a time; at least one millionth.
    #[must_use]
    pub fn over(&self, time: Duration) -> Amount {
        let micro =
            i128::from(self.amount.get()) * i128::from(time.as_us()) / i128::from(self.per.as_us().max(1));
        Amount::micro(
            i64::try_from(micro).unwrap_or(i64::MAX).max(1),
            self.amount.unit(),
        )
    }

    /// How long a change takes.
    #[must_use]
    pub fn time_for(&self, change: Amount) -> Duration {
        let us = i128::from(change.get().max(0)) * i128::from(self.per.as_us())
            / i128::from(self.amount.get().max(1));
        Duration::us(u64::try_from(us).unwrap_or(u64::MAX))
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let per = match self.per.as_us() {
            1_000_000 => "s",
            60_000_000 => "min",
            _ => "h",
        };
        write!(f, "{}/{per}", self.amount)
    }
}

/// Within what a set-point may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPoint {
    /// Least and most.
    pub bounds: (Amount, Amount),
    /// How fast at most; at once, where nothing is said.
    pub rate: Option<Rate>,
    /// What one count of the device is, in the quantity's unit; that of the profile, where nothing is said.
    pub scale: Option<Amount>,
}

/// An instrument that measures and holds set-points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Regulator {
    /// The nest that it weighs, warms or stirs, where it is about one.
    pub nest: Option<NestId>,
    /// Set-points that may be changed. All others are only read.
    pub set_points: BTreeMap<QuantityId, SetPoint>,
}

/// The keys of a regulator: `nest` and `set_points`.
pub(super) fn regulator(t: &mut Table<'_>) -> Option<Role> {
    let nest = t.get("nest").map(|v| v.text().map(NestId::new));
    let mut set_points = BTreeMap::new();
    for (key, value) in entries(t, "set_points") {
        if let Some(found) = set_point(&value) {
            set_points.insert(QuantityId::new(key), found);
        }
    }
    Some(Role::Regulator(Regulator {
        nest: nest.map_or(Some(None), |n| n.map(Some))?,
        set_points,
    }))
}

fn set_point(value: &Value<'_>) -> Option<SetPoint> {
    let mut t = value.table()?;
    let bounds_value = t.need("bounds");
    let bounds = bounds_value.as_ref().and_then(|v| pair(v));
    let rate_value = t.get("rate");
    let rate = rate_value.as_ref().map(|v| match Rate::of(&v.text()?) {
        Ok(rate) => Some(rate),
        Err(why) => {
            v.error("quantity", format!("`{}`: {why}", v.path));
            None
        }
    });
    let scale_value = t.get("scale");
    let scale = scale_value.as_ref().map(|v| v.amount());
    t.finish();
    let (bounds, rate) = (bounds?, rate.map_or(Some(None), |r| r.map(Some))?);
    if let (Some(rate), Some(v)) = (rate, rate_value)
        && rate.amount.unit() != bounds.0.unit()
    {
        v.error(
            "set-point",
            format!("`{}` and `bounds` must have the same unit", v.path),
        );
        return None;
    }
    let scale = scale.map_or(Some(None), |s| s.map(Some))?;
    if let (Some(scale), Some(v)) = (scale, scale_value)
        && (scale.unit() != bounds.0.unit() || scale.get() <= 0)
    {
        v.error(
            "set-point",
            format!("`{}` is more than nothing, in the unit of `bounds`", v.path),
        );
        return None;
    }
    Some(SetPoint { bounds, rate, scale })
}

fn pair(value: &Value<'_>) -> Option<(Amount, Amount)> {
    let list = value.list()?;
    let [least, most] = list.as_slice() else {
        value.error(
            "wrong-length",
            format!("`{}` is a pair: least and most", value.path),
        );
        return None;
    };
    let (least, most) = (least.amount()?, most.amount()?);
    if least.unit() != most.unit() {
        value.error(
            "set-point",
            format!("`{}`: both must have the same unit", value.path),
        );
        return None;
    }
    if least.get() > most.get() {
        value.error(
            "wrong-order",
            format!(
                "`{}` goes from {least} to {most}; the least comes first",
                value.path
            ),
        );
        return None;
    }
    Some((least, most))
}

/// Set-points of the rig file are quantities that the profile can set, in its unit and within what the device takes.
pub(super) fn claims(regulator: &Regulator, profile: &Profile, named: &Value<'_>) {
    for (id, set_point) in &regulator.set_points {
        let scaled = set_point.scale.map(|scale| profile.scaled(id, scale.value()));
        let profile = scaled.as_ref().unwrap_or(profile);
        let Some(quantity) = profile.quantity(id) else {
            let known: Vec<String> = profile
                .quantities()
                .iter()
                .map(|(id, _)| id.to_string())
                .collect();
            named.error(
                "set-point",
                format!("the profile has no quantity `{id}`; it has {}", known.join(", ")),
            );
            continue;
        };
        let (least, most) = set_point.bounds;
        if !quantity.settable {
            named.error(
                "set-point",
                format!("the profile cannot set `{id}`; it is only measured"),
            );
        } else if set_point.scale.is_some() && profile.scale_of(id).is_none() {
            named.error(
                "set-point",
                format!("the profile sets `{id}` by words, not by a number: there is nothing to scale"),
            );
        } else if set_point.rate.is_some() && quantity.once {
            named.error(
                "set-point",
                format!("`{id}` does something each time that it is written: it has no rate"),
            );
        } else if set_point.rate.is_some() && !quantity.told {
            named.error(
                "set-point",
                format!(
                    "`{id}` has a rate, but the profile does not tell what it is set to: nobody could keep it"
                ),
            );
        } else if least.unit() != quantity.unit {
            named.error(
                "set-point",
                format!(
                    "`{id}` is in {}, not in {}",
                    unit(quantity.unit),
                    unit(least.unit())
                ),
            );
        } else if quantity.least.is_some_and(|l| least.get() < l.get())
            || quantity.most.is_some_and(|m| most.get() > m.get())
        {
            let text = |a: Option<Amount>| a.map_or_else(|| "any".to_owned(), |a| a.to_string());
            let (from, to) = (text(quantity.least), text(quantity.most));
            named.error(
                "set-point",
                format!("the device takes `{id}` from {from} to {to}; the rig file allows {least} to {most}"),
            );
        }
    }
}

impl Regulator {
    /// A profile in the scales that the rig file says for this instrument.
    pub fn scaled(&self, profile: &Profile) -> Profile {
        let scales = self.set_points.iter().filter_map(|(id, s)| Some((id, s.scale?)));
        scales.fold(profile.clone(), |profile, (id, scale)| {
            profile.scaled(id, scale.value())
        })
    }
}

/// A unit for people.
fn unit(unit: crate::units::Unit) -> String {
    match unit.text() {
        "" => "bare numbers".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "regulators_tests.rs"]
mod tests;
