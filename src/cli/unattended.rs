//! A simulated run has nobody to think: a question that its operator cannot answer by looking ends it, so that no
//! headless run waits for ever.

use crate::engine::{Command, Observer};
use crate::run::{Choice, Event, QuestionId, StopKind};
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::{mpsc, oneshot};

/// Notices such questions and aborts the run.
#[derive(Default, Clone)]
pub struct Unattended {
    commands: Rc<RefCell<Option<mpsc::UnboundedSender<Command>>>>,
    unanswered: Rc<RefCell<Vec<String>>>,
}

impl Unattended {
    /// To be told of the run's events.
    pub fn observer(&self) -> Observer {
        let this = self.clone();
        Box::new(move |_, event, _| {
            let Event::Asked { question } = event else { return };
            if question.prompt.is_some() || question.look.is_some() {
                return;
            }
            if question.choices.contains(&Choice::Next) {
                this.next(question.id);
                return;
            }
            this.unanswered
                .borrow_mut()
                .push(format!("  nobody here can answer: {}", question.text));
            if let Some(commands) = &*this.commands.borrow() {
                let (reply, _) = oneshot::channel();
                // A run that is gone needs no ending.
                let _ = commands.send(Command::Stop {
                    kind: StopKind::Abort,
                    by: "simulation".into(),
                    reply,
                });
            }
        })
    }

    /// Nobody watches a simulated run that goes step by step: the next action may begin.
    fn next(&self, question: QuestionId) {
        if let Some(commands) = &*self.commands.borrow() {
            let (reply, _) = oneshot::channel();
            // A run that is gone needs no answer.
            let _ = commands.send(Command::Answer {
                question,
                answer: Choice::Next.word().to_owned(),
                by: "simulation".into(),
                reply,
            });
        }
    }

    /// Where to abort.
    pub fn attach(&self, commands: mpsc::UnboundedSender<Command>) {
        *self.commands.borrow_mut() = Some(commands);
    }

    /// What could not be answered, a line each.
    pub fn unanswered(&self) -> Vec<String> {
        self.unanswered.borrow().clone()
    }
}
