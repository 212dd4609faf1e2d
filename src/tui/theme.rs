//! Colours, or their stand-ins where there are none.

use crate::api::{LogLevel, RunState};
use crate::report::viridis;
use ratatui::style::{Color, Modifier, Style};

/// How things look; without colour, weight and reversal tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Colours may be used.
    pub colour: bool,
}

impl Theme {
    fn tinted(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }
    /// Less important text.
    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }
    /// Important text.
    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
    /// What is marked.
    pub(super) fn marked(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
    /// What needs a person.
    pub(super) fn urgent(self) -> Style {
        self.tinted(Color::Yellow).add_modifier(Modifier::BOLD)
    }
    /// What went wrong.
    pub(super) fn wrong(self) -> Style {
        self.tinted(Color::Red).add_modifier(Modifier::BOLD)
    }
    /// What goes well.
    pub(super) fn good(self) -> Style {
        self.tinted(Color::Green)
    }
    /// A state of the run.
    pub(super) fn state(self, state: RunState) -> Style {
        match state {
            RunState::Running => self.good().add_modifier(Modifier::BOLD),
            RunState::Paused | RunState::Held | RunState::Asking => self.urgent(),
            RunState::Stopping | RunState::Halted => self.wrong(),
            RunState::Ended => self.strong(),
        }
    }
    /// A line of the log.
    pub(super) fn level(self, level: LogLevel) -> Style {
        match level {
            LogLevel::Info => Style::new(),
            LogLevel::Warning => self.urgent(),
            LogLevel::Error => self.wrong(),
        }
    }
    /// A well's value by tenths: digit on a patch of viridis.
    pub(super) fn well(self, step: u8) -> Style {
        if !self.colour {
            return Style::new();
        }
        let patch = viridis(step);
        let ink = if patch.is_light() { 16 } else { 231 };
        Style::new()
            .bg(Color::Indexed(patch.xterm()))
            .fg(Color::Indexed(ink))
    }
    /// Two wells of a dense plate over one another: the upper is the ink of a half block, the lower its ground.
    pub(super) fn wells(self, upper: Option<u8>, lower: Option<u8>) -> Style {
        let index = |step: Option<u8>| Color::Indexed(step.map_or(236, |s| viridis(s).xterm()));
        Style::new().fg(index(upper)).bg(index(lower))
    }
}
