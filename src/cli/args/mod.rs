//! The arguments; their help texts are the reference.

mod instruments;

use clap::{Args, Parser};
pub use instruments::{
    Calibrate, Instrument, InstrumentDoes, OneInstrument, Verification, VerificationKeep, VerificationList,
    VerificationWhat,
};
use std::path::PathBuf;

/// Drives laboratory instruments through strain construction and screening.
///
/// Exit codes: 0 done, 1 the run failed, 2 wrong usage, 3 refused by check, 4 no daemon answers, 5 stopped by the operator.
#[derive(Debug, Parser)]
#[command(name = "plated", version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Run a protocol here, to the end, with progress
    Run(Run),
    /// Show every problem of a protocol at its place; nothing moves
    Check(Check),
    /// Show when each operation of a protocol would run, and what to load
    Plan(Plan),
    /// Tell what the code of a problem means, why it matters, and how to mend it
    Explain(Explain),
    /// Lay out protocol, rig, profile and labware files in the one canonical way
    Fmt(Fmt),
    /// Tell what a change of a protocol costs: tips, reagents, time
    Diff(Diff),
    /// Say that a protocol is a draft, validated, or released for real rigs
    Release(Release),
    /// Serve the rig's simulated instruments on pseudo-terminals and TCP ports
    Sim(Sim),
    /// List a rig's instruments, test one, talk to one, or capture what goes over its line
    Instrument(Instrument),
    /// Calibrate an instrument that positions: touch points of the deck, or write down grip heights
    Calibrate(Calibrate),
    /// Keep what a run found of its pipettes' volumes, or list what is known of them
    Verification(Verification),
    /// Run the daemon for a rig
    Serve(Serve),
    /// Give the daemon a protocol to run
    Submit(Submit),
    /// Show what the daemon is doing
    Status(Status),
    /// Pause: no new operation starts, running ones finish
    Pause(Client),
    /// Hold: no new action starts, those under way finish, operations stay open
    Hold(Client),
    /// While paused or held: carry plates, lidded, to where they rest; resume brings them back
    Park(Client),
    /// Go on after a pause or a hold
    Resume(Resume),
    /// Abort: no new action starts, instruments go to their safe state, the run ends
    Abort(Client),
    /// Halt: motion stops now, positions are distrusted afterwards; this is no emergency stop
    Halt(Client),
    /// Reset after a halt, once you have looked at the machines; nothing moves, the run is then held
    Reset(Client),
    /// Answer a question of the run
    Answer(Answer),
    /// While paused or held: make what the run believes match the bench, leave an operation out, or have one done again
    Repair(Repair),
    /// Every operation of the run by its number
    Operations(Operations),
    /// The operators' terminal screen
    Watch(Client),
    /// Show, verify or carry out again what the journal of a run says
    Replay(Replay),
    /// Make the database of a run anew from its journal
    Rebuild(Rebuild),
    /// Pack a run into one file that can be verified and replayed elsewhere
    Bundle(Bundle),
    /// Print the JSON Schema of protocol, rig, profile, text-profile or labware files, for editors
    Schema(Schema),
}

/// Values of parameters.
#[derive(Debug, Clone, Args)]
pub struct Parameters {
    /// Value of a parameter, as plates=8; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// TOML file with values of parameters, a flat table; --param wins
    #[arg(long = "param-file", value_name = "FILE")]
    pub parameter_file: Option<PathBuf>,
}

/// A protocol with its parameters.
#[derive(Debug, Args)]
pub struct Protocol {
    /// Protocol file
    pub protocol: PathBuf,
    #[command(flatten)]
    pub parameters: Parameters,
}

/// Ways to try the rig instead of running a screen.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Commissioning")]
pub struct CommissioningMode {
    /// Move everything without liquid and tips; leave out waits, seals and thermal programs
    #[arg(long, conflicts_with = "water")]
    pub dry: bool,
    /// Pipette full volumes of water in place of every liquid
    #[arg(long)]
    pub water: bool,
    /// Wait for a key before each action
    #[arg(long)]
    pub step: bool,
    /// Limit axes to this percentage of their usual speed; who cannot is named
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..100))]
    pub slow: Option<u8>,
}

impl CommissioningMode {
    /// What is recorded; none of a run that is no commissioning.
    pub fn asked(&self) -> Option<crate::plan::Commissioning> {
        let asked = crate::plan::Commissioning {
            dry: self.dry,
            water: self.water,
            step: self.step,
            slow: self.slow,
        };
        asked.is_any().then_some(asked)
    }
}

