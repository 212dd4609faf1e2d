//! Requests to the simulated side of Modbus, on both kinds of line.

use hardware_sim::{DirectLink, Sim, SimClock, Texts};
use plated::link::modbus::frame;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// After so many inputs the world begins anew, so that what it remembers cannot pass for a leak.
const EACH: u32 = 2_000;

struct World {
    _sim: Sim,
    lines: [DirectLink; 2],
    left: u32,
    /// Bytes of answers that may still come.
    owed: usize,
}

fn rig() -> String {
    let text = include_str!("../../../config/demo-rig.toml");
    // The world of the demonstration rig with nothing in it but registers.
    let mut kept = String::new();
    let mut keeps = true;
    for line in text.lines() {
        if line.starts_with('[') {
            keeps = !(line.starts_with("[instruments") || line.starts_with("[nests"));
        }
        if keeps {
            kept += line;
            kept.push('\n');
        }
    }
    kept + "[nests]\n[instruments.tcp-1]\nkind = \"registers\"\nlink = { tcp = \"gateway:502\", unit = 1 }\n\
            [instruments.rtu-1]\nkind = \"registers\"\nlink = { serial = \"/dev/bus\", baud = 115200, \
            protocol = \"modbus_rtu\", unit = 1 }\n"
}

fn world() -> World {
    let texts = Texts {
        rig: rig(),
        profiles: BTreeMap::new(),
        labware: BTreeMap::new(),
    };
    let sim = Sim::new(&texts, 1, SimClock::virtual_time(0)).unwrap();
    let lines = ["tcp-1", "rtu-1"].map(|name| sim.connect(name).unwrap());
    World {
        _sim: sim,
        lines,
        left: EACH,
        owed: 0,
    }
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Writes, and reads what is answered at once; how many bytes that were.
fn talk(link: &mut DirectLink, bytes: &[u8]) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    let mut rest = bytes;
    while let Poll::Ready(Ok(n)) = Pin::new(&mut *link).poll_write(&mut context, rest) {
        rest = &rest[n..];
        if n == 0 || rest.is_empty() {
            break;
        }
    }
    let mut answered = 0;
    let mut buffer = [0; 4096];
    loop {
        let mut read = ReadBuf::new(&mut buffer);
        match Pin::new(&mut *link).poll_read(&mut context, &mut read) {
            Poll::Ready(Ok(())) if !read.filled().is_empty() => answered += read.filled().len(),
            _ => return answered,
        }
    }
}

pub fn modbus(bytes: &[u8]) {
    let [kind, rest @ ..] = bytes else { return };
    let framed = match kind % 4 {
        0 => frame::tcp(1, 1, rest),
        1 => frame::rtu(1, rest),
        _ => rest.to_vec(),
    };
    RUNTIME.with(|runtime| {
        let _inside = runtime.enter();
        WORLD.with_borrow_mut(|kept| {
            if kept.as_ref().is_none_or(|world| world.left == 0) {
                *kept = Some(world());
            }
            let world = kept.as_mut().unwrap();
            world.left -= 1;
            // No request of Modbus is answered by more than one frame, and none is shorter than four bytes; an answer may come with
            // the next input's.
            world.owed += 260 * (1 + framed.len() / 4);
            let answered = talk(&mut world.lines[usize::from(kind % 2)], &framed);
            assert!(answered <= world.owed, "{answered} bytes, {} at most", world.owed);
            world.owed -= answered;
        });
    });
}
