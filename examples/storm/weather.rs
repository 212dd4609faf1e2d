//! What befalls a run: drawn from a seed before it begins, and printed when it goes wrong.

use super::draw::Draw;
use hardware_sim::{Fault, Part};
use plated::journal::DiskFault;
use plated::rig::{InstrumentId, Link, Rig, Role};
use plated::run::StopKind;
use std::fmt;

/// A safeguard that is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The first byte leaves before its intent is durable.
    Intent,
    /// After a lost answer the line is used at once.
    Drain,
    /// What is in doubt counts as not done.
    Settle,
    /// A zone is entered without asking who is in it.
    Interlock,
}

impl Without {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Intent, Self::Drain, Self::Settle, Self::Interlock];

    /// Its word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Drain => "drain",
            Self::Settle => "settle",
            Self::Interlock => "interlock",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.word() == word)
    }
}

/// Which kinds of things befall a run.
#[derive(Debug, Clone, Copy)]
pub struct Kinds {
    /// The host dies.
    pub crashes: bool,
    /// Lines fail.
    pub lines: bool,
    /// Devices fail.
    pub devices: bool,
    /// The disk fails.
    pub disk: bool,
    /// People stop the run, let it go on, and repair.
    pub people: bool,
}

impl Kinds {
    /// Everything.
    pub const ALL: Self = Self {
        crashes: true,
        lines: true,
        devices: true,
        disk: true,
        people: true,
    };
    /// Only crashes.
    pub const CRASHES: Self = Self {
        crashes: true,
        lines: false,
        devices: false,
        disk: false,
        people: false,
    };

    /// Only these, by their words.
    pub fn only(words: &str) -> Self {
        let has = |word: &str| words.split(',').any(|w| w == word);
        Self {
            crashes: has("crashes"),
            lines: has("lines"),
            devices: has("devices"),
            disk: has("disk"),
            people: has("people"),
        }
    }
}

/// How a host dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The process is killed; what was written can be read.
    Killed,
    /// The power fails; what was not synced is gone.
    Power,
    /// The power fails in mid-write: of what was not synced some sectors are there.
    Torn(u64),
}

/// What is done to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A fault of an instrument or its line, by the instrument's index.
    Fault(usize, Fault),
    /// The cables of two instruments are swapped, and back after so many seconds.
    Swap(usize, usize, u64),
    /// The host dies.
    Crash(Death),
    /// Somebody orders this, twice if said so.
    Order(StopKind, bool),
    /// A liquid handler loses power while it stands still, and somebody pushes its carriage over the deck.
    Push(usize),
}

/// Which actions are counted up to a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Every one.
    All,
    /// Plates that are carried.
    Carries,
    /// Those of instruments without a body in a zone: readers, incubators, stations. Gantries mostly stand still meanwhile.
    Quiet,
    /// Those of one instrument.
    Of(usize),
}

/// A deed and when it is done: so many milliseconds after an action was intended, counted over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The action, from 1.
    pub after: u64,
    /// Which are counted.
    pub count: Count,
    /// Milliseconds after it.
    pub ms: u64,
    /// What.
    pub deed: Deed,
}

/// Everything that befalls a run.
#[derive(Debug, Clone)]
pub struct Weather {
    /// In no order.
    pub deeds: Vec<Planned>,
    /// Of the first lives of the host: after so many records it dies at a write.
    pub deaths: Vec<Option<(u64, Death)>>,
    /// Of the first lives of the host: a fault of its disk.
    pub disk: Vec<Option<DiskFault>>,
    /// Instruments by name, for deeds.
    pub names: Vec<InstrumentId>,
    /// What decides the rest: how long people wait.
    pub seed: u64,
}

fn ms(draw: &mut Draw) -> u64 {
    // Most actions take some seconds; now and then what comes long after.
    let most = if draw.chance(15) { 120_000 } else { 4_000 };
    draw.between(0, most).unsigned_abs()
}

fn death(draw: &mut Draw) -> Death {
    match draw.below(3) {
        0 => Death::Killed,
        1 => Death::Power,
        _ => Death::Torn(draw.between(1, 1 << 40).unsigned_abs()),
    }
}

/// Whether a check sum or grammar tells each flipped bit on the link of an instrument.
fn checked(rig: &Rig, name: &InstrumentId) -> bool {
    rig.instruments.get(name).is_some_and(|i| {
        matches!(i.role, Role::PlateMover(_) | Role::PlateReader(_))
            && matches!(i.link, Link::Serial { .. } | Link::Tcp { .. })
    })
}

