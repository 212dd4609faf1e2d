//! The daemon's door: HTTP/JSON on a Unix socket that only its owner may open.
//!
//! It answers from snapshots and passes requests on; it never touches the engine, so that no slow client can.

use super::door;
use super::message::{OperationLine, Snapshot};
use super::request::{Answer, Refusal, RepairOrder, Repaired, Stop, Submission, Submitted, TakeUp};
use crate::clock::Clock;
use crate::units::Duration;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use serde::Deserialize;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};

/// Most bytes of a submission on its way: text in JSON takes up to twice its own length.
const LARGEST_BODY: usize = 2 * Submission::LARGEST + (1 << 20);

/// How long a client waits for news before it is told the last once more.
const LONGEST_WAIT: Duration = Duration::s(20);

/// A request on its way to the engine's thread.
#[derive(Debug)]
pub enum Request {
    /// Run a protocol.
    Submit(Submission, Reply<Submitted>),
    /// Take up a run that was interrupted.
    TakeUp(TakeUp, Peer, Reply<Submitted>),
    /// Stop or go on.
    Stop(Stop, Peer, Reply<()>),
    /// Answer a question.
    Answer(Answer, Peer, Reply<()>),
    /// Repair what is believed.
    Repair(RepairOrder, Peer, Reply<Repaired>),
    /// Every operation of the run.
    Operations(Reply<Vec<OperationLine>>),
}

/// Where the answer to a request goes.
pub type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// Who is at the other end of a connection, as the kernel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer(pub String);

impl Peer {
    pub(super) fn of(stream: &UnixStream) -> Self {
        let peer = stream.peer_cred();
        Self(peer.map_or_else(|_| "unknown user".into(), |c| format!("user {}", c.uid())))
    }
}

impl Connected<IncomingStream<'_, door::Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, door::Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A snapshot with the number of its version.
pub type Latest = watch::Receiver<(u64, Arc<Snapshot>)>;

#[derive(Clone)]
struct Door {
    latest: Latest,
    requests: mpsc::UnboundedSender<Request>,
}

/// Binds the socket: owner only, a stale one removed, a living daemon's left alone.
///
/// # Errors
/// When another daemon answers there, something else is in the way, or the folder does not allow it.
pub async fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Ok(metadata) = std::fs::symlink_metadata(path) {
        if !metadata.file_type().is_socket() {
            return Err(io::Error::other(format!(
                "{} exists and is no socket",
                path.display()
            )));
        }
        if UnixStream::connect(path).await.is_ok() {
            return Err(io::Error::other(format!(
                "a daemon answers at {} already",
                path.display()
            )));
        }
        std::fs::remove_file(path)?;
    }
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    // Owner only from the first moment: the mask also covers the time between bind and chmod.
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let listener = UnixListener::bind(path);
    rustix::process::umask(mask);
    let listener = listener?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves until `stop` is fulfilled.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: UnixListener,
    latest: Latest,
    requests: mpsc::UnboundedSender<Request>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/v1/status", get(status))
        .route(
            "/v1/submit",
            post(submit).layer(DefaultBodyLimit::max(LARGEST_BODY)),
        )
        .route("/v1/stop", post(stop_run))
        .route("/v1/take-up", post(take_up))
        .route("/v1/answer", post(answer))
        .route("/v1/repair", post(repair))
        .route("/v1/operations", get(operations))
        .with_state(Door { latest, requests });
    let listener = door::Door::new(listener);
    axum::serve(listener, router.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await
}

#[derive(Debug, Deserialize)]
struct After {
    after: Option<u64>,
}

/// The latest snapshot; with `?after=N`, waits until there is a newer one than N.
async fn status(State(mut door): State<Door>, Query(after): Query<After>) -> Response {
    if let Some(after) = after.after {
        // A daemon that ends drops the sender; the last snapshot is then still good.
        let newer = door.latest.wait_for(|(version, _)| *version > after);
        // Where there is none for a while, the last one is told again, so that both ends know of each other.
        let _ = Clock::wall().timeout(LONGEST_WAIT, Duration::ZERO, newer).await;
    }
    let (version, snapshot) = door.latest.borrow().clone();
    ([("x-plated-version", version.to_string())], Json(&*snapshot)).into_response()
}

async fn pass<T: serde::Serialize>(door: &Door, make: impl FnOnce(Reply<T>) -> Request) -> Response {
    let (reply, answer) = oneshot::channel();
    if door.requests.send(make(reply)).is_err() {
        return refuse(&Refusal::now("the daemon is shutting down"));
    }
    match answer.await {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(refusal)) => refuse(&refusal),
        Err(_) => refuse(&Refusal::now("the run ended before the request was dealt with")),
    }
}

fn refuse(refusal: &Refusal) -> Response {
    (StatusCode::CONFLICT, Json(refusal)).into_response()
}

async fn submit(State(door): State<Door>, submission: Result<Json<Submission>, JsonRejection>) -> Response {
    let submission = match submission {
        Ok(Json(submission)) => submission,
        Err(rejection) => {
            let why = format!("the submission could not be taken: {}", rejection.body_text());
            return refuse(&Refusal::now(why));
        }
    };
    if let Err(why) = submission.fits() {
        return refuse(&Refusal::now(why));
    }
    pass(&door, |reply| Request::Submit(submission, reply)).await
}

async fn stop_run(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(stop): Json<Stop>,
) -> Response {
    pass(&door, |reply| Request::Stop(stop, peer, reply)).await
}

async fn take_up(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(order): Json<TakeUp>,
) -> Response {
    pass(&door, |reply| Request::TakeUp(order, peer, reply)).await
}

async fn answer(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(answer): Json<Answer>,
) -> Response {
    pass(&door, |reply| Request::Answer(answer, peer, reply)).await
}

async fn repair(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    order: Result<Json<RepairOrder>, JsonRejection>,
) -> Response {
    match order {
        Ok(Json(order)) => pass(&door, |reply| Request::Repair(order, peer, reply)).await,
        Err(rejection) => {
            let why = format!("the repair could not be understood: {}", rejection.body_text());
            refuse(&Refusal::now(why))
        }
    }
}

async fn operations(State(door): State<Door>) -> Response {
    pass(&door, Request::Operations).await
}
