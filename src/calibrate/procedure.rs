//! The course of a calibration: over each point at a safe height, down by jogging, touched, up, on to the next.

use super::fit::{Fit, fit};
use crate::rig::{InstrumentId, NestId, NestKind, PipetteId, Point, Rig, Role};
use crate::units::Length;

/// Steps of jogging, in um.
const STEPS: [i64; 6] = [20_000, 5_000, 1_000, 250, 50, 10];
/// The first of them.
const FIRST_STEP: usize = 1;
/// How far a point may be from where it is expected; further off something else is wrong.
const FARTHEST: i64 = 10_000;
/// Where jogging begins: so far over the nominal deck.
const ABOVE: Length = Length::um(20_000);
/// Fits that leave more than this are refused, unless something else is said.
pub const RESIDUAL: Length = Length::um(250);

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A step to the right (or, negative, left): so many times the step.
    X(i64),
    /// To the back, or the front.
    Y(i64),
    /// Up, or down.
    Z(i64),
    /// A longer step.
    Coarser,
    /// A shorter step.
    Finer,
    /// It touches: this is the point.
    Touch,
    /// The point before once more.
    Back,
    /// End it; nothing is recorded.
    Quit,
}

/// Where the procedure stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Course {
    /// At a point.
    At {
        /// Number of the point, from 1, and of all of them.
        number: (usize, usize),
        /// The nest whose left front corner is to be touched.
        nest: NestId,
        /// Where the nozzle's end is, in the frame of the gantry.
        position: Point,
        /// Step of jogging.
        step: Length,
    },
    /// All points were touched, and this is the deck.
    Found(Fit),
    /// No deck came of it: why, and what to do now. The points can be touched again.
    Refused(String),
    /// A person ended it.
    Left,
}

/// What comes of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where the nozzle's end goes, one after the other.
    pub moves: Vec<Point>,
    /// Where the procedure then stands.
    pub course: Course,
    /// Something to tell, as why a jog was refused.
    pub note: Option<String>,
}

/// A calibration that is under way.
#[derive(Debug, Clone)]
pub struct Procedure {
    pipette: PipetteId,
    points: Vec<(NestId, Point)>,
    touched: Vec<Point>,
    position: Point,
    step: usize,
    safe_height: Length,
    limit: Length,
}

impl Procedure {
    /// For a liquid handler of the rig, with a pipette of one channel where there is one. The points are the corners of the
    /// nests that are furthest apart and always empty.
    ///
    /// # Errors
    /// When it is no liquid handler, or its deck has not three such nests.
    pub fn new(rig: &Rig, id: &InstrumentId, limit: Option<Length>) -> Result<Self, String> {
        let role = rig.instruments.get(id).map(|i| &i.role);
        let Some(Role::LiquidHandler(handler)) = role else {
            return Err(format!("\"{id}\" is no liquid handler; jogging is for those"));
        };
        let tips = handler.pipettes.iter().filter(|(_, p)| p.pins.is_none());
        let pipette = tips.min_by_key(|(_, p)| p.channels).map(|(name, _)| name.clone());
        let pipette =
            pipette.ok_or_else(|| format!("\"{id}\" has no pipette or probe to touch points with"))?;
        let points = corners(rig);
        if points.len() < 3 {
            return Err(
                "the rig file gives no three deck nests with a `position` and without `labware`".to_owned(),
            );
        }
        Ok(Self {
            pipette,
            points,
            touched: Vec::new(),
            position: Point::default(),
            step: FIRST_STEP,
            safe_height: rig.safe_height,
            limit: limit.unwrap_or(RESIDUAL),
        })
    }

    /// What touches the points.
    pub const fn pipette(&self) -> &PipetteId {
        &self.pipette
    }

    /// Up and over the first point; the axes have been found.
    pub fn begin(&mut self) -> Reply {
        self.touched.clear();
        self.go_over(None)
    }

    /// What comes of an input.
    pub fn input(&mut self, input: Input) -> Reply {
        match input {
            Input::X(n) => self.jog((n, 0, 0)),
            Input::Y(n) => self.jog((0, n, 0)),
            Input::Z(n) => self.jog((0, 0, n)),
            Input::Coarser => {
                self.step = self.step.saturating_sub(1);
                self.stay(None)
            }
            Input::Finer => {
                self.step = self.step.saturating_add(1).min(STEPS.len().saturating_sub(1));
                self.stay(None)
            }
            Input::Touch => self.touch(),
            Input::Back => {
                let from = self.position;
                self.touched.pop();
                self.go_over(Some(from))
            }
            Input::Quit => Reply {
                moves: vec![self.up(self.position)],
                course: Course::Left,
                note: None,
            },
        }
    }

