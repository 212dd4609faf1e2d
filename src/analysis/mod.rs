//! What is concluded from readings: blanks, growth, plate quality, hits, picks, endpoints.
//!
//! Owns the calculations and their documented choices (`docs/analysis.md`). Knows nothing of files, instruments,
//! clocks or the way a run is carried out: readings and plan in, a finding out. Start with [`compute`].

mod blank;
mod compute;
mod easy_linear;
mod endpoint;
mod error;
mod failed_picks;
mod growth;
mod hits;
mod moderation;
mod picks;
mod quality;
mod statistics;
mod volume;

pub use compute::{compute, compute_with};
pub use easy_linear::{EasyLinear, Point, easy_linear};
pub use error::AnalysisError;
pub use growth::corrected_series;
pub use moderation::{Prior, Variance};
pub use statistics::{WelchTest, adjust_benjamini_hochberg, mean, sd, welch_greater, z_prime};
pub use volume::{Weighed, most_cv};

#[cfg(test)]
mod design_tests;
#[cfg(test)]
pub(crate) mod fixture;
