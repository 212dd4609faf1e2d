//! A set-point that does something each time that it is written is never written twice on a guess.

use crate::support::{Bench, read, source};
use hardware_sim::Event as Physical;
use plated::run::{Choice, Ending, Source};

const RIG: &str = r#"
[rig]
name = "vessel"
safe_height = "100 mm"

[instruments.vessel]
kind = "profile"
profile = "profiles/fermenter.toml"
link = { tcp = "192.168.20.31:502", unit = 1 }
set_points = { feed = { bounds = ["0 L/h", "20 L/h"] } }

[simulation]
faults = [{ instrument = "vessel", fault = "mute", after_requests = NTH, requests = 1 }]
"#;

const PROTOCOL: &str = r#"
[protocol]
name = "feed"
language = 1

[[steps]]
id = "feed"
do = "set"
on = "vessel"
quantity = "feed"
to = "12 L/h"
"#;

/// The fermenter, as if each write of its feed gave a portion; of one of its requests the answer is lost.
fn portions(nth: u32) -> Source {
    let profile = read("config/profiles/fermenter.toml").text;
    let once = profile.replace(
        r#"{ write = "set_feed" }"#,
        r#"{ write = "set_feed", again = false }"#,
    );
    assert_ne!(profile, once);
    let mut source = source("drill", &[], 1);
    source.protocol.text = PROTOCOL.into();
    source.rig.text = RIG.replace("NTH", &nth.to_string());
    let mut file = read("config/profiles/fermenter.toml");
    file.text = once;
    source.profiles = [("profiles/fermenter.toml".to_owned(), file)]
        .into_iter()
        .collect();
    source
}

#[test]
fn a_portion_whose_answer_is_lost_is_given_once_and_a_person_is_asked() {
    let mut asked = 0;
    for nth in 1..=16 {
        let bench = Bench::new(portions(nth));
        let (ending, state) = bench.run_beside(true, Vec::new(), |desk| {
            desk.answer_the_rest(|q| {
                let wanted = [Choice::Done, Choice::Retry];
                let found = wanted.into_iter().find(|c| q.choices.contains(c));
                found.unwrap_or(Choice::Abort)
            })
        });
        assert_eq!(ending, Ending::Completed, "{nth}");
        let ledger = bench.simulation.sim().ledger();
        let given = |e: &&hardware_sim::Entry| matches!(&e.event, Physical::Regulated { quantity, .. } if quantity == "feed_rate");
        assert!(ledger.iter().filter(given).count() == 1, "{nth}: {ledger:?}");
        let told = state
            .failures
            .iter()
            .filter(|(.., f)| f.moved != plated::devices::Moved::No);
        asked += told.count();
    }
    assert!(asked > 0, "no answer to the write was lost");
}
