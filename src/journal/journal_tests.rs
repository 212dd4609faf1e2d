use super::*;
use crate::journal::{MemoryDisk, Tail, recover, verify};
use crate::run::StopKind;

fn stop(n: u64) -> Event {
    Event::Stop {
        kind: StopKind::Pause,
        by: format!("operator {n}"),
    }
}

async fn written(n: u64) -> MemoryDisk {
    let memory = MemoryDisk::default();
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    for i in 0..n {
        journal.append(&stop(i), Timestamp::from_us(i)).unwrap();
        journal.commit().durable().await.unwrap();
    }
    memory
}

#[tokio::test]
async fn a_cut_at_any_byte_keeps_every_whole_record_and_names_the_damage() {
    let bytes = written(5).await.bytes();
    let whole = verify(&bytes);
    assert_eq!((whole.entries.len(), whole.tail.clone()), (5, Tail::Clean));
    for cut in 8..bytes.len() {
        let cut_off = verify(&bytes[..cut]);
        assert_eq!(cut_off.entries, whole.entries[..cut_off.entries.len()]);
        let expected: u64 = cut_off.length;
        assert!(u64::try_from(cut).unwrap() >= expected);
        let clean = u64::try_from(cut).unwrap() == expected;
        // A record of which only leading zero bytes remain looks like set-aside space, and holds no fact.
        let zeros = bytes[usize::try_from(expected).unwrap()..cut]
            .iter()
            .all(|b| *b == 0);
        assert_eq!(cut_off.tail == Tail::Clean, clean || zeros, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_wherever_it_is() {
    let bytes = written(3).await.bytes();
    for at in 8..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        let read = verify(&flipped);
        assert!(read.entries.len() < 3, "flip at {at} was not noticed");
        assert!(
            matches!(read.tail, Tail::Damaged { .. }),
            "flip at {at} was silent"
        );
    }
}

#[tokio::test]
async fn a_power_loss_loses_nothing_that_was_durable_and_the_chain_goes_on() {
    let memory = written(4).await;
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    journal.append(&stop(9), Timestamp::from_us(9)).unwrap();
    memory.crash();
    drop(journal);
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    assert_eq!(recovered.sequence, 4);
    let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    journal.append(&stop(5), Timestamp::from_us(5)).unwrap();
    journal.commit().durable().await.unwrap();
    assert_eq!(verify(&memory.bytes()).entries.len(), 5);
}

#[tokio::test]
async fn after_a_failed_write_nothing_is_accepted() {
    let memory = written(1).await;
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
    memory.fail_after(0);
    journal.append(&stop(1), Timestamp::from_us(1)).unwrap();
    assert!(journal.commit().durable().await.is_err());
    assert!(journal.append(&stop(2), Timestamp::from_us(2)).is_err());
}

#[tokio::test]
async fn the_writer_thread_groups_commits_anchors_and_locks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.plj");
    let anchor = folder.path().join("anchor");
    let mut disk = Disk::File(crate::journal::FileDisk::open(&path).unwrap());
    let recovered = recover(&mut disk).unwrap();
    let mut journal = Journal::new(
        disk,
        &recovered,
        Writing::Threaded {
            anchor: anchor.clone(),
        },
    )
    .unwrap();
    assert!(crate::journal::FileDisk::open(&path).is_err());
    let mut tickets = Vec::new();
    for i in 0..20 {
        journal.append(&stop(i), Timestamp::from_us(i)).unwrap();
        tickets.push(journal.commit());
    }
    for ticket in tickets {
        ticket.durable().await.unwrap();
    }
    let head = journal.close().unwrap();
    assert_eq!(head.sequence, 20);
    assert_eq!(
        std::fs::read_to_string(anchor).unwrap(),
        format!("20 {}\n", head.hash)
    );
    let bytes = std::fs::read(&path).unwrap();
    let read = verify(&bytes);
    assert_eq!((read.entries.len(), read.tail), (20, Tail::Clean));
    assert_eq!(read.length, u64::try_from(bytes.len()).unwrap());
}
