//! x
use super::args;use super::exit::{CliResult,Exit};
pub fn diff(_: &args::Diff) -> CliResult { Ok(Exit::Done) }
