//! The instrument itself: its values, what it is about, and the plate in its nest. Knows no wire: what it says is fetched by
//! whoever speaks for it.

use super::{
    script::{self, Act, Figure, Move, Script, Trigger, Work},
    values::{Value, Values},
};
use crate::{
    fault::Trouble,
    hazard::Hazard,
    instruments::{Ctx, Durations, text::identity::Identity, text::seat::Seat},
    ledger::Event,
    num,
    quantity::{Celsius, Seconds},
    text::{Behaviour, Condition},
    world::Film,
};
use std::{collections::BTreeMap, sync::Arc};

/// The moves of a script that was set off, with what it heard.
type Found = (Arc<[Move]>, BTreeMap<String, Value>);

/// From one look at what moves to the next, in microseconds.
const LOOK_US: u64 = 250_000;
/// From being mended to the end of what hung, in microseconds.
const MENDED_US: u64 = 1_000_000;

/// What an instrument says of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    Answer(String),
    Refused(String),
    Ended,
}

/// Something that is done, up to its next pause.
#[derive(Clone, Debug)]
struct Job<C> {
    call: Option<C>,
    moves: Arc<[Move]>,
    next: usize,
    due: u64,
    began: u64,
    work: Option<(Work, u64)>,
    heard: BTreeMap<String, Value>,
}

/// The instrument; `C` is by what those who speak for it know who called.
#[derive(Debug)]
pub(super) struct Device<C> {
    behaviour: Behaviour,
    scripts: Vec<Script>,
    jammed: Arc<[Move]>,
    pub(super) values: Values,
    jobs: Vec<Job<C>>,
    /// When what is done again and again is due, by its script.
    dues: BTreeMap<usize, u64>,
    /// Whether what scripts wait for was so, by script.
    were: BTreeMap<usize, bool>,
    looks: Option<u64>,
    boots_until: u64,
    seat: Option<Seat>,
    film: Film,
    identity: Option<Identity>,
    durations: Durations,
    shaking: bool,
    held: Option<f64>,
    felt: Option<f64>,
    said: Vec<(Option<C>, Reply)>,
}

/// What an instrument has around it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) nest: Option<String>,
    pub(super) film: Film,
    pub(super) identity: Option<Identity>,
    pub(super) durations: Durations,
    pub(super) now: u64,
}

impl<C: Clone> Device<C> {
    /// Switched on a while ago.
    pub(super) fn new(behaviour: Behaviour, values: Values, place: Place) -> Result<Self, String> {
        let scripts = script::scripts(&behaviour)?;
        let dues = scripts
            .iter()
            .enumerate()
            .filter_map(|(at, script)| match script.trigger {
                Trigger::Every(us) => Some((at, place.now.saturating_add(us))),
                _ => None,
            });
        Ok(Self {
            dues: dues.collect(),
            jammed: script::moves(&behaviour.jammed)?,
            scripts,
            values,
            jobs: Vec::new(),
            were: BTreeMap::new(),
            looks: Some(place.now),
            boots_until: 0,
            seat: place.nest.map(Seat::new),
            film: place.film,
            identity: place.identity,
            durations: place.durations,
            shaking: false,
            held: None,
            felt: None,
            said: Vec::new(),
            behaviour,
        })
    }

    /// What was said since it was last asked for, and to whom; to nobody what it says by itself.
    pub(super) fn said(&mut self) -> Vec<(Option<C>, Reply)> {
        std::mem::take(&mut self.said)
    }

    /// Whether it is still starting.
    pub(super) fn boots(&self, now: u64) -> bool {
        now < self.boots_until
    }

