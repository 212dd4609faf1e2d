//! Six drives as the board of a handler.

use super::drive::Drive;
use super::wire::STOP;
use crate::clock::Clock;
use crate::devices::{Done, Failure, FailureKind, Identity, Moved};
use crate::drivers::failure::{moved, refused};
use crate::drivers::handler::axes::{Axis, Position, State};
use crate::drivers::handler::board::Board;
use crate::drivers::handler::leg::Leg;
use crate::drivers::handler::perform::lost;
use crate::drivers::known::Known;
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{AXES, Gantry, InstrumentId, Link, Mount, Rig};
use crate::units::{Duration, Length};

/// How often a connection that breaks is made anew within one call.
const ATTEMPTS: u32 = 3;
/// Longest wait for an axis to find its home position, and for the end of a motion that somebody else began.
const LONGEST: Duration = Duration::s(90);
/// Full current, in thousandths.
const FULL: u32 = 1_000;
/// A lift is parked at its home position, or this much lower, in um.
const BELOW_HOME: i64 = 2_000;
/// Lifts, then plungers, then the carriage: what hangs on the mounts is up before anything goes across.
const LIFTS: [Axis; 2] = [Axis::Z, Axis::A];
const PLUNGERS: [Axis; 2] = [Axis::B, Axis::C];
const CARRIAGE: [Axis; 2] = [Axis::X, Axis::Y];

/// The drives of a gantry on their line.
pub struct Drives {
    id: InstrumentId,
    line: Line,
    /// In the order of [`Axis::ALL`].
    drives: [Drive; 6],
    slow: Option<u8>,
    clock: Clock,
    known: Known,
    generation: Option<u64>,
    read: Option<State>,
}

impl Drives {
    /// The drives of an instrument of the rig. Nothing is sent yet.
    pub(super) fn new(
        (id, gantry): (&InstrumentId, &Gantry),
        (line, link): (Line, &Link),
        rig: &Rig,
        clock: Clock,
    ) -> Self {
        let [x, y, left, right, plunger_left, plunger_right] = gantry.axes;
        let [a, b, c, d, e, f] = AXES;
        let pairs = [
            (a, x),
            (b, y),
            (c, left),
            (d, right),
            (e, plunger_left),
            (f, plunger_right),
        ];
        let drives = pairs.map(|(name, axis)| Drive::new(name, axis, (&line, link), clock));
        Self {
            id: id.clone(),
            line,
            drives,
            slow: rig.slow,
            clock,
            known: Known::new(id, rig),
            generation: None,
            read: None,
        }
    }

    const fn drive(&mut self, axis: Axis) -> &mut Drive {
        let [x, y, z, a, b, c] = &mut self.drives;
        match axis {
            Axis::X => x,
            Axis::Y => y,
            Axis::Z => z,
            Axis::A => a,
            Axis::B => b,
            Axis::C => c,
        }
    }

    /// One move: the axes set out together, and all arrive. The failure says whether anything may have moved.
    async fn go(&mut self, targets: &[(Axis, i64)], feed: Option<i64>, current: u32) -> Result<(), Failure> {
        self.read = None;
        let speed = feed.map(|feed| (feed * 1000 / 60).max(1));
        let slow = self.slow;
        let mut under_way = Vec::new();
        for (axis, um) in targets {
            let started = self.drive(*axis).start(*um, (speed, slow), current).await;
            let may = |failure: Failure| {
                if under_way.is_empty() {
                    failure
                } else {
                    moved(failure, Moved::Unknown)
                }
            };
            if let Some(takes) = started.map_err(may)? {
                under_way.push((*axis, *um, takes));
            }
        }
        let longest = under_way.iter().map(|(.., takes)| *takes).max();
        let Some(longest) = longest else { return Ok(()) };
        self.clock.sleep(longest).await;
        for (axis, um, takes) in under_way {
            self.drive(axis).arrived(um, takes).await?;
        }
        Ok(())
    }

    async fn carried_out(&mut self, legs: &[Leg]) -> Result<(), Failure> {
        let mut begun = false;
        for leg in legs {
            for targets in &leg.moves {
                let current = leg.current.unwrap_or(FULL);
                let gone = self.go(targets, leg.feed, current).await;
                gone.map_err(|failure| {
                    if begun {
                        moved(failure, Moved::Unknown)
                    } else {
                        failure
                    }
                })?;
                begun = true;
            }
        }
        Ok(())
    }

    /// Axes find their home positions, together.
    async fn find(&mut self, axes: [Axis; 2]) -> Result<(), Failure> {
        for axis in axes {
            self.drive(axis).begin_homing().await?;
        }
        for axis in axes {
            self.drive(axis).found(LONGEST).await?;
        }
        Ok(())
    }

    /// All looks, once nothing moves.
    async fn looked(&mut self) -> Result<State, Failure> {
        let (mut position, mut homed) = ([0; 6], [false; 6]);
        for ((drive, at), homed) in self.drives.iter_mut().zip(&mut position).zip(&mut homed) {
            let look = drive.at_rest(LONGEST).await?;
            *at = drive.at(look);
            *homed = look.status.homed();
        }
        let [x, y, left, right, plunger_left, plunger_right] = homed;
        let up = left && right;
        let gantry = up && x && y;
        Ok(State {
            position: Position(position),
            up,
            gantry,
            homed: gantry && plunger_left && plunger_right,
        })
    }

