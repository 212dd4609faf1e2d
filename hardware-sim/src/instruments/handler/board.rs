//! The board's state machine: lines in, answers out, a queue of moves that goes on whoever listens.

use super::{
    answers,
    eeprom::Eeprom,
    gcode::{self, Code, Line},
    motion::{Block, Bounds, SWITCH},
};
use crate::{
    fault::{Treatment, Trouble},
    instruments::{Ctx, Port, Twin},
    ledger::Event,
    num,
    world::{Axes, Axis, Gantry, Mount},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Moves that the board takes before a line has to wait.
const QUEUE: usize = 32;
/// Longest line that is kept; what is longer is cut there, as a board's buffer would.
const LONGEST_LINE: usize = 1024;
/// Lines that wait behind a blocking one; more overrun the board's buffer.
const WAITING_LINES: usize = 4096;
/// Characters that act at once, wherever they stand.
const STATUS: u8 = b'?';
const HALT: u8 = 0x18;

/// What a line waits for.
#[derive(Clone, Debug)]
pub(super) enum Wait {
    /// Room in the queue for a move.
    Room(Code),
    /// All moves done.
    Idle,
    /// All moves done, then a dwell.
    Dwell(u64),
    /// A moment.
    Until(u64),
    /// All moves done, then homing.
    Home(BTreeSet<Axis>),
    /// Axes are homing until a moment.
    Homing {
        axes: BTreeSet<Axis>,
        until: u64,
        from: Axes,
        to: Axes,
        fails: bool,
    },
    /// All moves done, then a probe that nothing answers.
    Probe,
}

/// A move under way.
#[derive(Clone, Copy, Debug)]
struct Running {
    block: Block,
    since: u64,
}

/// The twin of the motor board.
#[derive(Debug)]
pub(crate) struct Board {
    // What a power cycle clears.
    partial: Vec<u8>,
    lines: VecDeque<Line>,
    rest: VecDeque<Code>,
    in_line: bool,
    quiet_end: bool,
    riding: Vec<String>,
    pub(super) wait: Option<Wait>,
    treatment: Treatment,
    running: Option<Running>,
    pub(super) queue: VecDeque<Block>,
    pub(super) settings: Settings,
    pub(super) homed: BTreeSet<Axis>,
    pub(super) halted: bool,
    /// Logical = true + offset.
    pub(super) offset: Axes,
    /// Where the last accepted move ends, in true coordinates.
    pub(super) target: Axes,
    // What lasts.
    pub(super) eeproms: BTreeMap<Mount, Eeprom>,
}

/// Settings that a power cycle returns to their defaults.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) absolute: bool,
    pub(super) bounds: Bounds,
    pub(super) pushed: Vec<(f64, bool)>,
    pub(super) home: Axes,
    pub(super) travel: Axes,
    pub(super) retract: Axes,
    pub(super) debounce: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            absolute: true,
            bounds: Bounds {
                feed: 400.0,
                speed: Axes {
                    x: 600.0,
                    y: 400.0,
                    z: 125.0,
                    a: 125.0,
                    b: 40.0,
                    c: 40.0,
                },
                acceleration: Axes {
                    x: 3000.0,
                    y: 2000.0,
                    z: 1500.0,
                    a: 1500.0,
                    b: 200.0,
                    c: 200.0,
                },
            },
            pushed: Vec::new(),
            home: SWITCH,
            travel: Axes {
                x: 430.0,
                y: 370.0,
                z: 230.0,
                a: 230.0,
                b: 30.0,
                c: 30.0,
            },
            // 1 for the plungers: so that they stand at 19 after homing, as recorded answers show.
            retract: Axes {
                x: 3.0,
                y: 0.0,
                z: 2.0,
                a: 2.0,
                b: 1.0,
                c: 1.0,
            },
            debounce: 1.0,
        }
    }
}

impl Board {
    /// A board that was just switched on, with what is mounted.
    pub(crate) fn new(at: Axes, models: &BTreeMap<Mount, String>) -> Self {
        let eeproms = models
            .iter()
            .map(|(mount, model)| (*mount, Eeprom::of(model, *mount)))
            .collect();
        let mut board = Self {
            partial: Vec::new(),
            lines: VecDeque::new(),
            rest: VecDeque::new(),
            in_line: false,
            quiet_end: false,
            riding: Vec::new(),
            wait: None,
            treatment: Treatment::Normal,
            running: None,
            queue: VecDeque::new(),
            settings: Settings::default(),
            homed: BTreeSet::new(),
            halted: false,
            offset: Axes::default(),
            target: at,
            eeproms,
        };
        board.switch_on(at);
        board
    }

