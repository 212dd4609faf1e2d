//! What a run found, for people: a summary with a heat map for the terminal, and one self-contained HTML page.
//!
//! Owns layout, drawing and wording. Values in, text out: knows nothing of folders, instruments or clocks, and writes
//! nothing that differs between identical runs. All text that comes from files or instruments is cleaned and escaped.
//! Start with [`ReportData`], [`summary`] and [`html`].

mod bars;
mod costs;
mod curves;
mod data;
mod difference;
mod findings;
mod gantt;
mod heat_map;
mod html;
mod markup;
mod palette;
mod plate_svg;
mod summary;
mod tables;
mod wastes;

pub use costs::{Costs, Interval, StepCost, costs};
pub use data::{FileEntry, ReportData, Span, TimelineRow};
pub use difference::{Change, Difference, as_text, difference, interval};
pub use gantt::{GanttBar, gantt, gantt_svg, gantt_text};
pub use heat_map::{Colours, PlateMap, heat_map};
pub use html::html;
pub use palette::{Rgb, viridis};
pub use summary::summary;
pub use wastes::{Emptying, WasteUse, wastes};

#[cfg(test)]
mod fixture;
