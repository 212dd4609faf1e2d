//! From what a run found of its pipettes to records that later runs heed.

use super::again::{AgainError, folded};
use super::calibrate::Occasion;
use super::calibrations::{CalibrationsError, add_text};
use super::folder::RunFolder;
use crate::analysis::most_cv;
use crate::plan::{Finding, VolumeRow};
use crate::rig::{Rig, Role, VerificationRecord, Verified, VerifiedVolume};
use crate::run::State;
use crate::units::{Day, Volume};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a run's journal holds, and the rig that it ran on.
///
/// # Errors
/// When it cannot be read.
pub fn state_of(folder: &RunFolder) -> Result<(Rig, State), AgainError> {
    folded(folder)
}

/// The records of what a run verified, by pipette, tips and class; versions are not given yet.
///
/// # Errors
/// Why nothing of it may be kept, for a person.
pub fn records(rig: &Rig, state: &State, occasion: &Occasion) -> Result<Vec<VerificationRecord>, String> {
    let source = state.source.as_ref().ok_or("the run has not begun")?;
    if let Some(how) = &source.commissioning {
        return Err(format!(
            "the run tried the rig ({}): what it found of pipettes does not count",
            how.words()
        ));
    }
    let handler = rig
        .instruments
        .iter()
        .find(|(_, i)| matches!(i.role, Role::LiquidHandler(_)))
        .map(|(id, _)| id.clone())
        .ok_or("the rig has no liquid handler")?;
    let day = source.today.as_deref().and_then(Day::parse).or(occasion.date);
    let date = day.ok_or("the day of the run is not known")?;
    let days = occasion
        .valid_for
        .or_else(|| rig.verifications.rules.as_ref().and_then(|r| r.valid_for));
    let mut records: BTreeMap<_, VerificationRecord> = BTreeMap::new();
    for finding in state.findings.values() {
        let Finding::Volumes { method, rows } = finding else {
            continue;
        };
        for row in rows {
            let key = (row.pipette.clone(), row.tips.clone(), row.class.clone());
            let record = records.entry(key).or_insert_with(|| VerificationRecord {
                rig: rig.name.clone(),
                instrument: handler.clone(),
                pipette: row.pipette.clone(),
                tips: row.tips.clone(),
                class: row.class.clone(),
                version: 1,
                method: method.clone(),
                run: source.run.0.clone(),
                protocol: state.plan.protocol.clone(),
                author: occasion.author.clone(),
                date,
                due: days.map(|days| date.later(days)),
                simulated: source.simulated || rig.clock.is_some(),
                volumes: Vec::new(),
            });
            if record.method != *method {
                return Err(format!(
                    "the run verified \"{}\" by weight and by dye: which of them counts, nobody can say; verify it in a run of its own",
                    row.pipette
                ));
            }
            add_row(&mut record.volumes, row)?;
        }
    }
    if records.is_empty() {
        return Err(
            "the run verified no pipette: its protocol has no step with do = \"verify\", or it was left out"
                .to_owned(),
        );
    }
    Ok(records.into_values().collect())
}

fn add_row(volumes: &mut Vec<VerifiedVolume>, row: &VolumeRow) -> Result<(), String> {
    let random = row.random.ok_or_else(|| {
        format!(
            "{} of \"{}\" was delivered once only: nobody knows how it scatters",
            row.asked, row.pipette
        )
    })?;
    let one = Verified {
        mean: Volume::from_ul(row.mean_ul.max(0.0)),
        systematic_error: row.systematic,
        random_error: random,
        random_error_at_most: most_cv(random, row.n),
        n: row.n,
        passed: row.passed,
    };
    match row.channel {
        None => volumes.push(VerifiedVolume {
            asked: row.asked,
            stroke: row.stroke,
            all: one,
            channels: BTreeMap::new(),
        }),
        Some(channel) => {
            if let Some(volume) = volumes.last_mut() {
                volume.channels.insert(channel, one);
            }
        }
    }
    Ok(())
}

/// Adds a record under the next version. Returns it as it was written, and where.
///
/// # Errors
/// When it cannot be written, or somebody else added one at the same time.
pub fn add(
    folder: &Path,
    mut record: VerificationRecord,
) -> Result<(VerificationRecord, PathBuf), CalibrationsError> {
    let stem = record.stem();
    let (version, path) = add_text(folder, &stem, |version| {
        record.version = version;
        record.to_text()
    })?;
    record.version = version;
    Ok((record, path))
}
