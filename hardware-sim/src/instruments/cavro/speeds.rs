//! Speeds of a plunger, and how long a stroke takes by them.

/// Speeds in half increments a second, and the slope's number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speeds {
    pub(super) start: i64,
    pub(super) top: i64,
    pub(super) cutoff: i64,
    pub(super) slope: i64,
}

impl Default for Speeds {
    fn default() -> Self {
        Self {
            start: 900,
            top: 1400,
            cutoff: 900,
            slope: 14,
        }
    }
}

impl Speeds {
    /// Seconds of a move over so many increments (manual 733085-B, appendix B).
    pub(super) fn seconds(self, increments: i64, aspirates: bool) -> f64 {
        let pulses = 2.0 * increments.abs() as f64;
        let top = self.top as f64;
        let start = (self.start as f64).min(top);
        let cutoff = if aspirates {
            start
        } else {
            (self.cutoff as f64).min(top)
        };
        let slope = 2500.0 * self.slope as f64;
        let rise = (top * top - start * start) / (2.0 * slope);
        let fall = (top * top - cutoff * cutoff) / (2.0 * slope);
        if rise + fall < pulses {
            (top - start) / slope + (top - cutoff) / slope + (pulses - rise - fall) / top
        } else {
            let reached = ((2.0 * slope * pulses + start * start + cutoff * cutoff) / 2.0).sqrt();
            (2.0 * reached - start - cutoff).max(0.0) / slope
        }
    }
}
