//! Exchanges: questions are asked again where no answer came, what moves is sent once.

use super::driver::TextDriver;
use super::value::{self, Part};
use super::wire::{Found, first, framing, wrapped};
use crate::devices::{Failure, FailureKind, Moved};
use crate::drivers::failure::{clean, moved, no_answer, refused, unsupported};
use crate::link::{Exchange, Framing, LineError};
use crate::rig::profile::text::{Pattern, Question, Reference, Refusal, Step};
use crate::units::Duration;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How often something that is safe to repeat is asked.
const ATTEMPTS: u32 = 3;

/// The parts of an answer, by name.
pub(super) type Parts = BTreeMap<String, Part>;

/// What stopped an exchange.
pub(super) enum Stopped {
    /// No answer, or no link.
    Line(LineError),
    /// The instrument said no: what, and whether something may have moved all the same.
    Refused(String, bool),
}

impl TextDriver {
    /// Sends a text once. Where an answer is awaited, it is one that fits, or a refusal; all else is logged and dropped.
    pub(super) async fn once(
        &mut self,
        text: Option<&str>,
        answer: Option<&Pattern>,
        (allowance, work): (Duration, Duration),
    ) -> Result<Vec<u8>, Stopped> {
        self.fall_into_step().await.map_err(Stopped::Line)?;
        self.exchange(text, answer, (allowance, work)).await
    }

    async fn exchange(
        &mut self,
        text: Option<&str>,
        answer: Option<&Pattern>,
        (allowance, work): (Duration, Duration),
    ) -> Result<Vec<u8>, Stopped> {
        self.keep_gap().await;
        let request = text
            .map(|text| wrapped(&self.profile.line, text))
            .unwrap_or_default();
        // What came unasked and means "no".
        let unasked: Rc<RefCell<Option<Vec<u8>>>> = Rc::default();
        let seen = unasked.clone();
        let (line, refusals) = (self.profile.line.clone(), self.profile.refusals.clone());
        let awaited = answer.cloned();
        // What the question for falling into step is answered is never the answer to anything else: it came late, or twice.
        let resync = self
            .profile
            .questions
            .get(&self.profile.resync)
            .map(|q| q.answer.clone());
        let resync = resync.filter(|resync| Some(resync) != answer);
        let recogniser = move |received: &[u8]| {
            let Some(awaited) = &awaited else {
                return Framing::Incomplete;
            };
            framing(&line, received, |text| {
                if resync.as_ref().is_some_and(|resync| resync.fits(text)) {
                    return false;
                }
                if awaited.fits(text) {
                    return true;
                }
                match refusals.iter().find(|r| r.answer.fits(text)) {
                    Some(refusal) if refusal.unasked => {
                        seen.borrow_mut().get_or_insert_with(|| text.to_vec());
                        false
                    }
                    Some(_) => true,
                    None => false,
                }
            })
        };
        let mut exchange = match answer {
            Some(_) => Exchange::new(request, allowance, recogniser).work(work),
            None => Exchange::silent(request),
        };
        if let Some(generation) = self.generation {
            exchange = exchange.only_in(generation);
        }
        let got = self.line.exchange(exchange).await.map_err(|error| {
            self.in_step = !error.sent();
            Stopped::Line(error)
        });
        self.spoken = self.clock.now();
        if let Some(text) = unasked.borrow_mut().take() {
            return Err(self.refusal(&text));
        }
        let got = got?;
        let Some(answer) = answer else {
            return Ok(Vec::new());
        };
        match first(&self.profile.line, &got) {
            Found::Answer(_, text) if answer.fits(&text) => Ok(text.into_owned()),
            Found::Answer(_, text) => Err(self.refusal(&text)),
            // The framing lets nothing else through.
            Found::Nothing | Found::Junk(_) => {
                Err(Stopped::Refused("it answers what is no answer".to_owned(), true))
            }
        }
    }

    /// The words of an answer that means "no".
    fn refusal(&self, text: &[u8]) -> Stopped {
        let said = clean(&String::from_utf8_lossy(text));
        let fitting = |r: &&Refusal| r.answer.fits(text);
        let Some(refusal) = self.profile.refusals.iter().find(fitting) else {
            return Stopped::Refused(format!("it answers \"{said}\""), true);
        };
        let parts: BTreeMap<String, String> = refusal
            .answer
            .parts(text)
            .unwrap_or_default()
            .into_iter()
            .collect();
        let word = parts.get("code").and_then(|code| refusal.words.get(code));
        let own = parts.get("text").map(|t| clean(t)).filter(|t| !t.is_empty());
        let words = word.cloned().or(own);
        let told = words.map_or_else(
            || format!("it answers \"{said}\""),
            |words| format!("{words} (\"{said}\")"),
        );
        Stopped::Refused(told, refusal.moved)
    }