    /// A value that holds now, of its own, of what was heard, or of its nest.
    pub(super) fn value(&self, ctx: &Ctx<'_>, name: &str, heard: &BTreeMap<String, Value>) -> Value {
        let flag = |on: bool| Value::Number(f64::from(u8::from(on)));
        let seat = self.seat.as_ref();
        match name {
            "nest.plate" => return flag(seat.is_some_and(|seat| seat.taken(ctx))),
            "nest.sealed" => return flag(seat.is_some_and(|seat| ctx.world.sealed(&seat.nest))),
            "nest.door_held" => return flag(seat.is_some_and(|seat| seat.held_open(ctx))),
            _ => {}
        }
        if let (Some(part), Some(identity)) = (name.strip_prefix("self."), &self.identity) {
            return Value::Text(match part {
                "model" => identity.model(ctx),
                "firmware" => identity.firmware(ctx),
                _ => identity.serial(ctx),
            });
        }
        let own = || self.values.get(name, ctx.now);
        heard
            .get(name)
            .cloned()
            .or_else(own)
            .unwrap_or(Value::Number(0.0))
    }

    fn holds(&self, ctx: &Ctx<'_>, condition: &Condition, heard: &BTreeMap<String, Value>) -> bool {
        let value = self.value(ctx, &condition.of, heard);
        let among = |words: &[String]| {
            words
                .iter()
                .any(|word| self.values.is(&condition.of, &value, word))
        };
        let number = value.number();
        let near = || {
            let wanted = self.value(ctx, condition.near.as_ref()?, heard).number();
            Some((wanted - number).abs() <= condition.within.unwrap_or(0.0))
        };
        condition.is.as_ref().is_none_or(|words| among(words.all()))
            && condition.is_not.as_ref().is_none_or(|words| !among(words.all()))
            && condition.least.is_none_or(|least| number >= least)
            && condition.most.is_none_or(|most| number <= most)
            && near().unwrap_or(true)
    }

    fn figure(&self, ctx: &Ctx<'_>, figure: &Figure, heard: &BTreeMap<String, Value>) -> f64 {
        match figure {
            Figure::Number(number) => *number,
            Figure::Of(name) => self.value(ctx, name, heard).number(),
        }
    }

    /// The first script that something sets off.
    fn find<'a>(
        &'a self,
        ctx: &Ctx<'_>,
        fits: impl Fn(&'a Trigger) -> Option<BTreeMap<String, Value>>,
    ) -> Option<Found> {
        self.scripts.iter().find_map(|script| {
            let heard = fits(&script.trigger)?;
            let holds = script.when.as_ref().is_none_or(|c| self.holds(ctx, c, &heard));
            holds.then(|| (Arc::clone(&script.moves), heard))
        })
    }

    /// A text came. False: nothing hears it.
    pub(super) fn hear(&mut self, ctx: &mut Ctx<'_>, call: C, text: &str) -> bool {
        self.look(ctx);
        let found = self.find(ctx, |trigger| match trigger {
            Trigger::Request(template) => template.hears(text).map(|heard| heard.into_iter().collect()),
            _ => None,
        });
        self.set_off(ctx, Some(call), found)
    }

    /// A value was written from outside. False: nothing comes of it.
    pub(super) fn written(&mut self, ctx: &mut Ctx<'_>, call: C, name: &str) -> bool {
        self.look(ctx);
        let found = self.find(ctx, |trigger| match trigger {
            Trigger::Written(of) if of == name => Some(BTreeMap::new()),
            _ => None,
        });
        self.set_off(ctx, Some(call), found)
    }

    /// A command is given. False: it has no steps.
    pub(super) fn command(&mut self, ctx: &mut Ctx<'_>, call: C, name: &str) -> bool {
        self.look(ctx);
        let found = self.find(ctx, |trigger| match trigger {
            Trigger::Command(of) if of == name => Some(BTreeMap::new()),
            _ => None,
        });
        self.set_off(ctx, Some(call), found)
    }

    fn set_off(&mut self, ctx: &mut Ctx<'_>, call: Option<C>, found: Option<Found>) -> bool {
        let Some((moves, heard)) = found else {
            return false;
        };
        self.go_on(
            ctx,
            Job {
                call,
                moves,
                next: 0,
                due: ctx.now,
                began: ctx.now,
                work: None,
                heard,
            },
        );
        self.look(ctx);
        true
    }

    fn reply(&mut self, call: Option<&C>, reply: Reply) {
        self.said.push((call.cloned(), reply));
    }

