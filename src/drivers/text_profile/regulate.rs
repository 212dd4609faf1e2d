//! Quantities of a regulator that is spoken to in text.

use super::driver::TextDriver;
use crate::devices::{Failure, Fut, Moved};
use crate::drivers::failure::{moved, refused, unsupported};
use crate::drivers::regulator::Regulating;
use crate::plan::Action;
use crate::rig::QuantityId;
use crate::rig::profile::ArgumentSource;
use crate::rig::profile::text::{Measured, Piece, Reference, Step};
use crate::units::Amount;

impl TextDriver {
    pub(super) fn quantity(&self, id: &QuantityId) -> Result<Measured, Failure> {
        let found = self.profile.quantities.get(id).cloned();
        found.ok_or_else(|| unsupported(format!("the profile of \"{}\" has no quantity `{id}`", self.id)))
    }

    async fn amount(&mut self, id: &QuantityId, of: Option<Reference>) -> Result<Amount, Failure> {
        let unit = self.quantity(id)?.told.unit;
        let of = of.ok_or_else(|| {
            unsupported(format!(
                "the profile of \"{}\" tells no such number of `{id}`",
                self.id
            ))
        })?;
        let part = self.look(&of).await?;
        part.number.and_then(|n| Amount::of(n, unit)).ok_or_else(|| {
            refused(format!(
                "\"{}\" has no number for `{id}`: its {of} is {}",
                self.id,
                part.shown(None)
            ))
        })
    }
}

impl Regulating for TextDriver {
    fn grain(&self, quantity: &QuantityId) -> f64 {
        let set = self.profile.quantities.get(quantity).and_then(|q| q.set.as_ref());
        let steps = set.map(|s| s.steps.as_slice()).unwrap_or_default();
        let texts = steps.iter().filter_map(|step| match step {
            Step::Send { text, .. } => Some(text),
            _ => None,
        });
        let names = texts.flatten().filter_map(|piece| match piece {
            Piece::Argument(name) => self.profile.arguments.get(name),
            Piece::Literal(_) => None,
        });
        let written = names.filter(|a| a.from == ArgumentSource::Value);
        written
            .map(|a| a.scale.0 / 10_f64.powi(i32::from(a.decimals)))
            .fold(0.0, f64::max)
    }

    fn measured<'a>(&'a mut self, quantity: &'a QuantityId) -> Fut<'a, Result<Amount, Failure>> {
        Box::pin(async move {
            let map = self.quantity(quantity)?;
            self.amount(quantity, map.measured.or(map.set_point)).await
        })
    }

    fn set_point<'a>(&'a mut self, quantity: &'a QuantityId) -> Fut<'a, Result<Option<Amount>, Failure>> {
        Box::pin(async move {
            match self.quantity(quantity)?.set_point {
                Some(of) => self.amount(quantity, Some(of)).await.map(Some),
                None => Ok(None),
            }
        })
    }

    fn write<'a>(&'a mut self, quantity: &'a QuantityId, to: Amount) -> Fut<'a, Result<(), Failure>> {
        Box::pin(async move {
            let action = Action::SetPoint {
                quantity: quantity.clone(),
                to,
                reach: None,
            };
            let (command, limit) = self.command(&action)?;
            let mut course = self.course(&action, limit);
            let once = self.quantity(quantity)?.told.once;
            let went = self.carry_out(&command.steps, &mut course).await;
            // A goal may be stated again; what is done anew each time may not.
            went.map_err(|f| if once { f } else { moved(f, Moved::No) })
        })
    }
}
