//! `plated instrument`: one instrument by itself.

use super::args::{self, InstrumentDoes, OneInstrument};
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read, read_rig};
use super::out;
use crate::clock::Clock;
use crate::daemon::instrument::{Finding, Listed, listed, on_a_capture, on_its_link, simulated, tested};
use crate::daemon::wear::{service_notices, worn};
use crate::devices::{Failure, Instrument};
use crate::formats::clean;
use crate::labware::Library;
use crate::rig::{InstrumentId, Rig};
use crate::run::Source;
use crate::simulate::Simulation;
use crate::units::Day;
use std::path::Path;
use tokio::runtime::LocalOptions;

/// Does what was asked.
pub fn instrument(arguments: &args::Instrument) -> CliResult {
    super::log::quiet();
    match &arguments.does {
        InstrumentDoes::List { rig, runs, json } => list(rig, runs, *json),
        InstrumentDoes::Test { one, against: None } => test(one, None),
        InstrumentDoes::Test {
            one,
            against: Some(capture),
        } => against(one, capture),
        InstrumentDoes::Talk { one, raw } => {
            let raw = *raw;
            with(one, None, move |driver| Box::pin(talk(driver, raw)))
        }
        InstrumentDoes::Capture { one, to } => {
            if to.exists() {
                let message = format!("{} exists already; name a new file", to.display());
                return Err(CliError::new(Exit::Usage, message));
            }
            test(one, Some(to)).inspect(|_| out::line(&format!("captured in {}", to.display())))
        }
    }
}

