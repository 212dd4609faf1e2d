//! Folding records into rows.

use super::schema::{CREATE, VERSION};
use crate::devices::Done;
use crate::labware::Well;
use crate::plan::{Commissioning, Finding, Measure, PlateId, Sample, StepId, Value, VolumeRow};
use crate::run::{Event, State};
use crate::units::Timestamp;
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// A failed database call. The journal is not affected: delete the file and it is rebuilt.
#[derive(Debug, Error)]
#[error("the database {place} failed: {cause}; delete it and it is rebuilt from the journal")]
pub struct StoreError {
    place: String,
    cause: rusqlite::Error,
}

/// A database of one run.
pub struct Store {
    connection: Connection,
    place: String,
}

impl Store {
    /// Opens or creates the file; one of another schema version is made anew.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let fail = |cause| StoreError {
            place: place.clone(),
            cause,
        };
        let mut connection = Connection::open(path).map_err(fail)?;
        let version: i32 = connection
            .query_row("PRAGMA user_version", [], |r| r.get(0))
            .map_err(fail)?;
        if version != VERSION {
            if version != 0 {
                drop(connection);
                // A rebuild begins with an empty file; what was in it can be folded again.
                let _ = std::fs::remove_file(path);
                connection = Connection::open(path).map_err(fail)?;
            }
            // All or nothing: a process that dies here leaves an empty file, which is made anew.
            let create = format!("BEGIN; {CREATE} PRAGMA user_version = {VERSION}; COMMIT;");
            connection.execute_batch(&create).map_err(fail)?;
        }
        Ok(Self { connection, place })
    }

    /// Number of the last record that was folded in.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sequence(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT sequence FROM progress", [], |r| r.get::<_, i64>(0))
            .map(|n| u64::try_from(n).unwrap_or(0))
            .map_err(|cause| StoreError {
                place: self.place.clone(),
                cause,
            })
    }

    /// Folds records in, in one transaction; those folded before are passed over. `state` is that after all of them.
    ///
    /// # Errors
    /// When the database cannot be written; it is then as before.
    pub fn fold<'a>(
        &mut self,
        records: impl IntoIterator<Item = (u64, Timestamp, &'a Event)>,
        state: &State,
    ) -> Result<(), StoreError> {
        let done = self.sequence()?;
        let place = self.place.clone();
        let fail = |cause| StoreError {
            place: place.clone(),
            cause,
        };
        let transaction = self.connection.transaction().map_err(fail)?;
        let mut last = done;
        for (sequence, at, event) in records {
            if sequence > done {
                row(&transaction, integer(sequence), at, event, state).map_err(fail)?;
                last = sequence;
            }
        }
        for (step, value) in &state.values {
            answer(&transaction, step, value).map_err(fail)?;
        }
        transaction
            .execute("UPDATE progress SET sequence = ?1", [integer(last)])
            .map_err(fail)?;
        transaction.commit().map_err(fail)
    }

    /// Every table with its rows as text, in order: for comparing two databases.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn tables(&self) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let read = || -> Result<BTreeMap<String, Vec<String>>, rusqlite::Error> {
            let mut names = self
                .connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
            let names = names.query_map([], |r| r.get::<_, String>(0))?;
            names
                .map(|name| {
                    let name = name?;
                    let rows = self.rows(&name)?;
                    Ok((name, rows))
                })
                .collect()
        };
        read().map_err(|cause| StoreError {
            place: self.place.clone(),
            cause,
        })
    }

    fn rows(&self, table: &str) -> Result<Vec<String>, rusqlite::Error> {
        let mut all = self.connection.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = all.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|i| row.get_ref(i).map(|v| format!("{v:?}")));
            Ok(values.collect::<Result<Vec<_>, _>>()?.join(", "))
        };
        let mut rows = all.query_map([], row)?.collect::<Result<Vec<_>, _>>()?;
        rows.sort();
        Ok(rows)
    }
}

fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn us(at: Timestamp) -> i64 {
    integer(at.as_us())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn word<T: serde::Serialize>(value: &T) -> String {
    json(value).trim_matches('"').to_owned()
}

fn samples(
    t: &Transaction<'_>,
    sequence: i64,
    plate: &PlateId,
    samples: &BTreeMap<Well, Sample>,
) -> Result<(), rusqlite::Error> {
    let mut insert = t.prepare_cached("INSERT OR REPLACE INTO sample VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (well, sample) in samples {
        let strain = sample.strain.as_ref().map(|s| s.as_str());
        insert.execute(params![
            sequence,
            plate.as_str(),
            well.to_string(),
            strain,
            word(&sample.role)
        ])?;
    }
    Ok(())
}

fn volumes(
    t: &Transaction<'_>,
    sequence: i64,
    step: &str,
    (method, rows): (&str, &[VolumeRow]),
) -> Result<(), rusqlite::Error> {
    t.execute("DELETE FROM volume WHERE step = ?1", params![step])?;
    let mut insert = t.prepare_cached(
        "INSERT INTO volume VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    for row in rows {
        insert.execute(params![
            sequence,
            step,
            method,
            row.pipette.as_str(),
            row.tips,
            row.class,
            row.channel,
            row.asked.as_ul(),
            row.stroke.as_ul(),
            row.n,
            row.mean_ul,
            row.systematic,
            row.random,
            row.most_systematic,
            row.most_random,
            row.passed
        ])?;
    }
    Ok(())
}

fn row(
    t: &Transaction<'_>,
    sequence: i64,
    at: Timestamp,
    event: &Event,
    state: &State,
) -> Result<(), rusqlite::Error> {
    match event {
        Event::Started { source } => {
            t.execute(
                "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, ?8)",
                params![
                    sequence,
                    source.run.0,
                    source.protocol.name,
                    us(at),
                    integer(source.seed),
                    source.simulated,
                    source.version,
                    source.commissioning.as_ref().map(Commissioning::words)
                ],
            )?;
            for record in &source.calibrations {
                t.execute(
                    "INSERT OR REPLACE INTO calibration VALUES (?1, ?2, ?3)",
                    params![sequence, record.name, record.text],
                )?;
            }
        }
        Event::Planned { plan } => {
            for (id, plate) in &plan.plates {
                t.execute(
                    "INSERT INTO plate VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![sequence, id.as_str(), plate.labware, plate.barcode, plate.group],
                )?;
                samples(t, sequence, id, &plate.samples)?;
            }
            for operation in &plan.operations {
                t.execute(
                    "INSERT INTO operation VALUES (?1, ?2, ?3, ?4, NULL, NULL, NULL)",
                    params![sequence, operation.id.0, operation.step.as_str(), operation.title],
                )?;
            }
        }
        Event::OperationStarted { operation } => {
            t.execute(
                "UPDATE operation SET started_us = ?2 WHERE id = ?1",
                params![operation.0, us(at)],
            )?;
        }
        Event::OperationEnded { operation } => {
            t.execute(
                "UPDATE operation SET ended_us = ?2 WHERE id = ?1",
                params![operation.0, us(at)],
            )?;
        }
        Event::OperationSkipped { operation, why } => {
            t.execute(
                "UPDATE operation SET skipped = ?2 WHERE id = ?1",
                params![operation.0, why],
            )?;
        }
        Event::Intended {
            action,
            operation,
            actor,
            intent,
            ..
        } => {
            let plate = intent.action.plate().map(PlateId::as_str);
            t.execute(
                "INSERT INTO action VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, 'open', NULL)",
                params![
                    sequence,
                    integer(action.0),
                    operation.0,
                    actor.to_string(),
                    intent.action.name(),
                    plate,
                    json(&intent.action),
                    us(at)
                ],
            )?;
        }
        Event::Ended {
            action,
            done,
            evidence,
        } => {
            t.execute(
                "UPDATE action SET ended_us = ?2, outcome = 'done', evidence = ?3 WHERE id = ?1",
                params![integer(action.0), us(at), evidence.as_ref().map(word)],
            )?;
            if let Done::Reading { at: read_at, .. } = done {
                reading(t, sequence, *read_at, state)?;
            }
            if let (Done::Measured { at, .. }, Some(m)) = (done, state.measurements.last())
                && m.at == *at
            {
                t.execute(
                    "INSERT OR REPLACE INTO measurement VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        sequence,
                        m.step.as_str(),
                        m.instrument.as_str(),
                        m.quantity.as_str(),
                        us(m.at),
                        m.amount.value(),
                        m.amount.unit().text()
                    ],
                )?;
            }
        }
        Event::NotDone { action, evidence } => {
            t.execute(
                "UPDATE action SET ended_us = ?2, outcome = 'not_done', evidence = ?3 WHERE id = ?1",
                params![integer(action.0), us(at), word(evidence)],
            )?;
        }
        Event::Failed { action, failure } => {
            t.execute(
                "INSERT INTO failure VALUES (?1, ?2, ?3, ?4)",
                params![sequence, integer(action.0), us(at), json(failure)],
            )?;
        }
        Event::Asked { question } => {
            t.execute(
                "INSERT OR IGNORE INTO question VALUES (?1, ?2, ?3, ?4, NULL, NULL, NULL)",
                params![sequence, integer(question.id.0), question.text, us(at)],
            )?;
        }
        Event::Answered { question, answer, by } => {
            t.execute(
                "UPDATE question SET answer = ?2, answered_by = ?3, answered_us = ?4 WHERE id = ?1",
                params![integer(question.0), answer, by, us(at)],
            )?;
        }
        Event::Concluded { operation, finding } => {
            if let Some(step) = state.operation(*operation).map(|o| o.step.clone()) {
                t.execute(
                    "INSERT OR REPLACE INTO finding VALUES (?1, ?2, ?3)",
                    params![sequence, step.as_str(), json(finding)],
                )?;
            }
            if let (Finding::Volumes { method, rows }, Some(operation)) =
                (finding, state.operation(*operation))
            {
                volumes(t, sequence, operation.step.as_str(), (method, rows))?;
            }
            if let Finding::Hits {
                picklist,
                samples: picked,
                ..
            } = finding
                && let Some(pick) = picklist.picks.first()
            {
                samples(t, sequence, &pick.to_plate, picked)?;
            }
        }
        Event::GivenUp {
            operation,
            plates,
            wells,
        } => {
            let mut insert = t.prepare_cached("INSERT INTO given_up VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for gone in plates {
                let plate = gone.plate.as_str();
                let none: Option<String> = None;
                insert.execute(params![
                    sequence,
                    plate,
                    none,
                    operation.0,
                    us(at),
                    gone.why,
                    gone.taken
                ])?;
            }
            for gone in wells {
                let (plate, well) = (gone.plate.as_str(), gone.well.to_string());
                insert.execute(params![
                    sequence,
                    plate,
                    well,
                    operation.0,
                    us(at),
                    gone.why,
                    false
                ])?;
            }
        }
        Event::Replaced {
            operation,
            plate,
            barcode,
            why,
        } => {
            t.execute(
                "INSERT INTO replaced_plate VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![sequence, plate.as_str(), operation.0, us(at), barcode, why],
            )?;
        }
        Event::RunEnded { ending } => {
            t.execute("UPDATE run SET ending = ?1", params![json(ending)])?;
        }
        Event::Scheduled { .. }
        | Event::Identified { .. }
        | Event::Restarted
        | Event::Stop { .. }
        | Event::Repaired { .. }
        | Event::ParkingBegan { .. }
        | Event::ParkingEnded
        | Event::NotHalted { .. }
        | Event::InputChanged { .. }
        | Event::ClocksRead { .. }
        | Event::Unreachable { .. }
        | Event::Reachable { .. }
        | Event::LeftUnsafe { .. } => {}
    }
    Ok(())
}

