//! Any bytes for any decoder: it ends, without a panic, and takes no more memory than it was given bytes for.
//!
//! `DECODER=NAME` chooses one (`DECODER=list` names all); without it the first byte does. `.ci/long fuzz` gives each its own
//! time and its own corpus.
#![no_main]

#[path = "decoders/mod.rs"]
mod decoders;

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CHOSEN: LazyLock<Option<decoders::Decoder>> = LazyLock::new(|| {
    let name = std::env::var("DECODER").ok()?;
    if name == "list" {
        for (name, _) in decoders::ALL {
            println!("{name}");
        }
        std::process::exit(0);
    }
    let one = decoders::ALL.iter().find(|(n, _)| *n == name);
    Some(one.unwrap_or_else(|| panic!("no decoder is called {name}")).1)
});

fuzz_target!(|bytes: &[u8]| {
    if let Some(decode) = *CHOSEN {
        decode(bytes);
    } else if let Some((first, rest)) = bytes.split_first() {
        let (_, decode) = decoders::ALL[usize::from(*first) % decoders::ALL.len()];
        decode(rest);
    }
});
