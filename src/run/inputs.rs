//! Contacts from outside: what each says, and what it keeps from moving.
//!
//! Owns the state of inputs. A reading of a contact is not the emergency stop or the interlock itself: those act without this
//! program. Knows nothing of how a contact is read.

use super::event::StopKind;
use super::state::{Mode, State};
use crate::rig::{InputId, InputKind, InstrumentId, Rig};
use crate::units::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputLevel {
    /// It is closed: all is safe.
    Safe,
    /// It is open, or its wire is broken.
    Open,
    /// Nobody answers: it counts as open.
    Silent,
}

impl InputLevel {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Open => "open",
            Self::Silent => "silent",
        }
    }
}

/// A contact as it stands.
#[derive(Debug, Clone)]
pub struct InputState {
    /// Its name for people.
    pub title: String,
    /// What it means when it opens.
    pub kind: InputKind,
    /// What it stops.
    pub(super) stops: BTreeSet<InstrumentId>,
    /// What it says; none before it was read.
    pub level: Option<InputLevel>,
    /// Since when.
    pub since: Timestamp,
    /// Why it is silent, for a person.
    pub why: String,
    /// It was open since a person last let the run go on: what it stops stays so when it closes.
    pub latched: bool,
}

impl InputState {
    /// Whether it is known to be closed.
    pub fn is_safe(&self) -> bool {
        self.level == Some(InputLevel::Safe)
    }

    /// What it says, in words.
    pub fn in_words(&self) -> String {
        match self.level {
            None => "not read yet".to_owned(),
            Some(InputLevel::Silent) if !self.why.is_empty() => format!("silent: {}", self.why),
            Some(level) => level.word().to_owned(),
        }
    }
}

/// The inputs of a rig, none of them read yet.
pub(super) fn of(rig: &Rig) -> BTreeMap<InputId, InputState> {
    let unread = |(id, input): (&InputId, &crate::rig::Input)| {
        let state = InputState {
            title: input.title.clone(),
            kind: input.kind,
            stops: input.stops.clone(),
            level: None,
            since: Timestamp::default(),
            why: String::new(),
            latched: false,
        };
        (id.clone(), state)
    };
    rig.inputs.iter().map(unread).collect()
}

/// A contact says something else than before.
pub(super) fn changed(state: &mut State, input: &InputId, level: InputLevel, why: &str, at: Timestamp) {
    if let Some(input) = state.inputs.get_mut(input) {
        input.level = Some(level);
        input.since = at;
        why.clone_into(&mut input.why);
        input.latched |= level != InputLevel::Safe && input.kind == InputKind::Interlock;
        state
            .input_changes
            .push((at, input.title.clone(), input.in_words()));
    }
}

/// A person lets the run go on: what closed contacts had stopped may move again.
pub(super) fn stop(state: &mut State, kind: StopKind) {
    if kind == StopKind::Resume {
        for input in state
            .inputs
            .values_mut()
            .filter(|i| i.level == Some(InputLevel::Safe))
        {
            input.latched = false;
        }
    }
}

impl State {
    /// Why no new action of an instrument may begin because of a door; none when it may.
    pub fn interlocked(&self, instrument: &InstrumentId) -> Option<String> {
        let stops = |i: &&InputState| {
            i.kind == InputKind::Interlock && i.stops.contains(instrument) && (i.latched || !i.is_safe())
        };
        self.inputs.values().find(stops).map(why_stopped)
    }

    /// What the doors keep from moving, a sentence each.
    pub fn interlocks(&self) -> Vec<String> {
        let stops = |i: &&InputState| i.kind == InputKind::Interlock && (i.latched || !i.is_safe());
        self.inputs.values().filter(stops).map(why_stopped).collect()
    }

    /// Whether a person's `resume` lets go what a closed door had stopped.
    pub fn is_latched(&self) -> bool {
        self.inputs.values().any(|i| i.latched)
    }

    /// Why an order that lets something move again is refused because of an open contact.
    pub fn inputs_prevent(&self, kind: StopKind) -> Option<String> {
        let goes_on = match kind {
            StopKind::Reset | StopKind::Resume | StopKind::Park => true,
            // From held, a pause lets actions begin.
            StopKind::Pause => matches!(self.mode, Mode::Held | Mode::Halted),
            StopKind::Hold | StopKind::Abort | StopKind::Halt => false,
        };
        if !goes_on {
            return None;
        }
        self.emergency_stop()
            .or_else(|| {
                let open = |i: &&InputState| i.kind == InputKind::Interlock && !i.is_safe();
                let first = self
                    .inputs
                    .values()
                    .find(open)
                    .filter(|_| kind == StopKind::Resume)?;
                Some(format!(
                    "{} is {}: close it, then resume",
                    first.title,
                    first.in_words()
                ))
            })
            .or_else(|| {
                let first = self.interlocks().into_iter().next();
                first.filter(|_| kind == StopKind::Park)
            })
    }

    /// The emergency stop whose contact is not closed, and what to do.
    pub fn emergency_stop(&self) -> Option<String> {
        let open = |i: &&InputState| i.kind == InputKind::EmergencyStop && !i.is_safe();
        let input = self.inputs.values().find(open)?;
        let what = match input.level {
            Some(InputLevel::Open) => "see why it was pressed, then release the switch and reset its relay",
            _ => "see to the input module, its cable and its power",
        };
        Some(format!(
            "the contact of {} is {}: {what}",
            input.title,
            input.in_words()
        ))
    }
}

fn why_stopped(input: &InputState) -> String {
    if input.is_safe() {
        format!(
            "{} was open; it is closed now: look that nobody is inside, then resume",
            input.title
        )
    } else {
        format!("{} is {}: close it, then resume", input.title, input.in_words())
    }
}