    fn touch(&mut self) -> Reply {
        let from = self.position;
        self.touched.push(from);
        if self.touched.len() < self.points.len() {
            return self.go_over(Some(from));
        }
        let pairs: Vec<(Point, Point)> = self
            .points
            .iter()
            .map(|(_, nominal)| *nominal)
            .zip(self.touched.iter().copied())
            .collect();
        let course = match fit(&pairs) {
            Ok(found) if found.residual > self.limit => Course::Refused(format!(
                "the points do not lie on one deck: they are {} off it (root of the mean square; the worst {}), and {} is \
                 allowed. Touch them again, more carefully; nothing was recorded",
                found.residual, found.worst, self.limit
            )),
            Ok(found) => Course::Found(found),
            Err(error) => Course::Refused(error.to_string()),
        };
        self.touched.clear();
        Reply {
            moves: vec![self.up(from)],
            course,
            note: None,
        }
    }

    /// A jog, in steps; refused where it would leave the neighbourhood of the point, or the height to travel at.
    fn jog(&mut self, (x, y, z): (i64, i64, i64)) -> Reply {
        let Some((nest, nominal)) = self.points.get(self.touched.len()).cloned() else {
            return self.stay(None);
        };
        let step = STEPS.get(self.step).copied().unwrap_or(10);
        let by = |from: Length, n: i64| Length::um(from.get().saturating_add(n.saturating_mul(step)));
        let to = Point {
            x: by(self.position.x, x),
            y: by(self.position.y, y),
            z: by(self.position.z, z).min(self.safe_height),
        };
        let far = |is: Length, nominal: Length| (is.get() - nominal.get()).abs() > FARTHEST;
        if far(to.x, nominal.x) || far(to.y, nominal.y) || nominal.z.get() - to.z.get() > FARTHEST {
            return self.stay(Some(format!(
                "that is more than {} from where the corner of \"{nest}\" is by the rig file; put that right first",
                Length::um(FARTHEST)
            )));
        }
        self.position = to;
        Reply {
            moves: vec![to],
            ..self.stay(None)
        }
    }

    /// Up from where it is, across over the next point, and down to where jogging begins.
    fn go_over(&mut self, from: Option<Point>) -> Reply {
        let mut moves: Vec<Point> = from.map(|from| self.up(from)).into_iter().collect();
        if let Some((_, nominal)) = self.points.get(self.touched.len()) {
            // A neighbour that was touched tells better where to look.
            let off = |axis: fn(&Point) -> Length| match (
                self.touched.last(),
                self.points.get(self.touched.len().wrapping_sub(1)),
            ) {
                (Some(touched), Some((_, known))) => axis(touched).minus(axis(known)),
                _ => Length::default(),
            };
            let over = Point {
                x: nominal.x.plus(off(|p| p.x)),
                y: nominal.y.plus(off(|p| p.y)),
                z: nominal.z.plus(ABOVE).min(self.safe_height),
            };
            moves.push(self.up(over));
            moves.push(over);
            self.position = over;
        }
        self.step = FIRST_STEP;
        Reply {
            moves,
            ..self.stay(None)
        }
    }

    const fn up(&self, from: Point) -> Point {
        Point {
            z: self.safe_height,
            ..from
        }
    }

    fn stay(&self, note: Option<String>) -> Reply {
        let nest = self.points.get(self.touched.len()).map(|(nest, _)| nest.clone());
        Reply {
            moves: Vec::new(),
            course: Course::At {
                number: (self.touched.len().saturating_add(1), self.points.len()),
                nest: nest.unwrap_or_else(|| NestId::new("")),
                position: self.position,
                step: Length::um(STEPS.get(self.step).copied().unwrap_or(10)),
            },
            note,
        }
    }
}

/// The nests towards the four corners of the deck whose own corners can be touched: those that are always empty.
fn corners(rig: &Rig) -> Vec<(NestId, Point)> {
    let free = rig
        .nests
        .iter()
        .filter(|(_, n)| n.kind == NestKind::Deck && n.labware.is_none());
    let free: Vec<(&NestId, Point)> = free.filter_map(|(id, n)| Some((id, n.position?))).collect();
    let mut out: Vec<(NestId, Point)> = Vec::new();
    for (right, back) in [(-1, -1), (1, -1), (1, 1), (-1, 1)] {
        let far = |p: &Point| p.x.get() * right + p.y.get() * back;
        // Of equals the first.
        let best = free.iter().rev().max_by_key(|(_, p)| far(p));
        if let Some((nest, point)) = best
            && !out.iter().any(|(known, _)| known == *nest)
        {
            out.push(((*nest).clone(), *point));
        }
    }
    out
}

#[cfg(test)]
#[path = "procedure_tests.rs"]
mod tests;
