//! The values of a run, as the reader sends them: numbers of four bytes behind a head.

/// Length of the head of absorbance values.
const HEAD: usize = 36;
/// What says that the values are of absorbance at single wavelengths.
const DISCRETE_ABSORBANCE: u8 = 0x29;

/// Why values are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// They are of another kind of run, of other wells, or cut short.
    Other,
    /// The run was not carried through.
    Incomplete,
}

/// Least bytes of the values of absorbance: of wells, of their references, and the limits of each wavelength and the reference.
const fn absorbance_bytes(wells: usize, wavelengths: usize) -> usize {
    HEAD + 4 * (wells * wavelengths + wells + 2 * wavelengths + 2)
}

fn word(payload: &[u8], at: usize) -> Option<usize> {
    let bytes = payload.get(at..at + 2)?;
    Some(usize::from(u16::from_be_bytes(bytes.try_into().ok()?)))
}

fn number(payload: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(payload.get(at..at + 4)?.try_into().ok()?))
}

/// Optical densities, wavelength by wavelength, each row by row; none where the detector overflowed or no light came through.
///
/// # Errors
/// When they are not what was asked for.
pub fn absorbance(payload: &[u8], wells: usize, wavelengths: usize) -> Result<Vec<Option<f64>>, Wrong> {
    let asked = payload.get(6) == Some(&DISCRETE_ABSORBANCE)
        && word(payload, 16) == Some(wavelengths)
        && word(payload, 20) == Some(wells)
        && payload.len() >= absorbance_bytes(wells, wavelengths);
    if !asked {
        return Err(Wrong::Other);
    }
    if word(payload, 7) != word(payload, 9) {
        return Err(Wrong::Incomplete);
    }
    let overflow = number(payload, 11);
    // Numbers are counted from the end of the head.
    let at = |n: usize| number(payload, HEAD + 4 * n);
    let limits = |n: usize| Some((f64::from(at(n)?), f64::from(at(n + 1)?)));
    let (samples, references) = (wells * wavelengths, wells * wavelengths + wells);
    let (reference_high, reference_low) = limits(references + 2 * wavelengths).ok_or(Wrong::Other)?;
    let value = |n: usize| {
        let sample = at(n).filter(|s| Some(*s) != overflow)?;
        let reference = f64::from(at(samples + n % wells)?);
        let (high, low) = limits(references + 2 * (n / wells))?;
        let through = (f64::from(sample) - low) / (high - low);
        let of = (reference - reference_low) / (reference_high - reference_low);
        let transmitted = through / of;
        let density = -transmitted.log10();
        density.is_finite().then_some(density)
    };
    Ok((0..samples).map(value).collect())
}

/// Counts of luminescence, row by row. How long their head is our sources do not tell: it ends with the first six zero bytes.
///
/// # Errors
/// When there are too few, or the run was not carried through.
pub fn luminescence(payload: &[u8], wells: usize) -> Result<Vec<Option<f64>>, Wrong> {
    if payload.get(6) == Some(&DISCRETE_ABSORBANCE) {
        return Err(Wrong::Other);
    }
    if word(payload, 7) == Some(wells) && word(payload, 9) != Some(wells) {
        return Err(Wrong::Incomplete);
    }
    let zeros = payload.windows(6).position(|w| w.iter().all(|b| *b == 0));
    let start = zeros.ok_or(Wrong::Other)? + 6;
    let value = |n: usize| {
        let count = number(payload, start + 4 * n).ok_or(Wrong::Other)?;
        Ok(Some(f64::from(count.cast_signed())))
    };
    (0..wells).map(value).collect()
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