fn answer(t: &Transaction<'_>, step: &StepId, value: &Value) -> Result<(), rusqlite::Error> {
    let statement = "INSERT OR REPLACE INTO answer VALUES (?1, ?2, ?3)";
    match value {
        Value::Number(number) => t.execute(statement, params![step.as_str(), "number", number]),
        Value::Text(text) => t.execute(statement, params![step.as_str(), "text", text]),
        Value::Barcode(code) => t.execute(statement, params![step.as_str(), "barcode", code]),
        Value::Truth(truth) => t.execute(statement, params![step.as_str(), "truth", truth]),
    }?;
    Ok(())
}

fn reading(
    t: &Transaction<'_>,
    sequence: i64,
    read_at: Timestamp,
    state: &State,
) -> Result<(), rusqlite::Error> {
    // The fold put context to the values; one reader cannot begin two reads at one time.
    let Some((id, reading)) = state.readings.iter().enumerate().find(|(_, r)| r.at == read_at) else {
        return Ok(());
    };
    let id = i64::try_from(id).unwrap_or(i64::MAX);
    let (mut wavelength, mut light, mut gain, mut integration) = (None, None, None, None);
    let what = match reading.measure {
        Measure::Absorbance(at) => {
            wavelength = Some(at.get());
            "absorbance"
        }
        Measure::Fluorescence {
            excitation,
            emission,
            gain: set,
        } => {
            light = Some((excitation.get(), emission.get()));
            gain = Some(set);
            "fluorescence"
        }
        Measure::Luminescence { integration: span } => {
            integration = Some(integer(span.as_us()));
            "luminescence"
        }
    };
    t.execute(
        "INSERT OR REPLACE INTO reading VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        params![
            sequence,
            id,
            reading.plate.as_str(),
            reading.step.as_str(),
            reading.index,
            us(reading.at),
            wavelength,
            reading.lidded,
            reading.late.map(|l| integer(l.as_us())),
            integer(reading.shaken.as_us()),
            what,
            light.map(|l| l.0),
            light.map(|l| l.1),
            gain,
            integration,
            reading.commissioning
        ],
    )?;
    let columns = state.plan.plates.get(&reading.plate).map_or(12, |p| p.columns);
    let mut insert = t.prepare_cached("INSERT OR REPLACE INTO reading_value VALUES (?1, ?2, ?3)")?;
    for (index, value) in reading.values.iter().enumerate() {
        let well = Well::from_index(index, columns)
            .map(|w| w.to_string())
            .unwrap_or_default();
        insert.execute(params![id, well, value.map(|v| v.0)])?;
    }
    let mut insert = t.prepare_cached("INSERT OR REPLACE INTO reading_point VALUES (?1, ?2, ?3, ?4)")?;
    for (index, points) in reading.area.iter().flat_map(|area| &area.wells).enumerate() {
        let well = Well::from_index(index, columns)
            .map(|w| w.to_string())
            .unwrap_or_default();
        for (point, value) in (1_u32..).zip(points) {
            insert.execute(params![id, well, point, value.map(|v| v.0)])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_dies_while_tables_are_made_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.db");
        {
            let connection = Connection::open(&path).unwrap();
            // Dropped before COMMIT, as a killed process drops it.
            connection.execute_batch(&format!("BEGIN; {CREATE}")).unwrap();
        }
        assert_eq!(Store::open(&path).unwrap().sequence().unwrap(), 0);
        assert_eq!(Store::open(&path).unwrap().sequence().unwrap(), 0);
    }
}
