//! What a person does at the bench with their own hands, unasked.

use crate::core::Core;
use crate::ledger::Event;
use crate::world::Mount;

/// Something done by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hand {
    /// A plate is taken from wherever it is, out of a gripper too, and put onto a nest.
    Carry {
        /// The plate.
        plate: String,
        /// The nest.
        to: String,
    },
    /// The lid that lies in a nest is laid onto a plate.
    LayLid {
        /// The nest.
        from: String,
        /// Where the plate stands.
        to: String,
    },
    /// The tips of a mount are pulled off and thrown away, with what they hold.
    TipsOff {
        /// The liquid handler.
        handler: String,
        /// On the left mount, else on the right one.
        left: bool,
    },
    /// The carriage of a liquid handler that does not hold its position is pushed somewhere. Nobody pushes it into another
    /// body.
    Push {
        /// The liquid handler.
        handler: String,
        /// Where to, in mm.
        x_mm: i32,
        /// Where to, in mm.
        y_mm: i32,
    },
    /// A rack is exchanged for a full one.
    FreshRack {
        /// The nest where it stands.
        place: String,
    },
}

impl Core {
    /// Does it; an error says what was not there.
    pub(crate) fn by_hand(&mut self, hand: &Hand, now: u64) -> Result<(), String> {
        self.advance(now);
        let now = self.now();
        match hand {
            Hand::Carry { plate, to } => {
                let from = self.world.items.get(plate).map(|item| item.place.clone());
                let from = from.ok_or_else(|| format!("there is no plate {plate}"))?;
                if self.world.at(to).is_some() {
                    return Err(format!("something stands at {to}"));
                }
                self.world
                    .grip_plate("hand", &from, now)
                    .ok_or_else(|| format!("{plate} cannot be taken from {from}"))?;
                if !self.world.lay_plate("hand", plate, &from, to, now) {
                    return Err(format!("{plate} cannot be put onto {to}"));
                }
            }
            Hand::LayLid { from, to } => {
                let lid = self.world.grip_lid_in("hand", from, now);
                let lid = lid.ok_or_else(|| format!("no lid lies in {from}"))?;
                self.world
                    .lay_lid_on("hand", lid, from, to, now)
                    .map_err(|lid| format!("the lid of {lid} cannot be laid onto what stands at {to}"))?;
            }
            Hand::TipsOff { handler, left } => {
                let mount = if *left { Mount::Left } else { Mount::Right };
                let tips = self.world.take_tips(handler, mount);
                if tips.iter().flatten().count() == 0 {
                    return Err(format!("{handler} has no tips there"));
                }
                self.world
                    .put_tips(handler, mount, tips.iter().map(|_| None).collect());
            }
            Hand::Push { handler, x_mm, y_mm } => self.push(handler, f64::from(*x_mm), f64::from(*y_mm))?,
            Hand::FreshRack { place } => {
                let name = self.world.at(place).map(|item| item.name.clone());
                let item = name.and_then(|name| self.world.items.get_mut(&name));
                let item = item
                    .filter(|item| !item.tips.is_empty())
                    .ok_or_else(|| format!("no rack stands at {place}"))?;
                item.tips.iter_mut().for_each(|tip| *tip = true);
            }
        }
        let text = format!("{hand:?}");
        self.world.record(now, Event::ByHand { text });
        Ok(())
    }
}
