//! Fixed probes and pins: their ends are brought to heights. The liquid of a probe is another instrument's affair, that of
//! pins nobody's.

use super::board::Board;
use super::driver::Handler;
use super::geometry::{carriage, lift, lift_position, tip_end};
use super::leg::Leg;
use super::motion::Stroke;
use crate::devices::{Done, Failure, Moved};
use crate::drivers::failure::{refused, unsupported};
use crate::plan::{Action, Site, Travel};
use crate::rig::PipetteId;

/// Pins rise so far between two dips, in um: out of the liquid's film, and not out of the well.
const LIFTED: i64 = 3_000;

impl<B: Board> Handler<B> {
    /// Where the gantry goes for a [`Action::MoveProbe`], [`Action::GoOver`] or [`Action::DipPins`].
    pub(in crate::drivers) fn probing(&self, action: &Action) -> Result<Stroke, Failure> {
        if let Action::GoOver { pipette, at } = action {
            return self.over(pipette, at);
        }
        let (name, at, height, travel) = match action {
            Action::MoveProbe {
                probe,
                at,
                height,
                travel,
            } => (probe, at, height, *travel),
            Action::DipPins { pins, at, height, .. } => (pins, at, height, Travel::default()),
            _ => {
                return Err(unsupported(format!(
                    "{} moves neither probe nor pins",
                    action.name()
                )));
            }
        };
        let found = self.probes.get(name);
        let Some((pipette, length)) = found.and_then(|p| Some((p, p.fixed()?))) else {
            return Err(refused(format!(
                "\"{}\" has no probe or pins \"{name}\"",
                self.id
            )));
        };
        let (place, labware) = self.site(at)?;
        let deck = self.deck(name, at)?;
        let (x, y) = carriage(pipette, &place, labware, at.well, deck);
        let end = tip_end(&place, labware, *height, deck);
        let up = lift(pipette.mount);
        Ok(Stroke {
            x: x.plus(at.offset.x).get(),
            y: y.plus(at.offset.y).get(),
            lift: up,
            z: lift_position(pipette, end, length).get(),
            reset: None,
            once: Vec::new(),
            low: None,
            told_by: up,
            waypoints: Vec::new(),
            refind: None,
            rise: false,
            travel,
        })
    }

    /// Over a well, at the height at which the gantry travels, whatever hangs on the mount.
    fn over(&self, name: &PipetteId, at: &Site) -> Result<Stroke, Failure> {
        let pipette = self.handler.pipettes.get(name);
        let pipette = pipette.ok_or_else(|| refused(format!("\"{}\" has no pipette \"{name}\"", self.id)))?;
        let (place, labware) = self.site(at)?;
        let deck = self.deck(name, at)?;
        let (x, y) = carriage(pipette, &place, labware, at.well, deck);
        let up = lift(pipette.mount);
        Ok(Stroke {
            x: x.plus(at.offset.x).get(),
            y: y.plus(at.offset.y).get(),
            lift: up,
            z: self.safe(pipette.mount),
            reset: None,
            once: Vec::new(),
            low: None,
            told_by: up,
            waypoints: Vec::new(),
            refind: None,
            rise: false,
            travel: Travel::default(),
        })
    }

    /// Up where it is elsewhere, across, down. A goal: safe to repeat.
    pub(super) async fn move_probe(&mut self, action: &Action) -> Result<Done, Failure> {
        let state = self.homed_state().await?;
        let stroke = self.probing(action)?;
        let legs = self.approach(&state, &stroke);
        self.travel(&state, &legs).await?;
        Ok(Done::Plain)
    }

    /// The same with pins, and up and down again for every time but the first.
    pub(super) async fn dip_pins(&mut self, action: &Action, times: u8) -> Result<Done, Failure> {
        let state = self.homed_state().await?;
        let stroke = self.probing(action)?;
        let mut legs = self.approach(&state, &stroke);
        for _ in 1..times {
            legs.push(Leg::to(vec![(stroke.lift, stroke.z.saturating_add(LIFTED))]));
            legs.push(Leg::to(vec![(stroke.lift, stroke.z)]));
        }
        // Nothing comes of letting them down again, but they may have been in it.
        self.travel(&state, &legs).await.map_err(|failure| Failure {
            moved: Moved::Unknown,
            ..failure
        })?;
        Ok(Done::Plain)
    }
}
