//! Profiles in the scale of one instrument: what one count of it is (a revolution of a pump, a step of a syringe) depends on
//! what is fitted, which the rig file knows and the profile does not.

use super::modbus::{ModbusProfile, Step as Write};
use super::text::{Field, Piece, Step, TextProfile};
use super::{ArgumentSource, Bound, Profile, Quantity};
use crate::rig::QuantityId;
use crate::units::Amount;
use std::collections::BTreeSet;

impl Profile {
    /// What one count of a quantity is in its unit, as the profile has it; none where it is not set by a scaled number.
    pub fn scale_of(&self, id: &QuantityId) -> Option<f64> {
        match self {
            Self::Text(profile) => {
                let names = written(profile, id);
                let mut arguments = names.iter().filter_map(|name| profile.arguments.get(name));
                arguments.next().map(|argument| argument.scale.0)
            }
            Self::Modbus(profile) => {
                let names = registers(profile, id);
                let mut registers = names.iter().filter_map(|name| profile.registers.get(name));
                registers.next().map(|register| register.scale.0)
            }
        }
    }

    /// The same profile with another scale of one quantity, both ways, and with its bounds in counts as they were.
    #[must_use]
    pub fn scaled(&self, id: &QuantityId, scale: f64) -> Self {
        let Some(factor) = self.scale_of(id).map(|own| scale / own) else {
            return self.clone();
        };
        let times = |bound: &mut Bound| bound.0 *= factor;
        match self {
            Self::Text(profile) => {
                let mut profile = profile.clone();
                for name in written(&profile, id) {
                    if let Some(argument) = profile.arguments.get_mut(&name) {
                        times(&mut argument.scale);
                        argument.min.iter_mut().chain(&mut argument.max).for_each(times);
                    }
                }
                let Some(quantity) = profile.quantities.get_mut(id) else {
                    return Self::Text(profile);
                };
                bounds(&mut quantity.told, factor);
                let told = [quantity.measured.clone(), quantity.set_point.clone()];
                let told: BTreeSet<_> = told.into_iter().flatten().collect();
                for of in told {
                    if let Some(question) = profile.questions.get_mut(&of.question) {
                        let field = question.fields.entry(of.field).or_insert_with(Field::plain);
                        times(&mut field.scale);
                    }
                }
                Self::Text(profile)
            }
            Self::Modbus(profile) => {
                let mut profile = profile.clone();
                for name in registers(&profile, id) {
                    if let Some(register) = profile.registers.get_mut(&name) {
                        times(&mut register.scale);
                        register.min.iter_mut().chain(&mut register.max).for_each(times);
                    }
                }
                if let Some(quantity) = profile.quantities.get_mut(id) {
                    bounds(&mut quantity.told, factor);
                }
                Self::Modbus(profile)
            }
        }
    }
}

fn bounds(told: &mut Quantity, factor: f64) {
    for bound in told.least.iter_mut().chain(&mut told.most) {
        *bound = Amount::of(bound.value() * factor, bound.unit()).unwrap_or(*bound);
    }
}

/// Arguments that carry the set-point of a quantity.
fn written(profile: &TextProfile, id: &QuantityId) -> BTreeSet<String> {
    let set = profile.quantities.get(id).and_then(|q| q.set.as_ref());
    let sent = set
        .iter()
        .flat_map(|set| &set.steps)
        .filter_map(|step| match step {
            Step::Send { text, .. } => Some(text),
            _ => None,
        });
    let names = sent.flatten().filter_map(|piece| match piece {
        Piece::Argument(name) => Some(name),
        Piece::Literal(_) => None,
    });
    let value = |name: &&String| {
        let argument = profile.arguments.get(*name);
        argument.is_some_and(|argument| argument.from == ArgumentSource::Value)
    };
    names.filter(value).cloned().collect()
}

/// Registers that a quantity is measured in, told in, and written to.
fn registers(profile: &ModbusProfile, id: &QuantityId) -> BTreeSet<String> {
    let Some(quantity) = profile.quantities.get(id) else {
        return BTreeSet::new();
    };
    let steps = quantity.set.iter().flat_map(|set| &set.steps);
    let written = steps.filter_map(|step| match step {
        Write::Write {
            register,
            value: None,
            ..
        } => Some(register.clone()),
        _ => None,
    });
    let told = [quantity.measured.clone(), quantity.set_point.clone()];
    told.into_iter().flatten().chain(written).collect()
}
