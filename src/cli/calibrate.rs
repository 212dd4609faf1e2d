//! `plated calibrate`: a guided calibration at the terminal.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read_rig, records_of};
use super::out;
use crate::calibrate::{Course, Input, Procedure, Reply};
use crate::clock::{self, Clock};
use crate::daemon::calibrate::{Occasion, deck_record, grip_record, guided};
use crate::daemon::calibrations;
use crate::daemon::instrument::{on_its_link, simulated};
use crate::devices::{Failure, Instrument};
use crate::formats::clean;
use crate::rig::{CalibrationRecord, InstrumentId, NestId, Rig, Role};
use crate::simulate::Simulation;
use crate::units::{Day, Length, Quantity as _};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use tokio::runtime::LocalOptions;

const KEYS: &str = "arrows: left, right, front, back | PageUp PageDown: up, down | + -: longer, shorter step | \
                    Enter: it touches | Backspace: the point before | q: leave";
const LINES: &str = "a line each: x N, y N, z N (steps), + or -, touch, back, quit";

/// Calibrates an instrument and records what was found.
pub fn calibrate(arguments: &args::Calibrate) -> CliResult {
    super::log::quiet();
    let one = &arguments.one;
    let source = read_rig(&one.rig, 1, one.simulate)?;
    let (rig, library, warnings) = assembled(&source)?;
    eprint!("{warnings}");
    let id = InstrumentId::new(one.name.as_str());
    let wrong = |why: String| CliError::new(Exit::Usage, why);
    let limit = arguments.limit.as_deref().map(Length::parse).transpose();
    let limit = limit.map_err(|e| wrong(format!("--limit: {e}")))?;
    let occasion = Occasion {
        author: arguments.author.clone(),
        date: Day::parse(&clock::today()),
        valid_for: arguments.valid_for,
    };
    let role = rig.instruments.get(&id).map(|i| &i.role);
    if matches!(role, Some(Role::PlateMover(_))) {
        let heights = grip_heights(&rig, &id)?;
        return keep(grip_record(&rig, &id, heights, &occasion), &source, one);
    }
    let mut procedure = Procedure::new(&rig, &id, limit).map_err(wrong)?;
    eprintln!(
        "Take everything off the deck. The end of \"{}\", without a tip, is brought onto the left front corner of each \
         nest's floor; \"{id}\" homes first and moves at once. This program is no emergency stop.",
        procedure.pipette()
    );
    let failed = |e: String| CliError::new(Exit::Failed, e);
    let found = if one.simulate {
        let simulation = Simulation::new(&source, None).map_err(|e| failed(e.to_string()))?;
        simulation.block_on(async {
            let twin = simulated(&id, (simulation.sim(), &rig), &library, simulation.clock(), None);
            at_the_terminal(twin?.as_mut(), &mut procedure).await
        })
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default());
        let runtime = runtime.map_err(|e| failed(e.to_string()))?;
        runtime.block_on(async {
            let clock = rig.clock.map_or_else(Clock::wall, Clock::anchored);
            let mut driver = on_its_link(&id, &rig, &library, clock, None)?;
            at_the_terminal(driver.as_mut(), &mut procedure).await
        })
    };
    let Some(found) = found.map_err(|f| failed(f.message))? else {
        out::line("left; nothing was recorded");
        return Ok(Exit::Stopped);
    };
    keep(deck_record(&rig, &id, &found, &occasion), &source, one)
}

/// Adds the record. One of a simulated instrument is shown and not kept: it says nothing of the real one.
fn keep(record: CalibrationRecord, source: &crate::run::Source, one: &args::OneInstrument) -> CliResult {
    if one.simulate {
        out::text(&record.to_text());
        eprintln!("simulated: nothing was recorded");
        return Ok(Exit::Done);
    }
    let folder = records_of(&one.rig, source);
    let (record, path) =
        calibrations::add(&folder, record).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    out::text(&record.to_text());
    eprintln!("recorded in {}; the next run uses it", path.display());
    Ok(Exit::Done)
}

