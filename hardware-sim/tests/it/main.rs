//! The simulated rig from outside: bytes in, bytes out, and what is true afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests fail by panicking"
)]

mod bench;
mod cavro;
mod faults;
mod garbage;
mod growth;
mod handler;
mod incubator;
mod liquid;
mod operator;
mod pipetting;
mod planned;
mod register_devices;
mod regulators;
mod served;
mod shared_lines;
mod stations;
mod text_instruments;
mod vessels;
