//! What a host sets on a SpectraMax before it reads: the grid of wells, light, mode and shaking.

use crate::num;

/// Error codes of the instrument.
pub(super) const UNKNOWN: u16 = 100;
pub(super) const INVALID: u16 = 101;
pub(super) const TOO_MANY: u16 = 102;
pub(super) const TOO_FEW: u16 = 103;

/// Shortest and longest wavelength in nm.
const SHORTEST: u16 = 190;
const LONGEST: u16 = 1000;

/// Centres of wells along one side of the plate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// From the left, or from the back, in mm.
    pub(super) first: f64,
    pub(super) step: f64,
    pub(super) count: u16,
}

/// How often is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    Endpoint,
    Kinetic {
        seconds: f64,
        count: u16,
    },
    /// Wavelengths one after the other; `of` says which light changes.
    Spectrum {
        of: Swept,
        start: u16,
        step: u16,
        count: u16,
    },
}

/// The light that changes over a spectrum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    Absorbance,
    Excitation,
    Emission,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Absorbance,
    Fluorescence,
    Luminescence,
}

/// Shaking, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shaking {
    pub(super) on: bool,
    pub(super) before: f64,
    pub(super) between: f64,
}

/// All that was set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) x: Line,
    pub(super) y: Line,
    /// First column and number of columns.
    pub(super) strip: (u16, u16),
    pub(super) wavelengths: Vec<u16>,
    pub(super) excitation: Vec<u16>,
    pub(super) emission: Vec<u16>,
    pub(super) mode: Mode,
    pub(super) kind: Option<Kind>,
    pub(super) shaking: Shaking,
    /// Of the photomultiplier; 100 is its middle.
    pub(super) gain: u16,
    /// Time of gathering light per well, in ms.
    pub(super) gathered_ms: u16,
}

impl Default for Settings {
    fn default() -> Self {
        let line = |first, count| Line {
            first,
            step: 9.0,
            count,
        };
        Self {
            x: line(14.38, 12),
            y: line(11.24, 8),
            strip: (1, 12),
            wavelengths: Vec::new(),
            excitation: Vec::new(),
            emission: Vec::new(),
            mode: Mode::Endpoint,
            kind: None,
            shaking: Shaking::default(),
            gain: 100,
            gathered_ms: 1000,
        }
    }
}

/// So many arguments and no others.
pub(super) fn count(arguments: &[&str], least: usize, most: usize) -> Result<(), u16> {
    if arguments.len() < least {
        Err(TOO_FEW)
    } else if arguments.len() > most {
        Err(TOO_MANY)
    } else {
        Ok(())
    }
}

/// A number within bounds.
pub(super) fn number(text: &str, low: f64, high: f64) -> Result<f64, u16> {
    let number: Result<f64, _> = text.parse();
    number.ok().filter(|n| (low..=high).contains(n)).ok_or(INVALID)
}

fn whole(text: &str, low: u16, high: u16) -> Result<u16, u16> {
    let number: Result<u16, _> = text.parse();
    number.ok().filter(|n| (low..=high).contains(n)).ok_or(INVALID)
}

fn line(arguments: &[&str]) -> Result<Line, u16> {
    count(arguments, 3, 3)?;
    let [first, step, many] = arguments else {
        return Err(TOO_FEW);
    };
    Ok(Line {
        first: number(first, 0.0, 130.0)?,
        step: number(step, 0.1, 130.0)?,
        count: whole(many, 1, 48)?,
    })
}

/// Wavelengths; an `F` before one makes it the reference of the path length.
fn wavelengths(arguments: &[&str]) -> Result<Vec<u16>, u16> {
    count(arguments, 1, 8)?;
    let one = |text: &&str| whole(text.trim_start_matches('F'), SHORTEST, LONGEST);
    arguments.iter().map(one).collect()
}

fn one_of(arguments: &[&str], words: &[&str]) -> Result<(), u16> {
    count(arguments, 1, 1)?;
    let known = arguments.first().is_some_and(|word| words.contains(word));
    if known { Ok(()) } else { Err(INVALID) }
}

