//! The driver.

use super::codes;
use super::oem::Sequence;
use super::wire::Looks;
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{moved, no_answer, refused, unsupported};
use crate::drivers::known::Known;
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{InstrumentId, Pump, Rig, Role, ZoneId};
use crate::units::{Duration, FlowRate, Volume};

/// The slowest full stroke takes 20 minutes (top speed 5, manual 733085-B, appendix B).
pub(super) const LONGEST: Duration = Duration::min(21);
/// Top speeds that the pump takes, in half increments a second.
const SPEEDS: (i64, i64) = (5, 6_000);
/// A plunger is where it should be within this many increments.
const TOLERANCE: i64 = 1;

/// A Cavro syringe pump.
pub struct Cavro {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    pub(super) pump: Pump,
    /// The connection that was identified.
    pub(super) generation: Option<u64>,
    pub(super) known: Known,
    /// False from a lost answer until the pump has answered a question that nothing else asks.
    pub(super) in_step: bool,
    /// The last error that came with an answer to who is there, until somebody looks how the pump stands: an error may be told
    /// once only.
    pub(super) untold: u8,
    /// Whether it is spoken to in OEM frames.
    pub(super) oem: bool,
    /// The number of the last OEM frame.
    pub(super) sequence: Sequence,
}

/// A stroke in the pump's own terms.
struct Stroke {
    from: i64,
    target: i64,
    /// How the pump calls the side that the valve opens.
    side: char,
    /// What is sent.
    line: String,
}