/// How long an answer of an instrument is waited for, in milliseconds.
fn patience(rig: &Rig, name: &InstrumentId) -> u64 {
    match rig.instruments.get(name).map(|i| &i.role) {
        Some(Role::LiquidHandler(_)) => 2_000,
        Some(Role::Pump(_)) => 500,
        _ => 1_000,
    }
}

fn line_fault(draw: &mut Draw, checked: bool) -> Fault {
    let requests = u32::try_from(draw.between(1, 4)).unwrap_or(1);
    match draw.below(if checked { 17 } else { 15 }) {
        0 | 1 => Fault::Mute { requests },
        2 => Fault::Deaf { requests },
        3 | 4 | 12..=14 => Fault::Late {
            requests,
            // About as late as each line's wait is long, and later.
            by_ms: draw.between(100, 3_000).unsigned_abs(),
        },
        5 => Fault::Duplicated { requests },
        6 => Fault::Half {
            requests,
            bytes: None,
        },
        7 => Fault::Dribbled {
            requests,
            gap_ms: draw.between(1, 20).unsigned_abs(),
        },
        8 => Fault::Split {
            requests,
            bytes: draw.below(6),
            gap_ms: draw.between(1, 200).unsigned_abs(),
        },
        9 => Fault::Unplugged {
            for_ms: draw.between(100, 30_000).unsigned_abs(),
        },
        10 => Fault::HalfOpen,
        11 => Fault::Reset,
        15 => Fault::Garbled { requests },
        _ => Fault::Misaddressed {
            requests,
            part: [Part::Unit, Part::Transaction, Part::Function][draw.below(3)],
        },
    }
}

fn device_fault(draw: &mut Draw, role: Option<&Role>) -> Fault {
    let times = 1;
    match draw.below(6) {
        0 => Fault::Stuck { times },
        1 => Fault::Jammed { times },
        2 if matches!(role, Some(Role::Incubator(_))) => Fault::DoorOpen,
        3 if matches!(role, Some(Role::PlateReader(_))) => Fault::TransferCut { times },
        4 => Fault::NoBarcode { times },
        _ => Fault::PowerCycle,
    }
}

