//! The rules of a protocol, a file each. A rule looks at the scene and the walked liquids and reports every breach
//! at its place; it never stops at the first, and is silent about what another rule reports.

mod abilities;
mod analysis;
mod cadence;
mod kinds;
mod layouts;
mod levels;
mod lids;
mod names;
mod order;
mod pipettes;
mod places;
mod report;
mod rules;
mod size;
mod tips;
mod transfers;
mod unused;

pub(super) use rules::check;