    /// Does what is to be done up to the next pause.
    fn go_on(&mut self, ctx: &mut Ctx<'_>, mut job: Job<C>) {
        while let Some(step) = job.moves.get(job.next).cloned() {
            job.next += 1;
            if step
                .when
                .as_ref()
                .is_some_and(|c| !self.holds(ctx, c, &job.heard))
            {
                continue;
            }
            match step.act {
                Act::To(name, to) => {
                    let value = match to {
                        crate::text::Datum::Number(number) => Value::Number(number),
                        crate::text::Datum::Word(word) => Value::Text(word),
                    };
                    self.set(ctx, &name, value);
                }
                Act::From(name, from, scale) => {
                    let value = match self.value(ctx, &from, &job.heard) {
                        Value::Number(number) => Value::Number(number * scale),
                        text @ Value::Text(_) => text,
                    };
                    self.set(ctx, &name, value);
                }
                Act::Add(name, add) => {
                    let number = self.value(ctx, &name, &job.heard).number() + add;
                    self.set(ctx, &name, Value::Number(number));
                }
                Act::Answer(text) => {
                    let text = self.says(ctx, &text, &job.heard);
                    self.reply(job.call.as_ref(), Reply::Answer(text));
                }
                Act::Refuse(text) => {
                    let text = self.says(ctx, &text, &job.heard);
                    return self.reply(job.call.as_ref(), Reply::Refused(text));
                }
                Act::Pause(figure) => {
                    let seconds = self.figure(ctx, &figure, &job.heard);
                    return self.wait(ctx, job, seconds);
                }
                Act::Nest(work, figure) => {
                    let seconds = self.figure(ctx, &figure, &job.heard);
                    if self.begins(ctx, &work) {
                        job.work = Some((work, num::micros(seconds)));
                    }
                    return self.wait(ctx, job, seconds);
                }
                Act::CutShort => self.cut_short(ctx),
                Act::Alarm(text) => {
                    let instrument = ctx.name.to_owned();
                    ctx.world.record(ctx.now, Event::Alarm { instrument, text });
                }
            }
        }
        self.reply(job.call.as_ref(), Reply::Ended);
    }

    fn says(
        &mut self,
        ctx: &Ctx<'_>,
        text: &super::template::Template,
        heard: &BTreeMap<String, Value>,
    ) -> String {
        text.says(|name| {
            let told = if heard.contains_key(name) {
                None
            } else {
                self.values.told(name, ctx.now)
            };
            told.unwrap_or_else(|| self.value(ctx, name, heard))
        })
    }

    fn wait(&mut self, ctx: &mut Ctx<'_>, mut job: Job<C>, seconds: f64) {
        let us = self.durations.draw("", Seconds(seconds));
        let hangs = seconds > 0.0 && ctx.world.troubles.strikes(ctx.name, Trouble::Stuck);
        job.began = ctx.now;
        job.due = if hangs {
            u64::MAX
        } else {
            ctx.now.saturating_add(us)
        };
        self.jobs.push(job);
    }

    /// Sets a value; the ledger keeps set-points.
    pub(super) fn set(&mut self, ctx: &mut Ctx<'_>, name: &str, value: Value) {
        self.values.set(name, ctx.now, value);
        if let (Some(quantity), Some(goal)) = (self.values.regulates(name), self.values.goal(name)) {
            crate::instruments::regulators::took(ctx, &quantity, goal);
        }
    }

    /// Work on the plate begins. False: the plate is none that it can be done to.
    fn begins(&self, ctx: &mut Ctx<'_>, work: &Work) -> bool {
        let Some(seat) = &self.seat else { return false };
        let (name, nest, now) = (ctx.name.to_owned(), seat.nest.clone(), ctx.now);
        let open = self.behaviour.nest.door.is_some() && seat.open(ctx);
        match work {
            Work::Seal { .. } if ctx.world.seal_bars(&name, &nest, now).is_some() => return false,
            Work::Peel if !ctx.world.sealed(&nest) => {
                let text = format!("{name} is told to peel a plate that has no seal");
                ctx.world.violate(now, &name, &nest, Hazard::PeelsNothing, text);
                return false;
            }
            Work::Spin { .. } => {
                if open {
                    seat.works_open(ctx, "spin");
                }
                ctx.world.spin_begins(&name, &nest, now);
            }
            _ => {}
        }
        seat.works(ctx, true);
        true
    }