impl Weather {
    /// Of a seed, for a rig and a plan of so many actions.
    pub fn of(seed: u64, rig: &Rig, actions: u64, kinds: Kinds) -> Self {
        let mut draw = Draw::new(seed ^ 0x73_74_6f_72_6d);
        let names: Vec<InstrumentId> = rig.instruments.keys().cloned().collect();
        let most = i64::try_from(actions.max(1)).unwrap_or(i64::MAX);
        let mut deeds = Vec::new();
        let at = |draw: &mut Draw| (draw.between(1, most).unsigned_abs(), ms(draw));
        let mut plan = |draw: &mut Draw, count: usize, deed: &mut dyn FnMut(&mut Draw) -> Deed| {
            for _ in 0..count {
                let (after, ms) = at(draw);
                let deed = deed(draw);
                let count = Count::All;
                deeds.push(Planned {
                    after,
                    count,
                    ms,
                    deed,
                });
            }
        };
        // Drawn in any case, so that a seed means the same with fewer kinds.
        let count = draw.below(9);
        let lines = if kinds.lines { count } else { 0 };
        plan(&mut draw, lines, &mut |draw| {
            let which = draw.below(names.len());
            let checked = names.get(which).is_some_and(|name| checked(rig, name));
            if names.len() > 1 && draw.chance(4) {
                let other = (which + 1 + draw.below(names.len() - 1)) % names.len();
                return Deed::Swap(which, other, draw.between(1, 60).unsigned_abs());
            }
            Deed::Fault(which, line_fault(draw, checked))
        });
        // Now and then a line whose answers come about as late as they are waited for, again and again.
        let mut draw = Draw::new(seed ^ 0x6c_61_74);
        let which = draw.below(names.len());
        let slow = if draw.chance(20) && kinds.lines { 12 } else { 0 };
        plan(&mut draw, slow, &mut |draw| {
            let requests = u32::try_from(draw.between(1, 8)).unwrap_or(1);
            let by_ms = draw.between(300, 2_500).unsigned_abs();
            Deed::Fault(which, Fault::Late { requests, by_ms })
        });
        // And some that come too late while their instrument works: whoever does not wait them out takes an answer from before
        // a movement for one from after it. Most of them at an incubator, as it answers in fewest words.
        let mut draw = Draw::new(seed ^ 0x62_65_68);
        let incubator = |name: &InstrumentId| {
            let role = rig.instruments.get(name).map(|i| &i.role);
            matches!(role, Some(Role::Incubator(_)))
        };
        let drawn = draw.below(names.len());
        let preferred = names.iter().position(incubator).filter(|_| draw.chance(80));
        let which = preferred.unwrap_or(drawn);
        let wait = names.get(which).map_or(1000, |name| patience(rig, name));
        let mut stale = Vec::new();
        if draw.chance(60) && kinds.lines {
            for _ in 0..6 {
                let after = draw.between(1, 10).unsigned_abs();
                // The telegram that begins it, or the looks while it works.
                let most = if draw.chance(70) { 60 } else { 8_000 };
                let ms = draw.between(0, most).unsigned_abs();
                let requests = u32::try_from(draw.between(3, 5)).unwrap_or(3);
                let by_ms = wait * draw.between(120, 300).unsigned_abs() / 100;
                let deed = Deed::Fault(which, Fault::Late { requests, by_ms });
                stale.push(Planned {
                    after,
                    count: Count::Of(which),
                    ms,
                    deed,
                });
            }
        }
        let mut draw = Draw::new(seed ^ 0x64_65_76);
        let count = if draw.chance(60) { draw.below(4) } else { 0 };
        let devices = if kinds.devices { count } else { 0 };
        plan(&mut draw, devices, &mut |draw| {
            let which = draw.below(names.len());
            let role = names
                .get(which)
                .and_then(|n| rig.instruments.get(n))
                .map(|i| &i.role);
            Deed::Fault(which, device_fault(draw, role))
        });
        // A mover that loses power while its arm is somewhere.
        let mut draw = Draw::new(seed ^ 0x61_72_6d);
        let mut cuts = Vec::new();
        let mover = |name: &InstrumentId| {
            let role = rig.instruments.get(name).map(|i| &i.role);
            matches!(role, Some(Role::PlateMover(_)))
        };
        if let Some(which) = names.iter().position(mover)
            && draw.chance(30)
            && kinds.devices
        {
            for _ in 0..3 {
                let after = draw.between(1, 8).unsigned_abs();
                let count = Count::Carries;
                // Most of them when the plate is set down and the arm is still there.
                let ms = draw.between(12_500, 16_500).unsigned_abs();
                let deed = Deed::Fault(which, Fault::PowerCycle);
                cuts.push(Planned {
                    after,
                    count,
                    ms,
                    deed,
                });
            }
        }
        // A gantry that loses power while it stands still, and is pushed out of somebody's way.
        let mut draw = Draw::new(seed ^ 0x70_75_73_68);
        let gantry = |name: &InstrumentId| {
            let role = rig.instruments.get(name).map(|i| &i.role);
            matches!(role, Some(Role::LiquidHandler(_)))
        };
        if let Some(which) = names.iter().position(gantry)
            && draw.chance(25)
            && kinds.people
        {
            for _ in 0..2 {
                let after = draw.between(1, 16).unsigned_abs();
                let ms = draw.between(0, 20_000).unsigned_abs();
                let (count, deed) = (Count::Quiet, Deed::Push(which));
                cuts.push(Planned {
                    after,
                    count,
                    ms,
                    deed,
                });
            }
        }
        let mut draw = Draw::new(seed ^ 0x70_65_6f);
        let count = if draw.chance(70) { draw.below(5) } else { 0 };
        let people = if kinds.people { count } else { 0 };
        plan(&mut draw, people, &mut |draw| {
            let kind = match draw.below(20) {
                0..=5 => StopKind::Pause,
                6..=11 => StopKind::Hold,
                12..=15 => StopKind::Park,
                16..=17 => StopKind::Halt,
                18 => StopKind::Abort,
                _ => StopKind::Resume,
            };
            Deed::Order(kind, draw.chance(30))
        });
        let mut draw = Draw::new(seed ^ 0x64_69_65);
        let count = draw.below(4);
        let crashes = if kinds.crashes { count } else { 0 };
        let mut deaths = Vec::new();
        for _ in 0..crashes {
            if draw.chance(50) {
                plan(&mut draw, 1, &mut |draw| Deed::Crash(death(draw)));
                deaths.push(None);
            } else {
                // A record or two for each action, and some before the first.
                let writes = draw
                    .between(0, most.saturating_mul(2).saturating_add(10))
                    .unsigned_abs();
                deaths.push(Some((writes, death(&mut draw))));
            }
        }
        let mut draw = Draw::new(seed ^ 0x64_73_6b);
        let mut disk = Vec::new();
        let wanted = draw.chance(20);
        if wanted && kinds.disk {
            let append = draw.between(0, most.saturating_mul(2)).unsigned_abs();
            for _ in 0..draw.below(2) {
                disk.push(None);
            }
            disk.push(Some(match draw.below(4) {
                0 => DiskFault::WriteFails { append },
                1 => DiskFault::ShortWrite {
                    append,
                    keeps: draw.below(200),
                },
                2 => DiskFault::SyncFails { sync: append },
                _ => DiskFault::Full {
                    room: draw.between(70_000, 600_000).unsigned_abs(),
                },
            }));
        }
        // A disk whose syncs say that all is well and do nothing, which shows when the power fails some actions later.
        let mut draw = Draw::new(seed ^ 0x6c_69_65);
        if draw.chance(10) && kinds.disk && kinds.crashes {
            let life = draw.below(2);
            let sync = draw.between(0, most / 2).unsigned_abs();
            let power = if draw.chance(50) {
                Death::Power
            } else {
                Death::Torn(draw.between(1, 1 << 40).unsigned_abs())
            };
            let writes = sync * 2 + draw.between(6, 40).unsigned_abs();
            disk.resize(disk.len().max(life + 1), None);
            deaths.resize(deaths.len().max(life + 1), None);
            if let (Some(fault), Some(dies)) = (disk.get_mut(life), deaths.get_mut(life)) {
                *fault = Some(DiskFault::SyncLies { sync });
                *dies = Some((writes, power));
            }
        }
        deeds.extend(stale);
        deeds.extend(cuts);
        Self {
            deeds,
            deaths,
            disk,
            names,
            seed,
        }
    }

