//! What the reader is told: commands, and the command of a run.

use crate::devices::Failure;
use crate::drivers::failure::{refused, unsupported};
use crate::plan::Action;
use crate::rig::reads::CLARIOSTAR;
use crate::units::Duration;

/// How it stands.
pub(super) const STATUS: &[u8] = &[0x80, 0x00];
/// Its memory of settings; asked after a lost answer alone.
pub(super) const MEMORY: &[u8] = &[0x05, 0x07, 0, 0, 0, 0, 0, 0];
/// The values of the last run.
pub(super) const VALUES: &[u8] = &[0x05, 0x02, 0, 0, 0, 0, 0, 0];
/// Finds its positions.
pub(super) const INITIALISE: &[u8] = &[0x01, 0x00, 0x00, 0x10, 0x02, 0x00];
/// Tray out, and in.
pub(super) const TRAY_OUT: &[u8] = &[0x03, 0x01, 0, 0, 0, 0, 0];
pub(super) const TRAY_IN: &[u8] = &[0x03, 0x00, 0, 0, 0, 0, 0];

/// Where the wells of a plate stand: columns, rows, A1 from the left and from the back in hundredths of a millimetre (SLAS 4).
#[derive(Debug, Clone, Copy)]
struct Wells {
    columns: u8,
    rows: u8,
    first: (u16, u16),
}

const WELLS_96: Wells = Wells {
    columns: 12,
    rows: 8,
    first: (1_438, 1_124),
};
const WELLS_384: Wells = Wells {
    columns: 24,
    rows: 16,
    first: (1_213, 899),
};
/// Footprint of a plate (SLAS 1), hundredths of a millimetre.
const SIZE: (u16, u16) = (12_776, 8_548);
/// From the corner of A1, forth and back, well by well.
const SCAN: u8 = 0x12;
/// Flashes per well of an absorbance read, as captured.
const FLASHES: u16 = 22;
/// Focal height of a luminescence read, as captured, hundredths of a millimetre.
const FOCUS: u16 = 1_300;
/// Wavelengths, in nm.
const ABSORBANCE: (u16, u16) = (200, 1_000);
/// Longest that lamp, monochromators and calibration take before the first well.
const SETTING_UP: Duration = Duration::s(60);
/// Longest that a well takes beside the time of gathering light.
const PER_WELL: Duration = Duration::ms(800);

/// What a run measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Absorbance,
    Luminescence,
}

/// A read: the command of its run, and what its values must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub run: Vec<u8>,
    pub kind: Kind,
    pub wells: usize,
    /// It takes no longer.
    pub limit: Duration,
}

/// The head of a run: plate, wells of the first so many, way of the scan, optics; no shaking.
fn head(wells: Wells, measured: usize, optics: u8) -> Vec<u8> {
    let ((length, width), (x, y)) = (SIZE, wells.first);
    let mut run = vec![0x04];
    for number in [length, width, x, y, length - x, width - y] {
        run.extend_from_slice(&number.to_be_bytes());
    }
    run.extend_from_slice(&[wells.columns, wells.rows]);
    run.extend((0..48_usize).map(|byte| {
        (0..8_usize).fold(0_u8, |mask, bit| {
            (mask << 1) | u8::from(byte * 8 + bit < measured)
        })
    }));
    run.extend_from_slice(&[SCAN, optics, 0, 0, 0]);
    // The shaker.
    run.extend_from_slice(&[0, 0, 0, 0]);
    run.extend_from_slice(&[0x27, 0x0F, 0x27, 0x0F]);
    run
}

fn absorbance(wells: Wells, measured: usize, wavelengths: &[u16]) -> Vec<u8> {
    let mut run = head(wells, measured, 0x02);
    run.push(0x19);
    run.push(u8::try_from(wavelengths.len()).unwrap_or(0));
    for nm in wavelengths {
        run.extend_from_slice(&nm.saturating_mul(10).to_be_bytes());
    }
    run.extend_from_slice(&[0, 0, 0, 0x64, 0, 0, 0, 0, 0, 0, 0, 0x64, 0]);
    // No pause before it begins.
    run.extend_from_slice(&[0, 0, 0]);
    run.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0x01]);
    run.extend_from_slice(&FLASHES.to_be_bytes());
    run.extend_from_slice(&[0, 0x01, 0, 0]);
    run
}

fn luminescence(wells: Wells, measured: usize) -> Vec<u8> {
    let mut run = head(wells, measured, 0x01);
    run.push(0x01);
    run.extend_from_slice(&FOCUS.to_be_bytes());
    run.extend_from_slice(&[
        0, 0, 0x01, 0, 0, 0x0E, 0x10, 0, 0x01, 0, 0x01, 0, 0x01, 0, 0x01, 0, 0x01,
    ]);
    run.extend_from_slice(&[0, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0x01]);
    run.extend_from_slice(&[0, 0, 0, 0x01, 0, 0x64, 0, 0x20, 0, 0]);
    run
}

/// What a read is told.
///
/// # Errors
/// When the action is no read, or one that this reader cannot make.
pub(super) fn read(action: &Action) -> Result<Read, Failure> {
    if action.area().is_some() {
        return Err(unsupported("a CLARIOstar scans no areas of wells from here"));
    }
    let (Action::ReadAbsorbance { wells, .. } | Action::ReadLuminescence { wells, .. }) = action else {
        return Err(unsupported(match action {
            Action::ReadFluorescence { .. } => {
                "how a CLARIOstar is asked for fluorescence is not known to this version".to_owned()
            }
            other => format!("a plate reader cannot {}", other.name()),
        }));
    };
    let places = match wells {
        96 => WELLS_96,
        384 => WELLS_384,
        _ => {
            return Err(unsupported(format!(
                "a CLARIOstar is told where the wells of 96 and 384 stand, not of {wells}"
            )));
        }
    };
    let count = usize::from(*wells);
    let (run, kind, gathering) = match action {
        Action::ReadAbsorbance { wavelength, .. } => {
            let (nm, (least, most)) = (wavelength.get(), ABSORBANCE);
            if nm < least || nm > most {
                return Err(refused(format!(
                    "a CLARIOstar measures absorbance from {least} nm to {most} nm, not at {wavelength}"
                )));
            }
            (absorbance(places, count, &[nm]), Kind::Absorbance, Duration::ZERO)
        }
        Action::ReadLuminescence { integration, .. } => {
            if let Some(why) = CLARIOSTAR.against(*integration) {
                return Err(unsupported(format!(
                    "a CLARIOstar {why}, as its captured command has it"
                )));
            }
            (luminescence(places, count), Kind::Luminescence, *integration)
        }
        other => return Err(unsupported(format!("a plate reader cannot {}", other.name()))),
    };
    Ok(Read {
        run,
        kind,
        wells: count,
        limit: SETTING_UP.plus(PER_WELL.plus(gathering).times(u64::from(*wells))),
    })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
