//! Repair: a person makes what the system believes match the bench, leaves an operation out, or has one done again.
//!
//! Owns what can be said and whether it fits. Each repair is an event with who, when and why. Knows no instrument: nothing
//! moves by a repair.

use super::belief::{Item, Lid};
use super::state::{Mode, OperationState, State, Status};
use crate::labware::Well;
use crate::plan::{Action, Operation, OperationId, PlateId, Work};
use crate::rig::{NestId, PipetteId};
use crate::units::{Timestamp, Volume};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person says of the bench, or wants done differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "repair", rename_all = "snake_case", deny_unknown_fields)]
pub enum Repair {
    /// A plate stands somewhere, or is off the rig.
    Place {
        /// Which plate.
        plate: PlateId,
        /// Where; none is off the rig.
        nest: Option<NestId>,
    },
    /// Where a plate's lid is.
    Lid {
        /// Which plate.
        plate: PlateId,
        /// Where.
        lid: Lid,
    },
    /// Whether a plate is sealed.
    Seal {
        /// Which plate.
        plate: PlateId,
        /// Whether.
        sealed: bool,
    },
    /// What a well holds.
    Volume {
        /// A plate, or a reservoir or tube rack.
        item: Item,
        /// The well.
        well: Well,
        /// How much.
        volume: Volume,
    },
    /// Tips of a rack are gone, or are there after all.
    Tips {
        /// Where the rack stands.
        rack: NestId,
        /// Which tips.
        wells: Vec<Well>,
        /// Gone.
        used: bool,
    },
    /// The tips of a pipette were taken off by hand, with what they held.
    TipsOff {
        /// Which pipette.
        pipette: PipetteId,
    },
    /// The barcode that a plate shows.
    Barcode {
        /// Which plate.
        plate: PlateId,
        /// The code.
        code: String,
    },
    /// Something got where it does not belong: a spill, a dropped plate, a lost tip. The wells and their neighbours are
    /// marked, and nothing moves until it is said to be cleaned.
    Contaminated {
        /// Which plate.
        plate: PlateId,
        /// Its wells; none are all of them.
        wells: Vec<Well>,
        /// What happened.
        what: String,
    },
    /// What was contaminated is cleaned: the rig may move.
    Cleaned,
    /// An operation is left out, or what is left of it.
    Skip {
        /// Which.
        operation: OperationId,
    },
    /// An operation is done again from its beginning.
    Repeat {
        /// Which.
        operation: OperationId,
    },
}

impl Repair {
    /// As a sentence for a person.
    pub fn in_words(&self) -> String {
        match self {
            Self::Place {
                plate,
                nest: Some(nest),
            } => format!("plate {plate} stands at {nest}"),
            Self::Place { plate, nest: None } => format!("plate {plate} is off the rig"),
            Self::Lid { plate, lid: Lid::On } => format!("plate {plate} has its lid on"),
            Self::Lid {
                plate,
                lid: Lid::At(nest),
            } => format!("the lid of plate {plate} lies in {nest}"),
            Self::Lid {
                plate,
                lid: Lid::None,
            } => format!("plate {plate} has no lid"),
            Self::Seal { plate, sealed: true } => format!("plate {plate} is sealed"),
            Self::Seal { plate, sealed: false } => format!("plate {plate} is not sealed"),
            Self::Volume {
                item: Item::Plate(name),
                well,
                volume,
            } => format!("well {well} of plate {name} holds {volume}"),
            Self::Volume {
                item: Item::Piece(name),
                well,
                volume,
            } => format!("well {well} of {name} holds {volume}"),
            Self::Tips { rack, wells, used } => {
                let names: Vec<String> = wells.iter().map(ToString::to_string).collect();
                let state = if *used { "gone" } else { "there" };
                format!("tips {} of the rack at {rack} are {state}", names.join(" "))
            }
            Self::TipsOff { pipette } => format!("the tips of {pipette} were taken off by hand"),
            Self::Barcode { plate, code } => format!("plate {plate} shows barcode {code}"),
            Self::Contaminated { plate, wells, what } => {
                let names: Vec<String> = wells.iter().map(ToString::to_string).collect();
                let which = match names.is_empty() {
                    true => "all wells".to_owned(),
                    false => names.join(" "),
                };
                format!("plate {plate}, {which}: contaminated: {what}")
            }
            Self::Cleaned => "what was contaminated is cleaned".to_owned(),
            Self::Skip { operation } => format!("operation {operation} is left out"),
            Self::Repeat { operation } => format!("operation {operation} is done again"),
        }
    }
}

/// Something that is not known of a well.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Doubt {
    /// How much less than believed it may hold.
    pub below: Volume,
    /// How much more than believed it may hold.
    pub above: Volume,
    /// Why, for a person; what was read meanwhile carries it.
    pub why: String,
}