fn list(rig: &Path, runs: &Path, json: bool) -> CliResult {
    let (rig, _, _) = whole(rig, false)?;
    let wear = worn(runs, &rig);
    let all = listed(&rig, &wear);
    if json {
        let value: Vec<_> = all
            .iter()
            .map(|l| {
                serde_json::json!({
                    "name": l.name, "title": l.title, "role": l.role, "driver": l.driver, "place": l.place,
                    "maturity": l.maturity, "calibration": calibration(&rig, l),
                    "counts": l.counts.iter().map(|(counter, count, limit)| {
                        (counter.word(), serde_json::json!({ "count": count, "limit": limit }))
                    }).collect::<std::collections::BTreeMap<_, _>>(),
                })
            })
            .collect();
        out::line(&serde_json::to_string_pretty(&value).unwrap_or_default());
        return Ok(Exit::Done);
    }
    let cells = |l: &Listed| {
        [
            l.name.clone(),
            l.role.to_owned(),
            l.driver.clone(),
            l.place.clone(),
            l.maturity.to_owned(),
            l.title.clone(),
        ]
    };
    let head = ["instrument", "role", "spoken to by", "at", "judged", "title"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(all.iter().map(cells)).collect();
    let width = |column: usize| {
        let wide = rows
            .iter()
            .filter_map(|row| Some(row.get(column)?.chars().count()));
        wide.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let told = told(&rig, &all);
    for row in &rows {
        let padded = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{:width$}", clean(cell)));
        out::line(padded.collect::<Vec<_>>().join("  ").trim_end());
    }
    let today = Day::parse(&crate::clock::today());
    for line in told.into_iter().chain(service_notices(runs, &rig, today)) {
        out::line(&clean(&line));
    }
    Ok(Exit::Done)
}

/// Calibration and counts, a line for each instrument that has any.
fn told(rig: &Rig, all: &[Listed]) -> Vec<String> {
    let line = |l: &Listed| {
        let counts = l.counts.iter().map(|(counter, count, limit)| {
            let of = limit.map_or_else(String::new, |limit| format!(" of {limit}"));
            format!("{count}{of} {}", counter.name())
        });
        let parts: Vec<String> = calibration(rig, l).into_iter().chain(counts).collect();
        (!parts.is_empty()).then(|| format!("{}: {}", l.name, parts.join("; ")))
    };
    all.iter().filter_map(line).collect()
}

/// When and by whom an instrument was calibrated, and how long that is good.
fn calibration(rig: &Rig, l: &Listed) -> Option<String> {
    let id = InstrumentId::new(l.name.as_str());
    let (date, _) = rig.calibration.days.get(&id)?;
    let told = rig.calibration.told.get(&id);
    let day = date.map_or_else(
        || "on a day that nobody wrote down".to_owned(),
        |day| day.to_string(),
    );
    let author = told.and_then(|t| t.author.as_ref()).map(|a| format!(" by {a}"));
    let record = told.and_then(|t| t.version).map(|n| format!(", record {n}"));
    let until = rig
        .calibration
        .good_until(&id)
        .map(|day| format!(", good until {day}"));
    let residual = told.and_then(|t| t.residual).map(|r| format!(", residual {r}"));
    let parts = [author, record, residual, until];
    Some(format!(
        "calibrated {day}{}",
        parts.into_iter().flatten().collect::<String>()
    ))
}

fn test(one: &OneInstrument, capture: Option<&Path>) -> CliResult {
    with(one, capture, |driver| {
        Box::pin(async move {
            let well = tested(driver, &mut show).await;
            Ok(verdict(well))
        })
    })
}

/// A capture answers in place of the instrument.
fn against(one: &OneInstrument, capture: &Path) -> CliResult {
    let (rig, library, source) = whole(&one.rig, true)?;
    let text = read(capture)?.text;
    let simulation =
        Simulation::new(&source, None).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    let id = InstrumentId::new(one.name.as_str());
    let clock = simulation.clock();
    simulation.block_on(async {
        let (mut driver, playback) = on_a_capture(&id, &rig, &library, clock, &text).map_err(usage)?;
        let well = tested(driver.as_mut(), &mut show).await;
        if let Some(complaint) = playback.complaint() {
            out::line(&format!("not as captured: {}", clean(&complaint)));
            return Ok(Exit::Failed);
        }
        Ok(verdict(well))
    })
}

fn verdict(well: bool) -> Exit {
    if well {
        out::line("well");
        Exit::Done
    } else {
        out::line("not well");
        Exit::Failed
    }
}

fn show((what, found): Finding) {
    let what = clean(&what);
    match found {
        Ok(says) => out::line(&format!("{what:>24}  {}", clean(&says))),
        Err(why) => out::line(&format!("{what:>24}  FAILED: {}", clean(&why))),
    }
}

/// Reads names from standard input and shows what is answered.
async fn talk(driver: &mut dyn Instrument, raw: bool) -> CliResult {
    let told = |finding| show(finding);
    let identity = driver.identify().await.map(|i| i.model);
    told(("identity".to_owned(), identity.map_err(|f| f.message)));
    for line in std::io::stdin().lines() {
        let Ok(line) = line else { break };
        let line = line.trim();
        match line.strip_prefix('>') {
            _ if line.is_empty() => {}
            Some(text) if raw => {
                let said = driver.say(text.trim_start()).await;
                told((text.trim().to_owned(), said.map_err(|f| f.message)));
            }
            Some(_) => {
                out::line("lines are sent as they stand only with --raw; you then answer for what moves")
            }
            None if line == "help" => out::line(&driver.names().join("  ")),
            None => {
                let answer = driver.ask(line).await;
                told((line.to_owned(), answer.map_err(|f| f.message)));
            }
        }
    }
    Ok(Exit::Done)
}

type Does<'a> = std::pin::Pin<Box<dyn Future<Output = CliResult> + 'a>>;

/// Does something with the driver of an instrument, real or simulated.
fn with(
    one: &OneInstrument,
    capture: Option<&Path>,
    does: impl for<'a> FnOnce(&'a mut dyn Instrument) -> Does<'a>,
) -> CliResult {
    let (rig, library, source) = whole(&one.rig, one.simulate)?;
    let id = InstrumentId::new(one.name.as_str());
    let failed = |e: String| CliError::new(Exit::Failed, e);
    if one.simulate {
        let simulation = Simulation::new(&source, None).map_err(|e| failed(e.to_string()))?;
        return simulation.block_on(async {
            let clock = simulation.clock();
            let twin = simulated(&id, (simulation.sim(), &rig), &library, clock, capture);
            let mut driver = twin.map_err(usage)?;
            does(driver.as_mut()).await
        });
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default());
    let runtime = runtime.map_err(|e| failed(e.to_string()))?;
    runtime.block_on(async {
        let clock = rig.clock.map_or_else(Clock::wall, Clock::anchored);
        let mut driver = on_its_link(&id, &rig, &library, clock, capture).map_err(usage)?;
        does(driver.as_mut()).await
    })
}

fn usage(failure: Failure) -> CliError {
    CliError::new(Exit::Usage, failure.message)
}

fn whole(rig: &Path, simulated: bool) -> Result<(Rig, Library, Source), CliError> {
    let source = read_rig(rig, 1, simulated)?;
    let (rig, library, warnings) = assembled(&source)?;
    eprint!("{warnings}");
    Ok((rig, library, source))
}
