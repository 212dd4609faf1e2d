//! `plated serve`: the daemon.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read_rig, records_of};
use crate::daemon::live::halt_notices;
use crate::daemon::serve::{Options, serve as serve_daemon};
use crate::daemon::wear::service_notices;

/// Serves until it is told to stop.
pub fn serve(arguments: &args::Serve) -> CliResult {
    let source = read_rig(&arguments.rig, arguments.seed, arguments.simulate)?;
    let (rig, library, warnings) = assembled(&source)?;
    eprint!("{warnings}");
    super::log::to_file(&arguments.log)?;
    let options = Options {
        socket: arguments.socket.clone(),
        runs: arguments.runs.clone(),
        anchors: arguments.anchors.clone(),
        capture: arguments.capture,
        calibrations: Some(records_of(&arguments.rig, &source)),
        simulate: arguments.simulate.then_some(arguments.speed),
    };
    eprintln!(
        "plated serves rig \"{}\" at {}; log in {}",
        rig.name,
        arguments.socket.display(),
        arguments.log.display()
    );
    let today = crate::units::Day::parse(&crate::clock::today());
    let due = service_notices(&arguments.runs, &rig, today);
    for notice in halt_notices(&rig).into_iter().chain(due) {
        eprintln!("{notice}");
    }
    serve_daemon(source, rig, library, options).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    Ok(Exit::Done)
}