#[derive(Debug, Args)]
pub struct Run {
    /// Protocol file; not needed with --resume
    #[arg(required_unless_present = "resume")]
    pub protocol: Option<PathBuf>,
    /// Rig file; with --resume only where links have changed since
    #[arg(long, required_unless_present = "resume")]
    pub rig: Option<PathBuf>,
    /// Simulate the rig's instruments in this process, under virtual time
    #[arg(long)]
    pub simulate: bool,
    #[command(flatten)]
    pub parameters: Parameters,
    /// Run a protocol on a real rig that is not released for it; who answers for it and why are recorded
    #[arg(long, num_args = 2, value_names = ["NAME", "REASON"])]
    pub unreleased: Option<Vec<String>>,
    #[command(flatten)]
    pub commissioning: CommissioningMode,
    /// Seed of the simulated world; the same seed leaves the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for this run's files [default: runs/RUN]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Folder for the journal's anchors, best on another disk [default: .anchors beside the run's folder]
    #[arg(long, value_name = "FOLDER")]
    pub anchors: Option<PathBuf>,
    /// Go on with an interrupted run: its folder, or its name below runs/
    #[arg(long, value_name = "RUN", conflicts_with_all = ["protocol", "simulate", "dry", "water", "step", "slow", "parameters", "parameter_file", "unreleased", "out", "anchors"])]
    pub resume: Option<String>,
    /// Capture all that goes over the links, below capture/ in the run's folder
    #[arg(long)]
    pub capture: bool,
    /// Print nothing but the end
    #[arg(long, short)]
    pub quiet: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// How problems are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: each problem under its line
    Text,
    /// Problems with their places, and what each protocol comes to
    Json,
    /// JUnit XML for CI systems: a test case for each protocol
    Junit,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Protocol files
    #[arg(required = true)]
    pub protocols: Vec<PathBuf>,
    #[command(flatten)]
    pub parameters: Parameters,
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// Folder of the runs from which wear is counted, to tell who is due for service
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// How problems are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub protocol: Protocol,
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// Why a plate waits at a time from the start of the run, as assay-1@2:30:00 or "assay-1@90 min"
    #[arg(long, value_name = "PLATE@TIME", conflicts_with_all = ["with", "svg", "json"])]
    pub why: Option<String>,
    /// What it would take with more of something, as "second reader" or reader=2; may be repeated, and several joined by commas
    #[arg(long = "with", value_name = "MORE")]
    pub with: Vec<String>,
    /// Also draw who works when, into this file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Code of a problem, as unknown-key [default: list all]
    pub code: Option<String>,
}

