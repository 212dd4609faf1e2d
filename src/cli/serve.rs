//! `plated serve`: the daemon.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read_rig};
use crate::daemon::live::halt_notices;
use crate::daemon::serve::{Options, serve as serve_daemon};

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
        simulate: arguments.simulate.then_some(arguments.speed),
    };
    eprintln!(
        "plated serves rig \"{}\" at {}; log in {}",
        rig.name,
        arguments.socket.display(),
        arguments.log.display()
    );
    for notice in halt_notices(&rig) {
        eprintln!("{notice}");
    }
    serve_daemon(source, rig, library, options).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    Ok(Exit::Done)
}