    async fn met(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        for drive in &mut self.drives {
            drive.only_in(None);
        }
        let mut generation = None;
        for drive in &mut self.drives {
            let place = self.line.place();
            drive.look().await.map_err(|failure| {
                let words = format!(
                    "\"{}\" on {place}: {}; is every drive switched on?",
                    self.id, failure.message
                );
                Failure::new(failure.kind, Moved::No, words)
            })?;
            generation.get_or_insert(self.line.generation());
        }
        let identity = Identity {
            model: "gantry of Oriental Motor AZ drives".to_owned(),
            serial: None,
            firmware: None,
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = generation;
        for drive in &mut self.drives {
            drive.only_in(generation);
        }
        Ok(identity)
    }
}

impl Board for Drives {
    const AT_ONCE: bool = false;

    async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.read = None;
        self.met().await
    }

    async fn known_state(&mut self) -> Result<State, Failure> {
        let mut attempt = 1;
        loop {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            match self.looked().await {
                Ok(state) => {
                    self.read = Some(state);
                    return Ok(state);
                }
                Err(failure)
                    if failure.kind == FailureKind::NoAnswer
                        && self.generation != Some(self.line.generation())
                        && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn state(&mut self) -> Result<State, Failure> {
        self.looked().await
    }

    async fn position(&mut self) -> Result<Position, Failure> {
        let state = self.looked().await?;
        if state.homed {
            Ok(state.position)
        } else {
            Err(lost(&self.id))
        }
    }

    fn recall(&mut self) -> Option<State> {
        self.read.take()
    }

    fn keep(&mut self, state: State) {
        self.read = Some(state);
    }

    async fn travel(&mut self, _: Position, legs: &[Leg]) -> Result<Position, Failure> {
        // Goals: whatever moved may be told its target again.
        let harmless = |failure| moved(failure, Moved::No);
        self.carried_out(legs).await.map_err(harmless)?;
        Ok(self.looked().await.map_err(harmless)?.position)
    }

    async fn irreversible(&mut self, legs: &[Leg]) -> Result<(), Failure> {
        self.carried_out(legs).await
    }

    async fn refind(&mut self, _: Axis) -> Result<(), Failure> {
        // A drive counts what its motor truly turned, and raises an alarm where that falls behind.
        Ok(())
    }

    async fn home(&mut self, action: &Action) -> Result<Done, Failure> {
        self.read = None;
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        if !matches!(action, Action::HomePlungers) {
            self.find(LIFTS).await?;
        }
        if !matches!(action, Action::HomeGantry) {
            self.find(PLUNGERS).await?;
        }
        if !matches!(action, Action::HomePlungers) {
            if !self.looked().await?.up {
                let words = format!(
                    "\"{}\" does not call its lifts homed after they were to come up, so nothing goes across; look what is in the way",
                    self.id
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Yes, words));
            }
            self.find(CARRIAGE).await?;
        }
        Ok(Done::Plain)
    }

    async fn halt(&mut self) -> Result<(), Failure> {
        self.read = None;
        let generation = self.generation;
        let mut wrong = None;
        for drive in &mut self.drives {
            // A stop is for whoever is at the other end: also after the link was opened again.
            drive.only_in(None);
            if let Err(failure) = drive.input(STOP).await {
                wrong.get_or_insert(failure);
            }
        }
        for drive in &mut self.drives {
            let stands = drive.at_rest(Duration::s(5)).await;
            if let Err(failure) = stands {
                wrong.get_or_insert(failure);
            }
            drive.only_in(generation);
        }
        wrong.map_or(Ok(()), |failure| Err(moved(failure, Moved::Unknown)))
    }

    fn within(&self, legs: &[Leg]) -> Result<(), Failure> {
        for (axis, um) in legs.iter().flat_map(|leg| leg.moves.iter().flatten()) {
            if let Some(drive) = self
                .drives
                .get(*axis as usize)
                .filter(|drive| !drive.reaches(*um))
            {
                let (least, most) = drive.axis.travel;
                return Err(refused(format!(
                    "{} of \"{}\" goes from {least} to {most}, not to {}; look at the place of the nest and the calibration in the rig file",
                    drive.name,
                    self.id,
                    Length::um(*um)
                )));
            }
        }
        Ok(())
    }

    fn backlash(&self) -> i64 {
        // The drives count what the motor turned; what is behind it is without play, or makes the volume wrong.
        0
    }

    fn parked_lift(&self, mount: Mount) -> i64 {
        let lift = match mount {
            Mount::Left => self.drives.get(Axis::Z as usize),
            Mount::Right => self.drives.get(Axis::A as usize),
        };
        lift.map_or(0, |drive| drive.axis.home.get() - BELOW_HOME)
    }

    fn called(&self, axis: Axis) -> String {
        let name = AXES.get(axis as usize).copied().unwrap_or_default();
        match axis {
            Axis::B | Axis::C => name.to_owned(),
            _ => format!("axis {name}"),
        }
    }

    fn forgotten(&self) -> String {
        "a drive was switched off or had an alarm since: it is not known any more where the plunger was"
            .to_owned()
    }
}
