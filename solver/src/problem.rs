//! What is to be scheduled, as numbers.

use crate::pool::Share;
use crate::table::Table;

/// Time in whatever unit the caller counts, from the start of the schedule.
pub type Time = i64;

/// Times beyond this are taken for "never".
pub const NEVER: Time = Time::MAX / 4;

/// A task holds so much of a resource for a part of its time: from `from` to `to` after its start, the end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Which resource.
    pub resource: usize,
    /// From this long after the task's start.
    pub from: Time,
    /// To this long after it.
    pub to: Time,
    /// How much of it, at least 1.
    pub amount: u32,
}

/// One way of carrying a task out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mode {
    /// How long it takes.
    pub duration: Time,
    /// What it holds meanwhile.
    pub uses: Vec<Use>,
}

/// Something that is carried out once, in one of its modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// At least one.
    pub modes: Vec<Mode>,
    /// Starts no earlier.
    pub earliest: Time,
    /// Starts no later; [`NEVER`] where that does not matter.
    pub latest: Time,
}

impl Task {
    /// A task with one mode that may start at any time.
    pub fn simple(duration: Time, uses: Vec<Use>) -> Self {
        Self {
            modes: vec![Mode { duration, uses }],
            earliest: 0,
            latest: NEVER,
        }
    }
}

/// An event of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Which task.
    pub task: usize,
    /// Its end rather than its start.
    pub end: bool,
}

impl Event {
    /// The start of a task.
    pub const fn start(task: usize) -> Self {
        Self { task, end: false }
    }

    /// The end of a task.
    pub const fn end(task: usize) -> Self {
        Self { task, end: true }
    }
}

/// One event comes at least so long after another. A longest delay is the same the other way round, with a negative time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// The earlier event.
    pub from: Event,
    /// The later one.
    pub to: Event,
    /// At least so long after it.
    pub least: Time,
}

/// So much of a resource is held from one event to another, however long that is: a plate blocks the place where it stands from its
/// arrival until it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// Which resource.
    pub resource: usize,
    /// How much of it, at least 1.
    pub amount: u32,
    /// From this event.
    pub from: Event,
    /// To this one, which comes no earlier.
    pub to: Event,
}

/// What is to be scheduled.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// How much there is of each resource.
    pub capacity: Vec<u32>,
    /// Delays between events.
    pub delays: Vec<Delay>,
    /// What is held from one event to another.
    pub stays: Vec<Stay>,
}

impl Problem {
    /// `to` comes at least `least` after `from`.
    pub fn at_least(&mut self, from: Event, to: Event, least: Time) {
        self.delays.push(Delay { from, to, least });
    }

    /// `to` comes at most `most` after `from`.
    pub fn at_most(&mut self, from: Event, to: Event, most: Time) {
        self.delays.push(Delay {
            from: to,
            to: from,
            least: most.saturating_neg(),
        });
    }

    /// What is held when, as parts of resources: the uses of tasks in these modes, and the stays.
    pub(crate) fn shares(&self, modes: &[usize], duration: &Table<Time>) -> Vec<(usize, Share)> {
        let mut shares = Vec::new();
        for task in 0..self.tasks.len() {
            let mode = modes.get(task).copied().unwrap_or(0);
            for u in self.mode(task, mode).map_or(&[][..], |m| m.uses.as_slice()) {
                let share = Share {
                    begins: task,
                    from: u.from,
                    ends: task,
                    to: u.to,
                    amount: u.amount,
                };
                if u.from < u.to {
                    shares.push((u.resource, share));
                }
            }
        }
        for stay in &self.stays {
            let offset = |event: Event| if event.end { duration.at(event.task) } else { 0 };
            let share = Share {
                begins: stay.from.task,
                from: offset(stay.from),
                ends: stay.to.task,
                to: offset(stay.to),
                amount: stay.amount,
            };
            shares.push((stay.resource, share));
        }
        shares
    }

    pub(crate) fn mode(&self, task: usize, mode: usize) -> Option<&Mode> {
        self.tasks.get(task)?.modes.get(mode)
    }

    pub(crate) fn capacity(&self, resource: usize) -> u32 {
        self.capacity.get(resource).copied().unwrap_or(0)
    }
}

/// When each task starts, and in which of its modes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Solution {
    /// By task: its start.
    pub starts: Vec<Time>,
    /// By task: index of its mode.
    pub modes: Vec<usize>,
}

impl Solution {
    /// When a task starts.
    pub fn start(&self, task: usize) -> Time {
        self.starts.get(task).copied().unwrap_or(0)
    }

    /// In which mode.
    pub fn mode(&self, task: usize) -> usize {
        self.modes.get(task).copied().unwrap_or(0)
    }

    /// The end of the last task.
    pub fn makespan(&self, problem: &Problem) -> Time {
        (0..problem.tasks.len())
            .map(|t| {
                let duration = problem.mode(t, self.mode(t)).map_or(0, |m| m.duration);
                self.start(t).saturating_add(duration)
            })
            .max()
            .unwrap_or(0)
    }
}
