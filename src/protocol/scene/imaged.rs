//! Colonies on their plates, from where a list says that they are.

use super::Scene;
use crate::labware::Well;
use crate::plan::{self, PlateId};
use crate::protocol::source::StepWork;
use crate::protocol::source::data::FailedPicks;
use crate::protocol::source::liquid::{Colony, PickColonies, Spotted};
use crate::rig::{View, ViewError};
use crate::units::Length;
use std::collections::BTreeMap;
use std::ops::Range;

/// A colony on its plate.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The colony.
    pub colony: &'a Colony,
    /// Its number among the colonies of its plate in the list, from 1.
    pub number: u32,
    /// From the left edge of the footprint.
    pub x: Length,
    /// From its front edge.
    pub y: Length,
}

/// A plate whose image lies nowhere, with a place in the list.
pub struct Unseen<'a> {
    /// The plate; the step's, where none is named.
    pub plate: Option<&'a str>,
    /// A mark or colony on it.
    pub span: &'a Range<usize>,
    /// Why.
    pub why: ViewError,
}

/// Who a step picks from agar.
#[derive(Default)]
pub struct Picks {
    /// Each colony with the plate and well that it is picked into.
    pub made: Vec<(plan::Colony, PlateId, Well)>,
    /// Colonies that no well is given for.
    pub spares: Vec<plan::Colony>,
}

impl<'a> Scene<'a> {
    /// The colonies of a step, in its list's order, without those of plates whose images cannot be laid on them; those
    /// are told of. Without the camera that the step names there are none.
    pub fn placed<'p>(&self, p: &'p PickColonies) -> (Vec<Placed<'p>>, Vec<Unseen<'p>>) {
        let camera = p.camera.as_ref().and_then(|c| self.rig.cameras.get(&c.value));
        let mut views: BTreeMap<Option<&str>, Option<View>> = BTreeMap::new();
        let (mut placed, mut unseen) = (Vec::new(), Vec::new());
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        for colony in &p.colonies {
            let number = numbers
                .entry(colony.plate.as_ref().unwrap_or(&p.from.value))
                .or_default();
            *number = number.saturating_add(1);
            let number = *number;
            let (x, y) = match colony.at {
                Spotted::Plate { x, y } => (x, y),
                Spotted::Image(pixel) => {
                    let Some(camera) = camera else { continue };
                    let plate = colony.plate.as_deref();
                    let view = views.entry(plate).or_insert_with(|| {
                        let of = || p.marks.iter().filter(|m| m.plate.as_deref() == plate);
                        camera
                            .view(of().map(|m| (m.name.as_str(), m.at)))
                            .map_err(|why| {
                                let named = match &why {
                                    ViewError::Unknown(name)
                                    | ViewError::Twice(name)
                                    | ViewError::Off { name, .. } => of().rfind(|m| m.name == *name),
                                    ViewError::TooFew(_) | ViewError::Scale { .. } => None,
                                };
                                let span = named.map_or(&colony.span, |m| &m.span);
                                unseen.push(Unseen { plate, span, why });
                            })
                            .ok()
                    });
                    let Some(view) = view else { continue };
                    view.place(pixel)
                }
            };
            placed.push(Placed { colony, number, x, y });
        }
        (placed, unseen)
    }

    /// The plate that a row of a list names, or the only one that its step does.
    fn row_plate(&self, named: Option<&String>, usual: &str) -> Option<PlateId> {
        let Some(name) = named else {
            return self.single(usual).cloned();
        };
        let id = PlateId::new(name.as_str());
        self.plates.contains_key(&id).then_some(id)
    }

    /// What a step picks into which well, and the spare colonies of its list, both in the list's order.
    pub fn picks(&self, p: &PickColonies) -> Picks {
        let mut picks = Picks::default();
        for Placed { colony, number, x, y } in self.placed(p).0 {
            let Some(plate) = self.row_plate(colony.plate.as_ref(), &p.from.value) else {
                continue;
            };
            let found = plan::Colony { plate, number, x, y };
            match colony.to {
                None => picks.spares.push(found),
                Some(well) => {
                    let to = self.row_plate(colony.to_plate.as_ref(), &p.to.value);
                    picks.made.extend(to.map(|to| (found, to, well)));
                }
            }
        }
        picks
    }

    /// Of a selection of failed picks, the step whose picks they are.
    pub fn picked_by(&self, failed: &str) -> Option<(&'a FailedPicks, &'a PickColonies)> {
        let (_, select) = self.step(failed)?;
        let StepWork::FailedPicks(select) = &select.work else {
            return None;
        };
        let (_, pick) = self.step(&select.picks.value)?;
        match &pick.work {
            StepWork::PickColonies(pick) if pick.failed.is_none() => Some((select, pick)),
            _ => None,
        }
    }
}
