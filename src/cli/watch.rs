//! `plated watch`: the operators' terminal UI over the daemon's socket.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use crate::api::{Answer, Client, ClientError, Command, Snapshot, Stop};
use crate::tui;
use std::path::Path;
use tokio::sync::mpsc;

/// Shows the daemon's run until the person leaves; the run goes on.
pub fn watch(arguments: &args::Client) -> CliResult {
    let failed = |e: String| CliError::new(Exit::Failed, e);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|e| failed(e.to_string()))?;
    let (shown, snapshots) = mpsc::channel(4);
    let (commands, asked) = mpsc::channel(16);
    let (refused, refusals) = mpsc::channel(16);
    // Two connections: one waits for news, the other must not wait behind it.
    let (news, orders) = runtime.block_on(async {
        let news = Client::connect(&arguments.socket).await?;
        let orders = Client::connect(&arguments.socket).await?;
        Ok::<_, ClientError>((news, orders))
    })?;
    let socket = arguments.socket.clone();
    runtime.spawn(async move { follow(news, &socket, shown).await });
    runtime.spawn(obey(orders, asked, refused));
    tui::run(snapshots, refusals, &commands)
        .map_err(|e| failed(format!("the terminal could not be used: {e}")))?;
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// Passes every new snapshot on; connects again when the daemon was restarted.
async fn follow(mut client: Client, socket: &Path, shown: mpsc::Sender<Snapshot>) {
    let mut version = None;
    let wall = crate::clock::Clock::wall();
    loop {
        match client.status(version).await {
            Ok((newer, snapshot)) => {
                version = Some(newer);
                if shown.send(snapshot).await.is_err() {
                    return;
                }
            }
            Err(_) => {
                wall.sleep(crate::units::Duration::s(1)).await;
                if let Ok(again) = Client::connect(socket).await {
                    client = again;
                    version = None;
                }
            }
        }
    }
}

/// Carries out what the person asks for, in order.
async fn obey(mut client: Client, mut asked: mpsc::Receiver<Command>, refused: mpsc::Sender<String>) {
    while let Some(command) = asked.recv().await {
        let result = match command {
            Command::Stop { kind } => client.post::<()>("/v1/stop", &Stop { kind }).await,
            Command::Answer { prompt, choice } => choose(&mut client, prompt, choice).await,
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the daemon did not do what was asked");
            // A screen that is gone needs no reason.
            let _ = refused.send(error.to_string()).await;
        }
    }
}

/// Answers with the word behind the number of a choice, as the prompt stands now.
async fn choose(client: &mut Client, prompt: u64, choice: u16) -> Result<(), ClientError> {
    let (_, snapshot) = client.status(None).await?;
    let words = snapshot
        .prompts
        .iter()
        .find(|p| p.id == prompt)
        .map(|p| p.choices.clone())
        .unwrap_or_default();
    let Some(answer) = words.into_iter().nth(usize::from(choice)) else {
        return Ok(());
    };
    client
        .post(
            "/v1/answer",
            &Answer {
                question: prompt,
                answer,
            },
        )
        .await
}
