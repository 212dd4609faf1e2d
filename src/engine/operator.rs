//! The simulated operator's line: JSON objects, one per line, as `hardware-sim` answers them.
//!
//! A real rig has none; there a question waits for a person.

use super::dispatch::Command;
use crate::plan::{LoadItem, LoadLiquid, PromptKind, StepId};
use crate::run::{Look, Question, QuestionId};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};

/// Longest line accepted.
const LONGEST: usize = 64 << 10;

/// Anything that carries bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// A stream to a simulated operator.
pub type OperatorStream = Box<dyn Stream>;

/// Connects to a simulated operator that `plated sim` serves.
///
/// # Errors
/// When nobody listens there.
pub async fn connect(address: &str) -> std::io::Result<OperatorStream> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

/// Starts passing questions on and answers back; returns where questions go.
pub(super) fn serve(
    stream: OperatorStream,
    commands: mpsc::UnboundedSender<Command>,
) -> mpsc::UnboundedSender<Value> {
    let (sender, mut questions) = mpsc::unbounded_channel::<Value>();
    let (read, mut write) = tokio::io::split(stream);
    tokio::task::spawn_local(async move {
        while let Some(question) = questions.recv().await {
            let line = format!("{question}\n");
            if write.write_all(line.as_bytes()).await.is_err() {
                tracing::warn!("the simulated operator has hung up; questions now wait for a person");
                return;
            }
        }
    });
    tokio::task::spawn_local(async move {
        let mut lines = BufReader::new(read);
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if line.len() > LONGEST => continue,
                Ok(_) => {}
            }
            if let Some(why) = refusal(&line) {
                tracing::warn!(
                    why,
                    "the simulated operator cannot do what was asked; the question waits for a person"
                );
                continue;
            }
            let Some((question, answer)) = parse(&line) else {
                tracing::warn!(line = %String::from_utf8_lossy(&line), "not an answer of the simulated operator");
                continue;
            };
            let (reply, result) = oneshot::channel();
            let by = "simulated operator".to_owned();
            if commands
                .send(Command::Answer {
                    question,
                    answer,
                    by,
                    reply,
                })
                .is_err()
            {
                return;
            }
            if let Ok(Err(why)) = result.await {
                tracing::warn!(why, "an answer of the simulated operator was not taken");
            }
        }
    });
    sender
}

/// Why the simulated operator could not do what was asked, if that is what a line says.
fn refusal(line: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(line).ok()?;
    Some(value.get("error")?.as_str()?.to_owned())
}

fn parse(line: &[u8]) -> Option<(QuestionId, String)> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let id = value.get("id")?.as_u64()?;
    let answer = value.get("answer")?.as_str()?;
    Some((QuestionId(id), answer.to_owned()))
}

/// A question in the simulated operator's words; `None` for one that a simulated person cannot answer by looking.
pub(super) fn request(question: &Question, step: Option<&StepId>) -> Option<Value> {
    let id = question.id.0;
    let text = &question.text;
    if let Some(prompt) = &question.prompt {
        let items: Vec<Value> = prompt.items.iter().map(item).collect();
        let kind = match prompt.kind {
            PromptKind::Load => "load",
            PromptKind::Confirm => "confirm",
            PromptKind::Number => "number",
            PromptKind::Text => "text",
            PromptKind::Barcode => "barcode",
            PromptKind::Day => "day",
        };
        if prompt.is_typed() {
            let bounds = prompt.bounds.map(|(least, most)| [least, most]);
            return Some(json!({
                "id": id, "kind": kind, "text": text, "step": step, "bounds": bounds, "expected": prompt.expected,
                "place": prompt.at,
            }));
        }
        return Some(json!({ "id": id, "kind": kind, "text": text, "items": items }));
    }
    let presence = |done_if_present: bool| if done_if_present { "present" } else { "absent" };
    let look = match question.look.as_ref()? {
        Look::Tip {
            mount,
            done_if_present,
        } => {
            json!({ "what": "tip", "mount": mount, "done_if": presence(*done_if_present) })
        }
        Look::Liquid { mount, from, to } => {
            json!({ "what": "liquid", "mount": mount, "done_if_nl": [from.get(), to.get()] })
        }
        Look::Plate {
            nest,
            done_if_present,
        } => {
            json!({ "what": "plate", "place": nest, "done_if": presence(*done_if_present) })
        }
        Look::Seal {
            nest,
            done_if_present,
        } => {
            json!({ "what": "seal", "place": nest, "done_if": presence(*done_if_present) })
        }
        Look::Lid {
            nest,
            done_if_present,
        } => {
            json!({ "what": "lid", "place": nest, "done_if": presence(*done_if_present) })
        }
    };
    Some(json!({ "id": id, "kind": "settle", "text": text, "look": look }))
}

fn item(item: &LoadItem) -> Value {
    match item {
        LoadItem::Piece {
            name,
            labware,
            nest,
            replace,
            used,
            contents,
        } => json!({
            "place": nest, "labware": labware, "name": name, "replace": replace, "used": used,
            "contents": liquids(contents),
        }),
        LoadItem::Plate {
            plate,
            labware,
            nest,
            barcode,
            lidded,
            sealed,
            contents,
        } => json!({
            "place": nest, "labware": labware, "plate": plate, "barcode": barcode, "lid": lidded,
            "sealed": sealed, "contents": liquids(contents),
        }),
        LoadItem::Refill { nest, contents, .. } => {
            json!({ "place": nest, "refill": true, "contents": liquids(contents) })
        }
        LoadItem::TakePlate { plate, nest, lid } => {
            json!({ "place": nest, "plate": plate, "remove": true, "lid_at": lid })
        }
        LoadItem::EmptyDrain { pump, nest } => json!({ "place": nest, "empty_drain": pump }),
        LoadItem::EmptyWaste { nest } => json!({ "place": nest, "empty_waste": true }),
    }
}

fn liquids(contents: &[LoadLiquid]) -> Vec<Value> {
    contents
        .iter()
        .map(|l| {
            json!({
                "well": l.well, "liquid": l.liquid, "strain": l.strain, "volume_nl": l.volume.get(), "od": l.od,
            })
        })
        .collect()
}
