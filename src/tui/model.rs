//! What the UI remembers between two frames.

use crate::api::{Command, MapView, PromptView, Snapshot};

/// A question of the UI itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    /// Really pause?
    Pause,
    /// Really go on?
    Resume,
    /// Really end the run?
    Abort,
}

impl Dialog {
    /// What is asked of the run when the answer is yes.
    pub const fn command(self) -> Command {
        match self {
            Self::Pause => Command::Pause,
            Self::Resume => Command::Resume,
            Self::Abort => Command::Abort,
        }
    }
    /// The question.
    pub const fn question(self) -> &'static str {
        match self {
            Self::Pause => "Pause the run? Operations under way will finish, no new one will start.",
            Self::Resume => "Resume the run?",
            Self::Abort => "Abort the run? Actions under way finish; it cannot be resumed.",
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