/// Whether a repair fits the run as it stands.
///
/// # Errors
/// Why not, for a person.
pub fn possible(state: &State, repair: &Repair) -> Result<(), String> {
    if !matches!(state.mode, Mode::Paused | Mode::Held) {
        return Err(
            "what is believed can be repaired while the run is held (plated hold) or paused".to_owned(),
        );
    }
    if let Some(open) = state.open.values().next() {
        return Err(format!(
            "an action of {} is under way or in doubt: wait for its end, or answer the question about it first",
            open.actor
        ));
    }
    let plate = |plate: &PlateId| match state.plan.plates.get(plate) {
        Some(planned) => Ok(planned),
        None => Err(format!("this run has no plate \"{plate}\"")),
    };
    let nest = |nest: &NestId| match state.ways.knows(nest) {
        true => Ok(()),
        false => Err(format!("this rig has no nest \"{nest}\"")),
    };
    match repair {
        Repair::Place { plate: id, nest: to } => {
            plate(id)?;
            let Some(to) = to else { return Ok(()) };
            nest(to)?;
            match state.belief.plate_at(to).filter(|other| *other != id) {
                Some(other) => Err(format!(
                    "plate {other} is believed to stand at {to}: say first where that is"
                )),
                None => Ok(()),
            }
        }
        Repair::Lid { plate: id, lid } => {
            plate(id)?;
            match lid {
                Lid::At(at) => nest(at),
                Lid::On | Lid::None => Ok(()),
            }
        }
        Repair::Seal { plate: id, .. } => plate(id).map(|_| ()),
        Repair::Barcode { plate: id, code } => {
            plate(id)?;
            match code.is_empty() || code.len() > 64 || code.chars().any(char::is_control) {
                true => Err("a barcode has 1 to 64 printable characters".to_owned()),
                false => Ok(()),
            }
        }
        Repair::Volume { item, well, volume } => {
            if volume.get() < 0 {
                return Err("no well holds less than nothing".to_owned());
            }
            match item {
                Item::Plate(id) => within(plate(id)?, id, *well),
                Item::Piece(name) if !state.plan.pieces.contains_key(name) => Err(format!(
                    "this run has no plate and no piece of labware \"{name}\""
                )),
                Item::Piece(name) => match state.belief.volumes.contains_key(&(item.clone(), *well)) {
                    true => Ok(()),
                    false => Err(format!("{name} has no well {well} that this run uses")),
                },
            }
        }
        Repair::Tips { rack, wells, .. } => {
            nest(rack)?;
            if !state.plan.pieces.values().any(|p| p.nest == *rack) {
                return Err(format!("no tip rack of this run stands at {rack}"));
            }
            match wells.is_empty() {
                true => Err("say which tips".to_owned()),
                false => Ok(()),
            }
        }
        Repair::TipsOff { pipette } => match state.belief.tips_on.contains_key(pipette) {
            true => Ok(()),
            false => Err(format!("{pipette} is believed to have no tips on")),
        },
        Repair::Contaminated {
            plate: id,
            wells,
            what,
        } => {
            let planned = plate(id)?;
            if what.trim().is_empty() {
                return Err("say what happened".to_owned());
            }
            wells.iter().try_for_each(|well| within(planned, id, *well))
        }
        Repair::Cleaned => match state.unclean.is_empty() {
            true => Err("nothing is said to be contaminated".to_owned()),
            false => Ok(()),
        },
        Repair::Skip { operation } | Repair::Repeat { operation } => {
            let Some(planned) = state.operation(*operation) else {
                return Err(format!("this run has no {operation}"));
            };
            let status = state.status(*operation);
            match repair {
                Repair::Skip { .. } if status.is_over() => {
                    Err(format!("\"{}\" is over already", planned.title))
                }
                Repair::Repeat { .. } if status == Status::Waiting => {
                    Err(format!("\"{}\" has not begun yet", planned.title))
                }
                Repair::Repeat { .. } if brings(planned) => Err(format!(
                    "in \"{}\" a person brings what by now is there: say what the bench looks like instead",
                    planned.title
                )),
                Repair::Repeat { .. } if planned.cadence.is_some() => Err(format!(
                    "\"{}\" is one of a series at set times, which cannot be done again",
                    planned.title
                )),
                _ => Ok(()),
            }
        }
    }
}

/// Whether a person brings labware or liquid in an operation.
fn brings(operation: &Operation) -> bool {
    operation.phases.iter().any(|phase| match &phase.work {
        Work::Actions(actions) => actions
            .iter()
            .any(|action| matches!(action, Action::Ask(prompt) if !prompt.items.is_empty())),
        _ => false,
    })
}

fn within(plate: &crate::plan::PlatePlan, id: &PlateId, well: Well) -> Result<(), String> {
    match well.row < plate.rows && well.column < plate.columns {
        true => Ok(()),
        false => Err(format!(
            "plate {id} has no well {well}; it has {} rows of {}",
            plate.rows, plate.columns
        )),
    }
}

