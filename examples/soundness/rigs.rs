//! The two rigs, their worlds without noise, and the protocols of the repository.

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
    /// The construction rig, with stations.
    Build,
    /// The construction rig whose waste is nothing.
    NoWaste,
    /// The construction rig whose large pipette takes two kinds of tips.
    TwoTips,
    /// The construction rig with nozzles that go into no well.
    Blunt,
}

impl RigKind {
    /// Its file.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Demo => "config/demo-rig.toml",
            Self::Build | Self::NoWaste | Self::TwoTips | Self::Blunt => "config/build.toml",
        }
    }
    /// What else is edited in it.
    const fn edit(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Demo | Self::Build => None,
            Self::NoWaste => Some(("labware = \"waste-bin\"", "")),
            Self::TwoTips => Some((
                "tip_racks = [\"tiprack-300\"]",
                "tip_racks = [\"tiprack-300\", \"tiprack-200\"]",
            )),
            Self::Blunt => Some(("nozzle_length = \"10.5 mm\"", "")),
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
    /// Protocols to begin from, with the rig that each is for.
    pub protocols: Vec<(RigKind, String)>,
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

fn bench(kind: RigKind) -> Result<Bench, Box<dyn Error>> {
    let mut text = read(&root().join(kind.path()))?;
    for (loud, quiet) in QUIET.into_iter().chain(kind.edit()) {
        if !text.contains(loud) {
            return Err(format!("{} no longer says `{loud}`", kind.path()).into());
        }
        text = text.replace(loud, quiet);
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
    let source = Source {
        release: None,
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
        labware: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: true,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let assembled = assemble(&source);
    if assembled.rig.is_none() {
        return Err(format!("{} has errors; see plated check", kind.path()).into());
    }
    Ok(Bench { source, assembled })
}

impl Repository {
    /// Reads rigs and protocols, but for those of a rig with a fixed probe or pins.
    ///
    /// # Errors
    /// The file that cannot be read or is not sound.
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let mut benches = BTreeMap::new();
        for kind in [
            RigKind::Demo,
            RigKind::Build,
            RigKind::NoWaste,
            RigKind::TwoTips,
            RigKind::Blunt,
        ] {
            benches.insert(kind, bench(kind)?);
        }
        let mut protocols = Vec::new();
        for folder in ["protocols", "tests/cases/protocols/valid"] {
            let mut paths = Vec::new();
            for entry in std::fs::read_dir(root().join(folder))? {
                paths.push(entry?.path());
            }
            paths.sort();
            for path in paths
                .iter()
                .filter(|p| p.extension().is_some_and(|e| e == "toml"))
            {
                let text = read(path)?;
                if text.contains("# rig: probe") || text.contains("# rig: pin") {
                    continue;
                }
                let build = text.contains("rig: config/build.toml") || text.contains("do = \"seal\"");
                protocols.push((if build { RigKind::Build } else { RigKind::Demo }, text));
            }
        }
        Ok(Self { benches, protocols })
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
