//! A Mettler Toledo WXS205SDU on MT-SICS: it weighs what stands in its nest. Written from what a program by others sends to
//! one and takes for an answer.

use super::{
    dialogue::{Asked, Dialogue, cut_at},
    identity::Identity,
    seat::Seat,
    work::Work,
};
use crate::{
    instruments::{Ctx, Durations},
    num,
    quantity::Seconds,
    rng::Stream,
};

/// Of labware without what is in it, in g.
const PLATE_G: f64 = 20.0;
/// Density of water in g/mL every 5 °C from 0 °C on (CRC Handbook), of air, and of the weights it is adjusted with.
const WATER: [f64; 9] = [
    0.999_84, 0.999_97, 0.999_70, 0.999_10, 0.998_21, 0.997_05, 0.995_65, 0.994_03, 0.992_22,
];
const AIR: f64 = 0.001_2;
const WEIGHTS: f64 = 8.0;
/// Most that it weighs, and how its readings scatter, in g.
const MOST_G: f64 = 220.0;
const NOISE_G: f64 = 2e-5;

/// What a nanolitre shows, in g, as if all were water at a temperature, lifted by the air that it displaces.
fn g_per_nl(celsius: f64) -> f64 {
    let between = WATER.iter().zip(WATER.iter().skip(1)).enumerate();
    let water = between
        .map(|(n, (below, above))| (celsius / 5.0 - num::count(n), below, above))
        .find(|(share, _, _)| *share <= 1.0)
        .map_or(WATER[0], |(share, below, above)| below + (above - below) * share);
    (water - AIR) / (1.0 - AIR / WEIGHTS) * 1e-6
}

/// Who waits for a weight that stands still.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Weigh(Asked),
    Tare(Asked),
    Zero(Asked),
}

/// The twin.
#[derive(Debug)]
pub(super) struct Balance {
    seat: Seat,
    identity: Identity,
    durations: Durations,
    noise: Stream,
    zero: f64,
    tare: f64,
    work: Work<Job>,
}

impl Balance {
    /// Just switched on, and zeroed with an empty pan.
    pub(super) fn new(nest: String, identity: Identity, durations: Durations, noise: Stream) -> Self {
        Self {
            seat: Seat::new(nest),
            identity,
            durations,
            noise,
            zero: 0.0,
            tare: 0.0,
            work: Work::none(),
        }
    }

    /// What is on the pan, above its zero, in g; `None`: more than it weighs.
    fn gross(&mut self, ctx: &mut Ctx<'_>) -> Option<f64> {
        let room = ctx.world.rig.simulation.room_temperature.0;
        let mut grams = 0.0;
        if ctx.world.plate_in(&self.seat.nest, ctx.now).is_some()
            && let Some(item) = ctx.world.at(&self.seat.nest)
        {
            grams = PLATE_G;
            grams += item.wells.iter().map(|well| well.volume_nl).sum::<f64>() * g_per_nl(room);
        }
        let seen = grams - self.zero + NOISE_G * self.noise.normal();
        (seen <= MOST_G).then(|| num::round_i64(seen * 1e5) as f64 / 1e5)
    }

    /// Whether a draught keeps it from standing still.
    fn draught(&self, ctx: &Ctx<'_>) -> bool {
        self.seat.held_open(ctx)
    }

    fn weight(word: &str, state: char, grams: f64) -> String {
        format!("{word} {state} {grams:>10.5} g\r\n")
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, job: Job, most: Option<f64>) {
        let usual = self.durations.draw("stabilise", Seconds(1.5));
        let us = most.map_or(usual, |most| usual.min(num::micros(most)));
        self.work.begin(ctx, job, us);
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, asked: Asked, line: &str) {
        let (word, value) = line.split_once(' ').unwrap_or((line, ""));
        let answer = match (word, value) {
            ("M21", "0 0") => "M21 A\r\n".to_owned(),
            ("M21", _) => "M21 L\r\n".to_owned(),
            ("I2", "") => format!("I2 A \"{}\"\r\n", self.identity.model(ctx)),
            ("I3", "") => format!("I3 A \"{}\"\r\n", self.identity.firmware(ctx)),
            ("I4" | "@", "") => format!("I4 A \"{}\"\r\n", self.identity.serial(ctx)),
            ("D" | "DW", _) => format!("{word} A\r\n"),
            ("S", "") => return self.begin(ctx, Job::Weigh(asked), None),
            ("SC", _) => match value.parse::<f64>() {
                Ok(ms) if ms >= 0.0 => return self.begin(ctx, Job::Weigh(asked), Some(ms / 1000.0)),
                _ => "SC L\r\n".to_owned(),
            },
            ("SI", "") => match self.gross(ctx) {
                Some(gross) => {
                    let state = if self.draught(ctx) { 'D' } else { 'S' };
                    Self::weight("S", state, gross - self.tare)
                }
                None => "S +\r\n".to_owned(),
            },
            ("T", "") => return self.begin(ctx, Job::Tare(asked), None),
            ("TI", "") => {
                self.tare = self.gross(ctx).unwrap_or(0.0);
                Self::weight("TI", 'S', self.tare)
            }
            ("TA", "") => Self::weight("TA", 'A', self.tare),
            ("TAC", "") => {
                self.tare = 0.0;
                "TAC A\r\n".to_owned()
            }
            ("Z", "") => return self.begin(ctx, Job::Zero(asked), None),
            ("ZI", "") => {
                self.zero += self.gross(ctx).unwrap_or(0.0);
                self.tare = 0.0;
                "ZI S\r\n".to_owned()
            }
            _ => "ES\r\n".to_owned(),
        };
        asked.answer(ctx, answer);
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let (word, asked) = match job {
            Job::Weigh(asked) => ("S", asked),
            Job::Tare(asked) => ("T", asked),
            Job::Zero(asked) => ("Z", asked),
        };
        if self.draught(ctx) {
            return asked.answer(ctx, format!("{word} I\r\n"));
        }
        let Some(gross) = self.gross(ctx) else {
            return asked.answer(ctx, format!("{word} +\r\n"));
        };
        let answer = match job {
            Job::Weigh(_) => Self::weight("S", 'S', gross - self.tare),
            Job::Tare(_) => {
                self.tare = gross;
                Self::weight("T", 'S', gross)
            }
            Job::Zero(_) => {
                self.zero += gross;
                self.tare = 0.0;
                "Z A\r\n".to_owned()
            }
        };
        asked.answer(ctx, answer);
    }
}

impl Dialogue for Balance {
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        cut_at(buffer, |byte| byte == b'\n')
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let line = request.trim_end_matches('\r');
        if asked.refused().is_some() {
            asked.answer(ctx, "EL\r\n");
        } else if self.work.now().is_some() {
            // One command at a time.
            let word = line.split(' ').next().unwrap_or_default();
            asked.answer(ctx, format!("{word} I\r\n"));
        } else {
            self.command(ctx, asked, line);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due()
    }

    /// It takes what is on its pan for nothing, and says who it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.tare = 0.0;
        self.zero += self.gross(ctx).unwrap_or(0.0);
        let hello = format!("I4 A \"{}\"\r\n", self.identity.serial(ctx));
        Asked::default().answer(ctx, hello);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}
