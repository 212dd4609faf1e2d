//! What the drivers' tests share: the demonstration rig, a faulty wire, and a paused runtime with a local task set.

use crate::clock::Clock;
use crate::devices::{Done, Failure, Instrument, Intent, Moved, Settled};
use crate::labware::Library;
use crate::link::{Line, Settings};
use crate::plan::Action;
use crate::rig::{self, Rig};
use crate::source::SourceFile;
use crate::units::{Duration, Timestamp};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

pub fn rig() -> Rig {
    rig_of(include_str!("../../config/demo-rig.toml"))
}

/// The demonstration rig with a gantry in place of its handler.
pub fn gantry_rig() -> Rig {
    let text = include_str!("../../config/demo-rig.toml");
    let (head, rest) = text.split_once("[instruments.handler]").unwrap();
    let (_, rest) = rest.split_once("[instruments.handler.durations]").unwrap();
    let handler = include_str!("../../tests/it/gantry-handler.toml");
    rig_of(&format!("{head}{handler}\n[instruments.handler.durations]{rest}"))
}

/// A rig with the profiles of the demonstration rig.
fn rig_of(text: &str) -> Rig {
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let profiles: BTreeMap<String, SourceFile> = [
        (
            "profiles/absorbance-reader.toml",
            include_str!("../../config/profiles/absorbance-reader.toml"),
        ),
        (
            "profiles/plate-mover.toml",
            include_str!("../../config/profiles/plate-mover.toml"),
        ),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), file(name, text)))
    .collect();
    let (rig, found) = rig::parse(&file("demo-rig.toml", text), &profiles);
    assert_eq!(found, []);
    rig.unwrap()
}

pub fn library() -> Library {
    Library::load(&[]).0
}

/// Runs a test in a local task set on the paused runtime.
pub async fn local<F: Future>(test: F) -> F::Output {
    tokio::task::LocalSet::new().run_until(test).await
}

pub fn clock() -> Clock {
    Clock::virtual_time(Timestamp::from_us(1_000_000_000_000))
}

/// What happens to one request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives.
    LoseRequest,
    /// The request is carried out and the answer is lost.
    LoseReply,
    /// The answer comes this much later.
    Late(Duration),
    /// The answer is these bytes instead.
    Garble(Vec<u8>),
    /// The device is power-cycled after carrying out the request; no answer.
    PowerCut,
    /// The device raises an alarm in the middle of the request.
    Alarm,
    /// The request arrives changed.
    Change(String, String),
    /// The wire breaks after the request was carried out.
    Unplug,
}

/// Faults by what a request must contain; each is used once.
#[derive(Clone, Default)]
pub struct Faults(Rc<RefCell<Planned>>);

type Planned = VecDeque<(Vec<u8>, Fault)>;

impl Faults {
    pub fn once(&self, request: impl AsRef<[u8]>, fault: Fault) {
        self.0.borrow_mut().push_back((request.as_ref().to_vec(), fault));
    }
    pub fn take(&self, request: &[u8]) -> Option<Fault> {
        let mut faults = self.0.borrow_mut();
        let hit = |what: &[u8]| request.windows(what.len().max(1)).any(|w| w == what);
        let at = faults.iter().position(|(what, _)| hit(what))?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}

/// A device: takes whole requests from the front of the buffer and answers.
pub trait Device: 'static {
    /// Length of the first whole request in the buffer.
    fn request(&self, received: &[u8]) -> Option<usize>;
    /// Carries it out; the answer, and how long the device works before it sends it.
    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration);
}

