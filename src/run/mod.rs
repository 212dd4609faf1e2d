//! A run as a fold: events in, state out; what to do next from the state alone.
//!
//! Owns [`Event`], [`State`], [`apply`] and [`decide`]. A restart and a replay fold the same events through the same
//! `apply`. Knows nothing of links, disks, tasks or clocks: time and ids arrive in events.

mod again;
mod apply;
mod belief;
mod data;
mod decide;
mod doubt;
mod evaporation;
mod event;
mod fresh;
mod give_up;
mod held;
mod host;
mod inputs;
mod levels;
mod moves;
mod park;
mod pins;
mod prune;
mod question;
mod release;
mod repair;
mod rest;
mod safe;
mod state;
mod stops;
mod ticking;
mod wear;
mod wells;

pub use apply::apply;
pub use belief::{Belief, Item, Lid};
pub use data::data;
pub use decide::{Effect, decide, is_next_of_parking};
pub use evaporation::{Dry, evaporated};
pub use event::{ActionId, Ending, Event, FileText, RunId, Source, StopKind};
pub use fresh::{Fresh, Replaced, fresh};
pub use give_up::{
    Abandoned, GivenUp, WayOut, at_hand, way_out, wells_with as wells_given_up_with, with as given_up_with,
};
pub use host::{Disturbance, Host, compare as compare_clocks, time_in_run};
pub use inputs::{InputLevel, InputState};
pub use park::{
    PARKING, Parked, Parking, nests as parking_nests, probe_stands, survey as survey_for_parking,
};
pub use question::{Choice, Look, Question, QuestionId};
pub use release::{Release, ReleaseEntry, ReleaseRecord, ReleaseState, Unreleased, fingerprint};
pub use repair::{Doubt, Repair, possible as repair_possible};
pub use safe::SAFE_PATH;
pub use state::{Mode, OpenIntent, OperationState, State, Status};
pub use stops::{Transition, transition};
pub use ticking::{Tick, ticking};
pub use wear::Wear;
pub use wells::{GivenUpWell, wells_at_hand};
