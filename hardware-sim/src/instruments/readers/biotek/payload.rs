//! What hosts tell a BioTek: the plate's geometry, and payloads of `D`, each a template with its checksum.

use crate::instruments::readers::light::{Grid, Light};

/// Of every payload of the measuring kinds, after the rectangle.
const COMMON: &str = "0001200100001100100000";
/// Sum of the character codes of a text.
fn sum(text: &str) -> u32 {
    text.bytes().map(u32::from).sum()
}

/// A cursor over fixed digits.
struct Digits<'a>(&'a str);

impl<'a> Digits<'a> {
    fn take(&mut self, count: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<u16> {
        let digits = self.take(count)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| digits.parse().ok()).flatten()
    }

    fn fixed(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Wells from one to another, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub(super) rows: (u16, u16),
    pub(super) columns: (u16, u16),
}

impl Rectangle {
    fn of(digits: &mut Digits<'_>) -> Option<Self> {
        let [top, left, bottom, right] = [
            digits.number(2)?,
            digits.number(2)?,
            digits.number(2)?,
            digits.number(2)?,
        ];
        (1 <= top && top <= bottom && 1 <= left && left <= right).then_some(Self {
            rows: (top, bottom),
            columns: (left, right),
        })
    }

    /// Its wells from 0, as the carriage passes them: row by row, to and fro.
    pub(super) fn wells(self) -> Vec<(u16, u16)> {
        let (rows, (left, right)) = (self.rows, self.columns);
        (rows.0..=rows.1)
            .flat_map(|row| {
                let back = (row - rows.0) % 2 == 1;
                (left..=right).map(move |column| {
                    let column = if back { left + right - column } else { column };
                    (row - 1, column - 1)
                })
            })
            .collect()
    }
}

/// What `O` will start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Payload {
    Read { light: Light, wells: Rectangle },
    Shake { seconds: u16, rpm: u16 },
}

/// Orbits a minute by the digit of the frequency.
const SHAKES: [u16; 6] = [360, 410, 493, 567, 731, 1096];

impl Payload {
    /// How many characters a payload that begins so has in all, once that shows.
    pub(super) fn length(begun: &str) -> Option<usize> {
        let count: usize = begun.get(..4)?.parse().ok()?;
        Some(4 + count)
    }

    /// Reads a payload without what ends it; `None` when it fits no template or its checksum is wrong.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if Self::length(text)? != text.len() {
            return None;
        }
        let (body, check) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let right = |offset: u32| check.parse() == Ok((sum(body) + offset) % 100);
        let mut digits = Digits(body);
        digits.take(4)?;
        if digits.fixed("010101010100002000000013").is_some() {
            let (seconds, kind, speed) = (digits.number(3)?, digits.number(1)?, digits.number(1)?);
            digits.fixed("01")?;
            digits.end()?;
            let rpm = *SHAKES.get(usize::from(speed).checked_sub(1)?)?;
            let fits = right(73) && kind <= 1 && (1..=960).contains(&seconds);
            return fits.then_some(Self::Shake { seconds, rpm });
        }
        digits.fixed("01")?;
        let wells = Rectangle::of(&mut digits)?;
        digits.fixed(COMMON)?;
        let (light, offset) = if digits.fixed("10600008").is_some() {
            let nm = digits.number(4)?;
            digits.fixed("1")?;
            let fits = (230..=999).contains(&nm);
            (fits.then_some(Light::Absorbance(nm))?, 0)
        } else if digits.fixed("12300").is_some() {
            let (fifths, fiftieths) = (digits.number(2)?, digits.number(2)?);
            digits.fixed("200200-001000-003000000000000000000013510")?;
            let ms = fifths.checked_mul(200)?.checked_add(fiftieths * 20)?;
            (Light::Luminescence { ms }, 8)
        } else {
            digits.fixed("135000100200200")?;
            let excitation = digits.number(4)?;
            digits.fixed("000")?;
            let emission = digits.number(4)?;
            digits.fixed("000000000000000000210011")?;
            let band = 250..=700;
            let fits = band.contains(&excitation) && band.contains(&emission);
            let light = Light::Fluorescence {
                excitation,
                emission,
                gain: 100,
            };
            (fits.then_some(light)?, 7)
        };
        digits.end()?;
        right(offset).then_some(Self::Read { light, wells })
    }
}

