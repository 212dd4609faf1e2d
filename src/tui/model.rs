//! What the UI remembers between two frames.

use crate::api::{Command, MapView, PromptView, Snapshot};
use crate::run::StopKind;

/// A question of the UI itself: really stop, or go on, so?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialog(
    /// How.
    pub StopKind,
);

impl Dialog {
    /// What is asked of the run when the answer is yes.
    pub const fn command(self) -> Command {
        Command::Stop { kind: self.0 }
    }
    /// The question.
    pub const fn question(self) -> &'static str {
        match self.0 {
            StopKind::Pause => "Pause the run? Operations under way will finish, no new one will start.",
            StopKind::Hold => {
                "Hold the run? Actions under way will finish, no new one will start; operations stay open."
            }
            StopKind::Resume => "Resume the run?",
            StopKind::Abort => {
                "Abort the run? Actions under way finish, instruments go to their safe state; it cannot be resumed."
            }
            StopKind::Halt => {
                "HALT? Motion stops now, positions are not trusted afterwards. This is no emergency stop."
            }
            StopKind::Park => {
                "Park plates? They are lidded and carried to where they rest; resume brings them back."
            }
            StopKind::Reset => {
                "Reset after the halt? You have looked at the machines. Nothing moves; the run is held."
            }
        }
    }
}

/// A short line for the person at the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice(
    /// The line.
    pub String,
);

/// Everything the view draws from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// The latest state of the run, cleaned; none before the first.
    pub snapshot: Option<Snapshot>,
    /// No more snapshots will come.
    pub lost: bool,
    /// Which map is shown.
    pub map: usize,
    /// The prompt that is shown, by its number.
    pub prompt: Option<u64>,
    /// The marked choice of that prompt.
    pub choice: Option<usize>,
    /// Prompts whose answer was sent.
    pub answered: Vec<u64>,
    /// The open dialog.
    pub dialog: Option<Dialog>,
    /// The key help is shown.
    pub help: bool,
    /// A line in the footer.
    pub notice: Option<Notice>,
    /// The person wants to leave.
    pub quit: bool,
}

impl Model {
    /// The map that is shown.
    pub fn shown_map(&self) -> Option<&MapView> {
        let maps = &self.snapshot.as_ref()?.maps;
        maps.get(self.map).or(maps.first())
    }
    /// The prompt that is shown.
    pub fn shown_prompt(&self) -> Option<&PromptView> {
        let prompts = &self.snapshot.as_ref()?.prompts;
        prompts.iter().find(|p| Some(p.id) == self.prompt)
    }
    /// Whether the shown prompt's answer was sent.
    pub fn is_answered(&self, prompt: u64) -> bool {
        self.answered.contains(&prompt)
    }
}
