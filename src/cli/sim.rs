//! `plated sim`: the rig's simulated instruments on pseudo-terminals and TCP ports.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read_rig};
use crate::clock;
use crate::rig::ClockAnchor;
use crate::simulate::{START, on_the_wall_clock};
use hardware_sim::serve;
use std::path::Path;
use tokio::task::LocalSet;

/// Serves until interrupted.
pub fn sim(arguments: &args::Sim) -> CliResult {
    super::log::quiet();
    let source = read_rig(&arguments.rig, arguments.seed, true)?;
    let (_, _, warnings) = assembled(&source)?;
    eprint!("{warnings}");
    if !(0.01..=100_000.0).contains(&arguments.speed) {
        return Err(CliError::new(Exit::Usage, "--speed must be from 0.01 to 100000"));
    }
    let failed = |e: String| CliError::new(Exit::Failed, e);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(e.to_string()))?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let anchor = ClockAnchor {
            sim_us: START.as_us(),
            boot_us: clock::boot_us(),
            factor: arguments.speed,
        };
        let sim = on_the_wall_clock(&source, anchor, arguments.ledger.as_deref())
            .map_err(|e| failed(e.to_string()))?;
        let base = arguments.rig.parent().unwrap_or(Path::new("."));
        let base = std::fs::canonicalize(if base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            base
        });
        let base = base.map_err(|e| failed(e.to_string()))?;
        let served = serve::serve(
            &sim,
            &serve::Options {
                base,
                links: arguments.links.clone(),
                ..Default::default()
            },
        )
        .await
        .map_err(|e| failed(e.to_string()))?;
        if let Some(path) = &arguments.write {
            let fresh = path.with_extension("new");
            std::fs::write(&fresh, &served.rig_text)
                .and_then(|()| std::fs::rename(&fresh, path))
                .map_err(|e| {
                    CliError::new(Exit::Usage, format!("could not write {}: {e}", path.display()))
                })?;
            eprintln!("serving; the rig with these links is in {}", path.display());
        } else {
            super::out::line(&served.rig_text);
        }
        for (name, place) in &served.addresses {
            eprintln!("  {name:>12}  {place}");
        }
        eprintln!(
            "simulated time runs {} times as fast; Ctrl-C ends it",
            arguments.speed
        );
        let _ = tokio::signal::ctrl_c().await;
        Ok(Exit::Done)
    })
}
