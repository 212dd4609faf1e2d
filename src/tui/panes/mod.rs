//! One file per pane; each draws a part of the model into its area and changes nothing.

mod dialog;
mod footer;
mod frame;
mod header;
mod heat_map;
mod help;
mod instruments;
mod log;
mod operations;
mod plates;
mod prompts;

pub(super) use dialog::dialog;
pub(super) use footer::footer;
pub(super) use header::header;
pub(super) use heat_map::{heat_map, map_rows, maps};
pub(super) use help::help;
pub(super) use instruments::instruments;
pub(super) use log::log;
pub(super) use operations::operations;
pub(super) use plates::plates;
pub(super) use prompts::{prompt_height, prompts};
