//! What waits to go out over a line: stops at once, commands before looks, and a look now and then all the same.

use super::LineError;
use super::line::Exchange;
use tokio::sync::{mpsc, oneshot};

/// After so many commands in a row a look that waits goes before the next one, so that nobody is forgotten.
const IN_A_ROW: u32 = 16;

/// An exchange with where its answer goes.
pub(super) struct Job {
    pub(super) exchange: Exchange,
    pub(super) reply: oneshot::Sender<Result<Vec<u8>, LineError>>,
}

/// Bytes that go out before anything else, and who waits until they are.
pub(super) struct Urgent {
    pub(super) bytes: Vec<u8>,
    pub(super) written: oneshot::Sender<Result<(), LineError>>,
}

/// What is next.
pub(super) enum Next {
    Urgent(Urgent),
    Job(Job),
    /// The last handle is gone.
    End,
}

/// The three queues of a line.
pub(super) struct Queues {
    commands: mpsc::Receiver<Job>,
    looks: mpsc::Receiver<Job>,
    urgent: mpsc::Receiver<Urgent>,
    /// Commands since the last look, or since none waited.
    in_a_row: u32,
}

impl Queues {
    pub(super) const fn new(
        commands: mpsc::Receiver<Job>,
        looks: mpsc::Receiver<Job>,
        urgent: mpsc::Receiver<Urgent>,
    ) -> Self {
        Self {
            commands,
            looks,
            urgent,
            in_a_row: 0,
        }
    }

    /// The next of all; jobs only if there is `room` for one. May be dropped and called again: nothing is lost.
    pub(super) async fn next(&mut self, room: bool) -> Next {
        if self.looks.is_empty() {
            self.in_a_row = 0;
        }
        let overdue = room && self.in_a_row >= IN_A_ROW && self.urgent.is_empty();
        if overdue && let Ok(look) = self.looks.try_recv() {
            self.in_a_row = 0;
            return Next::Job(look);
        }
        tokio::select! {
            biased;
            Some(urgent) = self.urgent.recv() => Next::Urgent(urgent),
            command = self.commands.recv(), if room => match command {
                Some(job) => {
                    self.in_a_row += 1;
                    Next::Job(job)
                }
                None => Next::End,
            },
            Some(look) = self.looks.recv(), if room => {
                self.in_a_row = 0;
                Next::Job(look)
            }
            else => std::future::pending().await,
        }
    }

    /// The next that goes out at once.
    pub(super) async fn urgent(&mut self) -> Option<Urgent> {
        self.urgent.recv().await
    }
}