    /// After a lost answer, nothing is believed until the instrument has answered a question whose answer looks like no
    /// other: answers come in the order of the questions, so whatever was still under way has then come, too.
    async fn fall_into_step(&mut self) -> Result<(), LineError> {
        let mut attempt = 1;
        while !self.in_step && self.line.drains() {
            let Some(question) = self.profile.questions.get(&self.profile.resync).cloned() else {
                return Ok(());
            };
            let wait = (
                question.timeout.unwrap_or(self.profile.head.timeout),
                Duration::ZERO,
            );
            let text = self.text_of(&question);
            match self.exchange(text.as_deref(), Some(&question.answer), wait).await {
                Ok(_) | Err(Stopped::Refused(..)) => self.in_step = true,
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(Stopped::Line(error)) => return Err(error),
            }
        }
        Ok(())
    }

    async fn keep_gap(&self) {
        let passed = self.clock.now().since(self.spoken);
        let (passed, gap) = (self.clock.real(passed), self.profile.line.gap.to_std());
        if let Some(rest) = gap.checked_sub(passed).filter(|rest| !rest.is_zero()) {
            self.clock.sleep_real(rest).await;
        }
    }

    /// A question has no arguments.
    fn text_of(&self, question: &Question) -> Option<String> {
        let pieces = question.send.as_ref()?;
        value::filled(pieces, &self.profile.arguments, &|_| None)
            .ok()
            .flatten()
    }

    /// Asks a question, again where no answer came. With `silence`, no answer at all is one: nothing is there.
    pub(super) async fn ask(&mut self, name: &str, silence: bool) -> Result<Option<Parts>, Failure> {
        let question = self.profile.questions.get(name).cloned();
        let question = question
            .ok_or_else(|| unsupported(format!("the profile of \"{}\" has no question {name}", self.id)))?;
        let text = self.text_of(&question);
        let wait = (
            question.timeout.unwrap_or(self.profile.head.timeout),
            Duration::ZERO,
        );
        let mut attempt = 1;
        loop {
            match self.once(text.as_deref(), Some(&question.answer), wait).await {
                Ok(answer) => {
                    let parts = value::parts(&question, &answer);
                    return parts
                        .map(Some)
                        .ok_or_else(|| unsupported("the framing lets through what does not fit"));
                }
                Err(Stopped::Line(LineError::NoAnswer { .. })) if silence => return Ok(None),
                Err(Stopped::Line(LineError::NoAnswer { .. })) if attempt < ATTEMPTS => attempt += 1,
                Err(stopped) => return Err(self.failure(stopped, name)),
            }
        }
    }

    /// The answer to a question in words, for a person; silence is told as such.
    pub(super) async fn told(&mut self, name: &str) -> Result<String, Failure> {
        // What only answers when there is something (a barcode reader) may be silent.
        let light = self.profile.commands.values().flat_map(|c| &c.steps);
        let mut silent = light.filter_map(|step| match step {
            Step::Ask { question, silence } => (question == name).then_some(*silence),
            _ => None,
        });
        let silence = silent.next().unwrap_or(false);
        let Some(parts) = self.ask(name, silence).await? else {
            return Ok("silence".to_owned());
        };
        let question = self.profile.questions.get(name);
        let words = parts.iter().map(|(part, value)| {
            let field = question.and_then(|q| q.fields.get(part));
            format!("{part} {}", value.shown(field.and_then(|f| f.unit.as_deref())))
        });
        let words: Vec<String> = words.collect();
        Ok(if words.is_empty() {
            "answers".to_owned()
        } else {
            words.join(", ")
        })
    }

    /// Says a text once; what is answered first.
    pub(super) async fn said(&mut self, text: &str) -> Result<String, Failure> {
        let any = Pattern::new("(?s).*").map_err(unsupported)?;
        let wait = (self.profile.head.timeout, Duration::ZERO);
        match self.once(Some(text), Some(&any), wait).await {
            Ok(answer) => Ok(clean(&String::from_utf8_lossy(&answer))),
            Err(stopped) => Err(self.judged(stopped, text, true)),
        }
    }

    /// One part of the answer to a question.
    pub(super) async fn look(&mut self, of: &Reference) -> Result<Part, Failure> {
        let parts = self.ask(&of.question, false).await?.unwrap_or_default();
        Ok(parts.get(&of.field).cloned().unwrap_or_default())
    }

    /// In words of a failure; nothing moved by a question.
    pub(super) fn failure(&self, stopped: Stopped, what: &str) -> Failure {
        match stopped {
            Stopped::Line(error) => no_answer(&error),
            Stopped::Refused(words, _) => refused(format!("\"{}\" refuses `{what}`: {words}", self.id)),
        }
    }

    /// In words of a failure, with what moved by something that was sent after (or before) motion could begin.
    pub(super) fn judged(&self, stopped: Stopped, what: &str, moving: bool) -> Failure {
        let what_moved = match &stopped {
            _ if !moving => Moved::No,
            Stopped::Line(error) if !error.sent() => Moved::No,
            Stopped::Line(_) => Moved::Unknown,
            Stopped::Refused(_, false) => Moved::No,
            Stopped::Refused(_, true) => Moved::Unknown,
        };
        let fault = matches!(stopped, Stopped::Refused(_, true));
        let mut failure = moved(self.failure(stopped, what), what_moved);
        if fault {
            failure.kind = FailureKind::Fault;
        }
        failure
    }
}