impl Settings {
    /// Takes a setting up. `None`: that is no setting.
    pub(super) fn set(&mut self, word: &str, arguments: &[&str]) -> Option<Result<(), u16>> {
        let done = match word {
            "!XPOS" => line(arguments).map(|line| self.x = line),
            "!YPOS" => line(arguments).map(|line| self.y = line),
            "!STRIP" => self.strip(arguments),
            "!WAVELENGTH" => wavelengths(arguments).map(|all| self.wavelengths = all),
            "!EXWAVELENGTH" => wavelengths(arguments).map(|all| self.excitation = all),
            "!EMWAVELENGTH" => wavelengths(arguments).map(|all| self.emission = all),
            "!MODE" => self.mode(arguments),
            "!SHAKE" => self.shake(arguments),
            "!PMT" => self.pmt(arguments),
            "!AUTOPMT" => one_of(arguments, &["ON", "OFF"]).map(|()| self.gain = 100),
            "!CSPEED" => one_of(arguments, &["8", "1"]),
            "!CALIBRATE" | "!PMTCAL" => one_of(arguments, &["ON", "ONCE", "OFF"]),
            "!ORDER" => one_of(arguments, &["COLUMN", "WAVELENGTH"]),
            "!SPEED" | "!AUTOFILTER" | "!TAG" => one_of(arguments, &["ON", "OFF"]),
            "!READSTAGE" => one_of(arguments, &["TOP", "BOT"]),
            "!EMFILTER" => count(arguments, 1, 8).and_then(|()| {
                let all: Result<Vec<u16>, u16> = arguments.iter().map(|a| whole(a, 1, 16)).collect();
                all.map(|_| ())
            }),
            "!COUNTTIME" => count(arguments, 1, 1).and_then(|()| {
                let argument = arguments.first().copied().unwrap_or_default();
                let seconds = number(argument, 0.001, 60.0)?;
                self.gathered_ms = num::round_u16(seconds * 1000.0);
                Ok(())
            }),
            "!FPW" | "!COUNTTIMEDELAY" => count(arguments, 1, 1).and_then(|()| {
                let argument = arguments.first().copied().unwrap_or_default();
                number(argument, 0.0, 1e6).map(|_| ())
            }),
            "!NVRAM" => match arguments {
                ["CARCOL", value] => number(value, 100.0, 1e5).map(|_| ()),
                ["FPSETTLETIME", value] => number(value, 0.0, 1e5).map(|_| ()),
                [_, _] => Err(INVALID),
                _ => count(arguments, 2, 2),
            },
            _ => return None,
        };
        Some(done)
    }

    fn strip(&mut self, arguments: &[&str]) -> Result<(), u16> {
        count(arguments, 2, 2)?;
        if let [first, many] = arguments {
            self.strip = (whole(first, 1, 48)?, whole(many, 1, 48)?);
        }
        Ok(())
    }

    fn mode(&mut self, arguments: &[&str]) -> Result<(), u16> {
        self.mode = match arguments {
            ["ENDPOINT"] => Mode::Endpoint,
            ["KINETIC", seconds, many] => Mode::Kinetic {
                seconds: number(seconds, 1.0, 1e6)?,
                count: whole(many, 1, 10_000)?,
            },
            [
                swept @ ("SPECTRUM" | "EXSPECTRUM" | "EMSPECTRUM"),
                start,
                step,
                many,
            ] => Mode::Spectrum {
                of: match *swept {
                    "EXSPECTRUM" => Swept::Excitation,
                    "EMSPECTRUM" => Swept::Emission,
                    _ => Swept::Absorbance,
                },
                start: whole(start, SHORTEST, LONGEST)?,
                step: whole(step, 1, 500)?,
                count: whole(many, 1, 900)?,
            },
            [] => return Err(TOO_FEW),
            _ => return Err(INVALID),
        };
        Ok(())
    }

    fn shake(&mut self, arguments: &[&str]) -> Result<(), u16> {
        match arguments {
            ["ON"] => self.shaking.on = true,
            ["OFF"] => self.shaking = Shaking::default(),
            [before, interval, wait, between, "0"] => {
                let seconds = |text: &str| number(text, 0.0, 1e6);
                seconds(interval)?;
                seconds(wait)?;
                self.shaking.before = seconds(before)?;
                self.shaking.between = seconds(between)?;
            }
            _ => return Err(INVALID),
        }
        Ok(())
    }

    fn pmt(&mut self, arguments: &[&str]) -> Result<(), u16> {
        count(arguments, 1, 1)?;
        self.gain = match arguments {
            ["HIGH"] => 200,
            ["MED"] => 100,
            ["LOW"] => 50,
            [value] => whole(value, 1, 1000)?,
            _ => return Err(TOO_FEW),
        };
        Ok(())
    }

    /// How many readings one `!READ` makes.
    pub(super) fn readings(&self) -> u16 {
        match self.mode {
            Mode::Endpoint => 1,
            Mode::Kinetic { count, .. } | Mode::Spectrum { count, .. } => count,
        }
    }

    /// The light of the n-th reading: excitation (0: none) and emission, or the one wavelength of absorbance.
    pub(super) fn lights(&self, reading: u16) -> Vec<(u16, u16)> {
        let pairs = || {
            let ex = self.excitation.iter();
            ex.zip(&self.emission)
                .map(|(ex, em)| (*ex, *em))
                .collect::<Vec<_>>()
        };
        let all = match self.kind {
            Some(Kind::Fluorescence) => pairs(),
            Some(Kind::Luminescence) => self.emission.iter().map(|em| (0, *em)).collect(),
            _ => self.wavelengths.iter().map(|nm| (0, *nm)).collect(),
        };
        let Mode::Spectrum { of, start, step, .. } = self.mode else {
            return all;
        };
        let at = start.saturating_add(step.saturating_mul(reading));
        match of {
            Swept::Absorbance => vec![(0, at)],
            Swept::Excitation => self.emission.iter().map(|em| (at, *em)).collect(),
            Swept::Emission if self.excitation.is_empty() => vec![(0, at)],
            Swept::Emission => self.excitation.iter().map(|ex| (*ex, at)).collect(),
        }
    }
}
