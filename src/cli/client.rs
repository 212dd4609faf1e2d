//! Clients of the daemon: submit, status, pause, resume, abort, answer.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{empty, parameters, read_protocol, release_record};
use crate::api::{Answer, Client, ClientError, Snapshot, Stop, Submission, Submitted, TakeUp};
use crate::formats::clean as sanitise;
use crate::run::StopKind;
use std::path::Path;

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::Unreachable { .. } => Exit::Unreachable,
            ClientError::Refused(refusal) if refusal.by_check => Exit::Refused,
            ClientError::Refused(_) | ClientError::Answer(_) | ClientError::HungUp { .. } => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

/// Runs a client's exchange to its end.
pub fn with_client<T>(
    socket: &Path,
    exchange: impl AsyncFnOnce(&mut Client) -> Result<T, ClientError>,
) -> Result<T, CliError> {
    super::log::quiet();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
    runtime.block_on(async {
        let mut client = Client::connect(socket).await?;
        Ok(exchange(&mut client).await?)
    })
}

/// `plated submit`
pub fn submit(arguments: &args::Submit) -> CliResult {
    let path = &arguments.protocol.protocol;
    let mut source = empty(true);
    read_protocol(&mut source, path, parameters(&arguments.protocol.parameters)?)?;
    let submission = Submission {
        name: source.protocol.name,
        text: source.protocol.text,
        parameters: source.parameters,
        files: source.files.into_iter().map(|(path, f)| (path, f.text)).collect(),
        release: release_record(path)?,
        unreleased: args::unreleased(arguments.unreleased.as_ref()),
        commissioning: arguments.commissioning.asked(),
    };
    submission.fits().map_err(|why| CliError::new(Exit::Usage, why))?;
    let submitted: Result<Submitted, CliError> = with_client(&arguments.client.socket, async |c| {
        c.post("/v1/submit", &submission).await
    });
    let submitted = submitted?;
    eprint!("{}", submitted.warnings);
    super::out::line(&format!(
        "run {} has begun; its files are in {}",
        submitted.run, submitted.folder
    ));
    Ok(Exit::Done)
}

/// `plated status`
pub fn status(arguments: &args::Status) -> CliResult {
    let snapshot = with_client(&arguments.client.socket, async |c| Ok(c.status(None).await?.1))?;
    if arguments.json {
        super::out::line(&serde_json::to_string_pretty(&snapshot).unwrap_or_default());
    } else {
        super::out::text(&as_text(&snapshot));
    }
    Ok(Exit::Done)
}

/// `plated resume`: the run under way goes on, or an interrupted one is taken up.
pub fn resume(arguments: &args::Resume) -> CliResult {
    let Some(run) = &arguments.run else {
        return stop(&arguments.client, StopKind::Resume);
    };
    let order = TakeUp { run: run.clone() };
    let taken: Submitted = with_client(&arguments.client.socket, async |c| {
        c.post("/v1/take-up", &order).await
    })?;
    super::out::line(&format!(
        "run {} is taken up; its files are in {}",
        taken.run, taken.folder
    ));
    Ok(Exit::Done)
}

/// `plated pause`, `abort` and the like
pub fn stop(arguments: &args::Client, kind: StopKind) -> CliResult {
    with_client(&arguments.socket, async |c| {
        c.post::<()>("/v1/stop", &Stop { kind }).await
    })?;
    super::out::line(match kind {
        StopKind::Pause => "paused: no new operation starts, running ones finish",
        StopKind::Hold => "held: no new action starts, those under way finish, operations stay open",
        StopKind::Resume => "the run goes on",
        StopKind::Abort => {
            "aborting: running actions finish, instruments go to their safe state, then the run ends"
        }
        StopKind::Halt => {
            "halted: every instrument that can be stopped was told to; positions are not trusted. \
             This is no emergency stop. Look at the machines, then: plated reset"
        }
        StopKind::Park => {
            "parking: plates are lidded and carried to where they rest; plated resume brings them back"
        }
        StopKind::Reset => {
            "reset: the instruments answer, nothing has moved; the run is held. plated resume goes on"
        }
    });
    Ok(Exit::Done)
}

/// `plated answer`
pub fn answer(arguments: &args::Answer) -> CliResult {
    let answer = Answer {
        question: arguments.question,
        answer: arguments.answer.clone(),
    };
    with_client(&arguments.client.socket, async |c| {
        c.post::<()>("/v1/answer", &answer).await
    })?;
    super::out::line("answered");
    Ok(Exit::Done)
}

fn as_text(s: &Snapshot) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    if s.run.is_empty() {
        let _ = writeln!(out, "{}", s.reason.as_deref().unwrap_or("no run"));
    }
    for i in &s.interrupted {
        let way = match &i.obstacle {
            None => format!("take it up with: plated resume {}", i.run),
            Some(obstacle) => format!("it cannot be taken up here: {obstacle}"),
        };
        let _ = writeln!(
            out,
            "interrupted: {} ({}), last record {}; {way}",
            i.run, i.protocol, i.last
        );
    }
    if let Some(how) = &s.commissioning {
        let _ = writeln!(out, "commissioning: {how}");
    }
    if s.run.is_empty() {
        return out.lines().map(|l| format!("{}\n", sanitise(l))).collect();
    }
    let _ = writeln!(
        out,
        "{} · {} · {} · {} of {} operations",
        s.run,
        s.protocol,
        s.state.name(),
        s.operations_done,
        s.operations_total
    );
    if let Some(reason) = &s.reason {
        let _ = writeln!(out, "{reason}");
    }
    for tick in &s.ticking {
        let _ = writeln!(out, "  by {}: {}", tick.by, tick.what);
    }
    for i in &s.instruments {
        let _ = writeln!(out, "{:>12}  {}", i.id, i.state);
    }
    for i in &s.inputs {
        let _ = writeln!(out, "{:>12}  contact: {}", i.id, i.state);
    }
    for p in &s.plates {
        let lid = match p.lidded {
            Some(true) => "lid on",
            Some(false) => "lid off",
            None => "no lid",
        };
        let _ = writeln!(out, "{:>12}  at {}, {lid}", p.id, p.place);
    }
    for q in &s.prompts {
        let _ = writeln!(
            out,
            "question {}: {}\n  answer: plated answer {} {}",
            q.id,
            q.text,
            q.id,
            q.choices.join("|")
        );
    }
    out.lines().map(|l| format!("{}\n", sanitise(l))).collect()
}
