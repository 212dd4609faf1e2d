//! What is done when something comes, made from the text of the profile. Refuses what it cannot carry out.

use super::template::Template;
use crate::{
    quantity::Seconds,
    text::{Amount, Behaviour, Condition, Datum, Reaction, Step},
};
use std::sync::Arc;

/// A number: of its own, or that of a value.
#[derive(Clone, Debug)]
pub(super) enum Figure {
    Number(f64),
    Of(String),
}

/// Work on the plate in the nest.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Seal { temperature: Figure },
    Peel,
    Spin { force: Figure },
    ReadBarcode { into: String },
}

/// One thing that is done.
#[derive(Clone, Debug)]
pub(super) enum Act {
    To(String, Datum),
    From(String, String, f64),
    Add(String, f64),
    Answer(Template),
    Refuse(Template),
    Pause(Figure),
    Nest(Work, Figure),
    CutShort,
    Alarm(String),
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) when: Option<Condition>,
    pub(super) act: Act,
}

/// What comes.
#[derive(Clone, Debug)]
pub(super) enum Trigger {
    Request(Template),
    Written(String),
    Command(String),
    Becomes(Condition),
    Every(u64),
}

/// What is done when it comes.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) trigger: Trigger,
    pub(super) when: Option<Condition>,
    pub(super) moves: Arc<[Move]>,
}

/// All of a behaviour.
pub(super) fn scripts(behaviour: &Behaviour) -> Result<Vec<Script>, String> {
    behaviour.on.iter().map(script).collect()
}

fn script(reaction: &Reaction) -> Result<Script, String> {
    let triggers = [
        reaction
            .request
            .as_ref()
            .map(|text| Template::parse(text).map(Trigger::Request)),
        reaction.written.clone().map(|name| Ok(Trigger::Written(name))),
        reaction.command.clone().map(|name| Ok(Trigger::Command(name))),
        reaction
            .becomes
            .clone()
            .map(|condition| Ok(Trigger::Becomes(condition))),
        reaction
            .every
            .map(|every| Ok(Trigger::Every(every.micros().max(1000)))),
    ];
    let mut there = triggers.into_iter().flatten();
    let (Some(trigger), None) = (there.next(), there.next()) else {
        return Err(
            "each entry of `behaviour.on` has one of `request`, `written`, `command`, `becomes`, `every`"
                .into(),
        );
    };
    Ok(Script {
        trigger: trigger?,
        when: reaction.when.clone(),
        moves: moves(&reaction.steps)?,
    })
}

/// The steps of a list.
pub(super) fn moves(steps: &[Step]) -> Result<Arc<[Move]>, String> {
    let made = steps.iter().map(|step| {
        Ok(Move {
            when: step.when.clone(),
            act: act(step)?,
        })
    });
    made.collect::<Result<Vec<_>, String>>().map(Arc::from)
}

/// A time in seconds: as written, or of a value.
fn seconds(amount: &Amount) -> Figure {
    match amount {
        Amount::Number(number) => Figure::Number(*number),
        Amount::Text(text) => Seconds::parse(text)
            .map_or_else(|_| Figure::Of(text.clone()), |seconds| Figure::Number(seconds.0)),
    }
}

fn figure(amount: Option<&Amount>) -> Figure {
    match amount {
        None => Figure::Number(0.0),
        Some(Amount::Number(number)) => Figure::Number(*number),
        Some(Amount::Text(name)) => Figure::Of(name.clone()),
    }
}

fn act(step: &Step) -> Result<Act, String> {
    if let Some(name) = &step.set {
        let name = name.clone();
        return match (&step.to, &step.from, step.add) {
            (Some(to), None, None) => Ok(Act::To(name, to.clone())),
            (None, Some(from), None) => Ok(Act::From(name, from.clone(), step.scale.unwrap_or(1.0))),
            (None, None, Some(add)) => Ok(Act::Add(name, add)),
            _ => Err(format!("`set = \"{name}\"` goes with one of `to`, `from`, `add`")),
        };
    }
    if let Some(text) = &step.answer {
        return Template::parse(text).map(Act::Answer);
    }
    if let Some(text) = &step.refuse {
        return Template::parse(text).map(Act::Refuse);
    }
    if let Some(pause) = &step.pause {
        return Ok(Act::Pause(seconds(pause)));
    }
    if let Some(text) = &step.alarm {
        return Ok(Act::Alarm(text.clone()));
    }
    if step.cut_short == Some(true) {
        return Ok(Act::CutShort);
    }
    let work = match step.nest.as_deref() {
        Some("seal") => Work::Seal {
            temperature: figure(step.temperature.as_ref()),
        },
        Some("peel") => Work::Peel,
        Some("spin") => Work::Spin {
            force: figure(step.force.as_ref()),
        },
        Some("read_barcode") => Work::ReadBarcode {
            into: step
                .into
                .clone()
                .ok_or("`nest = \"read_barcode\"` says by `into` which value takes the barcode")?,
        },
        Some(other) => return Err(format!("nothing is done to a nest that is called `{other}`")),
        None => return Err("a step of `behaviour` does nothing".into()),
    };
    let duration = step.duration.as_ref().map_or(Figure::Number(0.0), seconds);
    Ok(Act::Nest(work, duration))
}
