//! x
use super::args;use super::exit::{CliResult,Exit};
pub fn explain(_: &args::Explain) -> CliResult { Ok(Exit::Done) }
