//! The rows of the fault matrix that concern links and devices, and what each is tried with.

pub mod bench;
mod device_rows;
pub mod link_rows;
mod plug_rows;
pub mod subjects;
pub mod tally;

use tally::Tally;

/// A row.
#[derive(Debug)]
pub struct Row {
    /// As in docs/faults.md.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// How many faults must be felt.
    pub figure: u64,
    /// Tries it until so many faults were felt, from a seed on.
    pub run: fn(u64, u64) -> Tally,
}

const fn row(name: &'static str, title: &'static str, figure: u64, run: fn(u64, u64) -> Tally) -> Row {
    Row {
        name,
        title,
        figure,
        run,
    }
}

/// All rows.
pub static ROWS: &[Row] = &[
    row("L1", "reply lost", 10_000, link_rows::reply_lost),
    row("L2", "request lost", 10_000, link_rows::request_lost),
    row("L3", "reply late", 10_000, link_rows::reply_late),
    row("L4", "check sum wrong", 10_000, link_rows::check_sum_wrong),
    row("L5", "flipped text", 10_000, link_rows::flipped_text),
    row("L6", "noise and echo", 10_000, link_rows::noise_and_echo),
    row("L7", "reply twice", 10_000, link_rows::reply_twice),
    row("L8", "fragmented at each offset", 260, link_rows::fragmented),
    row(
        "L9",
        "wrong unit, transaction or function",
        1_000,
        link_rows::misaddressed,
    ),
    row("L10", "exceptions and busy", 12, link_rows::exceptions),
    row("L11", "unplugged", 1_000, plug_rows::unplugged),
    row("L12", "swapped cables", 100, plug_rows::swapped),
    row("L13", "half-open, reset and slow TCP", 1_000, plug_rows::sockets),
    row("D1", "busy for ever", 1, device_rows::stuck),
    row("D2", "stalls and error codes", 15, device_rows::stalled),
    row("D3", "power cycle in mid-move", 200, device_rows::power_cycled),
    row("D4", "door opens", 20, device_rows::door),
    row(
        "D5",
        "no tip, clot, short liquid, barcodes",
        20,
        device_rows::unseen,
    ),
    row("D6", "transfer cut at each byte", 260, device_rows::transfer_cut),
    row("D7", "saturated, not a number", 20, device_rows::tokens),
    row(
        "D8",
        "another model, firmware, serial number",
        5,
        device_rows::strangers,
    ),
];
