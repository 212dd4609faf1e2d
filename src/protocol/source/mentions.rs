//! The names that a step mentions, for the rules that look at all of them alike.

use super::liquid::{Motion, Target};
use super::plate::OperatorTask;
use super::{Spanned, Step, StepWork};

/// What kind of thing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mention {
    /// Plates that are worked on, and filled or not.
    Plates {
        /// Whether the liquid handler works on them.
        pipetted: bool,
        /// Whether liquid goes into them.
        filled: bool,
    },
    /// A group of plates or a piece that liquid is drawn from (or put into).
    Vessel {
        /// Whether liquid goes into it.
        filled: bool,
    },
    /// A piece that liquid is drawn from.
    Piece,
    /// A pipette.
    Pipette,
    /// A liquid class.
    Class,
    /// An incubator.
    Incubator,
    /// A station.
    Station,
    /// A plate reader.
    PlateReader,
    /// A camera stage.
    Camera,
    /// An earlier step.
    Step,
    /// A nest, or a kind of nest.
    Nests,
}

/// A name with what it should be.
#[derive(Debug, Clone, Copy)]
pub struct Mentioned<'a> {
    /// What it should be.
    pub what: Mention,
    /// The name.
    pub name: &'a Spanned<String>,
}

const DRAWN: Mention = Mention::Plates {
    pipetted: true,
    filled: false,
};
const FILLED: Mention = Mention::Plates {
    pipetted: true,
    filled: true,
};
const WHOLE: Mention = Mention::Plates {
    pipetted: false,
    filled: false,
};

impl Step {
    /// Every name in the step, those of `after` first.
    pub fn mentions(&self) -> Vec<Mentioned<'_>> {
        let mut found = Found(Vec::new());
        for after in &self.after {
            found.add(Mention::Step, &after.step);
        }
        self.work.mention(&mut found);
        found.0
    }
    /// Groups of plates that the step works on, as (name, whether it is filled).
    pub fn plates(&self) -> Vec<(&Spanned<String>, bool)> {
        let mentioned = self.mentions().into_iter();
        mentioned
            .filter_map(|m| match m.what {
                Mention::Plates { filled, .. } => Some((m.name, filled)),
                Mention::Vessel { filled } => Some((m.name, filled)),
                _ => None,
            })
            .collect()
    }
    /// Names of plates and pieces that the liquid handler works on.
    pub fn pipetted(&self) -> Vec<&Spanned<String>> {
        let mentioned = self.mentions().into_iter();
        mentioned
            .filter(|m| {
                matches!(
                    m.what,
                    Mention::Plates { pipetted: true, .. } | Mention::Vessel { .. } | Mention::Piece
                )
            })
            .map(|m| m.name)
            .collect()
    }
}

struct Found<'a>(Vec<Mentioned<'a>>);

impl<'a> Found<'a> {
    fn add(&mut self, what: Mention, name: &'a Spanned<String>) {
        self.0.push(Mentioned { what, name });
    }
    fn handling(&mut self, handling: &'a super::liquid::Handling) {
        self.add(Mention::Pipette, &handling.pipette);
        if let Some(class) = &handling.class {
            self.add(Mention::Class, class);
        }
    }
}

