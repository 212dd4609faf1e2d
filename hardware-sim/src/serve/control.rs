//! The bench's own socket beside the instruments: truth and faults for drills and checkers in other
//! processes. No driver has business here; the rig file does not name it.

use crate::{Fault, Sim};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// One request, a JSON line.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Request {
    /// What is physically so.
    Truth,
    /// Which strains were planted.
    Planted,
    /// Swaps the cables of two instruments.
    Swap { one: String, other: String },
    /// Plants a fault.
    Fault {
        instrument: String,
        #[serde(flatten)]
        fault: Fault,
    },
}

/// Answers one client until it leaves: a line for a line.
pub(super) async fn attend(sim: Sim, stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
        let mut answer = answer(&sim, &line).to_string();
        answer.push('\n');
        line.clear();
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(sim: &Sim, line: &str) -> Value {
    let done = match serde_json::from_str(line) {
        Ok(Request::Truth) => serde_json::to_value(sim.truth()).map_err(|error| error.to_string()),
        Ok(Request::Planted) => serde_json::to_value(sim.planted()).map_err(|error| error.to_string()),
        Ok(Request::Fault { instrument, fault }) => sim
            .inject(&instrument, fault)
            .map(|()| json!("done"))
            .map_err(|error| error.to_string()),
        Ok(Request::Swap { one, other }) => sim
            .swap(&one, &other)
            .map(|()| json!("done"))
            .map_err(|error| error.to_string()),
        Err(error) => Err(format!("not a request: {error}")),
    };
    done.map_or_else(
        |error| json!({ "error": error }),
        |value| json!({ "answer": value }),
    )
}
