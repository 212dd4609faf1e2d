//! What the reader is told for a read.

use super::block::Unit;
use super::wire::ETX;
use crate::devices::Failure;
use crate::drivers::failure::{refused, unsupported};
use crate::plan::Action;
use crate::rig::BioTek;
use crate::rig::reads::BIOTEK;
use crate::units::{Duration, Wavelength};

/// Rows, columns, where A1 stands from the left and from the back, and the pitch; hundredths of a millimetre, after SLAS 4.
type Wells = (u32, u32, (u32, u32), u32);
const WELLS_96: Wells = (8, 12, (1_438, 1_124), 900);
const WELLS_384: Wells = (16, 24, (1_213, 899), 450);
/// Footprint (SLAS 1) and usual height (SLAS 2) of a plate, hundredths of a millimetre.
const SIZE: (u32, u32, u32) = (12_776, 8_548, 1_435);
/// Focal heights as captured, in micrometres: light from above the liquid, and from within it.
const FOCUS_LUMINESCENCE: u32 = 4_500;
const FOCUS_FLUORESCENCE: u32 = 7_500;
/// Wavelengths of light that excites and light that is measured, in nm.
const FLUORESCENCE: (u16, u16) = (250, 700);
/// Wavelengths of absorbance, in nm.
const ABSORBANCE: (u16, u16) = (230, 999);
/// Longest that lamp, gratings and calibration take before the first well.
const SETTING_UP: Duration = Duration::s(60);

/// A read: what is told before `O`, and what its values must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// Parameter of `y`: where the wells stand.
    pub geometry: Vec<u8>,
    /// Parameter of `t`: the focal height, where there is one.
    pub focus: Option<Vec<u8>>,
    /// Parameter of `D`: what is measured.
    pub measure: Vec<u8>,
    /// Rows and columns.
    pub plate: (usize, usize),
    /// What its values are in.
    pub unit: Unit,
    /// It takes no longer.
    pub limit: Duration,
}

/// A parameter with its checksum, two decimal digits.
fn summed(text: &str, offset: u32) -> String {
    let sum = text.bytes().map(u32::from).sum::<u32>();
    format!("{text}{:02}", (sum + offset) % 100)
}

fn ended(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(ETX);
    bytes
}

fn geometry((rows, columns, (x, y), pitch): Wells) -> Vec<u8> {
    let (last_x, last_y) = (x + (columns - 1) * pitch, y + (rows - 1) * pitch);
    let (length, width, height) = SIZE;
    ended(&format!(
        "{rows:02}{columns:02}{y:05}{last_y:05}{x:05}{last_x:05}{width:05}{length:05}{height:04}"
    ))
}

/// Parameter of `D` for absorbance of a rectangle of wells, each from 1 and inclusive.
pub(super) fn absorbance([r1, c1, r2, c2]: [u32; 4], wavelength: u16) -> Vec<u8> {
    let text = format!("004701{r1:02}{c1:02}{r2:02}{c2:02}000120010000110010000010600008{wavelength:04}1");
    ended(&summed(&text, 0))
}

/// Parameter of `D` for luminescence, with the time of gathering light in fiftieths of a second; it has no end of its own.
pub(super) fn luminescence([r1, c1, r2, c2]: [u32; 4], gathering: Duration) -> Vec<u8> {
    let us = gathering.as_us();
    let (seconds, rest) = (us / 1_000_000 * 5, us % 1_000_000 * 50 / 1_000_000);
    let text = format!(
        "008401{r1:02}{c1:02}{r2:02}{c2:02}000120010000110010000012300{seconds:02}{rest:02}\
         200200-001000-003000000000000000000013510"
    );
    summed(&text, 8).into_bytes()
}

