//! `journal_cost [SECONDS]`: what durability costs on this disk, all in one run.
//!
//! Side by side: a bare loop that appends and syncs equal records; one instrument whose every action waits for its
//! intent; 64 instruments at once, whose commits share syncs. Rounds alternate, so that a disk that becomes slower meanwhile
//! becomes so for all. Prints medians of the rounds and what the bars say of them; exits with 1 where one is not met.
//! `JOURNAL_COST_FOLDER` names the folder on the disk to measure (default: the system's folder for temporary files).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement: anything unexpected is a failure"
)]

use plated::devices::{Before, Done, Intent};
use plated::journal::{Disk, FileDisk, Journal, Writing, recover};
use plated::plan::{Action, Actor, OperationId};
use plated::run::{ActionId, Event};
use plated::units::Timestamp;
use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const INSTRUMENTS: usize = 64;

/// Intent and outcome of one action, as the engine records them.
fn records(action: u64) -> [Event; 2] {
    let intent = Intent {
        action: Action::Home,
        before: Before::default()
            .with("plunger_um", 12_345)
            .with("target_um", 23_456),
    };
    let intended = Event::Intended {
        action: ActionId(action),
        operation: OperationId(1),
        phase: 0,
        index: 0,
        actor: Actor::Operator,
        intent,
    };
    let ended = Event::Ended {
        action: ActionId(action),
        done: Done::Plain,
        evidence: None,
    };
    [intended, ended]
}

fn opened(folder: &Path) -> Journal {
    let mut disk = Disk::File(FileDisk::open(&folder.join("journal.plj")).unwrap());
    let recovered = recover(&mut disk).unwrap();
    let anchor = folder.join("anchor");
    Journal::new(disk, &recovered, Writing::Threaded { anchor }).unwrap()
}

/// Actions of so many instruments in that time; each waits for its intent, and its outcome goes with the next one.
fn journaled(base: &Path, instruments: usize, time: Duration) -> f64 {
    let folder = tempfile::tempdir_in(base).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let local = tokio::task::LocalSet::new();
    let journal = Rc::new(RefCell::new(opened(folder.path())));
    let began = Instant::now();
    let count = Rc::new(RefCell::new(0_u64));
    local.block_on(&runtime, async {
        let mut flows = tokio::task::JoinSet::new();
        for _ in 0..instruments {
            let (journal, count) = (Rc::clone(&journal), Rc::clone(&count));
            flows.spawn_local(async move {
                while began.elapsed() < time {
                    *count.borrow_mut() += 1;
                    let [intended, ended] = records(*count.borrow());
                    let at = Timestamp::from_us(0);
                    journal.borrow_mut().append(&intended, at).unwrap();
                    let ticket = journal.borrow_mut().commit();
                    ticket.durable().await.unwrap();
                    journal.borrow_mut().append(&ended, at).unwrap();
                }
            });
        }
        while flows.join_next().await.is_some() {}
    });
    let lasted = began.elapsed();
    let journal = Rc::into_inner(journal).unwrap().into_inner();
    journal.close().unwrap();
    rate(*count.borrow(), lasted)
}

/// Appends and syncs of as many bytes as one action has, into space set aside as the journal does.
fn bare(base: &Path, bytes: usize, time: Duration) -> f64 {
    let folder = tempfile::tempdir_in(base).unwrap();
    let path = folder.path().join("bare");
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(path)
        .unwrap();
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, 64 << 20).unwrap();
    file.sync_all().unwrap();
    let record = vec![b'x'; bytes];
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < time {
        file.write_all(&record).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    rate(count, began.elapsed())
}

fn rate(count: u64, lasted: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / lasted.as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Bytes that one action has in the journal.
fn size_of_an_action() -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.plj");
    let mut disk = Disk::File(FileDisk::open(&path).unwrap());
    let recovered = recover(&mut disk).unwrap();
    let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: false }).unwrap();
    for action in 1..=100 {
        for event in records(action) {
            journal.append(&event, Timestamp::from_us(0)).unwrap();
        }
    }
    journal.close().unwrap();
    usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap() / 100
}

fn main() {
    let seconds = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(2.0);
    let time = Duration::from_secs_f64(seconds);
    let base = std::env::var_os("JOURNAL_COST_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let bytes = size_of_an_action();
    let (mut bares, mut ones, mut manies, mut shares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        // One before and one after: the disk's own drift falls on both sides alike.
        let before = bare(&base, bytes, time / 2);
        let one = journaled(&base, 1, time);
        let after = bare(&base, bytes, time / 2);
        let many = journaled(&base, INSTRUMENTS, time);
        let bare = f64::midpoint(before, after);
        println!(
            "round {round}: bare {bare:.0}/s, one instrument {one:.0}/s ({:.0} %), {INSTRUMENTS} instruments {many:.0}/s",
            100.0 * one / bare
        );
        bares.push(bare);
        ones.push(one);
        manies.push(many);
        shares.push(one / bare);
    }
    let (bare, one, many, share) = (median(bares), median(ones), median(manies), median(shares));
    println!("an action has {bytes} bytes of records; medians of {ROUNDS} rounds");
    println!(
        "bare append and sync: {bare:.0} a second ({:.0} us each)",
        1e6 / bare
    );
    println!(
        "one instrument: {one:.0} actions a second, {:.1} % of it (bar: above 90 %)",
        100.0 * share
    );
    println!(
        "{INSTRUMENTS} instruments together: {many:.0} actions a second, {:.1} times it (bar: above 10 times)",
        many / bare
    );
    std::process::exit(i32::from(share <= 0.9 || many <= 10.0 * bare));
}
