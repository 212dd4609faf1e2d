//! Faults that the rig file plans (`[simulation] faults`): by chance, after so many requests, or at a time.

use super::Fault;
use crate::{quantity::Seconds, rng::Stream};
use serde::Deserialize;

/// One entry of the rig file's list: a fault, on which instrument, and when. Exactly one of `probability`,
/// `after_requests` and `after`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Planned {
    pub(crate) instrument: String,
    #[serde(flatten)]
    pub(crate) fault: Fault,
    /// Of each request, or of each moment at which the trouble could befall the device.
    pub(crate) probability: Option<f64>,
    /// Once the instrument has begun so many requests.
    pub(crate) after_requests: Option<u64>,
    /// This long after the simulation's beginning.
    pub(crate) after: Option<Seconds>,
}

/// When a fault that is neither the line's nor a trouble by chance comes.
#[derive(Debug)]
enum When {
    Request(u64),
    Moment(u64),
    Chance(f64),
}

/// Faults that wait for their point.
#[derive(Debug)]
pub(crate) struct Plan {
    points: Vec<(String, Fault, When)>,
    dice: Stream,
}

impl Plan {
    /// Nothing planned.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            points: Vec::new(),
            dice: Stream::new(seed, "planned faults"),
        }
    }

    /// Adds an entry, reckoned from the beginning. The error says what is wrong with it.
    pub(crate) fn add(&mut self, planned: &Planned, beginning: u64) -> Result<(), String> {
        let when = match (planned.probability, planned.after_requests, planned.after) {
            (Some(probability), None, None) if (0.0..=1.0).contains(&probability) => {
                When::Chance(probability)
            }
            (None, Some(requests), None) => When::Request(requests),
            (None, None, Some(after)) => When::Moment(beginning.saturating_add(after.micros())),
            (Some(probability), None, None) => {
                return Err(format!("`probability` is from 0 to 1, not {probability}"));
            }
            _ => {
                return Err("give exactly one of `probability`, `after_requests` and `after`".to_owned());
            }
        };
        self.points
            .push((planned.instrument.clone(), planned.fault, when));
        Ok(())
    }

    /// Takes the entry that was added last back.
    pub(crate) fn drop_last(&mut self) {
        self.points.pop();
    }

    /// The next moment that something is planned for.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let moment = |when: &When| match when {
            When::Moment(at) => Some(*at),
            _ => None,
        };
        self.points.iter().filter_map(|(_, _, when)| moment(when)).min()
    }

    /// What is due by a moment.
    pub(crate) fn due(&mut self, now: u64) -> Vec<(String, Fault)> {
        self.take(|_, when| matches!(when, When::Moment(at) if *at <= now))
    }

    /// What comes with the requests of an instrument: it has begun `begun`, `new` of them just now.
    pub(crate) fn after_requests(&mut self, instrument: &str, begun: u64, new: u64) -> Vec<(String, Fault)> {
        if self.points.is_empty() {
            return Vec::new();
        }
        let mut out =
            self.take(|name, when| name == instrument && matches!(when, When::Request(n) if *n <= begun));
        for (name, fault, when) in &self.points {
            if let When::Chance(probability) = when
                && name == instrument
            {
                for _ in 0..new {
                    if self.dice.unit() < *probability {
                        out.push((name.clone(), *fault));
                    }
                }
            }
        }
        out
    }

    fn take(&mut self, wanted: impl Fn(&str, &When) -> bool) -> Vec<(String, Fault)> {
        let all = std::mem::take(&mut self.points);
        let mut out = Vec::new();
        for (name, fault, when) in all {
            if wanted(&name, &when) {
                out.push((name, fault));
            } else {
                self.points.push((name, fault, when));
            }
        }
        out
    }

    /// Takes away what is planned for an instrument by chance.
    pub(crate) fn mended(&mut self, instrument: &str) {
        self.points
            .retain(|(name, _, when)| name != instrument || !matches!(when, When::Chance(_)));
    }
}
