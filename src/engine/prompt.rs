//! Questions to a person: recorded, shown to whoever is attached, answered once.

use super::core::{EngineError, Shared};
use super::operator::request;
use crate::plan::{Actor, OperationId, Prompt};
use crate::run::{ActionId, Choice, Event, Look, Question, QuestionId, State};
use tokio::sync::oneshot;

/// A question before it has a number.
pub(super) struct Asking {
    pub operation: OperationId,
    pub action: Option<ActionId>,
    pub actor: Actor,
    pub text: String,
    pub prompt: Option<Prompt>,
    pub look: Option<Look>,
    pub choices: Vec<Choice>,
}

/// Asks and waits for as long as it takes: nobody attached means the run waits. `None` when the run is being aborted.
///
/// A question that an earlier process asked about the same action is asked again under its number, so that whoever
/// is at work on it does not do it twice.
pub(super) async fn ask(shared: &Shared, asking: Asking) -> Result<Option<Choice>, EngineError> {
    let said = asking
        .action
        .and_then(|action| shared.with_state(|s| s.answers.get(&action).copied()));
    if let Some(choice @ (Choice::Done | Choice::NotDone)) = said {
        // Said before an earlier process died, which could not act on it any more.
        return Ok(Some(choice));
    }
    if shared.is_aborting() {
        return Ok(None);
    }
    let open = asking.action.and_then(|action| {
        shared.with_state(|s| s.questions.values().find(|q| q.action == Some(action)).cloned())
    });
    let question = match open {
        Some(question) => question,
        None => {
            let place = match asking.prompt {
                // A prompt of the protocol is a sentence of its own.
                Some(_) => String::new(),
                None => shared.with_state(|s| place(s, asking.operation)),
            };
            let question = Question {
                id: QuestionId(shared.with_state(|s| s.next_question)),
                operation: asking.operation,
                action: asking.action,
                actor: asking.actor,
                text: format!("{place}{}", asking.text),
                prompt: asking.prompt,
                look: asking.look,
                choices: asking.choices,
            };
            shared
                .record_durably(&Event::Asked {
                    question: question.clone(),
                })
                .await?;
            question
        }
    };
    let (sender, answer) = oneshot::channel();
    {
        let mut core = shared.core.borrow_mut();
        core.waiting.insert(question.id, sender);
        if let (Some(ask), Some(request)) = (&core.ask, request(&question)) {
            // Where the simulated operator is gone, the question stays open for a person.
            let _ = ask.send(request);
        }
    }
    Ok(answer.await.ok().filter(|choice| *choice != Choice::Abort))
}

/// Where in the protocol an operation stands, to begin a question with.
fn place(state: &State, operation: OperationId) -> String {
    state
        .operation(operation)
        .map(|o| {
            format!(
                "In \"{}\" (step \"{}\", line {}): ",
                o.title, o.step, o.origin.line
            )
        })
        .unwrap_or_default()
}
