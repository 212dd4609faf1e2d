//! Arguments of the commands about instruments: asking, capturing, calibrating, verifying.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Instrument {
    #[command(subcommand)]
    pub does: InstrumentDoes,
}

#[derive(Debug, clap::Subcommand)]
pub enum InstrumentDoes {
    /// Every instrument of a rig: what speaks to it, where it is, by whom driver or profile was judged, and what it has done
    /// since its last service; nothing is opened
    List {
        /// Rig file
        #[arg(long)]
        rig: PathBuf,
        /// Folder of the runs from which wear is counted
        #[arg(long, default_value = "runs")]
        runs: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask an instrument who it is and all that can be asked without moving anything
    Test {
        #[command(flatten)]
        one: OneInstrument,
        /// Let a capture answer in place of the instrument: the driver must say what was said then
        #[arg(long, value_name = "FILE", conflicts_with = "simulate")]
        against: Option<PathBuf>,
    },
    /// Talk to an instrument: names of questions or registers, one a line; `help` shows them
    Talk {
        #[command(flatten)]
        one: OneInstrument,
        /// Also send lines that begin with `>` as they stand (text profiles only). You answer for what moves
        #[arg(long)]
        raw: bool,
    },
    /// Test an instrument and keep what goes over its line, as a capture that `test --against` plays back
    Capture {
        #[command(flatten)]
        one: OneInstrument,
        /// File of the capture; it must not exist yet
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

/// One instrument of a rig.
#[derive(Debug, Args)]
pub struct OneInstrument {
    /// Its name in the rig file
    pub name: String,
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// Take the simulated instrument, in this process
    #[arg(long)]
    pub simulate: bool,
}

#[derive(Debug, Args)]
pub struct Calibrate {
    #[command(flatten)]
    pub one: OneInstrument,
    /// Who calibrates
    #[arg(long, value_name = "NAME")]
    pub author: String,
    /// For how many days it is good [default: as before]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub valid_for: Option<u32>,
    /// Largest residual that is accepted, as "0.1 mm" [default: 0.25 mm]
    #[arg(long, value_name = "LENGTH")]
    pub limit: Option<String>,
}

#[derive(Debug, Args)]
pub struct Verification {
    #[command(subcommand)]
    pub what: VerificationWhat,
}

#[derive(Debug, clap::Subcommand)]
pub enum VerificationWhat {
    /// Keep what a run verified as records, which later runs on the rig heed
    Keep(VerificationKeep),
    /// List the records in force, with what they say and until when they hold
    List(VerificationList),
}

#[derive(Debug, Args)]
pub struct VerificationKeep {
    /// Run id or its folder
    pub run: String,
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// Who vouches for it
    #[arg(long, value_name = "NAME")]
    pub author: String,
    /// For how many days it holds [default: what the rig file says]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub valid_for: Option<u32>,
    /// Keep what was found on simulated instruments: for simulated runs, real ones refuse it
    #[arg(long)]
    pub simulated: bool,
}

#[derive(Debug, Args)]
pub struct VerificationList {
    /// Rig file
    #[arg(long)]
    pub rig: PathBuf,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}
