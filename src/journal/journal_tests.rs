use super::*;
use crate::journal::{
    Anchored, DiskFault, FileDisk, MemoryDisk, Reader, RecoverError, Tail, compare, kept_aside,
    parse_anchors, recover, recover_with, verify,
};
use crate::run::{ActionId, Ending, StopKind};
use proptest::prelude::*;

fn stop(n: u64) -> Event {
    Event::Stop {
        kind: StopKind::Pause,
        by: format!("operator {n}"),
    }
}

fn opened(memory: &MemoryDisk) -> Journal {
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap()
}

async fn add(journal: &mut Journal, events: impl IntoIterator<Item = Event>) -> Result<(), JournalError> {
    for event in events {
        journal.append(&event, Timestamp::from_us(journal.head().sequence))?;
    }
    journal.commit().durable().await
}

/// A journal of `n` records, each committed for itself.
async fn written(n: u64) -> MemoryDisk {
    let memory = MemoryDisk::default();
    let mut journal = opened(&memory);
    for i in 0..n {
        add(&mut journal, [stop(i)]).await.unwrap();
    }
    memory
}

fn heads(bytes: &[u8]) -> Vec<Head> {
    let entries = verify(bytes).entries;
    let head = |e: crate::journal::Entry| Head {
        sequence: e.sequence,
        hash: e.hash,
    };
    entries.into_iter().map(head).collect()
}

/// Where each record ends, the file's head first.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut reader = Reader::new(bytes);
    let mut ends = vec![MAGIC.len()];
    while reader.next().is_some() {
        ends.push(usize::try_from(reader.length()).unwrap());
    }
    ends
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
async fn a_cut_at_each_byte_of_the_last_64_kib_loses_only_what_is_cut() {
    let memory = written(600).await;
    let bytes = memory.bytes();
    assert!(bytes.len() > 64 << 10);
    let ends = ends(&bytes);
    let heads = [vec![Head::default()], heads(&bytes)].concat();
    for cut in bytes.len() - (64 << 10)..=bytes.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
        // Everything before the record that is cut was proven by the cut before; it is not read again.
        let before = whole.saturating_sub(1);
        let mut reader = Reader::after(&bytes[..cut], ends[before], heads[before]);
        let read = reader.by_ref().count();
        assert_eq!(read, whole.min(1), "cut at {cut}");
        match reader.tail() {
            Tail::Clean => assert!(cut - ends[whole] < 4, "cut at {cut} was silent"),
            Tail::Damaged {
                sequence,
                offset,
                later,
                ..
            } => {
                assert_eq!(usize::try_from(sequence).unwrap(), whole + 1);
                assert_eq!(usize::try_from(offset).unwrap(), ends[whole]);
                assert_eq!(later, None, "a torn end, cut at {cut}");
            }
            Tail::Foreign { error, .. } => panic!("cut at {cut}: {error}"),
        }
    }
}