    /// All volatile state as after power-on: the board believes that it stands at 0.
    fn switch_on(&mut self, at: Axes) {
        self.partial.clear();
        self.lines.clear();
        self.drop_line();
        self.wait = None;
        self.treatment = Treatment::Normal;
        self.running = None;
        self.queue.clear();
        self.settings = Settings::default();
        self.homed.clear();
        self.halted = false;
        self.offset = Axes::from_fn(|axis| -at.get(axis));
        self.target = at;
    }

    fn drop_line(&mut self) {
        self.rest.clear();
        self.in_line = false;
        self.quiet_end = false;
        self.riding.clear();
    }

    /// True position now.
    pub(super) fn position(&self, ctx: &Ctx<'_>) -> Axes {
        match (&self.running, &self.wait) {
            (Some(running), _) => running.block.position(ctx.now.saturating_sub(running.since)),
            (None, Some(Wait::Homing { until, from, to, .. })) if ctx.now < *until => {
                let begun = self.homing_begun(*until, from, to);
                let part = ctx.now.saturating_sub(begun) as f64 / until.saturating_sub(begun).max(1) as f64;
                Axes::from_fn(|axis| from.get(axis) + (to.get(axis) - from.get(axis)) * part.clamp(0.0, 1.0))
            }
            _ => ctx
                .world
                .gantries
                .get(ctx.name)
                .map_or(self.target, |gantry| gantry.at),
        }
    }

    fn homing_begun(&self, until: u64, from: &Axes, to: &Axes) -> u64 {
        until.saturating_sub(super::commands::homing_us(from, to))
    }

    /// The board's own idea of a true position.
    pub(super) fn logical(&self, at: &Axes) -> Axes {
        Axes::from_fn(|axis| at.get(axis) + self.offset.get(axis))
    }

    /// Says something on the line.
    pub(super) fn say(&self, ctx: &mut Ctx<'_>, text: &str) {
        ctx.wire
            .send(ctx.now, 0, self.treatment, text.as_bytes().to_vec());
    }

    /// Lets a text ride on the line's ok.
    pub(super) fn ride(&mut self, text: String) {
        self.riding.push(text);
    }

    /// The line ends without an ok of its own.
    pub(super) fn end_quietly(&mut self) {
        self.rest.clear();
        self.quiet_end = true;
    }

    /// Whether no move is under way or waiting.
    fn idle(&self) -> bool {
        self.running.is_none() && self.queue.is_empty()
    }

    /// Whether one more move fits.
    pub(super) fn has_room(&self) -> bool {
        self.queue.len() < QUEUE
    }

    /// Motion stops where it is; queue and homed flags are gone.
    pub(super) fn halt(&mut self, ctx: &mut Ctx<'_>, text: &str) {
        let at = self.position(ctx);
        self.running = None;
        self.queue.clear();
        self.wait = None;
        ctx.world.gantry_arrives(ctx.name, &at, ctx.now);
        self.target = at;
        self.homed.clear();
        self.halted = true;
        ctx.world.record(
            ctx.now,
            Event::Alarm {
                instrument: ctx.name.to_owned(),
                text: text.to_owned(),
            },
        );
    }

    /// Halts with an alarm that ends the line in flight.
    pub(super) fn alarm(&mut self, ctx: &mut Ctx<'_>, text: &str) {
        self.halt(ctx, text);
        self.say(ctx, &format!("ALARM: {text}\r\n"));
        if self.in_line {
            self.end_quietly();
        }
    }

    /// Where a move truly ended that was to end at `to`: a plunger that slips gets half of the way, and the board counts on.
    fn slipped(&mut self, ctx: &mut Ctx<'_>, to: Axes) -> Axes {
        let from = self.position_at_rest(ctx);
        let strokes = [Axis::B, Axis::C].map(|axis| (axis, to.get(axis) - from.get(axis)));
        let mut truly = to;
        for (axis, way) in strokes {
            if way == 0.0 || !ctx.world.troubles.strikes(ctx.name, Trouble::Slipped) {
                continue;
            }
            let short = num::round_i64(way / 2.0 * 1000.0) as f64 / 1000.0;
            let shift = |axes: &mut Axes| axes.set(axis, axes.get(axis) - short);
            shift(&mut truly);
            shift(&mut self.target);
            for block in &mut self.queue {
                shift(&mut block.from);
                shift(&mut block.to);
            }
            self.offset.set(axis, self.offset.get(axis) + short);
        }
        truly
    }

