//! Questions to a person: recorded, shown to whoever is attached, answered once.

use super::core::{EngineError, Shared};
use super::operator::request;
use crate::plan::{Actor, OperationId, Prompt, StepId, Value};
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

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// One of the question's choices.
    Choice(Choice),
    /// What a typed prompt wanted, found right.
    Value(Value),
}

/// Asks for a choice; see [`reply`].
pub(super) async fn ask(shared: &Shared, asking: Asking) -> Result<Option<Choice>, EngineError> {
    match reply(shared, asking).await? {
        Some(Reply::Choice(choice)) => Ok(Some(choice)),
        _ => Ok(None),
    }
}

/// Asks and waits for as long as it takes: nobody attached means the run waits. `None` when the run is being aborted.
///
/// A question that an earlier process asked about the same action is asked again under its number, so that whoever
/// is at work on it does not do it twice.
pub(super) async fn reply(shared: &Shared, asking: Asking) -> Result<Option<Reply>, EngineError> {
    let typed = asking
        .action
        .and_then(|action| shared.with_state(|s| s.typed.get(&action).cloned()));
    if let Some(value) = typed {
        return Ok(Some(Reply::Value(value)));
    }
    let said = asking
        .action
        .and_then(|action| shared.with_state(|s| s.answers.get(&action).copied()));
    if let Some(choice @ (Choice::Done | Choice::NotDone | Choice::Unknown)) = said {
        // Said before an earlier process died, which could not act on it any more.
        return Ok(Some(Reply::Choice(choice)));
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
        let step = question.action.and_then(|action| step(&core.state, action));
        if let (Some(ask), Some(request)) = (&core.ask, request(&question, step.as_ref())) {
            // Where the simulated operator is gone, the question stays open for a person.
            let _ = ask.send(request);
        }
    }
    Ok(answer
        .await
        .ok()
        .filter(|reply| *reply != Reply::Choice(Choice::Abort)))
}

/// Asks a typed prompt again, saying what is wrong with the answer it got; it keeps its number.
pub(super) async fn ask_again(
    shared: &Shared,
    mut question: Question,
    wrong: &str,
) -> Result<(), EngineError> {
    let text = question.prompt.as_ref().map_or("", |p| p.text.as_str());
    question.text = format!("{text} ({wrong})");
    Ok(shared.record_durably(&Event::Asked { question }).await?)
}

/// The step that an open intent comes from.
fn step(state: &State, action: ActionId) -> Option<StepId> {
    let open = state.open.values().find(|o| o.action == action)?;
    state.step_of(open.operation, open.phase).cloned()
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
