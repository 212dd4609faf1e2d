//! The rigs, their worlds without noise, and the protocols of the repository.

use plated::daemon::{Assembled, assemble};
use plated::run::{FileText, RunId, Source};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Which rig a protocol is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum RigKind {
    /// The demonstration rig.
    #[default]
    Demo,
    /// The rig of Modbus stations, with stations.
    Build,
    /// The rig with a fixed probe.
    Probe,
    /// The rig with a fixed probe, a small bottle, a small drain and short tubing.
    ProbeLow,
    /// The rig with a pin tool that always carries the same.
    Pin,
    /// The same with one bath that is not full and few uses of all of them.
    PinLow,
    /// The rig with a pin tool whose last bath is where its station has none.
    PinMissing,
    /// The rig with a pin tool, as its pins carry now more, now less.
    NoisyPin,
    /// The rig of Modbus stations whose waste is nothing.
    NoWaste,
    /// The rig of Modbus stations whose waste takes few tips.
    SmallWaste,
    /// The rig of Modbus stations whose large pipette takes two kinds of tips.
    TwoTips,
    /// The rig of Modbus stations with nozzles that go into no well.
    Blunt,
    /// The rig of Modbus stations, never calibrated.
    Uncalibrated,
    /// The rig of Modbus stations with a calibration that is too old.
    Overdue,
    /// The rig of Modbus stations in whose world liquid evaporates as its file says.
    Airy,
    /// The rig of Modbus stations whose pipettes tell of their random error.
    Imprecise,
    /// The same, in a world in which strokes scatter by it.
    Noisy,
    /// The demonstration rig with random error, in a world in which strokes scatter by it.
    NoisyDemo,
}

/// The whole table of the handler in the rig of Modbus stations.
const CALIBRATION: &str = r#"[calibration.handler]
date = "2026-10-01"
# The deck was found displaced by this much from the nominal positions above.
deck = ["1.3 mm", "-0.8 mm", "0.5 mm"]
tip_lengths = { tiprack-300 = "59.3 mm", tiprack-20 = "39.2 mm" }
"#;
const BLUNT: (&str, &str) = ("nozzle_length = \"10.5 mm\"", "");
/// Within what ISO 8655-2 allows of pipettes of these sizes.
const ERRORS: [(&str, &str); 2] = [
    (
        "flow = \"94 uL/s\"",
        "flow = \"94 uL/s\"\nrandom_error = \"0.8 %\"",
    ),
    (
        "flow = \"7.56 uL/s\"",
        "flow = \"7.56 uL/s\"\nrandom_error = \"1.5 %\"",
    ),
];
const STEADY: (&str, &str) = ("random_error = \"8 %\"", "random_error = \"0 %\"");
const SCATTER: (&str, &str) = ("[simulation]\n", "[simulation]\nstroke_noise = true\n");

impl RigKind {
    /// Every one.
    pub const ALL: [Self; 18] = [
        Self::Demo,
        Self::Build,
        Self::Probe,
        Self::ProbeLow,
        Self::Pin,
        Self::PinLow,
        Self::PinMissing,
        Self::NoisyPin,
        Self::NoWaste,
        Self::SmallWaste,
        Self::TwoTips,
        Self::Blunt,
        Self::Uncalibrated,
        Self::Overdue,
        Self::Airy,
        Self::Imprecise,
        Self::Noisy,
        Self::NoisyDemo,
    ];

