//! What regulators have in common, whatever is spoken with them: set-points within the bounds and rates of the rig file, and
//! when they are reached.
//!
//! *Did it happen?* A set-point is a goal that is read back: writing it again does nothing twice. After a death it is set
//! again from wherever it stands then, at the same rate. What the profile marks as done anew by each write is not: of it
//! nobody can tell but a person, unless the device counts what was done: then its count before and after tell.

use super::failure::{moved, refused, unsupported};
use crate::clock::Clock;
use crate::devices::{Before, Done, Evidence, Failure, FailureKind, Fut, Intent, Moved, Settled};
use crate::plan::{Action, Reach};
use crate::rig::profile::Quantity;
use crate::rig::{InstrumentId, QuantityId, Regulator, SetPoint};
use crate::units::{Amount, Duration};

/// The longest between two steps of a ramp.
const STEP: Duration = Duration::s(10);

/// The longest that a count is watched until it stands still.
const STILL: Duration = Duration::s(600);
/// Under this name a count is kept before a change, in millionths of its unit.
const COUNT: &str = "count";

/// A goal is stated again, a question asked again.
pub(super) const NOT_DONE: Settled = Settled::NotDone {
    evidence: Evidence::Measured,
};

/// A device that regulates, whatever is spoken with it.
pub(super) trait Regulating {
    /// The smallest step of what it is set to, in the quantity's unit.
    fn grain(&self, quantity: &QuantityId) -> f64;
    /// What is measured.
    fn measured<'a>(&'a mut self, quantity: &'a QuantityId) -> Fut<'a, Result<Amount, Failure>>;
    /// What it is set to; none where it does not tell.
    fn set_point<'a>(&'a mut self, quantity: &'a QuantityId) -> Fut<'a, Result<Option<Amount>, Failure>>;
    /// Sets it to that, by steps that end when the device has taken it.
    fn write<'a>(&'a mut self, quantity: &'a QuantityId, to: Amount) -> Fut<'a, Result<(), Failure>>;
}

/// What the rig file says of a regulator, with its name.
#[derive(Clone)]
pub(super) struct Regulated {
    pub(super) id: InstrumentId,
    pub(super) regulator: Regulator,
    pub(super) clock: Clock,
    pub(super) poll: Duration,
}

impl Regulated {
    /// Whether the rig file allows that; checked before the intent is written, and again before each write.
    fn allowed(&self, quantity: &QuantityId, to: Amount) -> Result<SetPoint, Failure> {
        let set_point = self.regulator.set_points.get(quantity).copied();
        let set_point = set_point.ok_or_else(|| {
            unsupported(format!(
                "the rig file allows no change of `{quantity}` of \"{}\" ([instruments.{}.set_points.{quantity}])",
                self.id, self.id
            ))
        })?;
        let (least, most) = set_point.bounds;
        if to.unit() != least.unit() || !to.within(set_point.bounds) {
            return Err(refused(format!(
                "`{quantity}` of \"{}\" may be set from {least} to {most}, not to {to}",
                self.id
            )));
        }
        Ok(set_point)
    }