/// Parameter of `D` for fluorescence.
pub(super) fn fluorescence([r1, c1, r2, c2]: [u32; 4], excitation: u16, emission: u16) -> Vec<u8> {
    let text = format!(
        "008401{r1:02}{c1:02}{r2:02}{c2:02}0001200100001100100000135000100200200{excitation:04}000{emission:04}\
         000000000000000000210011"
    );
    ended(&summed(&text, 7))
}

/// Parameter of `t` for fluorescence, and for luminescence.
pub(super) fn focus(fluorescence: bool) -> Vec<u8> {
    ended(&if fluorescence {
        (614_220 + FOCUS_FLUORESCENCE).to_string()
    } else {
        format!("3{}", 14_220 + FOCUS_LUMINESCENCE)
    })
}

fn within(what: &str, wavelength: Wavelength, (least, most): (u16, u16)) -> Result<u16, Failure> {
    let nm = wavelength.get();
    if nm < least || nm > most {
        return Err(refused(format!(
            "{what} is from {least} nm to {most} nm on a BioTek reader, not {wavelength}"
        )));
    }
    Ok(nm)
}

/// What a read is told.
///
/// # Errors
/// When the action is no read, or one that this reader cannot make.
pub(super) fn read(action: &Action, model: BioTek) -> Result<Read, Failure> {
    if action.area().is_some() {
        return Err(unsupported("a BioTek reader scans no areas of wells from here"));
    }
    let absorbs = matches!(action, Action::ReadAbsorbance { .. });
    let (Action::ReadAbsorbance { wells, .. }
    | Action::ReadFluorescence { wells, .. }
    | Action::ReadLuminescence { wells, .. }) = action
    else {
        return Err(unsupported(format!("a plate reader cannot {}", action.name())));
    };
    if !absorbs && !model.measures_light() {
        return Err(unsupported(format!(
            "a {} measures absorbance only",
            model.title()
        )));
    }
    let places = match wells {
        96 => WELLS_96,
        384 => WELLS_384,
        _ => {
            return Err(unsupported(format!(
                "a BioTek reader is told where the wells of 96 and 384 stand, not of {wells}"
            )));
        }
    };
    let (rows, columns, ..) = places;
    let all = [1, 1, rows, columns];
    let (measure, per_well) = match action {
        Action::ReadAbsorbance { wavelength, .. } => {
            let nm = within("absorbance", *wavelength, ABSORBANCE)?;
            (absorbance(all, nm), Duration::ms(1_250))
        }
        Action::ReadFluorescence {
            excitation,
            emission,
            gain,
            ..
        } => {
            if let Some(own) = BIOTEK.gain.filter(|own| own != gain) {
                return Err(unsupported(format!(
                    "a BioTek reader is told no gain from here: it measures at the one of the captured command, which is \
                     called {own}; write `gain = {own}`, not {gain}"
                )));
            }
            let excitation = within("light that excites", *excitation, FLUORESCENCE)?;
            let emission = within("light that is measured", *emission, FLUORESCENCE)?;
            (fluorescence(all, excitation, emission), Duration::ms(625))
        }
        Action::ReadLuminescence { integration, .. } => {
            if let Some(why) = BIOTEK.against(*integration) {
                return Err(refused(format!("a BioTek reader {why}")));
            }
            // A third more than the light takes, for the way from well to well.
            let way = Duration::us(integration.as_us() / 3).plus(Duration::ms(500));
            (luminescence(all, *integration), integration.plus(way))
        }
        other => return Err(unsupported(format!("a plate reader cannot {}", other.name()))),
    };
    let counted = u64::from(*wells);
    Ok(Read {
        geometry: geometry(places),
        focus: (!absorbs).then(|| focus(matches!(action, Action::ReadFluorescence { .. }))),
        measure,
        plate: (
            usize::try_from(rows).unwrap_or(0),
            usize::try_from(columns).unwrap_or(0),
        ),
        unit: if absorbs { Unit::Absorbance } else { Unit::Counts },
        limit: SETTING_UP.plus(per_well.times(counted)),
    })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