impl Cavro {
    /// The driver of a pump of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let Some(Role::Pump(pump)) = rig.instruments.get(id).map(|i| &i.role) else {
            return Err(unsupported(format!("\"{id}\" is no pump of this rig")));
        };
        Ok(Self {
            id: id.clone(),
            line,
            clock,
            pump: pump.clone(),
            generation: None,
            known: Known::new(id, rig),
            in_step: false,
            untold: 0,
            oem: rig.instruments.get(id).is_some_and(|i| i.link.manner().oem),
            sequence: Sequence::FIRST,
        })
    }

    /// A flow as top speed in half increments a second, within what the pump does.
    fn speed(&self, flow: FlowRate) -> i64 {
        let per_second = flow
            .get()
            .saturating_mul(self.pump.model.steps())
            .saturating_mul(2);
        let speed = per_second.checked_div(self.pump.syringe.get()).unwrap_or(0);
        speed.clamp(SPEEDS.0, SPEEDS.1)
    }

    fn stroke(&self, action: &Action) -> Result<Stroke, Failure> {
        let (port, from, to, flow) = match action {
            Action::Draw {
                at,
                volume,
                holding,
                flow,
                ..
            } => {
                let port = if at.is_some() { 'O' } else { 'I' };
                (port, *holding, holding.plus(*volume), *flow)
            }
            Action::Expel {
                volume,
                holding,
                flow,
                ..
            } => ('O', *holding, holding.minus(*volume), *flow),
            other => return Err(unsupported(format!("a pump cannot {}", other.name()))),
        };
        if from.get() < 0 || to.get() < 0 || from.max(to) > self.pump.syringe {
            let syringe = self.pump.syringe;
            return Err(refused(format!(
                "from {from} to {to} is no stroke of a syringe of {syringe}"
            )));
        }
        let (from, target) = (self.pump.position(from), self.pump.position(to));
        if (from - target).abs() <= 2 * TOLERANCE {
            return Err(refused(format!(
                "from {from} to {target} is a stroke too small to tell whether it took place"
            )));
        }
        let line = format!("V{}{port}A{target}R", self.speed(flow));
        let side = port.to_ascii_lowercase();
        Ok(Stroke {
            from,
            target,
            side,
            line,
        })
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        let rest = self.known_rest().await.map_err(|f| moved(f, Moved::No))?;
        if let Action::PumpHome { .. } = action {
            return Ok(Before::default().with("position", rest.position));
        }
        let stroke = self.stroke(action)?;
        if rest.error == codes::NOT_INITIALISED {
            return Err(self.reported(rest.error, Moved::No));
        }
        if (rest.position - stroke.from).abs() > TOLERANCE {
            return Err(refused(format!(
                "the plunger of \"{}\" stands at {}, but at {} with what the plan says is in its syringe; somebody moved it: \
                 abort, and begin a new run, which washes and primes first",
                self.id, rest.position, stroke.from
            )));
        }
        Ok(Before::default()
            .with("from", rest.position)
            .with("target", stroke.target))
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        if let Action::PumpHome { .. } = &intent.action {
            return self.home().await;
        }
        let stroke = self.stroke(&intent.action)?;
        if let Err(failure) = self.sent(&stroke.line).await {
            return Err(self.confirmed(failure, stroke.from).await);
        }
        let rest = self.rest(LONGEST).await.map_err(|f| moved(f, Moved::Unknown))?;
        if rest.error != 0 {
            return Err(self.reported(rest.error, Moved::Unknown));
        }
        if (rest.position - stroke.target).abs() > TOLERANCE {
            let message = format!(
                "the plunger of \"{}\" stands at {} after it was to {} instead of at {}",
                self.id,
                rest.position,
                intent.action.name(),
                stroke.target
            );
            return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
        }
        let side = self.valve().await.map_err(|f| moved(f, Moved::Unknown))?;
        if side != stroke.side {
            let message = wrong_side(&intent.action, side, stroke.side);
            return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
        }
        Ok(Done::Plain)
    }

    /// A string that cannot be taken back.
    async fn sent(&mut self, line: &str) -> Result<(), Failure> {
        let answer = match self.act(line).await {
            Ok(answer) => answer,
            Err(error) => {
                let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                return Err(moved(no_answer(&error), unknown));
            }
        };
        match answer.status.error() {
            0 => Ok(()),
            error if codes::nothing_moved(error) => Err(self.reported(error, Moved::No)),
            error => Err(self.reported(error, Moved::Unknown)),
        }
    }

    /// A refusal is believed when the plunger stands where it was: without a checksum, a flipped bit looks like one.
    async fn confirmed(&mut self, failure: Failure, from: i64) -> Failure {
        if failure.kind == FailureKind::NoAnswer || failure.moved != Moved::No {
            return failure;
        }
        match self.rest(LONGEST).await {
            Ok(rest) if rest.error == codes::NOT_INITIALISED => failure,
            Ok(rest) if (rest.position - from).abs() <= TOLERANCE => failure,
            _ => moved(failure, Moved::Unknown),
        }
    }

    /// Full force for syringes from 1 mL, half for 250 and 500 uL, a third for smaller ones (manual 733085-B, page 3-23).
    async fn home(&mut self) -> Result<Done, Failure> {
        let force = match self.pump.syringe {
            v if v >= Volume::nl(1_000_000) => 0,
            v if v >= Volume::nl(250_000) => 1,
            _ => 2,
        };
        // An earlier error stands until the pump is initialised: its answer says nothing of this command.
        let answer = self.act(&format!("Z{force}R")).await.map_err(|error| {
            let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
            moved(no_answer(&error), unknown)
        })?;
        if answer.status.error() == codes::OVERFLOW {
            return Err(self.reported(codes::OVERFLOW, Moved::No));
        }
        let mut rest = self.rest(LONGEST).await.map_err(|f| moved(f, Moved::Unknown))?;
        if rest.error != 0 {
            // The last look before it moved may have seen the earlier error.
            rest = self.rest(LONGEST).await.map_err(|f| moved(f, Moved::Unknown))?;
        }
        if rest.error != 0 {
            return Err(self.reported(rest.error, Moved::Unknown));
        }
        if rest.position != 0 {
            let message = format!(
                "\"{}\" ended finding its zero at position {}; look whether it is blocked",
                self.id, rest.position
            );
            return Err(Failure::new(FailureKind::Fault, Moved::Yes, message));
        }
        self.ask("N0R", Looks::Bare)
            .await
            .map_err(|f| moved(f, Moved::Unknown))?;
        Ok(Done::Plain)
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Commanded;
        let rest = self.known_rest().await?;
        let unknown = |why: String| Ok(Settled::Unknown { why });
        if let Action::PumpHome { .. } = &intent.action {
            // A goal, over the drain: finding the zero again does no harm.
            return Ok(Settled::NotDone { evidence });
        }
        let (Some(from), Some(target)) = (intent.before.get("from"), intent.before.get("target")) else {
            return unknown("the intent does not say where the plunger was".to_owned());
        };
        if rest.error == codes::NOT_INITIALISED {
            return unknown(
                "the pump was switched off since: it has forgotten where its plunger was".to_owned(),
            );
        }
        let near = |position: i64| (rest.position - position).abs() <= TOLERANCE;
        if near(target) {
            let (side, wanted) = (self.valve().await?, self.stroke(&intent.action)?.side);
            if side != wanted {
                return unknown(wrong_side(&intent.action, side, wanted));
            }
            let done = Done::Plain;
            return Ok(Settled::Done { done, evidence });
        }
        if near(from) && rest.error == 0 {
            return Ok(Settled::NotDone { evidence });
        }
        let error = match rest.error {
            0 => String::new(),
            error => format!("; it reports that {}", codes::meaning(error)),
        };
        unknown(format!(
            "its plunger stands at {}: it was at {from} and should go to {target}{error}",
            rest.position
        ))
    }
}

/// In words: the plunger moved, with the valve open to another side.
fn wrong_side(action: &Action, side: char, wanted: char) -> String {
    let called = |letter| match letter {
        'i' => "the bottle".to_owned(),
        'o' => "the probe".to_owned(),
        'b' => "neither bottle nor probe".to_owned(),
        other => format!("an unknown side ({other})"),
    };
    format!(
        "the plunger went to where it should to {}, but the valve is open to {} instead of {}: look where the liquid went",
        action.name(),
        called(side),
        called(wanted)
    )
}

impl Instrument for Cavro {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(self.prepared(action))
    }

    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(self.performed(intent))
    }

    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(self.settled(intent))
    }

    fn clear_of<'a>(&'a mut self, _: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        // It stands beside the deck; the probe is the gantry's.
        Box::pin(async { Ok(true) })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            let stop = self.request("T");
            self.line.interrupt(stop).await.map_err(|e| no_answer(&e))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
