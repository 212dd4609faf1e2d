//! What makes of plate readers can be told of a read, where that is less than protocols can ask for: the check refuses the
//! rest before a run, and the drivers keep to the same figures.

use super::Driver;
use crate::units::Duration;

/// Limits of a make; what is none, it can be told freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// The only gain of its detector.
    pub gain: Option<u16>,
    /// Shortest and longest time of gathering light, and their step.
    pub integration: Option<(Duration, Duration, Duration)>,
    /// How many wells its plates may have; any, where none is named.
    pub wells: &'static [u16],
}

/// A BioTek reader: its captured commands hold one gain, called 100, and tell time in steps of 0.2 s with two digits.
pub const BIOTEK: ReadLimits = ReadLimits {
    gain: Some(100),
    integration: Some((Duration::ms(200), Duration::ms(19_800), Duration::ms(200))),
    wells: &[96, 384],
};

/// A CLARIOstar: its captured command of luminescence gathers light for one second.
pub const CLARIOSTAR: ReadLimits = ReadLimits {
    gain: None,
    integration: Some((Duration::s(1), Duration::s(1), Duration::s(1))),
    wells: &[96, 384],
};

impl ReadLimits {
    /// Why light cannot be gathered for so long, if it cannot.
    pub fn against(&self, time: Duration) -> Option<String> {
        let (least, most, step) = self.integration?;
        let fits = time >= least && time <= most && time.as_us().is_multiple_of(step.as_us().max(1));
        if fits {
            None
        } else if least == most {
            Some(format!(
                "gathers light for {least}, not for {time}; write `integration = \"{least}\"`"
            ))
        } else {
            Some(format!(
                "gathers light for {least} to {most} in steps of {step}, not for {time}"
            ))
        }
    }
}

impl Driver {
    /// Its limits, of a reader that has some.
    pub const fn reads(&self) -> Option<ReadLimits> {
        match self {
            Self::BioTek(_) => Some(BIOTEK),
            Self::ClarioStar => Some(CLARIOSTAR),
            _ => None,
        }
    }
}
