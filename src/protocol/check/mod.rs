//! The rules of a protocol, a file each. A rule looks at the scene and the walked liquids and reports every breach
//! at its place; it never stops at the first, and is silent about what another rule reports.

mod abilities;
mod air;
mod analysis;
mod barcodes;
mod baths;
mod cadence;
mod calibration;
mod carryover;
mod channels;
mod clearance;
mod expiry;
mod expressions;
mod growth;
mod kinds;
mod layouts;
mod levels;
mod lids;
mod lines;
mod loading;
mod loads;
mod names;
mod order;
mod pins;
mod pipettes;
mod places;
mod reach;
mod regulators;
mod report;
mod reservoirs;
mod rules;
mod seals;
mod size;
mod skips;
mod spares;
mod tips;
mod transfers;
mod unbroken;
mod unused;
mod verification;
mod windows;

pub(super) use rules::{RULES, check};
pub(super) use skips::policy;
