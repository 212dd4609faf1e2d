//! The simulated operator: takes prompts as JSON lines, does what they ask after a while, looks at the
//! truth where asked, and answers. The same prompt asked again is not done again.

use super::{Ctx, Port, Twin};
use crate::{
    fault::Treatment,
    ledger::Event,
    world::{LoadItem, Mount, Tip, World},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest prompt in bytes.
const LONGEST_LINE: usize = 4 << 20;

/// A prompt as it stands on the line.
#[derive(Debug, Deserialize)]
struct Request {
    id: Value,
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    items: Vec<LoadItem>,
    look: Option<Look>,
    place: Option<String>,
    /// The protocol's step, for prompts that want something typed.
    step: Option<String>,
    bounds: Option<[f64; 2]>,
    expected: Option<String>,
}

/// What to look at.
#[derive(Debug, Deserialize)]
struct Look {
    what: String,
    instrument: Option<String>,
    mount: Option<String>,
    place: Option<String>,
    done_if: Option<String>,
    done_if_nl: Option<[f64; 2]>,
}

/// A prompt that waits for its time.
#[derive(Debug)]
struct Waiting {
    due: u64,
    port: Port,
    request: Request,
}

/// The twin of the operator.
#[derive(Debug)]
pub(crate) struct Operator {
    answers_after_us: u64,
    /// What is typed, by step.
    answers: BTreeMap<String, toml::Value>,
    partial: BTreeMap<Port, Vec<u8>>,
    waiting: BTreeMap<String, Waiting>,
    answered: BTreeMap<String, Value>,
}

impl Operator {
    /// An operator who takes this long, and what they type at which step.
    pub(crate) fn new(answers_after_us: u64, answers: BTreeMap<String, toml::Value>) -> Self {
        Self {
            answers_after_us,
            answers,
            partial: BTreeMap::new(),
            waiting: BTreeMap::new(),
            answered: BTreeMap::new(),
        }
    }

    fn say(ctx: &mut Ctx<'_>, port: Port, treatment: Treatment, answer: &Value) {
        let mut line = answer.to_string();
        line.push('\n');
        ctx.wire.send(ctx.now, port, treatment, line.into_bytes());
    }

    fn line(&mut self, ctx: &mut Ctx<'_>, port: Port, line: &[u8]) {
        let treatment = ctx.wire.faults.begin();
        if treatment == Treatment::Deaf {
            return;
        }
        let request = serde_json::from_slice::<Value>(line)
            .and_then(|value| Ok((value.to_string(), serde_json::from_value::<Request>(value)?)));
        match request {
            Err(error) => Self::say(
                ctx,
                port,
                treatment,
                &json!({"id": null, "error": format!("not a prompt: {error}")}),
            ),
            Ok((key, request)) => {
                if let Some(answer) = self.answered.get(&key) {
                    Self::say(ctx, port, treatment, answer);
                } else if let Some(waiting) = self.waiting.get_mut(&key) {
                    waiting.port = port;
                } else {
                    let due = ctx.now.saturating_add(self.answers_after_us);
                    self.waiting.insert(key, Waiting { due, port, request });
                }
            }
        }
    }

    fn perform(&self, ctx: &mut Ctx<'_>, request: &Request) -> Result<String, String> {
        let typed = matches!(request.kind.as_str(), "number" | "text" | "barcode" | "day");
        if let Some(answer) = request
            .step
            .as_ref()
            .and_then(|step| self.answers.get(step))
            .filter(|_| typed)
        {
            return Ok(match answer {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
        }
        match request.kind.as_str() {
            "number" => Ok(match request.bounds {
                Some([least, most]) => (least + (most - least) / 2.0).to_string(),
                None => "1".into(),
            }),
            "text" => Ok("nothing to note".into()),
            "day" => Ok("2099-12-31".into()),
            "barcode" if request.place.is_none() => {
                Ok(request.expected.clone().unwrap_or_else(|| "NO-CODE".into()))
            }
            "load" => {
                for item in &request.items {
                    ctx.world.load(item, ctx.now)?;
                }
                ctx.world.plant();
                Ok("done".into())
            }
            "confirm" => Ok("done".into()),
            "settle" => {
                let look = request.look.as_ref().ok_or("what shall I look at?")?;
                Ok(if see(ctx.world, look)? { "done" } else { "not_done" }.into())
            }
            "barcode" => {
                let place = request
                    .place
                    .as_deref()
                    .ok_or("the barcode of the plate at which place?")?;
                let slot = ctx.world.slot_named(place);
                let item = ctx
                    .world
                    .at(slot.as_deref().unwrap_or(place))
                    .ok_or_else(|| format!("no plate stands at {place}"))?;
                item.barcode
                    .clone()
                    .ok_or_else(|| format!("{} has no barcode", item.name))
            }
            kind => Err(format!("I do not know how to `{kind}`")),
        }
    }
}

/// Whether what is looked at is as the look's condition says.
fn see(world: &World, look: &Look) -> Result<bool, String> {
    let place = || {
        look.place
            .as_deref()
            .ok_or_else(|| format!("where is the {}?", look.what))
    };
    let present = match look.what.as_str() {
        "tip" => !held(world, look)?.is_empty(),
        "liquid" => {
            let [low, high] = look
                .done_if_nl
                .ok_or("how much liquid means done? (done_if_nl)")?;
            let held = held(world, look)?;
            let within = |volume: &f64| (low..=high).contains(volume);
            return Ok(if held.is_empty() {
                within(&0.0)
            } else {
                held.iter().all(within)
            });
        }
        "plate" => world.at(place()?).is_some(),
        "lid" => {
            let place = place()?;
            world.lids.contains_key(place) || world.at(place).is_some_and(|item| item.lid.is_some())
        }
        "seal" => world.sealed(place()?),
        "tray" => *world.trays.get(place()?).ok_or("that is no tray")?,
        what => return Err(format!("I do not know how to look at `{what}`")),
    };
    match look.done_if.as_deref() {
        Some("present" | "open") => Ok(present),
        Some("absent" | "closed") => Ok(!present),
        _ => Err("done if present or absent?".into()),
    }
}

/// Liquid in each tip on a mount.
fn held(world: &World, look: &Look) -> Result<Vec<f64>, String> {
    let mount = look
        .mount
        .as_deref()
        .and_then(Mount::of)
        .ok_or("on which mount, left or right?")?;
    let gantry = match &look.instrument {
        Some(name) => world.gantries.get(name),
        None => world.gantries.values().next(),
    };
    let tips = gantry
        .and_then(|gantry| gantry.tips.get(&mount))
        .ok_or("there is no pipette on that mount")?;
    Ok(tips.iter().flatten().map(Tip::liquid_nl).collect())
}

impl Twin for Operator {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        let mut buffer = self.partial.remove(&port).unwrap_or_default();
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut buffer);
                if !line.trim_ascii().is_empty() {
                    self.line(ctx, port, &line);
                }
            } else if buffer.len() < LONGEST_LINE {
                buffer.push(*byte);
            }
        }
        self.partial.insert(port, buffer);
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(key) = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.due <= ctx.now)
            .min_by_key(|(_, waiting)| waiting.due)
            .map(|(key, _)| key.clone())
        {
            let Some(waiting) = self.waiting.remove(&key) else {
                return;
            };
            let request = waiting.request;
            let (answer, told) = match self.perform(ctx, &request) {
                Ok(answer) => (json!({"id": request.id, "answer": answer}), answer),
                Err(error) => (
                    json!({"id": request.id, "error": error}),
                    format!("error: {error}"),
                ),
            };
            ctx.world.record(
                ctx.now,
                Event::Operator {
                    kind: request.kind,
                    text: request.text,
                    answer: told,
                },
            );
            Self::say(ctx, waiting.port, Treatment::Normal, &answer);
            self.answered.insert(key, answer);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.waiting.values().map(|waiting| waiting.due).min()
    }

    fn power_cycle(&mut self, _ctx: &mut Ctx<'_>) {}

    fn closed(&mut self, port: Port) {
        self.partial.remove(&port);
    }
}
