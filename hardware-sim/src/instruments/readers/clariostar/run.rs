//! The configuration of a run: plate, wells, optics, shaking, and what is read.

use crate::instruments::readers::light::{Grid, Light};

/// What comes before the settings of the optics, whatever came before.
const MARK: [u8; 4] = [0x27, 0x0F, 0x27, 0x0F];
/// Bytes of the mask of wells.
const MASK: usize = 48;
/// Gathering of light per well, in ms; where a host sets it is not known.
const GATHERED_MS: u16 = 1000;

/// A run as a host asks for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) grid: Grid,
    /// By row and column from 0, row by row.
    pub(super) wells: Vec<(u16, u16)>,
    pub(super) lights: Vec<Light>,
    /// Speed in rpm and time in s of shaking before.
    pub(super) shake: Option<(u16, u16)>,
    /// Pause before reading, in s.
    pub(super) pause: u16,
}

/// A cursor over bytes.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn word(&mut self) -> Option<u16> {
        let bytes: [u8; 2] = self.take(2)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    }
}

/// Wells of a mask: the first bit of its first byte is A1.
fn masked(mask: &[u8], rows: u16, columns: u16) -> Option<Vec<(u16, u16)>> {
    let bit = |index: u16| {
        let byte = mask.get(usize::from(index / 8)).copied().unwrap_or(0);
        byte & (0x80 >> (index % 8)) != 0
    };
    let all = rows.checked_mul(columns)?;
    let many = u16::try_from(mask.len() * 8).ok()?;
    // A well that the plate does not have.
    if (all..many).any(bit) {
        return None;
    }
    let chosen = (0..all).filter(|index| bit(*index));
    Some(chosen.map(|index| (index / columns, index % columns)).collect())
}

impl Run {
    /// Reads the payload of a run behind its `04`; `None` when it does not fit.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(payload);
        let mut mm = || bytes.word().map(|hundredths| f64::from(hundredths) / 100.0);
        let [length, width, x, y, to_x, to_y] = [mm()?, mm()?, mm()?, mm()?, mm()?, mm()?];
        let (columns, rows) = (u16::from(bytes.byte()?), u16::from(bytes.byte()?));
        let wells = masked(bytes.take(MASK)?, rows, columns)?;
        let inside = x <= to_x && y <= to_y && to_x <= length && to_y <= width;
        if !inside || wells.is_empty() {
            return None;
        }
        let (scan, optic) = (bytes.byte()?, bytes.byte()?);
        // Of the corners there are four; the last bit is always 0.
        if scan & 1 != 0 {
            return None;
        }
        let mark = bytes.0.windows(MARK.len()).position(|window| window == MARK)?;
        let before = bytes.take(mark)?;
        bytes.take(MARK.len())?;
        let shake = shaking(before)?;
        let (lights, pause) = match optic & 0x03 {
            0x02 => absorbance(&mut bytes)?,
            0x01 => luminescence(&mut bytes)?,
            _ => return None,
        };
        Some(Self {
            grid: Grid {
                rows,
                columns,
                first: (x, y),
                last: (to_x, to_y),
            },
            wells,
            lights,
            shake,
            pause,
        })
    }
}

/// The last four bytes before the mark: kind, speed, seconds.
fn shaking(before: &[u8]) -> Option<Option<(u16, u16)>> {
    let [.., kind, speed, high, low] = before else {
        return None;
    };
    let seconds = u16::from_be_bytes([*high, *low]);
    let meander = kind & 0x0F == 3;
    let most = if meander { 2 } else { 6 };
    if *kind == 0 || seconds == 0 {
        return Some(None);
    }
    (*speed <= most).then_some(Some(((u16::from(*speed) + 1) * 100, seconds)))
}

fn absorbance(bytes: &mut Bytes<'_>) -> Option<(Vec<Light>, u16)> {
    if bytes.byte()? != 0x19 {
        return None;
    }
    let count = bytes.byte()?;
    let lights: Option<Vec<Light>> = (0..count)
        .map(|_| {
            let tenths = bytes.word()?;
            let nm = tenths / 10;
            let fits = tenths % 10 == 0 && (200..=1000).contains(&nm);
            fits.then_some(Light::Absorbance(nm))
        })
        .collect();
    let lights = lights.filter(|lights| (1..=8).contains(&lights.len()))?;
    bytes.take(13)?;
    let (pauses, seconds) = (bytes.byte()?, bytes.word()?);
    bytes.take(11)?;
    let flashes = bytes.word()?;
    let end = bytes.take(4)?;
    let fits = flashes <= 200 && end == [0, 1, 0, 0] && bytes.0.is_empty();
    fits.then_some((lights, if pauses == 0 { 0 } else { seconds }))
}

