//! Whatever is done to the text of a protocol, building it ends with a plan or with problems, the same every time.
//! `PLATED_MUTATIONS=100000 cargo test --release --lib mutation` tries more than the few hundred of every day;
//! `PLATED_MUTATION_SEED` begins elsewhere.

use super::corpus_tests::{Case, INVALID, VALID, build_rig, cases};
use super::testing::{demo_rig, file};
use super::*;
use crate::labware::Library;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Generous for one build, also without optimisation on a busy machine.
const MOST: Duration = Duration::from_secs(20);

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap()
    }
    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

const EXTREMES: [&str; 16] = [
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65536",
    "999999999",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999999",
    "1e308",
    "1e-308",
    "0.0000000001",
    "nan",
    "inf",
];

/// The ranges of the numbers in a text.
fn numbers(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if length > 0 {
            found.push(at..at + length);
        }
        at += length.max(1);
    }
    found
}

fn mutate(text: &str, other: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let times = *random.one(&[1, 1, 1, 2, 3]);
    for _ in 0..times {
        let at = random.below(bytes.len());
        match random.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 => bytes.insert(at, *random.one(b"\"'{}[]=,.#\n -0a\xc3\x00")),
            2 => {
                let until = (at + 1 + random.below(40)).min(bytes.len());
                bytes.drain(at..until);
            }
            3 => {
                let from = random.below(other.len());
                let until = (from + 1 + random.below(300)).min(other.len());
                bytes.splice(at..at, other.as_bytes()[from..until].iter().copied());
            }
            4 | 5 => {
                let numbers = numbers(&bytes);
                if !numbers.is_empty() {
                    let range = random.one(&numbers).clone();
                    bytes.splice(range, random.one(&EXTREMES).bytes());
                }
            }
            6 => {
                // A line doubled: the same key, or the same head of a table, twice.
                let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
                let which = random.below(lines.len());
                let to = random.below(lines.len());
                let mut out = Vec::new();
                for (number, line) in lines.iter().enumerate() {
                    out.extend_from_slice(line);
                    if number == to {
                        out.extend_from_slice(lines[which]);
                    }
                }
                bytes = out;
            }
            _ => {
                // A line lost: a key that must be there, the head of a table.
                let mut lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
                if lines.len() > 1 {
                    lines.remove(random.below(lines.len()));
                }
                bytes = lines.concat();
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The case with its text or one of its files changed.
fn changed(case: &Case, other: &str, random: &mut Random) -> (crate::source::SourceFile, Inputs) {
    let mut inputs = case.inputs.clone();
    let files: Vec<(String, String)> = case
        .inputs
        .files
        .texts()
        .map(|(path, f)| (path.to_owned(), f.text.clone()))
        .collect();
    if !files.is_empty() && random.below(2) == 0 {
        let (path, text) = random.one(&files);
        inputs.files.add(path, mutate(text, other, random));
        return (case.source.clone(), inputs);
    }
    let text = mutate(&case.source.text, other, random);
    (file(&case.source.name, &text), inputs)
}

/// What is being built, since when: a build that never ends is told too.
type Watched = Arc<Mutex<Option<(Instant, String)>>>;

fn watch(watched: Watched) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            if let Some((since, text)) = watched.lock().unwrap().as_ref()
                && since.elapsed() > MOST
            {
                eprintln!("building goes on and on: {text}");
                std::process::abort();
            }
        }
    });
}

#[test]
fn no_text_breaks_the_builder() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let read =
        |paths: Vec<std::path::PathBuf>| -> Vec<Case> { paths.iter().map(|p| Case::read(p)).collect() };
    let sound = read(VALID.into_iter().flat_map(cases).collect());
    let faulty = read(cases(INVALID));
    let rounds = number("PLATED_MUTATIONS").unwrap_or(400);
    let mut random = Random(number("PLATED_MUTATION_SEED").unwrap_or(20_261_124));
    let rigs = [demo_rig(), build_rig()];
    let library = Library::load(&[]).0;
    let watched = Watched::default();
    watch(watched.clone());
    let mut plans = 0;
    for round in 0..rounds {
        let case = random.one(if round % 3 == 0 { &faulty } else { &sound });
        let other = random.one(&faulty).source.text.clone();
        let (source, inputs) = changed(case, &other, &mut random);
        for rig in &rigs {
            let told = || format!("round {round}, rig {}:\n{}\n{inputs:?}", rig.name, source.text);
            *watched.lock().unwrap() = Some((Instant::now(), told()));
            let tried = catch_unwind(AssertUnwindSafe(|| {
                wanted(&source, &inputs);
                let first = build(&source, &inputs, rig, &library);
                let again = build(&source, &inputs, rig, &library);
                (first == again, first.plan.is_some(), first.diagnostics.len())
            }));
            *watched.lock().unwrap() = None;
            let Ok((same, plan, problems)) = tried else {
                panic!("building panics: {}", told());
            };
            assert!(same, "two builds differ: {}", told());
            assert!(plan || problems > 0, "neither plan nor problem: {}", told());
            plans += u64::from(plan);
        }
    }
    // Mutations that always break the text would try the reader alone.
    assert!(plans * 50 > rounds, "{plans} plans of {rounds} rounds");
}
