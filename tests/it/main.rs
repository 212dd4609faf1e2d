//! Scenarios on simulated rigs: what really moved where is asked of the simulator's ledger.
#![allow(
    clippy::duplicate_mod,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::string_slice,
    clippy::unreachable,
    reason = "tests"
)]

mod bought_stations;
mod broken_driver;
mod by_hand;
mod calibrate;
mod captures;
mod checkers;
mod commissioning;
mod commissioning_served;
mod construction;
mod daemon;
mod doubt;
mod drill;
mod faults;
mod fresh_plates;
mod gantry;
mod give_up;
mod given_up_ledger;
mod handles;
mod heartbeat;
mod homing;
mod hosts;
mod inputs;
mod instruments;
mod journal;
mod journal_faults;
mod language;
mod makes;
mod matrix;
mod own_machine;
mod people;
mod pick_and_screen;
mod pins;
mod pipetting;
mod probes;
mod profile_stops;
mod prompts;
mod regulators;
mod regulators_once;
mod repair;
mod repeated_failures;
mod repeats;
mod repicks;
mod replan;
mod rest;
mod scatter;
mod screen;
mod served_inputs;
mod set_down;
mod shared_lines;
mod shipped_stations;
mod skip_well;
mod skip_well_cases;
mod soundness;
mod stations;
mod stops;
mod storm;
mod support;
mod tooling;
mod two_readers;
mod volume;
mod wear;
