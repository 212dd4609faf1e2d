//! Progress of a run on a terminal: operations done, the run's clock, what each instrument does now.

use crate::run::{Event, State, StopKind};
use crate::units::{Duration, Timestamp};
use std::io::{IsTerminal, Write};
use std::time::Instant;

/// Least real time between two drawings.
const EVERY: std::time::Duration = std::time::Duration::from_millis(100);

/// Least simulated time between two lines where the output is no terminal.
const LINE_EVERY: Duration = Duration::h(1);

/// Draws progress on standard error.
pub struct Progress {
    live: bool,
    width: usize,
    drawn: Option<Instant>,
    line_at: Option<Timestamp>,
    lines: usize,
}

impl Progress {
    /// For this terminal.
    pub fn new() -> Self {
        let live = std::io::stderr().is_terminal();
        let width = crossterm::terminal::size().map_or(80, |(w, _)| usize::from(w));
        Self {
            live,
            width,
            drawn: None,
            line_at: None,
            lines: 0,
        }
    }

    /// Takes an event into account and draws when it is time to.
    pub fn event(&mut self, state: &State, event: &Event, at: Timestamp) {
        match event {
            Event::Planned { .. } => {
                eprintln!("asking the instruments who they are");
                self.lines = 0;
            }
            Event::Unreachable { instrument, why } => {
                eprintln!(
                    "\u{7}{instrument} is not reachable: {why}; see to its power and cable, it is asked again before it is needed"
                );
                self.lines = 0;
            }
            Event::InputChanged { input, level, .. } => {
                let stops = state.inputs_prevent(StopKind::Reset);
                let what = stops.or_else(|| state.interlocks().into_iter().next());
                let what = what.map_or_else(String::new, |what| format!("; {what}"));
                eprintln!("\u{7}contact of {input}: {}{what}", level.word());
                self.lines = 0;
            }
            Event::Asked { .. } => {
                // The question is printed below what stands here, and stays.
                self.lines = 0;
                return;
            }
            _ => {}
        }
        if state.operations.is_empty() {
            return;
        }
        let finished = matches!(event, Event::RunEnded { .. });
        if self.live {
            // Drawn when something begins, so that it is seen at work and not between two actions.
            let begins = matches!(event, Event::Intended { .. });
            let now = Instant::now();
            if finished || begins && self.drawn.is_none_or(|drawn| now.duration_since(drawn) >= EVERY) {
                self.drawn = Some(now);
                self.draw(state, at, finished);
            }
        } else if self.line_at.is_none_or(|last| at.since(last) >= LINE_EVERY) || finished {
            self.line_at = Some(at);
            eprintln!("{}", self.head(state, at));
        }
    }

    fn head(&self, state: &State, at: Timestamp) -> String {
        let (done, all) = state.progress();
        let since = at.since(state.started).as_us() / 1_000_000;
        let clock = format!("{:02}:{:02}:{:02}", since / 3600, since % 3600 / 60, since % 60);
        format!(
            "{done:>4} of {all} operations   clock {clock}   {} actions   {} reads",
            state.actions_done,
            state.readings.len()
        )
    }

    fn draw(&mut self, state: &State, at: Timestamp, finished: bool) {
        let mut out = String::new();
        if self.lines > 0 {
            // Back to the first line of the last drawing, and clear from there.
            out.push_str(&format!("\x1b[{}A\x1b[J", self.lines));
        }
        let mut lines = vec![self.head(state, at)];
        let (done, all) = state.progress();
        let cells = 40.min(self.width.saturating_sub(4));
        let full = (cells * done).checked_div(all).unwrap_or(0);
        lines.push(format!(
            "[{}{}]",
            "#".repeat(full),
            "-".repeat(cells.saturating_sub(full))
        ));
        if !finished {
            for (actor, open) in &state.open {
                let phase = state
                    .operation(open.operation)
                    .and_then(|o| o.phases.get(usize::from(open.phase)));
                let title = phase.map(|p| p.title.as_str()).unwrap_or_default();
                lines.push(format!("{:>12}  {title}", actor.to_string()));
            }
        }
        for line in &lines {
            let line: String = crate::formats::clean(line)
                .chars()
                .take(self.width.saturating_sub(1))
                .collect();
            out.push_str(&line);
            out.push('\n');
        }
        self.lines = lines.len();
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(out.as_bytes()).and_then(|()| stderr.flush());
    }
}
