//! The arguments; their help texts are the reference.

use clap::{Args, Parser};
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
    /// Run the daemon for a rig
    Serve(Serve),
    /// Give the daemon a protocol to run
    Submit(Submit),
    /// Show what the daemon is doing
    Status(Status),
    /// Pause: no new operation starts, running ones finish
    Pause(Client),
    /// Go on after a pause
    Resume(Client),
    /// Abort: no new action starts; the run ends when the running ones have finished
    Abort(Client),
    /// Answer a question of the run
    Answer(Answer),
    /// The operators' terminal screen
    Watch(Client),
    /// Show or verify the journal of a run
    Replay(Replay),
    /// Print the JSON Schema of protocol, rig, profile or labware files, for editors
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
    /// Seed of the simulated world; the same seed leaves the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder for this run's files [default: runs/RUN]
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Go on with an interrupted run: its folder, or its name below runs/
    #[arg(long, value_name = "RUN", conflicts_with_all = ["protocol", "simulate", "parameters", "parameter_file", "unreleased", "out"])]
    pub resume: Option<String>,
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
    /// An array with an object for each problem
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
    /// File for the log
    #[arg(long, default_value = "runs/plated.log")]
    pub log: PathBuf,
}

#[derive(Debug, Args)]
pub struct Client {
    /// Socket of the daemon
    #[arg(long, default_value_os_t = default_socket())]
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
pub struct Replay {
    /// Folder of the run, or its name below runs/
    pub run: String,
    /// Only verify the chain of records, and compare it with its anchor
    #[arg(long)]
    pub verify: bool,
    /// Print one JSON object per record
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// Kind of file
    #[arg(value_parser = ["protocol", "rig", "profile", "labware"])]
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