/// Serves a device on a stream until it is unplugged.
pub async fn serve<D: Device>(
    mut stream: DuplexStream,
    device: Rc<RefCell<D>>,
    faults: Faults,
    dribble: bool,
) {
    let mut pending = Vec::new();
    let mut buffer = [0_u8; 512];
    loop {
        let n = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => n,
        };
        pending.extend_from_slice(&buffer[..n]);
        loop {
            let Some(length) = device.borrow().request(&pending) else {
                break;
            };
            let mut request: Vec<u8> = pending.drain(..length).collect();
            let fault = faults.take(&request);
            if let Some(Fault::Change(from, to)) = &fault {
                request = String::from_utf8(request).unwrap().replace(from, to).into_bytes();
            }
            if fault == Some(Fault::LoseRequest) {
                continue;
            }
            let (mut answer, work) = device.borrow_mut().serve(&request, fault.as_ref());
            tokio::time::sleep(work.to_std()).await;
            match fault {
                Some(Fault::LoseReply | Fault::PowerCut) => continue,
                Some(Fault::Unplug) => return,
                Some(Fault::Late(late)) => tokio::time::sleep(late.to_std()).await,
                Some(Fault::Garble(bytes)) => answer = bytes,
                _ => {}
            }
            if !dribble {
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
                continue;
            }
            for byte in answer {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A line to a device that can be plugged in again: each opening reaches the same device.
pub fn plug<D: Device>(device: &Rc<RefCell<D>>, faults: &Faults, dribble: bool, clock: Clock) -> Line {
    let (device, faults) = (device.clone(), faults.clone());
    let opener: crate::link::Opener = Box::new(move || {
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::task::spawn_local(serve(theirs, device.clone(), faults.clone(), dribble));
        Box::pin(async move { Ok(Box::new(ours) as crate::link::BoxStream) })
    });
    let settings = Settings {
        gap: Duration::us(2_006),
        ..Settings::at("test")
    };
    Line::new(opener, settings, clock)
}

/// Repeatable random numbers.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `n` (xorshift).
    pub fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
    /// A fault of the wire; none half of the time.
    pub fn fault(&mut self) -> Option<Fault> {
        match self.roll(12) {
            0 => Some(Fault::LoseRequest),
            1 | 2 => Some(Fault::LoseReply),
            3 => Some(Fault::Late(Duration::ms(100 + self.roll(3_000)))),
            4 => Some(Fault::Garble(b"\xFFok 9\r\n\x07\r".to_vec())),
            5 => Some(Fault::Unplug),
            _ => None,
        }
    }
}

/// Carries an action out as the engine does: again when nothing moved, settled when that is not known.
pub async fn carry_out(driver: &mut dyn Instrument, action: &Action) -> Done {
    'prepare: for _ in 0..50 {
        let Ok(before) = driver.prepare(action).await else {
            continue;
        };
        let intent = Intent {
            action: action.clone(),
            before,
        };
        for _ in 0..50 {
            let failure = match driver.perform(&intent).await {
                Ok(done) => return done,
                Err(failure) => failure,
            };
            if failure.moved == Moved::No {
                continue 'prepare;
            }
            assert_eq!(failure.moved, Moved::Unknown, "{failure}");
            let settled = loop {
                if let Ok(settled) = driver.settle(&intent).await {
                    break settled;
                }
            };
            match settled {
                Settled::Done { done, .. } => return done,
                Settled::NotDone { .. } => {}
                Settled::Unknown { why } => panic!("{}: {why}", action.name()),
            }
        }
    }
    panic!("{} was never carried out", action.name());
}

/// Prepares an action as the engine does.
pub async fn intent(driver: &mut dyn Instrument, action: Action) -> Result<Intent, Failure> {
    let before = driver.prepare(&action).await?;
    Ok(Intent { action, before })
}

/// A rig with nothing but these instruments and nests.
pub fn one_of(entries: &str) -> Rig {
    let text = format!("[rig]\nname = \"one\"\nsafe_height = \"100 mm\"\n{entries}");
    let file = SourceFile {
        name: "one.toml".into(),
        text,
    };
    let (rig, found) = rig::parse(&file, &BTreeMap::new());
    assert_eq!(found, []);
    rig.unwrap()
}
