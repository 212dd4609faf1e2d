//! What a report is made from.

use crate::plan::{Finding, Plan, Reading, StepId};
use crate::units::{Duration, Timestamp};
use std::collections::BTreeMap;

/// A stretch of time, counted from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its start.
    pub start: Duration,
    /// Its end.
    pub end: Duration,
}

/// One bar of the timeline: an operation, or a phase of one, on one actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// What was done, as "read assay-2, cycle 5".
    pub title: String,
    /// Who did it; rows of one actor share a lane.
    pub actor: String,
    /// When it was to be done.
    pub planned: Option<Span>,
    /// When it was done.
    pub actual: Option<Span>,
}

/// A file that the run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// What it holds, as "growth rates".
    pub what: String,
    /// Its name in the run's folder.
    pub name: String,
}

/// Everything that a report shows.
#[derive(Debug, Clone, Copy)]
pub struct ReportData<'a> {
    /// Name of the run.
    pub run: &'a str,
    /// How it ended, as "done".
    pub outcome: &'a str,
    /// On simulated instruments.
    pub simulated: bool,
    /// Seed of the simulation.
    pub seed: Option<u64>,
    /// What was to be done.
    pub plan: &'a Plan,
    /// Every read.
    pub readings: &'a [Reading],
    /// What was concluded.
    pub findings: &'a BTreeMap<StepId, Finding>,
    /// Planned and actual times.
    pub timeline: &'a [TimelineRow],
    /// What a person should know.
    pub notes: &'a [String],
    /// The journal's last record: its number and hash.
    pub journal_head: (u64, &'a str),
    /// Start of the run, of the wall clock or the simulated one.
    pub started: Timestamp,
    /// Its end.
    pub ended: Timestamp,
    /// Files in the run's folder.
    pub files: &'a [FileEntry],
}
