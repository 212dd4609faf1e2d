//! Questions that only a person can answer.

use super::event::ActionId;
use crate::plan::{Actor, OperationId, Prompt};
use crate::rig::{Mount, NestId};
use crate::units::Volume;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of a question in its run, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(pub u64);

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "question {}", self.0)
    }
}

/// A possible answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// What was asked for is done, or the action did take place.
    Done,
    /// The action did not take place, in no part: it will be performed.
    NotDone,
    /// Nobody can tell: the run goes on as if it took place, and the wells that it was about are marked.
    Unknown,
    /// In a run that goes step by step: the next action may begin.
    Next,
    /// Nothing moved and the cause is mended: try again.
    Retry,
    /// What was found is accepted as it is.
    Accept,
    /// The way is clear: the instrument finds its axes again, then the action is tried again.
    Home,
    /// End the run.
    Abort,
}

impl Choice {
    /// Its word in commands and journals.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not_done",
            Self::Unknown => "unknown",
            Self::Next => "next",
            Self::Retry => "retry",
            Self::Accept => "accept",
            Self::Home => "home",
            Self::Abort => "abort",
        }
    }
    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Done,
            Self::NotDone,
            Self::Unknown,
            Self::Next,
            Self::Retry,
            Self::Accept,
            Self::Home,
            Self::Abort,
        ];
        all.into_iter().find(|c| c.word() == word)
    }
}

/// What a person can look at to answer "did it happen?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Look {
    /// Is there a tip on the head?
    Tip {
        /// Which mount.
        mount: MountName,
        /// Whether a tip there means "done".
        done_if_present: bool,
    },
    /// How much liquid is in the tip?
    Liquid {
        /// Which mount.
        mount: MountName,
        /// "Done" between these.
        from: Volume,
        /// "Done" between these.
        to: Volume,
    },
    /// Is the plate there?
    Plate {
        /// Where.
        nest: NestId,
        /// Whether a plate there means "done".
        done_if_present: bool,
    },
    /// Is the plate sealed?
    Seal {
        /// Where it stands.
        nest: NestId,
        /// Whether a seal there means "done".
        done_if_present: bool,
    },
    /// Is there a lid?
    Lid {
        /// Where.
        nest: NestId,
        /// Whether a lid there means "done".
        done_if_present: bool,
    },
}

/// A mount by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountName {
    /// Left.
    Left,
    /// Right.
    Right,
}

impl From<Mount> for MountName {
    fn from(mount: Mount) -> Self {
        match mount {
            Mount::Left => Self::Left,
            Mount::Right => Self::Right,
        }
    }
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its number.
    pub id: QuestionId,
    /// The operation it belongs to.
    pub operation: OperationId,
    /// The open intent it is about, if it is about one.
    pub action: Option<ActionId>,
    /// Who was acting.
    pub actor: Actor,
    /// What happened and what is wanted.
    pub text: String,
    /// Things to load, for a prompt of the protocol.
    pub prompt: Option<Prompt>,
    /// What to look at.
    pub look: Option<Look>,
    /// The answers there are, the safest first; a typed prompt takes what it asks for besides.
    pub choices: Vec<Choice>,
}