    /// What cannot be done is refused before the intent is written.
    pub(super) fn able(&self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::SetPoint { quantity, to, .. } => self.allowed(quantity, *to).map(drop),
            _ => Ok(()),
        }
    }

    /// What must be known of a change before it: the count of a device that counts.
    pub(super) async fn before(
        &self,
        device: &mut dyn Regulating,
        action: &Action,
        told: Quantity,
    ) -> Result<Before, Failure> {
        let before = Before::default();
        match action {
            Action::SetPoint { quantity, .. } if told.counts => {
                let count = device.measured(quantity).await?;
                Ok(before.with(COUNT, count.get()))
            }
            _ => Ok(before),
        }
    }

    /// Carries out a change of a set-point, or a measurement.
    pub(super) async fn perform(
        &self,
        device: &mut dyn Regulating,
        action: &Action,
        once: bool,
    ) -> Result<Done, Failure> {
        match action {
            Action::SetPoint { quantity, to, reach } if once => {
                self.allowed(quantity, *to)?;
                device.write(quantity, *to).await?;
                // It was done: nothing that is found wrong now may have it done again.
                let seen = match reach {
                    Some(reach) => self.reached(device, quantity, *to, *reach).await,
                    None => Ok(Done::Plain),
                };
                seen.map_err(|f| moved(f, Moved::Yes))
            }
            Action::SetPoint { quantity, to, reach } => {
                self.set(device, quantity, *to).await?;
                match reach {
                    Some(reach) => self.reached(device, quantity, *to, *reach).await,
                    None => Ok(Done::Plain),
                }
            }
            Action::Measure { quantity, between } => self.measure(device, quantity, *between).await,
            _ => Err(unsupported(format!(
                "\"{}\" measures and holds set-points; it cannot {}",
                self.id,
                action.name()
            ))),
        }
    }

    async fn set(
        &self,
        device: &mut dyn Regulating,
        quantity: &QuantityId,
        to: Amount,
    ) -> Result<(), Failure> {
        let set_point = self.allowed(quantity, to)?;
        let Some(rate) = set_point.rate else {
            device.write(quantity, to).await?;
            return self.taken(device, quantity, to).await;
        };
        // From where it stands: what stands outside the bounds is brought back at the same rate.
        let Some(mut at) = device.set_point(quantity).await? else {
            return Err(unsupported(format!(
                "\"{}\" does not tell what `{quantity}` is set to",
                self.id
            )));
        };
        if at == to {
            return Ok(());
        }
        let mut due = self.clock.now();
        while at != to {
            let step = rate.over(STEP);
            let next = at.towards(to, step);
            device.write(quantity, next).await?;
            due = due.plus(rate.time_for(at.apart(next)));
            at = next;
            self.clock.sleep_until(due).await;
        }
        self.taken(device, quantity, to).await
    }

    /// Reads back what was written.
    async fn taken(
        &self,
        device: &mut dyn Regulating,
        quantity: &QuantityId,
        to: Amount,
    ) -> Result<(), Failure> {
        let Some(found) = device.set_point(quantity).await? else {
            return Ok(());
        };
        // Devices round to what they can show, and single precision to seven digits.
        let tolerance = 0.51 * device.grain(quantity) + to.value().abs() * 1e-6;
        if (found.value() - to.value()).abs() <= tolerance {
            return Ok(());
        }
        let message = format!(
            "\"{}\" was told to hold `{quantity}` at {to} and shows {found}; is it in local control, or does an interlock hold it?",
            self.id
        );
        Err(Failure::new(FailureKind::Interlock, Moved::No, message))
    }

    /// What became of a change or measurement of which no outcome is known.
    pub(super) async fn settle(
        &self,
        device: &mut dyn Regulating,
        intent: &Intent,
        told: Quantity,
    ) -> Result<Settled, Failure> {
        let Action::SetPoint { quantity, to, .. } = &intent.action else {
            return Ok(NOT_DONE);
        };
        if !told.once {
            return Ok(NOT_DONE);
        }
        let shown = match (told.counts, intent.before.get(COUNT)) {
            (true, Some(before)) => {
                let count = self.still(device, quantity).await?;
                let grain = Amount::of(0.51 * device.grain(quantity), to.unit()).map_or(0, Amount::get);
                let (gone_up, grain) = (count.get().saturating_sub(before), grain.max(1));
                let evidence = Evidence::Commanded;
                if (gone_up - to.get()).abs() <= grain {
                    let done = Done::Plain;
                    return Ok(Settled::Done { done, evidence });
                }
                // A count of nothing may as well be that of a device that was switched off and on.
                if gone_up == 0 && before != 0 {
                    return Ok(Settled::NotDone { evidence });
                }
                let before = Amount::micro(before, to.unit());
                format!("its count went from {before} to {count}")
            }
            _ => match device.set_point(quantity).await? {
                Some(found) => format!("it shows {found}"),
                None => "it shows nothing of it".to_owned(),
            },
        };
        Ok(Settled::Unknown {
            why: format!(
                "\"{}\" cannot say whether setting `{quantity}` to {to} took place: {shown}, and writing it again would do it again",
                self.id
            ),
        })
    }

    /// A count, once it goes up no more.
    async fn still(&self, device: &mut dyn Regulating, quantity: &QuantityId) -> Result<Amount, Failure> {
        let deadline = self.clock.now().plus(STILL);
        let mut last = device.measured(quantity).await?;
        loop {
            self.clock.sleep(self.poll).await;
            let count = device.measured(quantity).await?;
            if count == last || self.clock.now() >= deadline {
                return Ok(count);
            }
            last = count;
        }
    }

    async fn reached(
        &self,
        device: &mut dyn Regulating,
        quantity: &QuantityId,
        to: Amount,
        reach: Reach,
    ) -> Result<Done, Failure> {
        let deadline = self.clock.now().plus(reach.timeout);
        loop {
            let found = device.measured(quantity).await?;
            if found.apart(to).get() <= reach.within.get() {
                return Ok(Done::Measured {
                    at: self.clock.now(),
                    amount: found,
                });
            }
            if self.clock.now() >= deadline {
                let message = format!(
                    "`{quantity}` of \"{}\" is {found} after {}; it was to come within {} of {to}; look whether it is switched on, full, and free of alarms",
                    self.id, reach.timeout, reach.within
                );
                return Err(Failure::new(FailureKind::Fault, Moved::No, message));
            }
            self.clock.sleep(self.poll).await;
        }
    }

    async fn measure(
        &self,
        device: &mut dyn Regulating,
        quantity: &QuantityId,
        between: Option<(Amount, Amount)>,
    ) -> Result<Done, Failure> {
        let amount = device.measured(quantity).await?;
        if let Some((least, most)) = between
            && !amount.within((least, most))
        {
            let message = format!(
                "`{quantity}` of \"{}\" is {amount}; it must be from {least} to {most}; look at its cause, then retry or end the run",
                self.id
            );
            return Err(Failure::new(FailureKind::Fault, Moved::No, message));
        }
        Ok(Done::Measured {
            at: self.clock.now(),
            amount,
        })
    }
}