    /// Whether the disk lies about what is durable in a life of the host.
    pub fn lies(&self, life: usize) -> bool {
        matches!(self.disk.get(life), Some(Some(DiskFault::SyncLies { .. })))
    }

    /// Whether nothing but crashes of the host befalls the run.
    pub fn is_crashes_only(&self) -> bool {
        self.disk.is_empty() && self.deeds.iter().all(|d| matches!(d.deed, Deed::Crash(_)))
    }

    fn name(&self, which: usize) -> &str {
        self.names.get(which).map_or("nobody", InstrumentId::as_str)
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut deeds = self.deeds.clone();
        deeds.sort_by_key(|d| (d.after, d.ms));
        for Planned {
            after,
            count,
            ms,
            deed,
        } in deeds
        {
            let what = match count {
                Count::All => "action",
                Count::Carries => "plate carried",
                Count::Quiet => "quiet action",
                Count::Of(which) => &format!("action of {}", self.name(which)),
            };
            write!(f, "  {ms} ms after {what} {after}: ")?;
            match deed {
                Deed::Fault(which, fault) => writeln!(f, "{}: {fault:?}", self.name(which))?,
                Deed::Swap(one, other, s) => writeln!(
                    f,
                    "the cables of {} and {} are swapped for {s} s",
                    self.name(one),
                    self.name(other)
                )?,
                Deed::Crash(death) => writeln!(f, "the host dies: {death:?}")?,
                Deed::Push(which) => {
                    writeln!(f, "{} loses power and is pushed over the deck", self.name(which))?;
                }
                Deed::Order(kind, twice) => {
                    writeln!(f, "{}{}", kind.word(), if twice { ", twice" } else { "" })?;
                }
            }
        }
        for (life, death) in self.deaths.iter().enumerate() {
            if let Some((writes, death)) = death {
                writeln!(f, "  life {life}: the host dies at record {writes}: {death:?}")?;
            }
        }
        for (life, fault) in self.disk.iter().enumerate() {
            if let Some(fault) = fault {
                writeln!(f, "  life {life}: the disk: {fault:?}")?;
            }
        }
        Ok(())
    }
}
