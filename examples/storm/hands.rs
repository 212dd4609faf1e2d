//! What people do with their hands beside a run: an operator who follows what is asked, somebody who pushes a gantry away.

use hardware_sim::{Fault, Hand, Sim};
use plated::engine::OperatorStream;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// A gantry that stands still loses power and is pushed over the deck; nobody does so while it works or an arm is there.
pub async fn pushed(sim: &Sim, handler: &str) {
    let from = sim.ledger().len();
    tokio::time::sleep(Duration::from_secs(8)).await;
    let works = sim.ledger_from(from).iter().any(|fact| {
        let text = serde_json::to_value(&fact.event).unwrap_or_default();
        text.get("instrument")
            .or_else(|| text.get("body"))
            .and_then(|v| v.as_str())
            == Some(handler)
    });
    if works {
        return;
    }
    let _ = sim.inject(handler, Fault::PowerCycle);
    let handler = handler.to_owned();
    let _ = sim.by_hand(&Hand::Push {
        handler,
        x_mm: 200,
        y_mm: 180,
    });
}

/// The simulated operator, who is told of everything but what is in doubt: of that another person says what is true.
pub fn operator(sim: &Sim) -> OperatorStream {
    let (theirs, ours) = tokio::io::duplex(1 << 16);
    let (from_engine, mut to_engine) = tokio::io::split(ours);
    let (mut from_operator, mut to_operator) = tokio::io::split(sim.operator());
    tokio::task::spawn_local(async move {
        let mut lines = BufReader::new(from_engine);
        let mut line = Vec::new();
        loop {
            line.clear();
            if !matches!(lines.read_until(b'\n', &mut line).await, Ok(n) if n > 0) {
                return;
            }
            let doubt = serde_json::from_slice::<serde_json::Value>(&line)
                .is_ok_and(|v| v.get("kind").and_then(|k| k.as_str()) == Some("settle"));
            if !doubt && to_operator.write_all(&line).await.is_err() {
                return;
            }
        }
    });
    tokio::task::spawn_local(async move {
        let _ = tokio::io::copy(&mut from_operator, &mut to_engine).await;
    });
    Box::new(theirs)
}
