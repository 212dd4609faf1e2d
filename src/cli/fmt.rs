//! x
use super::args;use super::exit::{CliResult,Exit};
pub fn fmt(_: &args::Fmt) -> CliResult { Ok(Exit::Done) }
