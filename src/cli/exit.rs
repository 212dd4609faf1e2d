//! Exit codes and the one error that leaves the program.

use std::process::ExitCode;

/// How the program ends; the numbers are documented and stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: the run failed.
    Failed,
    /// 2: the arguments or a file's place are wrong.
    Usage,
    /// 3: a file was refused by check.
    Refused,
    /// 4: no daemon answers.
    Unreachable,
    /// 5: stopped by the operator.
    Stopped,
}

impl Exit {
    /// Its number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unreachable => 4,
            Self::Stopped => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A sentence for the person at the terminal, with the exit code.
#[derive(Debug)]
pub struct CliError {
    /// What happened and what to do.
    pub message: String,
    /// How the program ends.
    pub exit: Exit,
}

impl CliError {
    /// An error that ends the program this way.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            exit,
        }
    }
}

/// What a subcommand returns.
pub type CliResult = Result<Exit, CliError>;