#[tokio::test]
async fn each_bit_of_the_last_records_that_is_flipped_is_found_and_the_records_before_it_are_kept() {
    let bytes = written(6).await.bytes();
    let ends = ends(&bytes);
    let whole = verify(&bytes).entries;
    for at in ends[3]..bytes.len() {
        let hit = ends.iter().filter(|end| **end <= at).count() - 1;
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let read = verify(&flipped);
            assert_eq!(read.entries, whole[..hit], "bit {bit} of byte {at}");
            let Tail::Damaged { sequence, later, .. } = read.tail else {
                panic!("bit {bit} of byte {at} was silent: {:?}", read.tail);
            };
            assert_eq!(sequence, u64::try_from(hit).unwrap() + 1);
            // What a later record shows to have been durable is no torn end.
            assert_eq!(later.is_some(), hit < 5, "bit {bit} of byte {at}");
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_in_the_space_set_aside_is_named_too() {
    let mut bytes = written(2).await.bytes();
    let length = bytes.len();
    bytes.resize(length + 4096, 0);
    assert_eq!(verify(&bytes).tail, Tail::Clean);
    for at in (length..bytes.len()).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let read = verify(&flipped);
        assert_eq!(read.entries.len(), 2);
        assert!(
            matches!(read.tail, Tail::Damaged { .. }),
            "byte {at}: {:?}",
            read.tail
        );
    }
}

#[tokio::test]
async fn damage_to_what_was_durable_is_refused_and_changes_nothing() {
    let memory = written(6).await;
    let ends = ends(&memory.bytes());
    memory.tamper(|bytes| bytes[ends[2] + 40] ^= 1);
    let before = memory.bytes();
    let refused = recover(&mut Disk::Memory(memory.clone())).unwrap_err();
    let RecoverError::Lost { what, .. } = &refused else {
        panic!("{refused}")
    };
    assert!(what.starts_with("record 3 at byte"), "{what}");
    assert_eq!(memory.bytes(), before);
    assert!(memory.kept_aside().is_empty());
}

#[tokio::test]
async fn a_torn_end_is_kept_aside_and_the_chain_goes_on() {
    let memory = written(4).await;
    let mut journal = opened(&memory);
    // Three records of one commit; the power goes before its sync.
    for i in 0..3 {
        journal
            .append(
                &Event::Stop {
                    kind: StopKind::Pause,
                    by: "x".repeat(700),
                },
                Timestamp::from_us(i),
            )
            .unwrap();
    }
    let disk = &mut Disk::Memory(memory.clone());
    disk.append(&journal.pending).unwrap();
    let durable = memory.durable().len();
    for seed in 0..200 {
        let torn = MemoryDisk::holding(memory.durable());
        torn.append(&journal.pending).unwrap();
        torn.crash_torn(seed);
        let found = torn.bytes();
        let mut disk = Disk::Memory(torn.clone());
        let recovered = recover(&mut disk).unwrap();
        assert!((4..=7).contains(&recovered.sequence), "seed {seed}");
        let kept = usize::try_from(recovered.length).unwrap();
        assert!(kept >= durable);
        let tail = &found[kept..];
        if tail.iter().any(|b| *b != 0) {
            assert_eq!(torn.kept_aside(), [tail.to_vec()], "seed {seed}");
            assert!(recovered.aside.is_some() && recovered.tail != Tail::Clean);
        }
        let sequence = recovered.sequence;
        let mut journal = Journal::new(disk, &recovered, Writing::Inline { durable: true }).unwrap();
        add(&mut journal, [stop(9)]).await.unwrap();
        let read = verify(&torn.durable());
        assert_eq!(
            (read.sequence, read.tail),
            (sequence + 1, Tail::Clean),
            "seed {seed}"
        );
    }
}

#[tokio::test]
async fn a_power_loss_loses_nothing_that_was_durable_and_the_chain_goes_on() {
    let memory = written(4).await;
    let mut journal = opened(&memory);
    journal.append(&stop(9), Timestamp::from_us(9)).unwrap();
    memory.crash();
    drop(journal);
    let mut journal = opened(&memory);
    assert_eq!(journal.head().sequence, 4);
    add(&mut journal, [stop(5)]).await.unwrap();
    assert_eq!(verify(&memory.bytes()).entries.len(), 5);
}

#[tokio::test]
async fn after_a_failed_write_or_sync_nothing_is_accepted_and_what_was_durable_stays() {
    for fault in [
        DiskFault::WriteFails { append: 0 },
        DiskFault::ShortWrite { append: 0, keeps: 0 },
        DiskFault::ShortWrite { append: 0, keeps: 33 },
        DiskFault::ShortWrite {
            append: 0,
            keeps: 150,
        },
        DiskFault::SyncFails { sync: 0 },
    ] {
        let memory = written(3).await;
        let mut journal = opened(&memory);
        memory.plan(fault);
        journal.append(&stop(1), Timestamp::from_us(1)).unwrap();
        assert!(journal.commit().durable().await.is_err(), "{fault:?}");
        assert!(
            journal.append(&stop(2), Timestamp::from_us(2)).is_err(),
            "{fault:?}"
        );
        assert!(journal.commit().durable().await.is_err(), "{fault:?}");
        drop(journal);
        // The program dies; then the power fails, or it does not.
        let powered = MemoryDisk::holding(memory.durable());
        memory.mend();
        for disk in [memory, powered] {
            let mut journal = opened(&disk);
            let begun = journal.head().sequence;
            assert!((3..=4).contains(&begun), "{fault:?}");
            add(&mut journal, [stop(4)]).await.unwrap();
            // What can be read is durable now, also what the failed sync was for.
            disk.crash();
            assert_eq!(verify(&disk.bytes()).sequence, begun + 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_disk_that_lied_is_found_out_by_the_anchors() {
    let memory = written(3).await;
    let mut journal = opened(&memory);
    memory.plan(DiskFault::SyncLies { sync: 1 });
    let mut anchors = Vec::new();
    for i in 0..3 {
        add(&mut journal, [stop(i)]).await.unwrap();
        anchors.push(journal.head());
    }
    memory.crash();
    assert_eq!(verify(&memory.bytes()).sequence, 4, "the first sync was honest");
    let refused = recover_with(&mut Disk::Memory(memory.clone()), &anchors, |_| {}).unwrap_err();
    let RecoverError::Lost { what, .. } = refused else {
        panic!("{refused}")
    };
    assert!(
        what.contains("ends at record 4, but record 6 was anchored"),
        "{what}"
    );
}

fn intent(n: u64) -> Event {
    let intent = crate::devices::Intent {
        action: crate::plan::Action::Home,
        before: Default::default(),
    };
    Event::Intended {
        action: ActionId(n),
        operation: crate::plan::OperationId(1),
        phase: 0,
        index: 0,
        actor: crate::plan::Actor::Operator,
        intent,
    }
}

#[tokio::test]
async fn on_a_full_disk_no_intent_is_taken_and_64_kib_are_left_for_the_end_of_the_run() {
    let memory = MemoryDisk::default();
    let mut journal = opened(&memory);
    memory.plan(DiskFault::Full { room: 200 << 10 });
    // The disk of this journal was not full when it was opened; what it believed then is asked again.
    journal.told.room.store(0, Ordering::Release);
    let mut taken = 0;
    let error = loop {
        match add(&mut journal, [intent(taken)]).await {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full(_)), "{error}");
    assert!(error.to_string().contains("Free some space"), "{error}");
    let left = (200 << 10) - memory.bytes().len();
    assert!((64 << 10..65 << 10).contains(&left), "{left} bytes are left");
    let done = |n| Event::Ended {
        action: ActionId(n),
        done: crate::devices::Done::Plain,
        evidence: None,
    };
    add(&mut journal, [done(taken - 1)]).await.unwrap();
    assert!(add(&mut journal, [intent(taken)]).await.is_err());
    // The abort opens the reserve to the safe path, intents and all; also to a process that takes the run up again.
    let abort = Event::Stop {
        kind: StopKind::Abort,
        by: "the full disk".into(),
    };
    add(&mut journal, [abort]).await.unwrap();
    drop(journal);
    let mut journal = opened(&memory);
    for n in 0..100 {
        add(&mut journal, [intent(taken + n), done(taken + n)])
            .await
            .unwrap();
    }
    let ending = Ending::Aborted;
    add(&mut journal, [Event::RunEnded { ending }]).await.unwrap();
    let read = verify(&memory.bytes());
    assert_eq!((read.sequence, read.tail), (taken + 203, Tail::Clean));
}

#[tokio::test]
async fn a_disk_without_room_for_the_reserve_takes_no_run() {
    let memory = MemoryDisk::default();
    memory.plan(DiskFault::Full { room: 60 << 10 });
    let mut disk = Disk::Memory(memory.clone());
    let recovered = recover(&mut disk).unwrap();
    let refused = Journal::new(disk, &recovered, Writing::Inline { durable: true });
    assert!(matches!(refused.err(), Some(JournalError::Full(_))));
    assert!(memory.bytes().is_empty());
}

#[tokio::test]
async fn a_sound_record_of_a_newer_program_is_refused_and_left_alone() {
    let bytes = written(2).await.bytes();
    let last = ends(&bytes)[1];
    let resealed = |at: usize, value: u16| {
        let mut bytes = bytes.clone();
        bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
        let sealed = bytes.len() - 32;
        let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&bytes[last..sealed]).into();
        bytes[sealed..].copy_from_slice(&hash);
        bytes
    };
    for (at, what) in [
        (last + 20, "of record version 9"),
        (last + 22 + 40, "its events are of version 9"),
    ] {
        let memory = MemoryDisk::holding(resealed(at, 9));
        let before = memory.bytes();
        let refused = recover(&mut Disk::Memory(memory.clone())).unwrap_err();
        assert!(
            matches!(refused, RecoverError::Foreign { sequence: 2, .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains(what), "{refused}");
        assert_eq!(memory.bytes(), before);
    }
}

/// What somebody may do to a journal file.
#[derive(Debug, Clone)]
enum Edit {
    /// Changes a byte of a record.
    Byte(usize, usize, u8),
    /// Takes a record out.
    Delete(usize),
    /// Exchanges two records.
    Swap(usize, usize),
    /// Puts a record in once more.
    Repeat(usize),
    /// Ends the file after a record.
    Truncate(usize),
    /// Writes the rest of the file anew, with sound hashes, from a record on.
    Forge(usize),
}

fn edits(records: usize) -> impl Strategy<Value = Edit> {
    let record = 0..records;
    prop_oneof![
        (record.clone(), any::<usize>(), 1..=u8::MAX).prop_map(|(r, at, x)| Edit::Byte(r, at, x)),
        record.clone().prop_map(Edit::Delete),
        (record.clone(), record.clone())
            .prop_filter("two records", |(a, b)| a != b)
            .prop_map(|(a, b)| Edit::Swap(a, b)),
        record.clone().prop_map(Edit::Repeat),
        record.clone().prop_map(Edit::Truncate),
        record.prop_map(Edit::Forge),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_deletion_swap_and_truncation_older_than_the_last_anchor_is_found(
        edit in edits(12), anchored in 1_u64..=12,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = runtime.block_on(written(12)).bytes();
        let anchors: Vec<Head> = heads(&bytes).into_iter().filter(|h| h.sequence <= anchored).collect();
        let ends = ends(&bytes);
        let mut records: Vec<Vec<u8>> = ends.windows(2).map(|w| bytes[w[0]..w[1]].to_vec()).collect();
        let mut forged = None;
        // The first record that is not what it was.
        let first = match edit {
            Edit::Byte(record, at, x) => {
                let length = records[record].len();
                records[record][at % length] ^= x;
                record
            }
            Edit::Delete(record) => {
                records.remove(record);
                record
            }
            Edit::Swap(a, b) => {
                records.swap(a, b);
                a.min(b)
            }
            Edit::Repeat(record) => {
                records.insert(record, records[record].clone());
                record + 1
            }
            Edit::Truncate(record) => {
                records.truncate(record);
                record
            }
            Edit::Forge(record) => {
                records.truncate(record);
                let memory = MemoryDisk::holding([MAGIC.to_vec(), records.concat()].concat());
                let mut journal = opened(&memory);
                for n in record..12 {
                    let n = u64::try_from(n).unwrap();
                    runtime.block_on(add(&mut journal, [stop(n + 100)])).unwrap();
                }
                forged = Some(memory.bytes());
                record
            }
        };
        let edited = forged.unwrap_or_else(|| [MAGIC.to_vec(), records.concat()].concat());
        let read = verify(&edited);
        let mut compared = Anchored::new(&anchors);
        heads(&edited).into_iter().for_each(|h| compared.see(h));
        let by_anchor = compare(&compared, read.head());
        let first = u64::try_from(first).unwrap() + 1;
        let named = match (&read.tail, &by_anchor) {
            (Tail::Damaged { sequence, .. }, _) => Some(*sequence),
            (_, Err(AnchorError::Other(sequence))) => Some(*sequence),
            (_, Err(AnchorError::Missing { last, .. })) => Some(last + 1),
            _ => None,
        };
        if first <= anchored {
            prop_assert_eq!(named, Some(first), "{:?}", read.tail);
        } else if let Some(named) = named {
            prop_assert_eq!(named, first);
        } else {
            // Only the end, later than the last anchor, may be cut or forged unseen.
            prop_assert!(matches!(edit, Edit::Truncate(_) | Edit::Forge(_) | Edit::Delete(11)), "{edit:?} was silent");
        }
    }
}

/// How many cases are drawn; `JOURNAL_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("JOURNAL_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(200)
}

#[tokio::test]
async fn the_writer_thread_groups_commits_anchors_and_locks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.plj");
    let anchor = folder.path().join("anchor");
    let mut disk = Disk::File(FileDisk::open(&path).unwrap());
    let recovered = recover(&mut disk).unwrap();
    let writing = Writing::Threaded {
        anchor: anchor.clone(),
    };
    let mut journal = Journal::new(disk, &recovered, writing).unwrap();
    assert!(FileDisk::open(&path).is_err());
    let mut tickets = Vec::new();
    for i in 0..20 {
        journal.append(&stop(i), Timestamp::from_us(i)).unwrap();
        tickets.push(journal.commit());
    }
    for ticket in tickets {
        ticket.durable().await.unwrap();
    }
    journal.append(&stop(20), Timestamp::from_us(20)).unwrap();
    let head = journal.close().unwrap();
    assert_eq!(head.sequence, 21);
    let anchors = parse_anchors(&std::fs::read_to_string(anchor).unwrap());
    assert_eq!(anchors.last(), Some(&head));
    let bytes = std::fs::read(&path).unwrap();
    let read = verify(&bytes);
    assert_eq!((read.entries.len(), read.tail), (21, Tail::Clean));
    assert_eq!(read.length, u64::try_from(bytes.len()).unwrap());
}

#[tokio::test]
async fn a_record_larger_than_the_space_set_aside_is_written_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.plj");
    let mut disk = Disk::File(FileDisk::open(&path).unwrap());
    let recovered = recover(&mut disk).unwrap();
    let writing = Writing::Threaded {
        anchor: folder.path().join("anchor"),
    };
    let mut journal = Journal::new(disk, &recovered, writing).unwrap();
    let long = Event::OperationSkipped {
        operation: crate::plan::OperationId(1),
        why: "x".repeat(3 << 20),
    };
    add(&mut journal, [long]).await.unwrap();
    journal.close().unwrap();
    assert_eq!(verify(&std::fs::read(&path).unwrap()).sequence, 1);
}

#[test]
fn a_tail_of_a_file_is_kept_beside_it_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.plj");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let whole = runtime.block_on(written(3)).bytes();
    for (n, rest) in ["torn", "torn again"].into_iter().enumerate() {
        std::fs::write(&path, [whole.as_slice(), rest.as_bytes()].concat()).unwrap();
        let mut disk = Disk::File(FileDisk::open(&path).unwrap());
        let recovered = recover(&mut disk).unwrap();
        let aside = recovered.aside.unwrap();
        assert_eq!(std::fs::read_to_string(&aside).unwrap(), rest);
        assert_eq!(kept_aside(&path).len(), n + 1);
        drop(disk);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn an_anchor_line_that_is_not_whole_counts_for_nothing() {
    let whole = format!("7 {}\n", "0a".repeat(32));
    assert_eq!(parse_anchors(&whole).len(), 1);
    for cut in 0..whole.len() {
        assert!(
            parse_anchors(whole.get(..cut).unwrap()).is_empty(),
            "cut at {cut}"
        );
    }
    let mended = format!("7 0a0a\n{whole}");
    assert_eq!(parse_anchors(&mended).len(), 1);
}
