//! What the instrument is told for a read, in its order; each line states a goal.

use crate::devices::Failure;
use crate::drivers::failure::{refused, unsupported};
use crate::plan::Action;
use crate::units::Duration;

/// Where the wells of a plate stand.
struct Wells {
    rows: u16,
    columns: u16,
    /// Centre of A1 from the left and from the back, in mm.
    first: (f64, f64),
    /// From well to well, in mm.
    pitch: f64,
}

/// After SLAS 4.
const WELLS_96: Wells = Wells {
    rows: 8,
    columns: 12,
    first: (14.38, 11.24),
    pitch: 9.0,
};
const WELLS_384: Wells = Wells {
    rows: 16,
    columns: 24,
    first: (12.13, 8.99),
    pitch: 4.5,
};
/// Flashes per well of a fluorescence read.
const FLASHES: u32 = 6;
/// Longest that a well takes beside the time of gathering light: the carriage at normal speed.
const PER_WELL: Duration = Duration::ms(500);
/// Longest that lamp, gratings and calibration take before the first well.
const SETTING_UP: Duration = Duration::s(60);
/// Emission cutoff filters: the wavelengths that each is for, in nm, and its number.
const CUTOFFS: [(u32, u32); 15] = [
    (695, 15),
    (665, 14),
    (630, 13),
    (610, 12),
    (590, 11),
    (570, 10),
    (550, 9),
    (530, 8),
    (515, 7),
    (495, 6),
    (475, 5),
    (455, 4),
    (435, 3),
    (420, 2),
    (322, 16),
];

/// A read: what the instrument is told before `!READ`, and what its data must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// Lines, in their order.
    pub lines: Vec<String>,
    /// Rows and columns.
    pub plate: (usize, usize),
    /// The words behind `L:`; any, where none is told.
    pub wavelengths: Option<Vec<String>>,
    /// It takes no longer.
    pub limit: Duration,
}

fn plate(wells: u16) -> Result<Wells, Failure> {
    match wells {
        96 => Ok(WELLS_96),
        384 => Ok(WELLS_384),
        _ => Err(unsupported(format!(
            "a SpectraMax is told where the wells of 96 and 384 stand, not of {wells}"
        ))),
    }
}

/// The number of the cutoff filter for an emission wavelength.
pub(super) fn cutoff(emission: u32) -> u32 {
    let found = CUTOFFS.iter().find(|(from, _)| emission >= *from);
    found.map_or(1, |(_, filter)| *filter)
}

/// What a read is told.
///
/// # Errors
/// When the action is no read, or one that this instrument cannot make.
pub(super) fn read(action: &Action, model: crate::rig::SpectraMax) -> Result<Read, Failure> {
    if action.area().is_some() {
        return Err(unsupported("a SpectraMax scans no areas of wells from here"));
    }
    let (wells, gathering) = match action {
        Action::ReadAbsorbance { wells, .. } | Action::ReadFluorescence { wells, .. } => {
            (*wells, Duration::ZERO)
        }
        Action::ReadLuminescence {
            wells, integration, ..
        } => (*wells, *integration),
        other => return Err(unsupported(format!("a plate reader cannot {}", other.name()))),
    };
    let absorbance_only = model == crate::rig::SpectraMax::Plus384;
    if absorbance_only && !matches!(action, Action::ReadAbsorbance { .. }) {
        return Err(unsupported("a SpectraMax 384 Plus measures absorbance only"));
    }
    let plate = plate(wells)?;
    let (rows, columns, pitch, (x, y)) = (plate.rows, plate.columns, plate.pitch, plate.first);
    let mut lines = vec![
        format!("!XPOS {x:.3} {pitch:.3} {columns}"),
        format!("!YPOS {y:.3} {pitch:.3} {rows}"),
        format!("!STRIP 1 {columns}"),
        "!CSPEED 8".to_owned(),
        "!SHAKE OFF".to_owned(),
    ];
    let mut tell = |told: &[&str]| lines.extend(told.iter().map(|t| (*t).to_owned()));
    let mut wavelengths = None;
    match action {
        Action::ReadAbsorbance { wavelength, .. } => {
            let nm = wavelength.get().to_string();
            tell(&[&format!("!WAVELENGTH {nm}"), "!CALIBRATE ONCE"]);
            tell(&["!MODE ENDPOINT", "!ORDER COLUMN", "!SPEED OFF", "!TAG OFF"]);
            tell(&[if absorbance_only {
                "!READTYPE PLA"
            } else {
                "!READTYPE ABSPLA"
            }]);
            wavelengths = Some(vec![nm]);
        }
        Action::ReadFluorescence {
            excitation,
            emission,
            gain,
            ..
        } => {
            if *gain == 0 {
                return Err(refused("a gain is 1 or more"));
            }
            let (ex, em) = (excitation.get().to_string(), emission.get().to_string());
            tell(&[
                &format!("!FPW {FLASHES}"),
                "!AUTOPMT OFF",
                &format!("!PMT {gain}"),
            ]);
            tell(&[&format!("!EXWAVELENGTH {ex}"), &format!("!EMWAVELENGTH {em}")]);
            let filter = cutoff(emission.get().into());
            tell(&[
                "!AUTOFILTER OFF",
                &format!("!EMFILTER {filter}"),
                "!READSTAGE TOP",
            ]);
            tell(&[
                "!PMTCAL ONCE",
                "!MODE ENDPOINT",
                "!ORDER COLUMN",
                "!TAG OFF",
                "!READTYPE FLU",
            ]);
            wavelengths = Some(vec![ex, em]);
        }
        _ => {
            let seconds = gathering.as_s();
            tell(&["!READSTAGE TOP", &format!("!COUNTTIME {seconds:.3}")]);
            tell(&["!MODE ENDPOINT", "!ORDER COLUMN", "!TAG OFF", "!READTYPE LUM"]);
        }
    }
    Ok(Read {
        lines,
        plate: (usize::from(rows), usize::from(columns)),
        wavelengths,
        limit: SETTING_UP.plus(PER_WELL.plus(gathering).times(u64::from(wells))),
    })
}
