//! A line with several requests on their way: each answer is matched to its request by that request's own framing, in
//! whatever order answers come. For protocols that number their requests (Modbus TCP); so nothing is ever waited out.

use super::LineError;
use super::line::{Direction, Framing, Recogniser};
use super::queues::{Job, Next};
use super::task::{LONGEST_ANSWER, Task, read_some};
use std::time::Duration;
use tokio::sync::oneshot;

/// A request on its way.
struct Waiting {
    framing: Recogniser,
    reply: oneshot::Sender<Result<Vec<u8>, LineError>>,
    /// When it is given up, by the clock's running time.
    until: Duration,
}

impl Task {
    /// Serves until the last handle is gone. Nothing is sent at the end.
    pub(super) async fn run_several(mut self) {
        let mut buffer = vec![0_u8; 4096];
        let mut waiting: Vec<Waiting> = Vec::new();
        let mut pending: Vec<u8> = Vec::new();
        loop {
            let room = waiting.len() < usize::from(self.settings.in_flight);
            let (clock, until) = (self.clock, waiting.iter().map(|w| w.until).min());
            let over = async {
                match until {
                    Some(until) => {
                        clock
                            .sleep_real(until.saturating_sub(clock.running().to_std()))
                            .await
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                next = self.queues.next(room) => match next {
                    Next::Urgent(urgent) => self.write_urgent(urgent).await,
                    Next::Job(job) => {
                        let generation = self.generation();
                        let sent = self.send_one(job).await;
                        // What came and was on its way went with its connection.
                        if self.generation() != generation {
                            pending.clear();
                            self.lose(&mut waiting, "the connection ended");
                        }
                        waiting.extend(sent);
                    }
                    Next::End => return,
                },
                read = read_some(&mut self.stream, &mut buffer) => match read {
                    Ok(n) => {
                        let bytes = buffer.get(..n).unwrap_or_default();
                        self.record(Direction::Received, bytes);
                        self.unanswered = 0;
                        pending.extend_from_slice(bytes);
                        self.deal(&mut waiting, &mut pending);
                    }
                    Err(why) => {
                        self.close(&why);
                        pending.clear();
                        self.lose(&mut waiting, &why);
                    }
                },
                () = over => self.give_up(&mut waiting, &mut pending),
            }
        }
    }

    /// Sends a request, or tells whoever asked why not.
    async fn send_one(&mut self, Job { exchange, reply }: Job) -> Option<Waiting> {
        let sent = match self.stream {
            Some(_) => Ok(()),
            None => self.open().await,
        };
        let sent = sent.and_then(|()| self.same_connection(&exchange));
        let sent = match sent {
            Ok(()) => self.send(&exchange.request).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Some(Waiting {
                framing: exchange.framing,
                reply,
                until: self.clock.running().to_std() + self.clock.allowed(exchange.allowance, exchange.work),
            }),
            Err(error) => {
                let _ = reply.send(Err(error));
                None
            }
        }
    }

    /// Gives each answer that is whole to whoever asked for it, and drops what nobody asked for.
    fn deal(&mut self, waiting: &mut Vec<Waiting>, pending: &mut Vec<u8>) {
        while !pending.is_empty() {
            let mut whose = None;
            let mut junk = pending.len();
            for (i, one) in waiting.iter_mut().enumerate() {
                match (one.framing)(pending) {
                    Framing::Frame(n) => {
                        whose = Some((i, n));
                        break;
                    }
                    Framing::Incomplete => junk = 0,
                    Framing::Junk(n) => junk = junk.min(n.max(1)),
                }
            }
            if let Some((i, n)) = whose {
                let rest = pending.split_off(n.min(pending.len()));
                let answer = std::mem::replace(pending, rest);
                // Whoever asked may be gone.
                let _ = waiting.remove(i).reply.send(Ok(answer));
            } else if junk > 0 || pending.len() > LONGEST_ANSWER {
                let rest = pending.split_off(junk.max(1).min(pending.len()));
                self.drop_unasked(pending);
                *pending = rest;
            } else {
                return;
            }
        }
    }

    /// Gives the requests up whose time is over.
    fn give_up(&mut self, waiting: &mut Vec<Waiting>, pending: &mut Vec<u8>) {
        let now = self.clock.running().to_std();
        for one in waiting.extract_if(.., |w| w.until <= now) {
            self.unanswered = self.unanswered.saturating_add(1);
            let _ = one.reply.send(Err(LineError::NoAnswer {
                place: self.settings.place.clone(),
                heard: String::new(),
            }));
        }
        self.give_up_silent();
        if self.stream.is_none() {
            pending.clear();
            self.lose(waiting, "nothing answers over it any more");
        }
    }

    /// Tells everybody whose answer is lost with the connection.
    fn lose(&self, waiting: &mut Vec<Waiting>, why: &str) {
        for one in waiting.drain(..) {
            let _ = one.reply.send(Err(LineError::Broken {
                place: self.settings.place.clone(),
                why: why.to_owned(),
            }));
        }
    }
}
