//! Questions on the terminal of `plated run`: shown with a bell, answered by a line. Nothing is ever assumed.

use crate::engine::{Command, Observer};
use crate::formats::clean as sanitise;
use crate::run::{Choice, Event, QuestionId, StopKind};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal};
use std::rc::Rc;
use tokio::sync::{mpsc, oneshot};

/// Questions that are open and can be answered with `next`, in the order in which they were asked: Enter answers the first.
#[derive(Default, Clone)]
pub struct Steps(Rc<RefCell<VecDeque<QuestionId>>>);

/// Shows each question when it is asked.
pub fn announcer(steps: &Steps) -> Observer {
    let steps = steps.clone();
    Box::new(move |_, event, _| {
        if let Event::Answered { question, .. } = event {
            steps.0.borrow_mut().retain(|open| open != question);
        }
        if let Event::Asked { question } = event {
            if question.choices.contains(&Choice::Next) {
                steps.0.borrow_mut().push_back(question.id);
                let (id, text) = (question.id.0, sanitise(&question.text));
                eprintln!("\n{text}\nEnter, or: {id} next | abort");
                return;
            }
            let words: Vec<&str> = question.choices.iter().map(|c| c.word()).collect();
            eprintln!("\x07\nquestion {}: {}", question.id.0, sanitise(&question.text));
            for item in question.prompt.iter().flat_map(|p| &p.items) {
                eprintln!("  - {}", sanitise(&crate::daemon::describe_load(item)));
            }
            let typed = question.prompt.as_ref().filter(|p| p.is_typed());
            let wanted = typed.map_or_else(String::new, |p| format!("({}) | ", sanitise(&p.wanted())));
            eprintln!("answer: {} {wanted}{}", question.id.0, words.join(" | "));
        }
    })
}

/// Passes lines of the terminal on as answers, and Ctrl-C as a wish to abort.
pub fn attach(commands: mpsc::UnboundedSender<Command>, steps: Steps) {
    let interrupt = commands.clone();
    tokio::task::spawn_local(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("\nstopping: running actions finish first");
            let (reply, answer) = oneshot::channel();
            let stop = Command::Stop {
                kind: StopKind::Abort,
                by: "terminal".into(),
                reply,
            };
            if interrupt.send(stop).is_err() {
                return;
            }
            if let Ok(Err(why)) = answer.await {
                eprintln!("{why}");
            }
        }
    });
    if !std::io::stdin().is_terminal() {
        return;
    }
    let (lines, mut typed) = mpsc::unbounded_channel::<String>();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    tokio::task::spawn_local(async move {
        while let Some(line) = typed.recv().await {
            let first = steps.0.borrow().front().map(|id| format!("{} next", id.0));
            let line = match first {
                Some(next) if line.trim().is_empty() => next,
                _ => line,
            };
            let Some((id, answer)) = line.trim().split_once(' ') else {
                eprintln!("type the number of a question and an answer, as: 3 done");
                continue;
            };
            let Ok(id) = id.parse() else {
                eprintln!("\"{id}\" is not the number of a question");
                continue;
            };
            let (reply, result) = oneshot::channel();
            let (question, answer) = (QuestionId(id), answer.trim().to_owned());
            if commands
                .send(Command::Answer {
                    question,
                    answer,
                    by: "terminal".into(),
                    reply,
                })
                .is_err()
            {
                return;
            }
            if let Ok(Err(why)) = result.await {
                eprintln!("{}", sanitise(&why));
            }
        }
    });
}