impl StepWork {
    fn mention<'a>(&'a self, found: &mut Found<'a>) {
        match self {
            Self::Distribute(d) => {
                found.add(Mention::Vessel { filled: false }, &d.from.name);
                found.add(Mention::Vessel { filled: true }, &d.to);
                found.handling(&d.handling);
            }
            Self::Transfer(t) => {
                found.add(Mention::Vessel { filled: false }, &t.from);
                found.add(Mention::Vessel { filled: true }, &t.to);
                found.handling(&t.handling);
            }
            Self::Consolidate(c) => {
                found.add(DRAWN, &c.from);
                found.add(Mention::Vessel { filled: true }, &c.to.name);
                found.handling(&c.handling);
            }
            Self::Stamp(s) => {
                found.add(DRAWN, &s.from);
                found.add(FILLED, &s.to);
                found.handling(&s.handling);
            }
            Self::Dilute(d) => {
                found.add(FILLED, &d.each);
                if let Some(discard) = &d.discard {
                    found.add(Mention::Piece, &discard.name);
                }
                found.handling(&d.handling);
            }
            Self::Mix(m) => {
                found.add(DRAWN, &m.each);
                found.handling(&m.handling);
            }
            Self::Spot(s) => {
                found.add(DRAWN, &s.from);
                found.add(FILLED, &s.to);
                found.handling(&s.handling);
            }
            Self::PickColonies(p) => {
                found.add(DRAWN, &p.from);
                found.add(FILLED, &p.to);
                if let Some(failed) = &p.failed {
                    found.add(Mention::Step, failed);
                }
                if let Some(camera) = &p.camera {
                    found.add(Mention::Camera, camera);
                }
                found.handling(&p.handling);
            }
            Self::Pipette(p) => {
                found.add(FILLED, &p.each);
                found.add(Mention::Pipette, &p.pipette);
                if let Some(class) = &p.class {
                    found.add(Mention::Class, class);
                }
                for motion in &p.moves {
                    if let Some(piece) = motion.value.target().and_then(|t| t.piece.as_ref()) {
                        found.add(Mention::Piece, piece);
                    }
                }
            }
            Self::Line(l) => found.add(Mention::Pipette, &l.pipette),
            Self::Pick(p) => {
                found.add(Mention::Step, &p.select);
                found.add(Mention::Piece, &p.fill.from);
                found.add(Mention::Pipette, &p.fill.pipette);
                found.add(Mention::Pipette, &p.transfer.pipette);
            }
            Self::Station(s) => {
                found.add(WHOLE, &s.each);
                if let Some(at) = &s.at {
                    found.add(Mention::Station, at);
                }
            }
            Self::Incubate(i) => {
                found.add(WHOLE, &i.each);
                found.add(Mention::Incubator, &i.place.at);
            }
            Self::Move(m) => {
                found.add(WHOLE, &m.each);
                for nest in &m.to {
                    found.add(Mention::Nests, nest);
                }
            }
            Self::Unlid(u) => {
                found.add(WHOLE, &u.each);
                for nest in &u.to {
                    found.add(Mention::Nests, nest);
                }
            }
            Self::Lid(l) => found.add(WHOLE, &l.each),
            Self::Wait(w) => {
                if let Some(each) = &w.each {
                    found.add(WHOLE, each);
                }
            }
            Self::Operator(o) => match &o.task {
                OperatorTask::Load(each) | OperatorTask::Empty(each) => found.add(WHOLE, each),
                OperatorTask::Replace(vessel) => found.add(Mention::Piece, &vessel.name),
            },
            Self::Prompt(_) | Self::Record(_) | Self::Regulator(_) => {}
            Self::Read(r) => {
                found.add(WHOLE, &r.each);
                for at in &r.at {
                    found.add(Mention::PlateReader, at);
                }
                if let Some(incubate) = &r.incubate {
                    found.add(Mention::Incubator, &incubate.at);
                }
            }
            Self::Verify(v) => {
                if let super::volume::Proof::Dye { readings, .. } = &v.by {
                    found.add(Mention::Step, readings);
                }
            }
            Self::Growth(g) => found.add(Mention::Step, &g.readings),
            Self::Endpoint(e) => found.add(Mention::Step, &e.readings),
            Self::FailedPicks(f) => {
                found.add(Mention::Step, &f.picks);
                found.add(Mention::Step, &f.readings);
            }
            Self::Select(s) => {
                found.add(Mention::Step, &s.rates);
                found.add(DRAWN, &s.source);
                found.add(FILLED, &s.target);
            }
        }
    }
}

impl Motion {
    /// Where it takes place, if it takes place anywhere.
    pub const fn target(&self) -> Option<&Target> {
        match self {
            Self::Aspirate(t)
            | Self::Dispense(t)
            | Self::Mix(t, _)
            | Self::AirGap(t)
            | Self::TouchTip(t)
            | Self::BlowOut(t) => Some(t),
            Self::PickUpTip | Self::DropTip | Self::Delay(_) => None,
        }
    }
}