/// Reads a plate's geometry.
pub(super) fn geometry(text: &str) -> Option<Grid> {
    let mut digits = Digits(text);
    let (rows, columns) = (digits.number(2)?, digits.number(2)?);
    let mut mm = || digits.number(5).map(|hundredths| f64::from(hundredths) / 100.0);
    let (top, bottom, left, right) = (mm()?, mm()?, mm()?, mm()?);
    let (depth, width) = (mm()?, mm()?);
    digits.number(4)?;
    digits.end()?;
    let inside = bottom <= depth && right <= width && top <= bottom && left <= right;
    (inside && rows > 0 && columns > 0).then_some(Grid {
        rows,
        columns,
        first: (left, top),
        last: (right, bottom),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(rows: (u16, u16), columns: (u16, u16)) -> Rectangle {
        Rectangle { rows, columns }
    }

    #[test]
    fn payloads_of_the_dossier_are_understood() {
        assert_eq!(
            Payload::parse("004701010108120001200100001100100000106000080580113"),
            Some(Payload::Read {
                light: Light::Absorbance(580),
                wells: rectangle((1, 8), (1, 12))
            })
        );
        for (text, rows, columns) in [
            (
                "008401010107010001200100001100100000123000020200200-001000-00300000000000000000001351086",
                (1, 7),
                (1, 1),
            ),
            (
                "008401020207030001200100001100100000123000020200200-001000-00300000000000000000001351090",
                (2, 7),
                (2, 3),
            ),
            (
                "008401040406040001200100001100100000123000020200200-001000-00300000000000000000001351094",
                (4, 6),
                (4, 4),
            ),
        ] {
            assert_eq!(
                Payload::parse(text),
                Some(Payload::Read {
                    light: Light::Luminescence { ms: 400 },
                    wells: rectangle(rows, columns)
                }),
                "{text}"
            );
            assert_eq!(Payload::length(text), Some(text.len()));
        }
        assert_eq!(
            Payload::parse(
                "0084010101081200012001000011001000001350001002002000485000052800000000000000000021001119"
            ),
            Some(Payload::Read {
                light: Light::Fluorescence {
                    excitation: 485,
                    emission: 528,
                    gain: 100
                },
                wells: rectangle((1, 8), (1, 12))
            })
        );
        let shake = "00330101010101000020000000130601301";
        let text = format!("{shake}{:02}", (sum(shake) + 73) % 100);
        assert_eq!(
            Payload::parse(&text),
            Some(Payload::Shake {
                seconds: 60,
                rpm: 493
            })
        );
    }

    #[test]
    fn a_wrong_checksum_length_or_wavelength_is_refused() {
        for text in [
            "004701010108120001200100001100100000106000080580114",
            "004801010108120001200100001100100000106000080580113",
            "004701080108120001200100001100100000106000080580113",
            "0047",
            "",
        ] {
            assert_eq!(Payload::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_carriage_goes_to_and_fro() {
        assert_eq!(
            rectangle((2, 3), (2, 3)).wells(),
            [(1, 1), (1, 2), (2, 2), (2, 1)]
        );
    }

    #[test]
    fn a_plate_is_told_in_hundredths_from_its_back() {
        let grid = geometry("0812011240742401438113380854812776 1422");
        assert_eq!(grid, None);
        let grid = geometry(
            "081201124074240143811338085481277614 22"
                .replace(' ', "")
                .as_str(),
        )
        .unwrap();
        assert_eq!((grid.rows, grid.columns), (8, 12));
        assert_eq!((grid.first, grid.last), ((14.38, 11.24), (113.38, 74.24)));
    }
}
