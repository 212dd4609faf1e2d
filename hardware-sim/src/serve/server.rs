//! Puts every instrument of a simulator where other processes reach it.

use super::{
    control,
    pty::{self, Keeper, Pty},
    rig_text::{self, Address},
};
use crate::{
    SimError,
    core::{CONTROL, OPERATOR},
    sim::Sim,
    text::Rig,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Duration, sleep},
};

/// How often the simulator catches up while nobody is connected.
const CATCH_UP: Duration = Duration::from_millis(200);
/// How often a terminal with parity is made ready for its next client.
const RESET: Duration = Duration::from_millis(20);

/// Where and how to serve.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder of the rig file, to which its paths are relative.
    pub base: PathBuf,
    /// Where links named after the serial instruments are made, if anywhere.
    pub links: Option<PathBuf>,
    /// Ports by instrument (or `operator`, `control`); any free one where none is given.
    pub ports: BTreeMap<String, u16>,
}

/// Served instruments; dropping it ends the serving.
#[derive(Debug)]
pub struct Served {
    /// The rig file that reaches them.
    pub rig_text: String,
    /// Device path or socket address by instrument, and of `operator` and `control` (truth and faults for drills).
    pub addresses: BTreeMap<String, String>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Serves all instruments and the operator; must run inside a `LocalSet`.
pub async fn serve(sim: &Sim, options: &Options) -> Result<Served, SimError> {
    let rig = Rig::parse(&sim.texts.rig)?;
    let mut links = BTreeMap::new();
    let mut tasks = Vec::new();
    let instruments = rig.instruments.iter().map(|(name, entry)| (name, &entry.link));
    let modules = rig.input_modules.iter().map(|(name, entry)| (name, &entry.link));
    for (name, wire) in instruments.chain(modules) {
        // Who shares a line is reached where its first is.
        let first = sim.shared.core.borrow().first_on_line(name).map(str::to_owned);
        if let Some(address) = first.filter(|first| first != name).and_then(|f| links.get(&f)) {
            let address: Address = Address::clone(address);
            links.insert(name.clone(), address);
            continue;
        }
        let address = if sim.shared.core.borrow().is_serial(name)? {
            let pair = pty::pair()?;
            let mut path = pair.1.path.clone();
            if let Some(folder) = &options.links {
                link(folder, name, &path)?;
                path = folder.join(name).display().to_string();
            }
            let line = Line {
                sim: sim.clone(),
                name: name.clone(),
                links: options.links.clone(),
                parity: wire.parity(),
            };
            tasks.push(tokio::task::spawn_local(line.serve(pair)));
            Address::Serial(path)
        } else {
            Address::Tcp(listen(sim, name, options, &mut tasks).await?)
        };
        links.insert(name.clone(), address);
    }
    let operator = listen(sim, OPERATOR, options, &mut tasks).await?;
    let control = listen(sim, CONTROL, options, &mut tasks).await?;
    let ticking = sim.clone();
    tasks.push(tokio::task::spawn_local(async move {
        loop {
            ticking.advance();
            sleep(CATCH_UP).await;
        }
    }));
    let rig_text = rig_text::rewrite(
        &sim.texts.rig,
        &options.base,
        &links,
        &operator,
        sim.clock().anchor(),
    )?;
    let mut addresses: BTreeMap<String, String> = links
        .into_iter()
        .map(|(name, address)| match address {
            Address::Serial(path) | Address::Tcp(path) => (name, path),
        })
        .collect();
    addresses.insert(OPERATOR.to_owned(), operator);
    addresses.insert(CONTROL.to_owned(), control);
    Ok(Served {
        rig_text,
        addresses,
        tasks,
    })
}

/// A serial line on pseudo-terminals: each time the cable is pulled, the next one has another number.
struct Line {
    sim: Sim,
    name: String,
    links: Option<PathBuf>,
    parity: bool,
}

impl Line {
    async fn serve(self, (mut near, mut far): (Pty, Keeper)) {
        loop {
            let behind = self.sim.behind(&self.name);
            if let Ok(port) = self.sim.open(&behind) {
                let shared = std::rc::Rc::clone(&self.sim.shared);
                tokio::select! {
                    biased;
                    () = crate::pump::pump(shared, behind.clone(), port, near) => {}
                    () = keep(&far, self.parity) => {}
                }
            } else {
                drop(near);
            }
            while !self.sim.plugged(&self.sim.behind(&self.name)) {
                sleep(RESET).await;
            }
            // The old terminal is kept until now, so that the new one has another number.
            (near, far) = loop {
                match pty::pair() {
                    Ok(pair) => break pair,
                    // Out of terminals: one may become free.
                    Err(_) => sleep(CATCH_UP).await,
                }
            };
            if let Some(folder) = &self.links {
                // Without its link nobody finds it; the next time it is pulled it is made anew.
                let _ = link(folder, &self.name, &far.path);
            }
        }
    }
}

/// Keeps a terminal's far end open, ready for the next client.
async fn keep(far: &Keeper, parity: bool) {
    loop {
        far.unclaim();
        if parity {
            far.reset();
        }
        sleep(RESET).await;
    }
}

async fn listen(
    sim: &Sim,
    name: &str,
    options: &Options,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<String, SimError> {
    let fault = |error: std::io::Error| SimError::Io {
        what: format!("socket of {name}"),
        message: error.to_string(),
    };
    let wanted = SocketAddr::from(([127, 0, 0, 1], options.ports.get(name).copied().unwrap_or(0)));
    let listener = TcpListener::bind(wanted).await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?.to_string();
    let (sim, name) = (sim.clone(), name.to_owned());
    tasks.push(tokio::task::spawn_local(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // Answers are small and awaited: no delay. A socket that refuses still works.
                    let _ = stream.set_nodelay(true);
                    if name == CONTROL {
                        tokio::task::spawn_local(control::attend(sim.clone(), stream));
                    } else {
                        let behind = sim.behind(&name);
                        // Pulled: the stream ends at once.
                        if let Ok(port) = sim.open(&behind) {
                            sim.spawn(&behind, port, stream);
                        }
                    }
                }
                // Out of descriptors, or a client that was gone at once: others may still come.
                Err(_) => sleep(CATCH_UP).await,
            }
        }
    }));
    Ok(address)
}

/// Makes a symbolic link to a device, replacing an old one.
fn link(folder: &Path, name: &str, path: &str) -> Result<(), SimError> {
    let target = folder.join(name);
    let fault = |error: std::io::Error| SimError::Io {
        what: format!("link {}", target.display()),
        message: error.to_string(),
    };
    std::fs::create_dir_all(folder).map_err(fault)?;
    if target.is_symlink() {
        std::fs::remove_file(&target).map_err(fault)?;
    }
    std::os::unix::fs::symlink(path, &target).map_err(fault)
}
