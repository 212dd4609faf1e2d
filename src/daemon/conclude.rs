//! What a finished run leaves behind: tables, picklist, report, database.

use super::folder::RunFolder;
use crate::formats::{self, ResultDocument};
use crate::journal::{Head, verify};
use crate::plan::{Commissioning, Finding, OperationId};
use crate::report::{self, FileEntry, ReportData, Span, TimelineRow};
use crate::rig::Rig;
use crate::run::{Ending, State, Status};
use crate::schedule::broken_by;
use crate::store::Store;
use std::fs;
use std::path::PathBuf;
use thiserror::Error;

/// Files that could not be written.
#[derive(Debug, Error)]
pub enum ConcludeError {
    /// A file.
    #[error("{}: {error}", place.display())]
    File {
        /// Which.
        place: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The result document.
    #[error("{0}")]
    Result(#[from] formats::ResultError),
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// The parts of a report that are not in the state.
pub struct Outputs {
    /// The run's folder, as shown.
    pub folder: String,
    /// Files in it.
    pub files: Vec<FileEntry>,
    /// Planned and actual times.
    pub timeline: Vec<TimelineRow>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// How the run ended.
    pub outcome: String,
    /// The journal's last record.
    pub head: (u64, String),
    /// On simulated instruments, in this process or served by another.
    pub simulated: bool,
}

impl Outputs {
    /// The report's data over a state.
    pub fn report<'a>(&'a self, state: &'a State) -> ReportData<'a> {
        let source = state.source.as_ref();
        ReportData {
            run: source.map_or("", |s| s.run.0.as_str()),
            outcome: &self.outcome,
            simulated: self.simulated,
            seed: source.filter(|s| s.simulated).map(|s| s.seed),
            plan: &state.plan,
            readings: &state.readings,
            findings: &state.findings,
            timeline: &self.timeline,
            notes: &self.notes,
            journal_head: (self.head.0, &self.head.1),
            started: state.started,
            ended: state.last,
            files: &self.files,
        }
    }
}

/// How a run ended, in words.
pub fn outcome(ending: &Ending) -> String {
    match ending {
        Ending::Completed => "done".into(),
        Ending::Aborted => "stopped by the operator".into(),
        Ending::Failed { why } => format!("failed: {why}"),
    }
}

/// Writes everything that is derived from a run that has ended. The same run leaves the same bytes.
///
/// # Errors
/// The file that could not be written; the journal is not affected.
pub fn conclude(folder: &RunFolder, rig: &Rig, state: &State, head: Head) -> Result<Outputs, ConcludeError> {
    let mut outputs = Outputs {
        folder: folder.root().display().to_string(),
        files: Vec::new(),
        timeline: timeline(state),
        notes: notes(state),
        outcome: state.ending().map_or_else(|| "not ended".into(), outcome),
        head: (head.sequence, head.hash.to_string()),
        simulated: rig.clock.is_some() || state.source.as_ref().is_some_and(|s| s.simulated),
    };
    let mut tables: Vec<(String, String, Vec<u8>)> = vec![(
        "readings".into(),
        "data/readings.csv".into(),
        formats::readings_csv(&state.plan, &state.readings, &state.findings),
    )];
    let (plan, readings, findings) = (&state.plan, &state.readings, &state.findings);
    let optional = [
        (
            "fluorescence",
            formats::fluorescence_csv(plan, readings, findings),
        ),
        (
            "luminescence",
            formats::luminescence_csv(plan, readings, findings),
        ),
        ("area", formats::area_csv(plan, readings)),
        ("measurements", formats::measurements_csv(&state.measurements)),
        ("answers", formats::answers_csv(&state.values)),
    ];
    for (what, table) in optional {
        if let Some(bytes) = table {
            tables.push((what.into(), format!("data/{what}.csv"), bytes));
        }
    }
    // What is analysed of a run of commissioning must not pass for results by its name.
    let mark = if state.plan.commissioning.is_some() {
        "-commissioning"
    } else {
        ""
    };
    if let Some(bytes) = formats::volumes_csv(findings) {
        tables.push((
            "verified volumes".into(),
            format!("data/volumes{mark}.csv"),
            bytes,
        ));
    }
    for (step, finding) in &state.findings {
        match finding {
            Finding::Growth { rows, quality } => {
                tables.push((
                    format!("growth rates ({step})"),
                    format!("data/{step}{mark}.csv"),
                    formats::growth_csv(rows),
                ));
                let name = format!("data/{step}-quality{mark}.csv");
                tables.push((
                    format!("plate quality ({step})"),
                    name,
                    formats::quality_csv(quality),
                ));
            }
            Finding::Hits {
                strains,
                hits,
                picklist,
                ..
            } => {
                let name = format!("data/{step}-strains{mark}.csv");
                tables.push((
                    format!("strains ({step})"),
                    name,
                    formats::strains_csv(strains, hits),
                ));
                if !picklist.picks.is_empty() {
                    let volume = formats::pick_volume(&state.plan, step);
                    let name = format!("data/{step}-picklist{mark}.csv");
                    tables.push((
                        format!("picklist ({step})"),
                        name,
                        formats::picklist_csv(picklist, volume),
                    ));
                }
            }
            // The report's table of answers has it; all volumes are in one table.
            Finding::Value { .. } | Finding::Volumes { .. } => {}
            Finding::FailedPicks { rows } => {
                let name = format!("data/{step}{mark}.csv");
                tables.push((format!("picks ({step})"), name, formats::picks_csv(rows)));
            }
            Finding::Endpoint { rows } => {
                let name = format!("data/{step}{mark}.csv");
                tables.push((format!("endpoints ({step})"), name, formats::endpoint_csv(rows)));
            }
        }
    }
    let result = ResultDocument::of(state, outputs.notes.clone()).to_json()?;
    tables.push(("everything".into(), "data/result.json".into(), result));
    for (what, name, bytes) in tables {
        write(folder, &name, &bytes)?;
        outputs.files.push(FileEntry { what, name });
    }
    outputs.files.push(FileEntry {
        what: "report".into(),
        name: "report.html".into(),
    });
    outputs.files.push(FileEntry {
        what: "journal".into(),
        name: "journal.plj".into(),
    });
    let page = report::html(&outputs.report(state));
    write(folder, "report.html", page.as_bytes())?;
    let place = folder.journal();
    let journal = fs::read(&place).map_err(|error| ConcludeError::File { place, error })?;
    super::wear::keep(folder, &journal).map_err(|error| ConcludeError::File {
        place: folder.root().join("wear.json"),
        error,
    })?;
    let entries = verify(&journal).entries;
    let mut store = Store::open(&folder.database())?;
    store.fold(entries.iter().map(|e| (e.sequence, e.at, &e.event)), state)?;
    Ok(outputs)
}

fn write(folder: &RunFolder, name: &str, bytes: &[u8]) -> Result<(), ConcludeError> {
    let place = folder.root().join(name);
    let fresh = place.with_extension("new");
    let written = fs::create_dir_all(place.parent().unwrap_or(folder.root()))
        .and_then(|()| fs::write(&fresh, bytes))
        .and_then(|()| fs::rename(&fresh, &place));
    written.map_err(|error| ConcludeError::File { place, error })
}

fn timeline(state: &State) -> Vec<TimelineRow> {
    let offset = state.zero.since(state.started);
    state
        .plan
        .operations
        .iter()
        .zip(&state.operations)
        .filter(|(o, _)| !o.phases.is_empty())
        .map(|(operation, course)| {
            let planned = state.schedule.slot(operation.id).map(|slot| Span {
                start: slot.start.plus(offset),
                end: slot.end.plus(offset),
            });
            let actual = course.started.zip(course.ended).map(|(start, end)| Span {
                start: start.since(state.started),
                end: end.since(state.started),
            });
            // An operation passes through several hands; it is shown in the lane of its longest phase.
            let actor = operation
                .phases
                .iter()
                .max_by_key(|p| p.duration)
                .map(|p| p.actor.to_string());
            TimelineRow {
                title: operation.title.clone(),
                actor: actor.unwrap_or_default(),
                planned,
                actual,
            }
        })
        .collect()
}

fn notes(state: &State) -> Vec<String> {
    let mut notes: Vec<String> = state
        .plan
        .commissioning
        .iter()
        .map(Commissioning::notice)
        .collect();
    if state.restarts > 0 {
        notes.push(format!(
            "the run was taken up again {} times after an interruption",
            state.restarts
        ));
    }
    for (at, found) in &state.host.found {
        notes.push(format!("{at} {}", found.in_words()));
    }
    if let Some(release) = state.source.as_ref().and_then(|s| s.release.as_ref()) {
        if let Some(who) = &release.unreleased {
            notes.push(format!(
                "the protocol was not released ({}); {} ran it all the same: {}",
                release.in_words(),
                who.by,
                who.reason
            ));
        } else if release.last.is_some() {
            notes.push(format!("the protocol is {}", release.in_words()));
        }
    }
    notes.extend(state.left_behind());
    for (at, by, repair, why) in &state.repairs {
        notes.push(format!("{at} {by} said: {}: {why}", repair.in_words()));
    }
    for (plate, gone) in &state.given_up {
        notes.push(format!("given up: plate {plate}: {}", gone.why));
    }
    for (wells, why) in state.given_up_by_reason() {
        notes.push(format!("given up: {wells}: {why}"));
    }
    notes.extend(state.picked_again());
    for fresh in &state.replaced {
        let code = fresh.barcode.as_ref().map(|c| format!(" (barcode {c})"));
        notes.push(format!(
            "replaced: plate {} by a fresh one{}: {}",
            fresh.plate,
            code.unwrap_or_default(),
            fresh.why
        ));
    }
    for (id, why) in &state.skipped {
        let title = state.operation(*id).map(|o| o.title.as_str()).unwrap_or_default();
        notes.push(format!("left out: {title}: {why}"));
    }
    for (step, value) in &state.values {
        notes.push(format!("step \"{step}\" was answered: {value}"));
    }
    let late = state.readings.iter().filter(|r| r.late.is_some()).count();
    if late > 0 {
        notes.push(format!(
            "{late} reads missed their time window; their values are marked"
        ));
    }
    let times = |id: OperationId| {
        let course = state.operations.get(id.index())?;
        (course.status == Status::Ended)
            .then(|| Some((course.started?.since(state.zero), course.ended?.since(state.zero))))?
    };
    for broken in broken_by(&state.plan, times) {
        notes.push(format!("a promise was broken: {}", broken.message));
    }
    for (at, id, failure) in &state.failures {
        let title = state.operation(*id).map(|o| o.title.as_str()).unwrap_or_default();
        notes.push(format!("{at} {title}: {}", failure.message));
    }
    notes
}
