//! The command line: one file per subcommand, exit codes, reading the files that are named.
//!
//! Owns arguments, standard input and output. Everything else it asks other rooms.

mod args;
mod bundle;
mod calibrate;
mod check;
mod client;
mod diff;
mod exit;
mod explain;
mod files;
mod fmt;
mod instrument;
mod log;
mod out;
mod plan;
mod progress;
mod prompt;
mod rebuild;
mod release;
mod repair;
mod replay;
mod run;
mod schema;
mod serve;
mod sim;
mod summary;
mod unattended;
mod verification;
mod watch;

use args::{Arguments, Subcommand};
use clap::Parser;
pub use exit::Exit;
use std::process::ExitCode;

/// Parses the arguments and does what they say.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            let _ = error.print();
            return exit.into();
        }
    };
    let result = match arguments.subcommand {
        Subcommand::Run(a) => run::run(&a),
        Subcommand::Check(a) => check::check(&a),
        Subcommand::Plan(a) => plan::plan(&a),
        Subcommand::Explain(a) => explain::explain(&a),
        Subcommand::Fmt(a) => fmt::fmt(&a),
        Subcommand::Diff(a) => diff::diff(&a),
        Subcommand::Release(a) => release::release(&a),
        Subcommand::Sim(a) => sim::sim(&a),
        Subcommand::Instrument(a) => instrument::instrument(&a),
        Subcommand::Calibrate(a) => calibrate::calibrate(&a),
        Subcommand::Verification(a) => verification::verification(&a),
        Subcommand::Serve(a) => serve::serve(&a),
        Subcommand::Submit(a) => client::submit(&a),
        Subcommand::Status(a) => client::status(&a),
        Subcommand::Pause(a) => client::stop(&a, crate::run::StopKind::Pause),
        Subcommand::Hold(a) => client::stop(&a, crate::run::StopKind::Hold),
        Subcommand::Halt(a) => client::stop(&a, crate::run::StopKind::Halt),
        Subcommand::Reset(a) => client::stop(&a, crate::run::StopKind::Reset),
        Subcommand::Park(a) => client::stop(&a, crate::run::StopKind::Park),
        Subcommand::Repair(a) => repair::repair(a),
        Subcommand::Operations(a) => repair::operations(&a),
        Subcommand::Resume(a) => client::resume(&a),
        Subcommand::Abort(a) => client::stop(&a, crate::run::StopKind::Abort),
        Subcommand::Answer(a) => client::answer(&a),
        Subcommand::Watch(a) => watch::watch(&a),
        Subcommand::Replay(a) => replay::replay(&a),
        Subcommand::Rebuild(a) => rebuild::rebuild(&a),
        Subcommand::Bundle(a) => bundle::bundle(&a),
        Subcommand::Schema(a) => schema::schema(&a),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            for (n, line) in error.message.lines().enumerate() {
                eprintln!(
                    "{}{}",
                    if n == 0 { "plated: " } else { "" },
                    crate::formats::clean(line)
                );
            }
            error.exit.into()
        }
    }
}
