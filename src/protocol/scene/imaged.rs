//! Colonies on their plates, from where a list says that they are.

use super::Scene;
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

impl Scene<'_> {
    /// The colonies of a step, in its list's order, without those of plates whose images cannot be laid on them; those
    /// are told of. Without the camera that the step names there are none.
    pub fn placed<'p>(&self, p: &'p PickColonies) -> (Vec<Placed<'p>>, Vec<Unseen<'p>>) {
        let camera = p.camera.as_ref().and_then(|c| self.rig.cameras.get(&c.value));
        let mut views: BTreeMap<Option<&str>, Option<View>> = BTreeMap::new();
        let (mut placed, mut unseen) = (Vec::new(), Vec::new());
        for colony in &p.colonies {
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
            placed.push(Placed { colony, x, y });
        }
        (placed, unseen)
    }
}
