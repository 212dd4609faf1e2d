//! `plated sim`: the rig's simulated instruments on pseudo-terminals and TCP ports.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read_rig};
use crate::clock;
use crate::daemon::calibrations;
use crate::rig::{self, ClockAnchor};
use crate::run::Source;
use crate::simulate::{START, on_the_wall_clock};
use crate::source::SourceFile;
use hardware_sim::serve;
use std::path::Path;
use tokio::runtime::LocalOptions;

/// The served rig file lies elsewhere: it says where the calibration records of the rig are.
fn with_records(text: &str, rig: &Path, source: &Source) -> Result<String, CliError> {
    if source.calibrations.is_empty() {
        return Ok(text.to_owned());
    }
    let failed = |e: std::io::Error| CliError::new(Exit::Failed, e.to_string());
    let named = rig::references(&SourceFile {
        name: source.rig.name.clone(),
        text: source.rig.text.clone(),
    });
    let folder = calibrations::folder(rig, named.calibrations.as_deref(), "");
    let folder = std::fs::canonicalize(folder).map_err(failed)?;
    let key = format!(
        "calibrations = {}",
        toml::Value::String(folder.display().to_string())
    );
    let mut inside = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let was = line.trim_start();
        if was.starts_with('[') {
            inside = was.starts_with("[rig]");
        }
        if !(inside && was.starts_with("calibrations")) {
            lines.push(line.to_owned());
        }
        if was.starts_with("[rig]") {
            lines.push(key.clone());
        }
    }
    Ok(lines.join("\n") + "\n")
}

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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default());
    let runtime = runtime.map_err(|e| failed(e.to_string()))?;
    runtime.block_on(async {
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
        let rig_text = with_records(&served.rig_text, &arguments.rig, &source)?;
        if let Some(path) = &arguments.write {
            let fresh = path.with_extension("new");
            std::fs::write(&fresh, &rig_text)
                .and_then(|()| std::fs::rename(&fresh, path))
                .map_err(|e| {
                    CliError::new(Exit::Usage, format!("could not write {}: {e}", path.display()))
                })?;
            eprintln!("serving; the rig with these links is in {}", path.display());
        } else {
            super::out::line(&rig_text);
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
