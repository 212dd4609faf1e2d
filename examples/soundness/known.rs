//! Cases that are known to go wrong without a rule: what each physical rule is worth, for every commit.

use super::cases;
use super::rigs::{Case, Repository, RigKind};
use super::trial::{Outcome, tried};

/// A rule, a seed whose case it refuses, and how the case goes wrong without it. When the drawing of cases changes,
/// `--rules 1000` finds others; all are drawn from nothing, so they do not depend on the protocols of the repository.
///
/// Of `loads` the world never hears: the driver of the liquid handler refuses first to draw more than a tip holds, or
/// to move liquid without a tip, and the run waits for a person.
const KNOWN: [(&str, u64, &str); 15] = [
    ("places", 20184, "two-in-one-nest"),
    ("lids", 20005, "runs-into-lid"),
    ("clearance", 20419, "sideways-collision"),
    ("reach", 20074, "aspirates-air"),
    ("calibration", 20137, "misses-tip"),
    ("seals", 20078, "spins-lid"),
    ("channels", 20202, "misses-well"),
    ("levels", 20159, "well-overfilled"),
    ("reservoirs", 20035, "aspirates-air"),
    ("air", 21477, "aspirates-air"),
    ("loads", 20243, "stands-still"),
    ("carryover", 20745, "contamination"),
    ("baths", 20332, "contamination"),
    ("lines", 20011, "bottle-empty"),
    ("loading", 20029, "grips-nothing"),
];

/// The same for rules that no protocol drawn from nothing comes near: written out. The person who is to load the rig
/// cannot.
const WRITTEN: [(&str, &str, &str); 2] = [
    (
        "kinds",
        "[protocol]\nname = \"poured\"\n[liquids.medium]\n[plates.tray]\nlabware = \"agar-tray\"\nat = \"deck-7\"\n\
         liquid = \"medium\"\nvolume = \"50 uL\"\n[[steps]]\nid = \"warm\"\ndo = \"heat\"\neach = \"tray\"\n\
         temperature = \"37 C\"\nfor = \"5 min\"\n",
        "stands-still",
    ),
    (
        "layouts",
        "[protocol]\nname = \"wide\"\n[liquids.medium]\n[layouts.wide]\nwells = [\"a b c d e f g h i j k l m\"]\n\
         [plates.small]\nlabware = \"plate-96-flat\"\nat = \"deck-7\"\nlayout = \"wide\"\nliquid = \"medium\"\n\
         volume = \"50 uL\"\nod = 0.5\n[[steps]]\nid = \"warm\"\ndo = \"heat\"\neach = \"small\"\n\
         temperature = \"37 C\"\nfor = \"5 min\"\n",
        "stands-still",
    ),
];

/// Tries one case per physical rule; each is told with whether it holds.
pub fn tried_all(repository: &Repository) -> Vec<(bool, String)> {
    let physical = plated::protocol::rules().filter(|(_, physical)| *physical);
    physical.map(|(rule, _)| try_one(repository, rule)).collect()
}

fn try_one(repository: &Repository, rule: &'static str) -> (bool, String) {
    let drawn = KNOWN.iter().find(|(name, ..)| *name == rule);
    let written = WRITTEN.iter().find(|(name, ..)| *name == rule);
    let (case, kind) = match (drawn, written) {
        (Some((_, seed, kind)), _) => (cases::of_seed(repository, *seed), *kind),
        (None, Some((_, text, kind))) => {
            let case = Case {
                rig: RigKind::Build,
                text: (*text).to_owned(),
                ..Case::default()
            };
            (case, *kind)
        }
        (None, None) => return (false, format!("without `{rule}`: no case is known")),
    };
    let whole = tried(repository, &case, &[]);
    let without = tried(repository, &case, &[rule]);
    let seed = case.seed;
    match (&whole, &without) {
        (Outcome::Refused(_), Outcome::Counterexample(fault)) if fault.kind == kind => (
            true,
            format!("without `{rule}`: seed {seed}: {kind}: {}", fault.text),
        ),
        _ => (
            false,
            format!(
                "without `{rule}`: seed {seed} does not show {kind}: with it {whole:?}, without it {without:?}"
            ),
        ),
    }
}