fn luminescence(bytes: &mut Bytes<'_>) -> Option<(Vec<Light>, u16)> {
    if bytes.byte()? != 0x01 {
        return None;
    }
    let height = bytes.word()?;
    let rest = !bytes.0.is_empty();
    let light = Light::Luminescence { ms: GATHERED_MS };
    (height <= 2500 && rest).then_some((vec![light], 0))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The payload of the dossier behind its `04`, with a mask of our own.
    pub(in crate::instruments::readers::clariostar) fn absorbance(
        mask: &[u8],
        nm: &[u16],
        shake: [u8; 4],
    ) -> Vec<u8> {
        let mut bytes = vec![
            0x31, 0xE8, 0x21, 0x64, 0x05, 0x9E, 0x04, 0x64, 0x2C, 0x4A, 0x1D, 0x00, 0x0C, 0x08,
        ];
        bytes.extend(mask);
        bytes.resize(14 + MASK, 0);
        bytes.extend([0x12, 0x02, 0, 0, 0]);
        bytes.extend(shake);
        bytes.extend(MARK);
        bytes.extend([0x19, u8::try_from(nm.len()).unwrap()]);
        for nm in nm {
            bytes.extend((nm * 10).to_be_bytes());
        }
        bytes.extend([0, 0, 0, 0x64, 0, 0, 0, 0, 0, 0, 0, 0x64, 0, 0, 0, 0]);
        bytes.extend([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x16, 0, 1, 0, 0]);
        bytes
    }

    #[test]
    fn the_run_of_the_dossier_is_understood() {
        let payload = absorbance(&[0xFF], &[230, 260, 280, 340], [0; 4]);
        // The dossier counts 120; of what it writes out, as it was captured, there are 119.
        assert_eq!(payload.len() + 1, 119);
        let mut framed = vec![0x04];
        framed.extend(&payload);
        let frame = super::super::frame::framed(&framed);
        assert_eq!(frame.get(..4), Some(&[0x02, 0x00, 0x7E, 0x0C][..]));
        assert_eq!(frame.get(frame.len() - 3..), Some(&[0x08, 0xE2, 0x0D][..]));
        let run = Run::parse(&payload).unwrap();
        assert_eq!(
            run.lights,
            [230, 260, 280, 340].map(Light::Absorbance),
            "and no others"
        );
        assert_eq!(run.wells.len(), 8);
        assert_eq!(run.wells.last(), Some(&(0, 7)));
        assert_eq!(run.grid.first, (14.38, 11.24));
        assert_eq!(run.grid.last, (113.38, 74.24));
        assert_eq!((run.shake, run.pause), (None, 0));
    }

    #[test]
    fn wells_are_chosen_by_bits_row_by_row() {
        let payload = absorbance(&[0x80, 0x04, 0x00, 0x20, 0x01], &[600], [0x10, 4, 0, 30]);
        let run = Run::parse(&payload).unwrap();
        assert_eq!(run.wells, [(0, 0), (1, 1), (2, 2), (3, 3)]);
        assert_eq!(run.shake, Some((500, 30)));
    }

    #[test]
    fn runs_that_do_not_fit_are_none() {
        for payload in [
            absorbance(&[], &[600], [0; 4]),
            absorbance(&[0xFF; 13], &[600], [0; 4]),
            absorbance(&[0xFF], &[199], [0; 4]),
            absorbance(&[0xFF], &[600; 9], [0; 4]),
            absorbance(&[0xFF], &[], [0; 4]),
            absorbance(&[0xFF], &[600], [0x13, 5, 0, 30]),
            absorbance(&[0xFF], &[600], [0; 4]).split_off(1),
        ] {
            assert_eq!(Run::parse(&payload), None);
        }
    }
}