#[derive(Debug, Args)]
pub struct Fmt {
    /// Protocol, rig, profile or labware files
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Change nothing; tell which files are not laid out so, with exit code 3 if there are any
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// Protocol file of the first side
    pub first: PathBuf,
    /// Protocol file of the second side [default: the first]
    pub second: Option<PathBuf>,
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    #[command(flatten)]
    pub parameters: Parameters,
    /// Value of a parameter for the second side alone, as plates=8; may be repeated
    #[arg(long = "with", value_name = "NAME=VALUE")]
    pub with: Vec<String>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Release {
    /// Protocol file
    pub protocol: PathBuf,
    /// What it is from now on, as it stands
    #[arg(long, value_parser = ["draft", "validated", "released"])]
    pub state: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why, or what was tried
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

#[derive(Debug, Args)]
pub struct Sim {
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// Seed of the simulated world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Simulated seconds per second
    #[arg(long, default_value_t = 60.0)]
    pub speed: f64,
    /// Where to write the rig file with the served links [default: printed only]
    #[arg(long)]
    pub write: Option<PathBuf>,
    /// Where to write the ledger of physical truth, one JSON object a line
    #[arg(long)]
    pub ledger: Option<PathBuf>,
    /// Folder for links named after the serial instruments, which stay when a pulled cable comes back under another number
    #[arg(long)]
    pub links: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// Simulate the rig's instruments in this process
    #[arg(long)]
    pub simulate: bool,
    /// With --simulate: simulated seconds per second
    #[arg(long, default_value_t = 60.0)]
    pub speed: f64,
    /// With --simulate: seed of the simulated world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Socket that clients connect to
    #[arg(long, default_value_os_t = default_socket())]
    pub socket: PathBuf,
    /// Folder for runs
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// Folder for the anchors of journals, best on another disk [default: .anchors below the folder for runs]
    #[arg(long, value_name = "FOLDER")]
    pub anchors: Option<PathBuf>,
    /// Capture all that goes over the links in each run, below capture/ in its folder
    #[arg(long)]
    pub capture: bool,
    /// File for the log
    #[arg(long, default_value = "runs/plated.log")]
    pub log: PathBuf,
}

#[derive(Debug, Args)]
pub struct Resume {
    /// An interrupted run to take up, by the name of its folder; without one, the run under way goes on
    pub run: Option<String>,
    #[command(flatten)]
    pub client: Client,
}

#[derive(Debug, Args)]
pub struct Client {
    /// Socket of the daemon
    #[arg(long, global = true, default_value_os_t = default_socket())]
    pub socket: PathBuf,
}

#[derive(Debug, Args)]
pub struct Submit {
    #[command(flatten)]
    pub protocol: Protocol,
    /// Run a protocol on a real rig that is not released for it; who answers for it and why are recorded
    #[arg(long, num_args = 2, value_names = ["NAME", "REASON"])]
    pub unreleased: Option<Vec<String>>,
    #[command(flatten)]
    pub commissioning: CommissioningMode,
    #[command(flatten)]
    pub client: Client,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub client: Client,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Answer {
    /// Number of the question, as `plated status` shows it
    pub question: u64,
    /// The answer: one of the words shown with the question, or the number, text or barcode that it wants
    pub answer: String,
    #[command(flatten)]
    pub client: Client,
}

#[derive(Debug, Args)]
pub struct Operations {
    #[command(flatten)]
    pub client: Client,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Repair {
    #[command(subcommand)]
    pub what: RepairWhat,
    /// Why; it stays in the run's record
    #[arg(long, global = true, default_value = "")]
    pub why: String,
    #[command(flatten)]
    pub client: Client,
}

#[derive(Debug, clap::Subcommand)]
pub enum RepairWhat {
    /// A plate stands on this nest; "away": it is off the rig
    Place { plate: String, nest: String },
    /// A plate's lid is "on" it, "none", or lies in this nest
    Lid { plate: String, lid: String },
    /// A plate is sealed: "on" or "off"
    Seal { plate: String, seal: String },
    /// A well of a plate or reservoir holds this much, as: assay-1 B3 "180 uL"
    Volume {
        item: String,
        well: String,
        volume: String,
    },
    /// Tips of the rack on this nest are "gone" or "there", as: deck-1 gone A1 B1 C1
    Tips {
        rack: String,
        state: String,
        #[arg(required = true)]
        wells: Vec<String>,
    },
    /// The tips of a pipette were taken off by hand, with what they held
    TipsOff { pipette: String },
    /// The barcode that a plate shows
    Barcode { plate: String, code: String },
    /// A spill, a dropped plate, a lost tip: these wells (none: all) and their neighbours are marked; nothing moves until cleaned
    Contaminated { plate: String, wells: Vec<String> },
    /// What was contaminated is cleaned
    Cleaned,
    /// Leave an operation out, or what is left of it, by its number (plated operations)
    Skip { operation: u32 },
    /// Have an operation done again from its beginning, by its number (plated operations)
    Repeat { operation: u32 },
}

#[derive(Debug, Args)]
pub struct Replay {
    /// Folder of the run, its name below runs/, or a bundle
    pub run: String,
    /// Only verify the chain of records, and compare it with all its anchors; names the first bad record
    #[arg(long)]
    pub verify: bool,
    /// Print one JSON object per record
    #[arg(long)]
    pub json: bool,
    /// Fold the journal once more, write tables, report and database into this new folder, and compare them with the
    /// run's own
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["verify", "json"])]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Rebuild {
    /// Folder of the run, or its name below runs/
    pub run: String,
}

#[derive(Debug, Args)]
pub struct Bundle {
    /// Folder of the run, or its name below runs/
    pub run: String,
    /// The file to write [default: NAME.plated.tar.gz]
    #[arg(long)]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// Kind of file
    #[arg(value_parser = ["protocol", "rig", "profile", "text-profile", "labware"])]
    pub language: String,
    /// Folder to write LANGUAGE.schema.json into [default: printed]
    #[arg(long, conflicts_with = "reference")]
    pub out: Option<PathBuf>,
    /// Print the tables of keys as Markdown instead
    #[arg(long)]
    pub reference: bool,
}

/// The socket of this user's daemon: in the runtime folder that only the user may enter, else beside the runs.
fn default_socket() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map_or_else(|| PathBuf::from("runs"), PathBuf::from)
        .join("plated.sock")
}

/// Who answers for a protocol that is not released.
pub fn unreleased(given: Option<&Vec<String>>) -> Option<crate::run::Unreleased> {
    match given.map(Vec::as_slice) {
        Some([by, reason]) => Some(crate::run::Unreleased {
            by: by.clone(),
            reason: reason.clone(),
        }),
        _ => None,
    }
}
