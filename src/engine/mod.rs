//! The engine: carries out what `run::decide` says, on one thread, one flow per action.
//!
//! Owns dispatch, the course of an action (prepare, intent, durable, perform, outcome), settling, prompts and zones.
//! Decides nothing: every choice comes from `run::decide`, from an instrument's evidence or from a person. Knows no
//! wire and no file. Simulated and real rigs run the same code; only clock, links and disk differ.

mod act;
mod core;
mod dispatch;
mod dwell;
mod fresh;
mod full;
mod give_up;
mod guard;
mod heartbeat;
mod home;
mod host;
mod inputs;
mod operator;
mod prompt;
mod repair;
mod replan;
mod settle;
mod stops;
mod unplanned;
mod zone;

pub use self::act::describe;
pub use self::core::{EngineError, Observer, Safeguards, Shared};
pub use dispatch::{Command, Engine, Setup};
pub use guard::Maker;
pub use inputs::Inputs;
pub use operator::{OperatorStream, connect as connect_operator};
