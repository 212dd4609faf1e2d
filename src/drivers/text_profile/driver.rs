//! The driver.

use super::steps::Course;
use super::value::wanted;
use super::wire::wrapped;
use crate::clock::Clock;
use crate::devices::{Before, Done, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled};
use crate::drivers::failure::{moved, not_homed, refused, unsupported};
use crate::drivers::known::Known;
use crate::drivers::regulator::Regulated;
use crate::drivers::sources::own_time;
use crate::drivers::station::{able, compared, repeatable};
use crate::link::Line;
use crate::plan::Action;
use crate::rig::profile::Profile;
use crate::rig::profile::text::{Command, Reference, TextProfile};
use crate::rig::{InstrumentId, Rig, Role, Station, ZoneId};
use crate::units::{Duration, Timestamp};
use std::collections::BTreeMap;

/// How often a connection that breaks is made anew within one call.
const ATTEMPTS: u32 = 3;
/// Between two looks whether motion has been stopped.
const LOOK: Duration = Duration::ms(100);

/// An instrument described by a text profile.
pub struct TextDriver {
    pub(super) id: InstrumentId,
    pub(super) profile: TextProfile,
    pub(super) line: Line,
    pub(super) clock: Clock,
    /// What the rig file says of it, if it is a station.
    station: Option<Station>,
    /// What the rig file says of it, if it is a regulator.
    pub(super) regulated: Option<Regulated>,
    pub(super) generation: Option<u64>,
    /// False from a lost answer until the instrument has answered a question whose answer looks like no other.
    pub(super) in_step: bool,
    /// When the last exchange ended.
    pub(super) spoken: Timestamp,
    known: Known,
}

impl TextDriver {
    /// The driver of an instrument with this profile. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig has no such instrument or profile.
    pub fn new(id: &InstrumentId, path: &str, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let instrument =
            instrument.ok_or_else(|| unsupported(format!("the rig has no instrument \"{id}\"")))?;
        let read = rig.profiles.get(path).map(|profile| match &instrument.role {
            Role::Regulator(regulator) => regulator.scaled(profile),
            _ => profile.clone(),
        });
        let profile = read.as_ref().and_then(Profile::text);
        let profile = profile.ok_or_else(|| unsupported(format!("the profile \"{path}\" was not read")))?;
        Ok(Self {
            id: id.clone(),
            profile: profile.clone(),
            line,
            clock,
            station: match &instrument.role {
                Role::Station(station) => Some(station.clone()),
                _ => None,
            },
            regulated: match &instrument.role {
                Role::Regulator(regulator) => Some(Regulated {
                    id: id.clone(),
                    regulator: regulator.clone(),
                    clock,
                    poll: profile.head.poll,
                }),
                _ => None,
            },
            generation: None,
            in_step: true,
            spoken: Timestamp::default(),
            known: Known::new(id, rig),
        })
    }

    /// The command that an action is, and how long it may take in all.
    pub(super) fn command(&self, action: &Action) -> Result<(Command, Duration), Failure> {
        if let Action::SetPoint { quantity, .. } = action {
            let set = self.profile.quantities.get(quantity).and_then(|q| q.set.clone());
            let set = set.ok_or_else(|| {
                unsupported(format!("the profile of \"{}\" cannot set `{quantity}`", self.id))
            })?;
            let limit = set.timeout;
            return Ok((set, limit));
        }
        let stops = matches!(action, Action::Shake { speed: None });
        let own = stops.then(|| self.profile.commands.get("stop_shaking")).flatten();
        let command = own.or_else(|| self.profile.commands.get(action.name())).cloned();
        let command = command
            .ok_or_else(|| unsupported(format!("\"{}\" has no command {}", self.id, action.name())))?;
        let limit = command.timeout.plus(own_time(action));
        Ok((command, limit))
    }

