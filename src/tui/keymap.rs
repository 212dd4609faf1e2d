//! Which key means what.

use super::model::Model;
use crate::run::StopKind;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Stop or go on, after confirmation.
    Stop(StopKind),
    /// Yes to the dialog.
    Yes,
    /// No to the dialog; closes help.
    No,
    /// Mark a choice of the prompt, from 0.
    Choose(usize),
    /// Mark the next (or previous) choice.
    Step {
        /// Forwards.
        forward: bool,
    },
    /// Send the marked choice.
    Send,
    /// Show the next prompt.
    NextPrompt,
    /// Show the next (or previous) map.
    CycleMap {
        /// Forwards.
        forward: bool,
    },
    /// Show or hide the help.
    Help,
    /// Leave; the run goes on.
    Quit,
}

/// Keys with what they do, for the help.
pub(super) const HELP: [(&str, &str); 15] = [
    ("p", "pause: operations under way finish, none starts"),
    ("h", "hold: actions under way finish, none starts"),
    ("k", "park plates while the run is paused or held"),
    ("r", "resume after a pause or a hold"),
    ("a", "abort: instruments go to their safe state, the run ends"),
    ("H", "halt: motion stops now; no emergency stop"),
    ("R", "reset after a halt; nothing moves"),
    ("y  n", "yes and no to a question of this screen"),
    ("1…9", "mark an answer of the prompt"),
    ("← →", "mark the answer before or after"),
    ("Enter", "send the marked answer"),
    ("o", "show the next open prompt"),
    ("Tab", "show the next plate's map (Shift-Tab: the one before)"),
    ("?", "show or hide this help"),
    ("q", "leave this screen; the run goes on"),
];

/// The meaning of a key as things stand; none when it has none. With a dialog open, only its answers count.
pub fn intent(key: KeyEvent, model: &Model) -> Option<Intent> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Intent::Quit);
    }
    if model.dialog.is_some() {
        return match key.code {
            KeyCode::Char('y' | 'Y') => Some(Intent::Yes),
            KeyCode::Char('n' | 'N') | KeyCode::Esc => Some(Intent::No),
            _ => None,
        };
    }
    match key.code {
        KeyCode::Esc => Some(Intent::No),
        KeyCode::Char('p') => Some(Intent::Stop(StopKind::Pause)),
        KeyCode::Char('h') => Some(Intent::Stop(StopKind::Hold)),
        KeyCode::Char('r') => Some(Intent::Stop(StopKind::Resume)),
        KeyCode::Char('a') => Some(Intent::Stop(StopKind::Abort)),
        KeyCode::Char('H') => Some(Intent::Stop(StopKind::Halt)),
        KeyCode::Char('k') => Some(Intent::Stop(StopKind::Park)),
        KeyCode::Char('R') => Some(Intent::Stop(StopKind::Reset)),
        KeyCode::Char('o') => Some(Intent::NextPrompt),
        KeyCode::Char('?') => Some(Intent::Help),
        KeyCode::Char('q') => Some(Intent::Quit),
        KeyCode::Char(digit @ '1'..='9') => {
            let number = digit.to_digit(10)?;
            usize::try_from(number).ok()?.checked_sub(1).map(Intent::Choose)
        }
        KeyCode::Enter => Some(Intent::Send),
        KeyCode::Right => Some(Intent::Step { forward: true }),
        KeyCode::Left => Some(Intent::Step { forward: false }),
        KeyCode::Tab => Some(Intent::CycleMap { forward: true }),
        KeyCode::BackTab => Some(Intent::CycleMap { forward: false }),
        _ => None,
    }
}
