//! The operators' terminal UI: a picture of the run, and keys to steer it.
//!
//! Owns model, update, keymap and view; [`update`] changes the model and says what to ask of the run, [`draw`] changes
//! nothing, and [`run`] alone touches the terminal. Knows nothing of daemons and instruments: snapshots come in, commands
//! go out.

mod keymap;
mod model;
mod panes;
mod terminal;
mod theme;
mod update;
mod view;

pub use keymap::{Intent, intent};
pub use model::{Dialog, Model, Notice};
pub use terminal::run;
pub use theme::Theme;
pub use update::{Event, update};
pub use view::draw;

#[cfg(test)]
mod fixture;