    /// Its file.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Demo | Self::NoisyDemo => "config/demo-rig.toml",
            Self::Probe | Self::ProbeLow => "config/probe-rig.toml",
            Self::Pin | Self::PinLow | Self::PinMissing | Self::NoisyPin => "config/pin-rig.toml",
            _ => "config/stations-rig.toml",
        }
    }
    /// Whether it has a fixed probe.
    pub const fn probe(self) -> bool {
        matches!(self, Self::Probe | Self::ProbeLow)
    }
    /// Whether every well must hold what the run believes: not where the world has a will of its own.
    pub const fn exact(self) -> bool {
        !matches!(self, Self::Airy | Self::Noisy | Self::NoisyDemo | Self::NoisyPin)
    }
    /// The same with pipettes and a world that scatter, where there is one.
    pub const fn noisy(self) -> Option<Self> {
        match self {
            Self::Demo => Some(Self::NoisyDemo),
            Self::Build | Self::Imprecise => Some(Self::Noisy),
            Self::Pin => Some(Self::NoisyPin),
            _ => None,
        }
    }
    /// What else is edited in it.
    const fn edits(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Demo | Self::Build | Self::Probe | Self::Airy => &[],
            Self::Pin => &[STEADY],
            Self::PinLow => &[
                STEADY,
                ("uses = 60", "uses = 12"),
                (
                    "volume = \"40 mL\", dwell = \"10 s\"",
                    "volume = \"14 mL\", dwell = \"10 s\"",
                ),
            ],
            Self::PinMissing => &[STEADY, ("well = \"A3\"", "well = \"A5\"")],
            Self::NoisyPin => &[ERRORS[0], SCATTER],
            Self::ProbeLow => &[
                ("volume = \"1 L\"", "volume = \"40 mL\""),
                ("drain = \"2 L\"", "drain = \"12 mL\""),
                ("tubing = \"600 uL\"", "tubing = \"460 uL\""),
            ],
            Self::NoWaste => &[("labware = \"waste-bin\"", "")],
            Self::SmallWaste => &[("labware = \"waste-bin\"", "labware = \"small-waste\"")],
            Self::TwoTips => &[(
                "tip_racks = [\"tiprack-300\"]",
                "tip_racks = [\"tiprack-300\", \"tiprack-200\"]",
            )],
            Self::Blunt => &[BLUNT],
            Self::Uncalibrated => &[(CALIBRATION, "")],
            Self::Overdue => &[(
                "date = \"2026-10-01\"",
                "date = \"2026-10-01\"\nvalid_for = \"20 d\"",
            )],
            Self::Imprecise => &ERRORS,
            Self::Noisy | Self::NoisyDemo => &[ERRORS[0], ERRORS[1], SCATTER],
        }
    }
}

/// A protocol with everything that it is built from.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// What it was drawn from.
    pub seed: u64,
    /// Its rig.
    pub rig: RigKind,
    /// The protocol.
    pub text: String,
    /// Files that it names.
    pub files: BTreeMap<String, String>,
    /// Values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// The work that its schedule may take, where it is less than usual.
    pub work_limit: Option<u64>,
    /// Whether it was drawn from nothing: then it does not depend on the repository's protocols.
    pub scratch: bool,
}

/// A rig as read, with its files.
pub struct Bench {
    /// Rig file, profiles; no protocol yet.
    pub source: Source,
    /// The rig and the library.
    pub assembled: Assembled,
}

/// Everything that is read from the repository once.
pub struct Repository {
    /// The rigs.
    pub benches: BTreeMap<RigKind, Bench>,
    /// Protocols to begin from: those that are sound.
    pub protocols: Vec<Case>,
    /// Protocols that have one fault each.
    pub faulty: Vec<Case>,
}