/// Asks for the grip height of every nest that a mover reaches; an empty line keeps what is known.
fn grip_heights(rig: &Rig, id: &InstrumentId) -> Result<Vec<(NestId, Length)>, CliError> {
    let mut out = Vec::new();
    let mut lines = std::io::stdin().lock().lines();
    for nest in rig
        .nests
        .iter()
        .filter(|(_, n)| n.station.is_some())
        .map(|(nest, _)| nest)
    {
        loop {
            let known = rig.calibration.grip(id, nest);
            let shown = known.map_or_else(|| "unknown".to_owned(), |h| h.to_string());
            eprint!("grip height over \"{nest}\" [{shown}]: ");
            let Some(Ok(line)) = lines.next() else {
                let why = "not every nest was answered; nothing was recorded";
                return Err(CliError::new(Exit::Stopped, why));
            };
            match (line.trim(), known) {
                ("", Some(_)) => break,
                ("", None) => eprintln!("it was never measured; write a length, as 6 mm"),
                (text, _) => match Length::parse(text) {
                    Ok(height) => {
                        out.push((nest.clone(), height));
                        break;
                    }
                    Err(error) => eprintln!("{error}"),
                },
            }
        }
    }
    Ok(out)
}

/// Keys in raw mode, which ends with this value.
struct Raw;

impl Raw {
    fn begin() -> Option<Self> {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        (terminal && enable_raw_mode().is_ok()).then_some(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}

async fn at_the_terminal(
    driver: &mut dyn Instrument,
    procedure: &mut Procedure,
) -> Result<Option<crate::calibrate::Fit>, Failure> {
    let raw = Raw::begin();
    eprint!("{}\r\n", if raw.is_some() { KEYS } else { LINES });
    guided(driver, procedure, async |reply| {
        show(reply);
        match &reply.course {
            Course::Found(_) => None,
            _ if raw.is_some() => key(),
            _ => line(),
        }
    })
    .await
}

fn show(reply: &Reply) {
    if let Some(note) = &reply.note {
        eprint!("\x07{}\r\n", clean(note));
    }
    let text = match &reply.course {
        Course::At {
            number: (number, all),
            nest,
            position,
            step,
        } => format!(
            "point {number} of {all}, \"{nest}\": x {} y {} z {}, step {step}",
            position.x, position.y, position.z
        ),
        Course::Found(found) => format!(
            "found: residual {}, worst point {}; deck at x {} y {} z {}",
            found.residual, found.worst, found.deck.x, found.deck.y, found.deck.z
        ),
        Course::Refused(why) => format!("\x07{why}. Enter begins again, q leaves"),
        Course::Left => String::new(),
    };
    eprint!("{text}\r\n");
    let _ = std::io::stderr().flush();
}

/// The next key that means something.
fn key() -> Option<Input> {
    loop {
        let Event::Key(key) = read().ok()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let input = match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Input::Quit,
            KeyCode::Left => Input::X(-1),
            KeyCode::Right => Input::X(1),
            KeyCode::Down => Input::Y(-1),
            KeyCode::Up => Input::Y(1),
            KeyCode::PageDown => Input::Z(-1),
            KeyCode::PageUp => Input::Z(1),
            KeyCode::Char('+') => Input::Coarser,
            KeyCode::Char('-') => Input::Finer,
            KeyCode::Enter => Input::Touch,
            KeyCode::Backspace => Input::Back,
            KeyCode::Char('q') | KeyCode::Esc => Input::Quit,
            _ => continue,
        };
        return Some(input);
    }
}

/// The next line that means something; none at the end.
fn line() -> Option<Input> {
    loop {
        let mut text = String::new();
        if std::io::stdin().lock().read_line(&mut text).ok()? == 0 {
            return None;
        }
        match words(text.trim()) {
            Some(input) => return Some(input),
            None => eprintln!("{LINES}"),
        }
    }
}

fn words(text: &str) -> Option<Input> {
    let steps = |n: &str| n.trim().parse::<i64>().ok().filter(|n| n.abs() <= 1000);
    match text.split_once(' ') {
        Some(("x", n)) => steps(n).map(Input::X),
        Some(("y", n)) => steps(n).map(Input::Y),
        Some(("z", n)) => steps(n).map(Input::Z),
        _ => match text {
            "+" => Some(Input::Coarser),
            "-" => Some(Input::Finer),
            "touch" => Some(Input::Touch),
            "back" => Some(Input::Back),
            "quit" => Some(Input::Quit),
            _ => None,
        },
    }
}
