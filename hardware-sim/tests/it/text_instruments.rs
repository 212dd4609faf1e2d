//! Which twin a rig's entry gets, on links as drivers use them.

use crate::bench::*;
use hardware_sim::{Sim, SimClock, SimError, Texts};
use std::{collections::BTreeMap, fs};
use tokio::io::AsyncWriteExt as _;

/// An entry of the rig file and what its instrument says to a request.
struct Case {
    kind: &'static str,
    profile: Option<&'static str>,
    link: &'static str,
    request: &'static str,
    answer: &'static str,
}

const SERIAL: &str = "serial = \"/dev/ttyX\", baud = 9600, format = \"8N1\"";

const fn text(profile: &'static str, request: &'static str, answer: &'static str) -> Case {
    Case {
        kind: "profile",
        profile: Some(profile),
        link: SERIAL,
        request,
        answer,
    }
}

const CASES: [Case; 12] = [
    text("bioshake", "getShakeMaxRpm\r", "3000\r\n"),
    text("xpeel", "*stat\r\n", "*ready:00,00,00\r\n"),
    text(
        "ot-temperature",
        "M105 \r\n\r\n",
        "T:none C:22.000\r\nok\r\nok\r\n",
    ),
    text("ot-heater-shaker", "M241 \n", "M241 STATUS:IDLE_UNKNOWN OK\n"),
    text("ot-thermocycler-1", "M119 \r\n", "Lid:closed\r\nok\r\nok\r\n"),
    text(
        "ot-thermocycler-2",
        "M119 \r\n",
        "M119 Lid:closed Seal:engaged OK\n",
    ),
    text("keyence", "RMOTOR\r", "MOTORON\r"),
    text("keyence-sr", "LOFF\r", "ER,LOFF,22\r"),
    text("a4s", "", "\r*T1=0220,0,0,0,0,050,0000zz00!\r"),
    Case {
        kind: "spectramax",
        profile: None,
        link: SERIAL,
        request: "!\r",
        answer: "OK>\r\n",
    },
    Case {
        kind: "liconic",
        profile: None,
        link: SERIAL,
        request: "CR\r",
        answer: "CC\r\n",
    },
    Case {
        kind: "precise_flex",
        profile: None,
        link: "tcp = \"192.168.0.1:10100\"",
        request: "version\n",
        answer: "0 v1.0.0\r\n",
    },
];

/// The construction rig with one more instrument.
fn with(case: &Case) -> Texts {
    let mut texts = texts();
    let read = |path: &str| fs::read_to_string(config().join(path)).unwrap();
    let path = "profiles/plate-station.toml";
    texts.profiles.insert(path.into(), read(path));
    let mut entry = format!(
        "[instruments.unit]\nkind = \"{}\"\nlink = {{ {} }}\n",
        case.kind, case.link
    );
    entry.push_str("nest = \"unit\"\ntray = \"unit\"\ntransfer = \"unit\"\nslots = 44\n");
    if let Some(profile) = case.profile {
        entry.push_str("profile = \"profiles/unit.toml\"\n");
        let profile = format!(
            "[profile]\nname = \"{profile}\"\nkind = \"text\"\nrole = \"station\"\ntimeout = \"1 s\"\n\
             [line]\nterminator = \"\\r\"\n[commands.seal]\nsend = \"x\"\n"
        );
        texts.profiles.insert("profiles/unit.toml".into(), profile);
    }
    texts.rig = format!(
        "{}\n[nests.unit]\nkind = \"station\"\nstation = 90\n{entry}",
        read("stations-rig.toml")
    );
    texts
}

fn sim_of(case: &Case) -> Result<Sim, SimError> {
    Sim::new(&with(case), 1, SimClock::virtual_time(START_US))
}

#[tokio::test(start_paused = true)]
async fn each_text_instrument_answers_in_its_own_words() {
    on_bench(async {
        for case in &CASES {
            let sim = sim_of(case).unwrap();
            let mut link = sim.connect("unit").unwrap();
            let mut answer = Vec::new();
            if case.request.is_empty() {
                while answer.len() < case.answer.len() {
                    let mut byte = [0];
                    tokio::io::AsyncReadExt::read_exact(&mut link, &mut byte)
                        .await
                        .unwrap();
                    answer.extend_from_slice(&byte);
                }
            } else {
                answer = ask(&mut link, case.request.as_bytes()).await;
            }
            let name = case.profile.unwrap_or(case.kind);
            assert_eq!(String::from_utf8_lossy(&answer), case.answer, "{name}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_profile_without_a_twin_and_without_behaviour_is_refused_by_name() {
    on_bench(async {
        let error = sim_of(&text("toaster", "", "")).unwrap_err().to_string();
        assert!(
            error.contains("[instruments.unit]")
                && error.contains("`toaster`")
                && error.contains("`[behaviour]`"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_noise_on_a_line_is_the_end_of_a_text_instrument() {
    on_bench(async {
        let words: BTreeMap<usize, &str> = [
            "M104 S",
            "M3 S",
            "H9e9",
            "*xpeel:",
            "!READ\r",
            "!XPOS 1 1 48\r",
            "!STRIP 48 48\r",
            "!WAVELENGTH 600\r",
            "!READTYPE PLA\r",
            "WR DM0 99999\r",
            "WR DM25 99999\r",
            "WR DM5 1\r",
            "ST 1905\r",
            "CR\r",
            "ST 1801\r",
            "moveJ 1 1 1 1 1 60\n",
            "attach 1\n",
            "hp 1 20\n",
            "home\n",
            "locXyz 90 nan inf 1 1 1 1\n",
            "setTempTarget-9999999\r",
            "setShakeTargetSpeed99999999\r",
            "*00DH=",
            "zz!",
            "LON\r",
            "\u{1b}",
            "\r\n",
            "é",
        ]
        .into_iter()
        .enumerate()
        .collect();
        for case in &CASES {
            let sim = sim_of(case).unwrap();
            let mut link = sim.connect("unit").unwrap();
            let mut seed = 7_usize;
            for _ in 0..2000 {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let pick = (seed >> 33) % (words.len() + 4);
                let bytes = words
                    .get(&pick)
                    .map_or_else(|| vec![(seed >> 40) as u8], |word| word.as_bytes().to_vec());
                link.write_all(&bytes).await.unwrap();
                if pick == 0 {
                    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
                }
            }
            tokio::time::sleep(std::time::Duration::from_secs(600)).await;
            sim.inject("unit", hardware_sim::Fault::PowerCycle).unwrap();
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            if !case.request.is_empty() {
                let heard = ask(&mut link, format!("\r\n{}", case.request).as_bytes()).await;
                assert!(!heard.is_empty(), "{}", case.profile.unwrap_or(case.kind));
            }
        }
    })
    .await;
}
