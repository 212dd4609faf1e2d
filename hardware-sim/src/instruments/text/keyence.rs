//! Keyence barcode readers on a serial line: the BL series, which answers with the code alone, and the SR series, which
//! acknowledges. Written from dossier 11 A and B.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    seat::Seat,
    work::Work,
};
use crate::{
    instruments::{Ctx, Durations},
    quantity::Seconds,
};

/// From one look at an empty place to the next, in microseconds.
const AGAIN_US: u64 = 500_000;
/// Error of a command that cannot be done now (SR).
const NOT_NOW: &str = "22";

/// The series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    Bl,
    Sr,
}

/// The twin.
#[derive(Debug)]
pub(super) struct Keyence {
    seat: Seat,
    series: Series,
    durations: Durations,
    /// The beam is on, for who asked.
    work: Work<Asked>,
    /// The last try saw nothing.
    tried: bool,
}

impl Keyence {
    /// Just switched on: motor on, beam off.
    pub(super) fn new(nest: String, series: Series, durations: Durations) -> Self {
        Self {
            seat: Seat::new(nest),
            series,
            durations,
            work: Work::none(),
            tried: false,
        }
    }

    fn on(&mut self, ctx: &mut Ctx<'_>, asked: Asked) {
        let us = self.durations.draw("read_barcode", Seconds(0.6));
        self.tried = false;
        self.work.begin(ctx, asked, us);
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, asked: Asked, command: &str) {
        let reads = self.work.now().is_some();
        match (self.series, command) {
            (Series::Bl, "RMOTOR") => asked.answer(ctx, "MOTORON\r"),
            (Series::Bl, "LON") if reads => {}
            (Series::Bl, "LON") => self.on(ctx, asked),
            (Series::Bl, "LOFF") => {
                self.work.cut_short();
            }
            (Series::Sr, "LON") if reads => asked.answer(ctx, format!("ER,LON,{NOT_NOW}\r")),
            (Series::Sr, "LON") => {
                asked.answer(ctx, "OK,LON\r");
                self.on(ctx, asked);
            }
            (Series::Sr, "LOFF") if reads => {
                self.work.cut_short();
                asked.answer(ctx, "OK,LOFF\r");
            }
            (Series::Sr, "LOFF") => asked.answer(ctx, format!("ER,LOFF,{NOT_NOW}\r")),
            (Series::Bl, _) => asked.answer(ctx, "ERR91\r"),
            (Series::Sr, _) => asked.answer(ctx, format!("ER,{command},00\r")),
        }
    }
}

impl Dialogue for Keyence {
    const SEVEN_BITS: bool = true;

    /// A command ends with CR, or stands between STX and ETX; ESC forgets what came before it.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        let request = cut_at(buffer, |byte| matches!(byte, b'\r' | 0x03))?;
        let after = request.iter().rposition(|byte| *byte == 0x1b);
        Some(request.into_iter().skip(after.map_or(0, |at| at + 1)).collect())
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let command = request.trim_start_matches(['\n', '\u{2}']);
        if command.is_empty() {
            return;
        }
        match asked.refused() {
            Some(code) => asked.answer(ctx, format!("ERR{code:02}\r")),
            None => self.command(ctx, asked, command),
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        let Some(ended) = self.work.ended(ctx.now) else {
            return;
        };
        // It looks as long as the beam is on; the ledger needs to know only once that it saw nothing.
        let there = ctx
            .world
            .at(&self.seat.nest)
            .is_some_and(|item| item.barcode.is_some());
        if self.tried && !there {
            return self.work.begin(ctx, ended.job, AGAIN_US);
        }
        match self.seat.barcode(ctx) {
            Some(code) => ended.job.answer(ctx, format!("{code}\r")),
            None => {
                self.tried = true;
                // What it cannot read now it cannot read a moment later.
                let again = if there { u64::MAX } else { AGAIN_US };
                self.work.begin(ctx, ended.job, again);
            }
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {
        self.work.cut_short();
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
