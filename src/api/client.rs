//! The client's end of the daemon's socket.

use super::message::Snapshot;
use super::request::Refusal;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use thiserror::Error;
use tokio::net::UnixStream;

/// Why a request brought no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nobody answers at the socket.
    #[error("no daemon answers at {}: {cause}; start one with plated serve, or give its --socket", place.display())]
    Unreachable {
        /// The socket.
        place: PathBuf,
        /// The cause.
        cause: String,
    },
    /// It lives, and closed the connection without an answer.
    #[error(
        "the daemon at {} hung up before it answered: too many clients are connected to it, or it is ending; end some, then ask again",
        place.display()
    )]
    HungUp {
        /// The socket.
        place: PathBuf,
    },
    /// The daemon said no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The daemon's answer could not be understood.
    #[error("the daemon's answer could not be understood ({0}); is it of the same version?")]
    Answer(String),
}

/// A connection to a daemon.
pub struct Client {
    place: PathBuf,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects to a daemon's socket.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn connect(place: &Path) -> Result<Self, ClientError> {
        let unreachable = |cause: String| ClientError::Unreachable {
            place: place.to_owned(),
            cause,
        };
        let stream = UnixStream::connect(place)
            .await
            .map_err(|e| unreachable(e.to_string()))?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|e| unreachable(e.to_string()))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the daemon's connection ended");
            }
        });
        Ok(Self {
            place: place.to_owned(),
            sender,
        })
    }

    /// The daemon's snapshot with its version; with `after`, waits for a newer one.
    ///
    /// # Errors
    /// When the daemon does not answer.
    pub async fn status(&mut self, after: Option<u64>) -> Result<(u64, Snapshot), ClientError> {
        let path = after.map_or_else(|| "/v1/status".to_owned(), |n| format!("/v1/status?after={n}"));
        let (version, bytes) = self.call(Method::GET, &path, Bytes::new()).await?;
        let snapshot = serde_json::from_slice(&bytes).map_err(|e| ClientError::Answer(e.to_string()))?;
        Ok((version, snapshot))
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// When the daemon does not answer or says no.
    pub async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|e| ClientError::Answer(e.to_string()))?;
        let (_, bytes) = self.call(Method::POST, path, body.into()).await?;
        serde_json::from_slice(&bytes).map_err(|e| ClientError::Answer(e.to_string()))
    }

    /// Asks for something that is told as JSON.
    ///
    /// # Errors
    /// When the daemon does not answer or says no.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, ClientError> {
        let (_, bytes) = self.call(Method::GET, path, Bytes::new()).await?;
        serde_json::from_slice(&bytes).map_err(|e| ClientError::Answer(e.to_string()))
    }

    async fn call(&mut self, method: Method, path: &str, body: Bytes) -> Result<(u64, Bytes), ClientError> {
        if self.sender.is_closed() {
            // The daemon drops connections that nothing goes over; nothing was sent on this one.
            *self = Self::connect(&self.place.clone()).await?;
        }
        let unreachable = |cause: String| ClientError::Unreachable {
            place: self.place.clone(),
            cause,
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "plated")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|e| unreachable(e.to_string()))?;
        let response = match self.sender.send_request(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.cut_off(&error).await),
        };
        let status = response.status();
        let version = response
            .headers()
            .get("x-plated-version")
            .and_then(|v| v.to_str().ok()?.parse().ok());
        let bytes = match response.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return Err(self.cut_off(&error).await),
        };
        if status == StatusCode::OK {
            return Ok((version.unwrap_or(0), bytes));
        }
        match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => Err(refusal.into()),
            Err(_) => Err(ClientError::Answer(format!(
                "{status}: {}",
                String::from_utf8_lossy(&bytes)
            ))),
        }
    }
    /// Why a connection ended in the middle of a question. Where it was cut, whether before, in or after the request, is chance: a
    /// daemon that has too many clients does not wait for theirs.
    async fn cut_off(&self, error: &hyper::Error) -> ClientError {
        let place = self.place.clone();
        match UnixStream::connect(&self.place).await {
            Ok(_) => ClientError::HungUp { place },
            Err(_) => ClientError::Unreachable {
                place,
                cause: error.to_string(),
            },
        }
    }
}