    fn position_at_rest(&self, ctx: &Ctx<'_>) -> Axes {
        let gantry = ctx.world.gantries.get(ctx.name);
        gantry.map_or(self.target, |gantry| gantry.at)
    }

    /// Ends the move whose time has come, and starts the next.
    fn turn(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(running) = self.running
            && running.since.saturating_add(running.block.duration_us) <= ctx.now
        {
            self.running = None;
            let to = self.slipped(ctx, running.block.to);
            ctx.world.gantry_arrives(ctx.name, &to, ctx.now);
            if let Some(axis) = running.block.limit {
                self.alarm(ctx, &format!("Hard limit +{}", axis.letter()));
            }
        }
        if self.running.is_none()
            && let Some(mut block) = self.queue.pop_front()
        {
            befall(ctx, &mut block);
            ctx.world.gantry_departs(ctx.name, &block.to, ctx.now);
            self.running = Some(Running {
                block,
                since: ctx.now,
            });
        }
    }

    /// Goes on with what waits; false when it still has to.
    fn go_on(&mut self, ctx: &mut Ctx<'_>) -> bool {
        let Some(wait) = self.wait.take() else {
            return true;
        };
        let still = match wait {
            Wait::Room(code) => {
                if self.has_room() {
                    self.linear(ctx, &code);
                    None
                } else {
                    Some(Wait::Room(code))
                }
            }
            Wait::Idle => (!self.idle()).then_some(Wait::Idle),
            Wait::Dwell(us) => Some(if self.idle() {
                Wait::Until(ctx.now.saturating_add(us))
            } else {
                Wait::Dwell(us)
            }),
            Wait::Until(due) => (due > ctx.now).then_some(Wait::Until(due)),
            Wait::Home(axes) => Some(if self.idle() {
                self.begin_homing(ctx, axes)
            } else {
                Wait::Home(axes)
            }),
            Wait::Homing {
                axes,
                until,
                from,
                to,
                fails,
            } => {
                if until > ctx.now {
                    Some(Wait::Homing {
                        axes,
                        until,
                        from,
                        to,
                        fails,
                    })
                } else {
                    self.end_homing(ctx, &axes, &to, fails);
                    None
                }
            }
            Wait::Probe => {
                if self.idle() {
                    self.alarm(ctx, "Probing fail");
                    None
                } else {
                    Some(Wait::Probe)
                }
            }
        };
        if still.is_some() {
            self.wait = still;
        }
        self.wait.is_none()
    }

    /// Works through what was received until something has to wait.
    fn work(&mut self, ctx: &mut Ctx<'_>) {
        loop {
            self.turn(ctx);
            if !self.go_on(ctx) {
                // A dwell or homing that begins now is due later; anything else waits for a move.
                return;
            }
            if let Some(code) = self.rest.pop_front() {
                self.execute(ctx, code);
                continue;
            }
            if self.in_line {
                self.finish_line(ctx);
                continue;
            }
            match self.lines.pop_front() {
                None => return,
                Some(line) => self.begin_line(ctx, line),
            }
        }
    }

    fn begin_line(&mut self, ctx: &mut Ctx<'_>, line: Line) {
        if line != Line::Empty {
            self.treatment = ctx.wire.faults.begin();
            if self.treatment == Treatment::Deaf {
                return;
            }
        }
        if line == Line::Empty && ctx.wire.faults.mended() {
            // It hears and is heard again, also with what is no request.
            self.treatment = Treatment::Normal;
        }
        match line {
            Line::Empty => self.say(ctx, answers::OK),
            _ if matches!(self.treatment, Treatment::Refused(_)) => {
                self.say(ctx, "error:Unsupported command\r\n");
            }
            Line::Word(word) if self.halted => {
                let _ = word;
                self.say(ctx, answers::ALARM_LOCK);
            }
            Line::Word(word) if word == "version" => {
                let other = ctx.world.troubles.lasts(ctx.name, Trouble::OtherFirmware);
                let version = if other {
                    answers::VERSION.replace("edge-66ec883NOMSD", "v9.9-other")
                } else {
                    answers::VERSION.to_owned()
                };
                self.say(ctx, &version);
            }
            Line::Word(word) => self.say(ctx, &format!("error:Unsupported command - {word}\r\n")),
            Line::Codes(codes) => {
                self.drop_line();
                self.in_line = true;
                self.rest = codes.into();
            }
        }
    }