/// What is edited in a rig file, so that nothing but the plan moves liquid: noise and evaporation are of the world
/// alone and in no plan.
const QUIET: [(&str, &str); 5] = [
    ("duration_noise = 0.02", "duration_noise = 0.0"),
    ("open = \"6 uL/h\"", "open = \"0 uL/h\""),
    ("lidded = \"0.15 uL/h\"", "lidded = \"0 uL/h\""),
    ("noise = 0.0008 ", "noise = 0.0 "),
    ("proportional_noise = 0.002", "proportional_noise = 0.0"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    let text = std::fs::read_to_string(path);
    Ok(text.map_err(|e| format!("could not read {}: {e}", path.display()))?)
}

/// What is no part of the source: the waste that takes few tips.
fn small_waste() -> Result<FileText, Box<dyn Error>> {
    let text = read(&root().join("config/labware/waste-bin.toml"))?;
    Ok(FileText {
        name: "config/labware/small-waste.toml".into(),
        text: text
            .replace("name = \"waste-bin\"", "name = \"small-waste\"")
            .replace("capacity_tips = 700", "capacity_tips = 8"),
    })
}

fn bench(kind: RigKind) -> Result<Bench, Box<dyn Error>> {
    let mut text = read(&root().join(kind.path()))?;
    let read_by = text.contains("[simulation.reader]");
    let quiet = QUIET.iter().filter(|(loud, _)| {
        let optics = loud.contains("noise") && !loud.contains("duration");
        let air = loud.starts_with("open") || loud.starts_with("lidded");
        (!optics || read_by) && !(air && kind == RigKind::Airy)
    });
    for (loud, quiet) in quiet.chain(kind.edits()) {
        if !text.contains(loud) {
            return Err(format!("{} no longer says `{loud}`", kind.path()).into());
        }
        // What the check reckons with stays.
        let (before, after) = text.split_once("\n[simulation]").ok_or("no [simulation]")?;
        text = match after.split_once("\n[evaporation]") {
            Some((world, kept)) if loud.starts_with("open") || loud.starts_with("lidded") => {
                format!(
                    "{before}\n[simulation]{}\n[evaporation]{kept}",
                    world.replace(loud, quiet)
                )
            }
            _ => text.replace(loud, quiet),
        };
    }
    let mut profiles = BTreeMap::new();
    for name in ["absorbance-reader", "plate-mover", "plate-station"] {
        let path = format!("profiles/{name}.toml");
        if !text.contains(&path) {
            continue;
        }
        let file = FileText {
            text: read(&root().join("config").join(&path))?,
            name: format!("config/{path}"),
        };
        profiles.insert(path, file);
    }
    let labware = match kind {
        RigKind::SmallWaste => vec![small_waste()?],
        _ => Vec::new(),
    };
    let source = Source {
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        files: BTreeMap::new(),
        today: Some("2026-11-01".into()),
        run: RunId("soundness".into()),
        protocol: FileText {
            name: "protocol.toml".into(),
            text: String::new(),
        },
        rig: FileText {
            name: kind.path().into(),
            text,
        },
        profiles,
        labware,
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: true,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let assembled = assemble(&source);
    if assembled.rig.is_none() {
        return Err(format!("{kind:?} has errors: {:?}", assembled.diagnostics).into());
    }
    Ok(Bench { source, assembled })
}

/// Protocols of a folder, with the rig, the parameters and the files that each says it is built with.
fn protocols(folder: &str) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(root().join(folder))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut files = BTreeMap::new();
    for path in &paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.extension().is_some_and(|e| e == "csv" || e == "toml") {
            files.insert(name, read(path)?);
        }
    }
    let mut out = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".toml")) {
        if name.starts_with("called-") {
            continue;
        }
        let mut case = Case {
            text: text.clone(),
            rig: if text.contains("do = \"seal\"") {
                RigKind::Build
            } else {
                RigKind::Demo
            },
            ..Case::default()
        };
        for line in text.lines().map_while(|l| l.strip_prefix("# ")) {
            if let Some(rig) = line.strip_prefix("rig: ") {
                case.rig = match rig {
                    "stations" | "config/stations-rig.toml" => RigKind::Build,
                    "probe" | "config/probe-rig.toml" => RigKind::Probe,
                    rig if rig.starts_with("probe;") => RigKind::ProbeLow,
                    "imprecise" => RigKind::Imprecise,
                    "pin" | "config/pin-rig.toml" => RigKind::Pin,
                    rig if rig.starts_with("pin;") && rig.contains("A5") => RigKind::PinMissing,
                    rig if rig.starts_with("pin;") => RigKind::PinLow,
                    _ => case.rig,
                };
            } else if let Some((name, value)) = line.strip_prefix("param: ").and_then(|p| p.split_once('=')) {
                case.parameters.insert(name.to_owned(), value.to_owned());
            }
        }
        // What a file names that is named.
        let mut open = vec![text.clone()];
        while let Some(text) = open.pop() {
            for (other, content) in &files {
                let named = other != name && text.contains(&format!("\"{other}\""));
                if named && case.files.insert(other.clone(), content.clone()).is_none() {
                    open.push(content.clone());
                }
            }
        }
        for value in case.parameters.values() {
            if let Some(content) = files.get(value) {
                case.files.insert(value.clone(), content.clone());
            }
        }
        out.push(case);
    }
    Ok(out)
}

impl Repository {
    /// Reads rigs and protocols.
    ///
    /// # Errors
    /// The file that cannot be read or is not sound.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let mut benches = BTreeMap::new();
        for kind in RigKind::ALL {
            benches.insert(kind, bench(kind)?);
        }
        let mut sound = protocols("protocols")?;
        sound.extend(protocols("tests/cases/protocols/valid")?);
        Ok(Self {
            benches,
            protocols: sound,
            faulty: protocols("tests/cases/protocols/invalid")?,
        })
    }

    /// A case as the source of a run.
    pub fn source(&self, case: &Case) -> Option<(Source, &Assembled)> {
        let bench = self.benches.get(&case.rig)?;
        let mut source = bench.source.clone();
        source.protocol.text.clone_from(&case.text);
        source.seed = case.seed;
        source.parameters.clone_from(&case.parameters);
        for (path, text) in &case.files {
            let file = FileText {
                name: path.clone(),
                text: text.clone(),
            };
            source.files.insert(path.clone(), file);
        }
        Some((source, &bench.assembled))
    }
}