    pub(super) fn course<'a>(&self, action: &'a Action, limit: Duration) -> Course<'a> {
        Course {
            action,
            deadline: self.clock.now().plus(limit),
            moving: false,
            answers: BTreeMap::new(),
            step: None,
        }
    }

    /// Makes sure that the same instrument is at the other end.
    pub(super) async fn connected(&mut self) -> Result<(), Failure> {
        for _ in 0..ATTEMPTS {
            if self.generation != Some(self.line.generation()) {
                self.introduce().await?;
            }
            // A question that finds out whether the connection still stands.
            let question = self.profile.identity.question.clone();
            match self.ask(&question, false).await {
                Err(f)
                    if f.kind == FailureKind::NoAnswer && self.generation != Some(self.line.generation()) => {
                }
                other => return other.map(drop),
            }
        }
        let message = format!(
            "the link to \"{}\" breaks again and again; check cable and power",
            self.id
        );
        Err(Failure::new(FailureKind::NoAnswer, Moved::No, message))
    }

    async fn introduce(&mut self) -> Result<Identity, Failure> {
        self.generation = None;
        let map = self.profile.identity.clone();
        if let Some(greeting) = &map.greeting {
            let said = self
                .once(Some(greeting), None, (Duration::ZERO, Duration::ZERO))
                .await;
            said.map_err(|stopped| self.failure(stopped, greeting))?;
            // Whatever it is answered, what is asked next is told from it.
            self.in_step = false;
        }
        let parts = self.ask(&map.question, false).await.map_err(|f| {
            let words = format!(
                "\"{}\" does not answer: {}; is it switched on?",
                self.id, f.message
            );
            Failure::new(f.kind, Moved::No, words)
        })?;
        let generation = self.line.generation();
        let mut asked = BTreeMap::from([(map.question.clone(), parts.unwrap_or_default())]);
        if let Some(model) = &map.model {
            let part = self.part(&model.of, &mut asked).await?;
            if !super::value::passes(&part, &model.test, &|_| None) {
                let message = format!(
                    "the {} of what answers as \"{}\" on {} is {} and must be {} ({}); were two cables swapped?",
                    model.of,
                    self.id,
                    self.line.place(),
                    part.shown(None),
                    wanted(&model.test),
                    self.profile.head.title
                );
                return Err(Failure::new(FailureKind::Mismatch, Moved::No, message));
            }
        }
        let mut text = [None, None];
        for (slot, of) in text.iter_mut().zip([&map.serial, &map.firmware]) {
            if let Some(of) = of {
                *slot = Some(self.part(of, &mut asked).await?.text);
            }
        }
        let [serial, firmware] = text;
        let identity = Identity {
            model: self.profile.head.name.clone(),
            serial,
            firmware,
        };
        self.known.meet(&identity, self.line.place())?;
        self.generation = Some(generation);
        Ok(identity)
    }

    /// A part of an answer, each question asked once.
    async fn part(
        &mut self,
        of: &Reference,
        asked: &mut BTreeMap<String, super::talk::Parts>,
    ) -> Result<super::value::Part, Failure> {
        if !asked.contains_key(&of.question) {
            let parts = self.ask(&of.question, false).await?.unwrap_or_default();
            asked.insert(of.question.clone(), parts);
        }
        let part = asked.get(&of.question).and_then(|parts| parts.get(&of.field));
        Ok(part.cloned().unwrap_or_default())
    }

    /// Whether a sensor says yes, if there is such a sensor.
    pub(super) async fn sensor(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        match self.profile.sensors.get(name).cloned() {
            Some(condition) => self.holds(&condition, None).await.map(Some),
            None => Ok(None),
        }
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        if let Some(regulated) = &self.regulated {
            regulated.able(action)?;
        }
        if let Action::Measure { quantity, .. } = action {
            self.quantity(quantity)?;
            self.connected().await?;
            return Ok(Before::default());
        }
        let (command, limit) = self.command(action)?;
        if let Some(station) = &self.station {
            able(station, action)
                .map_err(|why| unsupported(format!("\"{}\" cannot {}: {why}", self.id, action.name())))?;
        }
        let mut course = self.course(action, limit);
        // What cannot be written is refused before the intent is.
        self.writable(&command.steps, &mut course)?;
        self.connected().await?;
        if let Some(initialised) = self.profile.initialised.clone()
            && !matches!(action, Action::Initialise)
            && !self.holds(&initialised, None).await?
        {
            return Err(not_homed(format!(
                "\"{}\" was switched off and is not initialised; initialise it first",
                self.id
            )));
        }
        if action.plate().is_some() && self.sensor("plate").await? == Some(false) {
            let message = format!("no plate stands in \"{}\"; put it there", self.id);
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        for condition in &command.needs {
            let part = self.look(&condition.of).await?;
            if !super::value::passes(&part, &condition.test, &|_| None) {
                return Err(self.not_so(condition, &part, &course));
            }
        }
        let mut before = Before::default();
        if let (Some(regulated), Some(id)) = (self.regulated.clone(), action.quantity()) {
            let told = self.quantity(id)?.told;
            before = regulated.before(self, action, told).await?;
        }
        if let Some(happened) = &command.happened {
            let done = self.holds(&happened.done, Some(&course)).await?;
            before = before.with("done", i64::from(done));
        }
        Ok(before)
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        let action = &intent.action;
        if let (Some(regulated), Some(id)) = (self.regulated.clone(), action.quantity()) {
            self.connected().await?;
            let once = self.quantity(id)?.told.once;
            return regulated.perform(self, action, once).await;
        }
        let (command, limit) = self.command(action)?;
        self.connected().await?;
        let mut course = self.course(action, limit);
        // Goals may be stated again: by them nothing is done twice.
        let goal = repeatable(action) || matches!(action, Action::OpenTray | Action::CloseTray);
        let went = self.carry_out(&command.steps, &mut course).await;
        let ended = self.carry_out(&command.always, &mut course).await;
        if let Err(failure) = went {
            return Err(match (goal, failure.moved) {
                (true, Moved::Unknown) if repeatable(action) => moved(failure, Moved::No),
                _ => failure,
            });
        }
        ended.map_err(|f| moved(f, if goal { Moved::No } else { Moved::Yes }))?;
        let Some(of) = &command.barcode else {
            return Ok(Done::Plain);
        };
        let answer = course.answers.get(&of.question).cloned().flatten();
        let code = answer.and_then(|parts| parts.get(&of.field).map(|p| p.text.clone()));
        let code = code.filter(|code| !command.no_barcode.contains(code));
        compared(&self.id, action, code.unwrap_or_default())
    }

    async fn stopped(&mut self) -> Result<(), Failure> {
        let Some(stop) = self.profile.stop.clone() else {
            // Nothing of a regulator moves at the daemon's word: its own control goes on.
            if self.regulated.is_some() {
                return Ok(());
            }
            return Err(unsupported(format!(
                "the profile of \"{}\" has no stop; use its own switch",
                self.id
            )));
        };
        let bytes = wrapped(&self.profile.line, &stop.send);
        // A stop is for whoever is at the other end: also after the link was opened again.
        let generation = self.generation.take();
        let sent = self.line.interrupt(bytes).await;
        self.in_step = false;
        let told = match sent {
            Ok(()) => self.stands(&stop).await,
            Err(error) => Err(crate::drivers::failure::no_answer(&error)),
        };
        self.generation = generation;
        told
    }

    async fn stands(&mut self, stop: &crate::rig::profile::text::Stop) -> Result<(), Failure> {
        let Some(until) = &stop.until else {
            return Ok(());
        };
        let deadline = self.clock.now().plus(stop.timeout);
        loop {
            if self.holds(until, None).await? {
                return Ok(());
            }
            if self.clock.now() >= deadline {
                let message = format!(
                    "\"{}\" was told to stop and does not say within {} that it has; use its own switch",
                    self.id, stop.timeout
                );
                return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
            }
            self.clock.sleep(LOOK).await;
        }
    }
}

impl Instrument for TextDriver {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.connected())
    }

    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(self.prepared(action))
    }

    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(self.performed(intent))
    }

    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(self.settled(intent))
    }

    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(async move {
            self.connected().await?;
            match self.sensor("at_rest").await? {
                Some(at_rest) => Ok(at_rest),
                None => Err(refused(format!(
                    "the profile of \"{}\" has no `at_rest` sensor, so it cannot be proven outside zone {zone}",
                    self.id
                ))),
            }
        })
    }

    fn names(&self) -> Vec<String> {
        self.profile.questions.keys().cloned().collect()
    }

    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(self.told(name))
    }

    fn say<'a>(&'a mut self, text: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(self.said(text))
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.stopped())
    }
}

#[cfg(test)]
#[path = "shipped_tests.rs"]
mod shipped_tests;
#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