    /// Work on the plate has ended, as a whole or cut short.
    fn done(&mut self, ctx: &mut Ctx<'_>, job: &Job<C>, work: &Work, (us, whole): (u64, bool)) {
        let Some(seat) = self.seat.clone() else { return };
        let nest = seat.nest.clone();
        match work {
            Work::Seal { temperature } if whole => {
                let hot = Celsius(self.figure(ctx, temperature, &job.heard));
                ctx.world.seal(ctx.name, &nest, self.film, (hot, us), ctx.now);
            }
            Work::Peel if whole => ctx.world.peel(ctx.name, &nest, ctx.now),
            Work::ReadBarcode { into } if whole => {
                let code = seat.barcode(ctx).unwrap_or_default();
                self.values.set(into, ctx.now, Value::Text(code));
            }
            Work::Spin { force } => {
                let force_xg = num::round_u16(self.figure(ctx, force, &job.heard));
                if let Some(plate) = ctx.world.plate_in(&nest, ctx.now) {
                    let event = Event::Spun {
                        plate,
                        instrument: ctx.name.to_owned(),
                        place: nest,
                        force_xg,
                        began_us: job.began,
                        whole,
                    };
                    ctx.world.record(ctx.now, event);
                }
            }
            _ => {}
        }
        seat.works(ctx, false);
    }

    /// Whatever is under way ends where it is; nobody hears of it.
    pub(super) fn cut_short(&mut self, ctx: &mut Ctx<'_>) {
        for job in std::mem::take(&mut self.jobs) {
            if let Some((work, us)) = job.work.clone() {
                self.done(ctx, &job, &work, (us, false));
            }
        }
    }

    /// Brings everything up to now: what follows, what becomes so, what the plate feels.
    pub(super) fn look(&mut self, ctx: &mut Ctx<'_>) {
        self.values.look(ctx.now);
        self.follow_nest(ctx);
        let conditions: Vec<(usize, Condition)> = self
            .scripts
            .iter()
            .enumerate()
            .filter_map(|(at, script)| match &script.trigger {
                Trigger::Becomes(condition) => Some((at, condition.clone())),
                _ => None,
            })
            .collect();
        for (at, condition) in conditions {
            let holds = self.holds(ctx, &condition, &BTreeMap::new());
            let was = self.were.insert(at, holds).unwrap_or(holds);
            let script = self.scripts.get(at).filter(|_| holds && !was);
            let wanted = script.filter(|script| {
                let when = script.when.as_ref();
                when.is_none_or(|c| self.holds(ctx, c, &BTreeMap::new()))
            });
            if let Some(moves) = wanted.map(|script| Arc::clone(&script.moves)) {
                self.set_off(ctx, None, Some((moves, BTreeMap::new())));
            }
        }
        self.feel(ctx);
        let moves = self.values.move_on(ctx.now);
        self.looks = moves.then(|| ctx.now.saturating_add(LOOK_US));
    }

    /// Values that follow what is so in the nest.
    fn follow_nest(&mut self, ctx: &Ctx<'_>) {
        for (name, course) in &self.behaviour.values {
            let of = course.follows.as_deref().unwrap_or_default();
            if of.starts_with("nest.") {
                let number = self.value(ctx, of, &BTreeMap::new()).number();
                self.values.put(name, number * course.scale.unwrap_or(1.0));
            }
        }
    }