/// Takes a repair into account.
pub(super) fn apply(state: &mut State, repair: &Repair, at: Timestamp) {
    if state.before_repair.is_none() {
        state.before_repair = Some(state.prevented());
    }
    match repair {
        Repair::Place { plate, nest } => {
            state.in_hand.retain(|_, held| held.plate != *plate);
            match nest {
                Some(nest) => state.belief.put(plate, nest),
                None => state.belief.gone(plate),
            }
        }
        Repair::Lid { plate, lid } => {
            state.belief.lids.insert(plate.clone(), lid.clone());
        }
        Repair::Seal { plate, sealed: true } => {
            state.belief.sealed.insert(plate.clone());
        }
        Repair::Seal { plate, sealed: false } => {
            state.belief.sealed.remove(plate);
        }
        Repair::Volume { item, well, volume } => {
            state.belief.volumes.insert((item.clone(), *well), *volume);
            if let Some(doubt) = state.doubts.get_mut(&(item.clone(), *well)) {
                // Its volume is known from now on.
                (doubt.below, doubt.above) = (Volume::nl(0), Volume::nl(0));
                if doubt.why.is_empty() || doubt.why.starts_with(UNKNOWN) {
                    state.doubts.remove(&(item.clone(), *well));
                }
            }
        }
        Repair::Tips { rack, wells, used } => {
            let gone = state.belief.tips_used.entry(rack.clone()).or_default();
            for well in wells {
                match used {
                    true => gone.insert(*well),
                    false => gone.remove(well),
                };
            }
        }
        Repair::TipsOff { pipette } => {
            state.belief.tips_off(pipette);
            state.unsure_tips.remove(pipette);
        }
        Repair::Barcode { plate, code } => {
            state.belief.barcodes.insert(plate.clone(), code.clone());
        }
        Repair::Contaminated { plate, wells, what } => contaminated(state, plate, wells, what),
        Repair::Cleaned => state.unclean.clear(),
        Repair::Skip { operation } => {
            if state.status(*operation) != Status::Waiting {
                super::pins::interrupted(state, *operation);
            }
            state
                .skipped
                .push((*operation, "left out by a person".to_owned()));
            super::apply::over(state, *operation, Status::Skipped, at);
        }
        Repair::Repeat { operation } => {
            super::pins::interrupted(state, *operation);
            if let Some(course) = state.operations.get_mut(operation.index()) {
                *course = OperationState {
                    status: Status::Waiting,
                    started: None,
                    ended: None,
                };
            }
            state.skipped.retain(|(id, _)| id != operation);
            state.first_open = state.first_open.min(operation.index());
            super::apply::queue_again(state, *operation);
        }
    }
}

/// How the reason of a doubt about a volume begins.
pub(super) const UNKNOWN: &str = "volume not known";

/// The wells that were hit, and those beside them.
fn contaminated(state: &mut State, plate: &PlateId, wells: &[Well], what: &str) {
    let Some(planned) = state.plan.plates.get(plate) else {
        return;
    };
    let (rows, columns) = (planned.rows, planned.columns);
    let all = (0..rows).flat_map(|row| (0..columns).map(move |column| Well::new(row, column)));
    let mut marks: BTreeMap<Well, String> = BTreeMap::new();
    for well in all {
        let apart = |hit: &Well| hit.row.abs_diff(well.row).max(hit.column.abs_diff(well.column));
        match wells.iter().map(apart).min() {
            None | Some(0) => marks.insert(well, format!("contaminated: {what}")),
            Some(1) => marks.insert(well, format!("beside a contaminated well: {what}")),
            Some(_) => None,
        };
    }
    for (well, why) in marks {
        let doubt = state
            .doubts
            .entry((Item::Plate(plate.clone()), well))
            .or_default();
        doubt.why = why;
    }
    state.unclean.push(format!("plate {plate}: {what}"));
}

impl State {
    /// Whether a person may let the run go on.
    ///
    /// # Errors
    /// What is in the way, for a person.
    pub fn may_go_on(&self) -> Result<(), String> {
        if !self.unclean.is_empty() {
            return Err(format!(
                "contaminated and not said to be cleaned: {}; clean it, then: plated repair cleaned",
                self.unclean.join("; ")
            ));
        }
        let Some(before) = &self.before_repair else {
            return Ok(());
        };
        let now = self.prevented();
        let new: Vec<&String> = now.iter().filter(|p| !before.contains(p)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = new.iter().take(8).map(|p| format!("\n  {p}")).collect();
        let many = if new.len() == 1 { "problem" } else { "problems" };
        Err(format!(
            "after what was repaired, the rest of the plan cannot be carried out: {} {many}{}\nrepair further, leave operations \
             out (plated repair skip N --why \"…\", N being the number behind #), or abort",
            new.len(),
            shown.concat()
        ))
    }

    /// What a well may hold at least and at most, as far as that is known.
    pub fn volume_of(&self, item: &Item, well: Well) -> Option<(Volume, Volume)> {
        let key = (item.clone(), well);
        let believed = *self.belief.volumes.get(&key)?;
        let (below, above) = self
            .doubts
            .get(&key)
            .map_or_else(Default::default, |d| (d.below, d.above));
        let least = Volume::nl(believed.minus(below).get().max(0));
        Some((least, believed.plus(above)))
    }
}