    fn finish_line(&mut self, ctx: &mut Ctx<'_>) {
        if !self.quiet_end {
            let riding = std::mem::take(&mut self.riding);
            if riding.is_empty() {
                self.say(ctx, answers::OK);
            } else {
                self.say(ctx, &format!("ok {}\r\n", riding.join(" ")));
            }
        }
        self.drop_line();
    }
}

/// What befalls a move as it begins: it never ends, or a plunger runs onto something half-way.
fn befall(ctx: &mut Ctx<'_>, block: &mut Block) {
    if ctx.world.troubles.strikes(ctx.name, Trouble::Stuck) {
        block.duration_us = u64::MAX;
        return;
    }
    let moves = |axis: &Axis| block.from.get(*axis) != block.to.get(*axis);
    if let Some(axis) = [Axis::B, Axis::C].into_iter().find(moves)
        && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed)
    {
        let (from, to) = (block.from, block.to);
        block.to = Axes::from_fn(|axis| {
            let half = (from.get(axis) + to.get(axis)) / 2.0;
            num::round_i64(half * 1000.0) as f64 / 1000.0
        });
        block.duration_us /= 2;
        block.limit = Some(axis);
    }
}

impl Twin for Board {
    fn receive(&mut self, ctx: &mut Ctx<'_>, _port: Port, bytes: &[u8]) {
        for byte in bytes {
            match *byte {
                STATUS => {
                    let at = self.logical(&self.position(ctx));
                    let state = if self.halted {
                        "Alarm"
                    } else if self.idle() {
                        "Idle"
                    } else {
                        "Run"
                    };
                    self.say(ctx, &answers::status(state, &at));
                }
                HALT if self.halted => {}
                HALT => {
                    self.halt(ctx, "halt character");
                    if self.in_line {
                        self.end_quietly();
                    }
                    self.say(ctx, &format!("ok {}\r\n", answers::EMERGENCY));
                }
                b'\r' | b'\n' => {
                    let line = gcode::parse(&String::from_utf8_lossy(&self.partial));
                    self.partial.clear();
                    if self.lines.len() < WAITING_LINES {
                        self.lines.push_back(line);
                    }
                }
                byte if self.partial.len() < LONGEST_LINE => self.partial.push(byte),
                _ => {}
            }
        }
        self.work(ctx);
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.work(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        let motion = self
            .running
            .map(|running| running.since.saturating_add(running.block.duration_us));
        let wait = match &self.wait {
            Some(Wait::Until(due) | Wait::Homing { until: due, .. }) => Some(*due),
            _ => None,
        };
        motion.into_iter().chain(wait).min().filter(|due| *due < u64::MAX)
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(running) = &mut self.running
            && running.block.duration_us == u64::MAX
        {
            running.block.duration_us = ctx.now.saturating_sub(running.since).saturating_add(1_000_000);
        }
    }

    /// The motors hold the carriage from the first homing on until power or trust in its position is lost.
    fn pushed(&mut self, ctx: &mut Ctx<'_>, x: f64, y: f64) -> bool {
        let at = self.position(ctx);
        let free = self.homed.is_empty() && self.idle() && self.wait.is_none();
        if !free || !Gantry::lifted(&at) {
            return false;
        }
        let to = Axes { x, y, ..at };
        ctx.world.gantry_departs(ctx.name, &to, ctx.now);
        ctx.world.gantry_arrives(ctx.name, &to, ctx.now);
        // The board counts no steps of this.
        self.offset.x -= x - at.x;
        self.offset.y -= y - at.y;
        self.target = to;
        true
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        let at = self.position(ctx);
        self.running = None;
        self.wait = None;
        ctx.world.gantry_arrives(ctx.name, &at, ctx.now);
        // Rounding of a plunger to whole micrometres is its true position from now on.
        let at = Axes::from_fn(|axis| num::round_i64(at.get(axis) * 1000.0) as f64 / 1000.0);
        self.switch_on(at);
    }
}