    /// The plate feels what the values say.
    fn feel(&mut self, ctx: &mut Ctx<'_>) {
        let Some(seat) = self.seat.clone() else { return };
        let nest = self.behaviour.nest.clone();
        if let Some(name) = &nest.door {
            let value = self.value(ctx, name, &BTreeMap::new());
            let open = self.values.is(name, &value, "open") || value == Value::Number(1.0);
            seat.swing(ctx, open);
        }
        if let Some(name) = &nest.shaking {
            let at = self.value(ctx, name, &BTreeMap::new()).number().abs();
            let goal = self.values.goal(name).unwrap_or(at).abs();
            let rpm = num::round_u16(if goal > 0.0 { goal } else { at });
            if rpm > 0 && !self.shaking && nest.door.is_some() && seat.open(ctx) {
                seat.works_open(ctx, "shake");
            }
            self.shaking = rpm > 0;
            seat.shakes(ctx, rpm);
        }
        if let Some(name) = &nest.temperature {
            let celsius = self.value(ctx, name, &BTreeMap::new()).number();
            let goal = self.values.goal(name).unwrap_or(celsius);
            let there = celsius == goal;
            if self
                .felt
                .is_none_or(|felt| (felt - celsius).abs() >= 0.5 || there && felt != celsius)
            {
                self.felt = Some(celsius);
                seat.feels(ctx, Some(celsius));
            }
            let first = self.held.is_none();
            if there && self.held != Some(goal) {
                self.held = Some(goal);
                if !first {
                    seat.held(ctx, goal);
                }
            }
        }
        let working = self.jobs.iter().any(|job| job.work.is_some());
        let busy = nest.busy.as_ref();
        let busy = busy.is_some_and(|c| self.holds(ctx, c, &BTreeMap::new()));
        ctx.world.station_works(&seat.nest, working || busy);
    }

    /// A due time was reached.
    pub(super) fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.look(ctx);
        while let Some(at) = self.jobs.iter().position(|job| job.due <= ctx.now) {
            let mut job = self.jobs.remove(at);
            let lasted = job.due > job.began.saturating_add(1);
            let jams = lasted && ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
            if let Some((work, us)) = job.work.take() {
                self.done(ctx, &job, &work, (us, !jams));
            }
            if jams {
                let (instrument, text) = (ctx.name.to_owned(), "jammed".to_owned());
                ctx.world.record(ctx.now, Event::Alarm { instrument, text });
                if self.jammed.is_empty() {
                    self.reply(job.call.as_ref(), Reply::Refused("jammed".to_owned()));
                    continue;
                }
                (job.moves, job.next) = (Arc::clone(&self.jammed), 0);
            }
            self.go_on(ctx, job);
            self.look(ctx);
        }
        let due: Vec<usize> = self
            .dues
            .iter()
            .filter(|(_, due)| **due <= ctx.now)
            .map(|(at, _)| *at)
            .collect();
        for at in due {
            let Some(script) = self.scripts.get(at) else {
                continue;
            };
            let Trigger::Every(us) = script.trigger else {
                continue;
            };
            let (moves, when) = (Arc::clone(&script.moves), script.when.clone());
            self.dues.insert(at, ctx.now.saturating_add(us));
            let heard = BTreeMap::new();
            if !self.boots(ctx.now) && when.is_none_or(|c| self.holds(ctx, &c, &heard)) {
                self.set_off(ctx, None, Some((moves, heard)));
            }
        }
    }

    /// When `advance` has something to do.
    pub(super) fn next_due(&self) -> Option<u64> {
        let jobs = self.jobs.iter().map(|job| job.due).filter(|due| *due < u64::MAX);
        jobs.chain(self.looks).chain(self.dues.values().copied()).min()
    }

    /// What hung goes on.
    pub(super) fn mended(&mut self, now: u64) {
        for job in &mut self.jobs {
            if job.due == u64::MAX {
                job.due = now.saturating_add(MENDED_US);
            }
        }
    }

    /// Power was lost and came back.
    pub(super) fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.cut_short(ctx);
        self.said.clear();
        self.values.start(false);
        self.were.clear();
        let boots = self.behaviour.boots.map_or(0, Seconds::micros);
        self.boots_until = ctx.now.saturating_add(boots);
        self.look(ctx);
    }
}
