//! `plated repair` and `plated operations`: what is believed, made to match the bench.

use super::args::{self, RepairWhat};
use super::client::with_client;
use super::exit::{CliError, CliResult, Exit};
use crate::api::{OperationLine, RepairOrder, Repaired};
use crate::formats::clean as sanitise;
use crate::labware::Well;
use crate::plan::{OperationId, PlateId};
use crate::rig::{NestId, PipetteId};
use crate::run::{Item, Lid, Repair};
use crate::units::{Quantity, Volume};

/// `plated repair`
pub fn repair(arguments: args::Repair) -> CliResult {
    let why = arguments.why.trim().to_owned();
    if why.is_empty() {
        return Err(usage(
            "say why with --why \"…\": it stays in the run's record".to_owned(),
        ));
    }
    // A reservoir or rack has a name too; which of both it is, the run knows.
    let (first, second) = meant(arguments.what, &why)?;
    let order = |repair| RepairOrder {
        repair,
        why: why.clone(),
    };
    let done: Repaired = with_client(&arguments.client.socket, async |c| {
        let result = c.post("/v1/repair", &order(first)).await;
        match (result, second) {
            (Err(error), Some(second)) => c.post("/v1/repair", &order(second)).await.map_err(|_| error),
            (result, _) => result,
        }
    })?;
    super::out::line("recorded");
    match done.prevents {
        Some(why) => super::out::text(&format!("not yet: {}\n", lines(&why))),
        None => super::out::line("the rest of the plan can be carried out; plated resume goes on"),
    }
    Ok(Exit::Done)
}

/// `plated operations`
pub fn operations(arguments: &args::Operations) -> CliResult {
    let found: Vec<OperationLine> =
        with_client(&arguments.client.socket, async |c| c.get("/v1/operations").await)?;
    if arguments.json {
        super::out::line(&serde_json::to_string_pretty(&found).unwrap_or_default());
        return Ok(Exit::Done);
    }
    for o in &found {
        super::out::line(&format!(
            "{:>5}  {:<8}  {}  {}",
            o.number,
            o.status,
            o.start,
            sanitise(&o.title)
        ));
    }
    Ok(Exit::Done)
}

fn lines(text: &str) -> String {
    let clean: Vec<String> = text.lines().map(|l| sanitise(l).to_string()).collect();
    clean.join("\n")
}

fn usage(text: String) -> CliError {
    CliError::new(Exit::Usage, text)
}

fn well(text: &str) -> Result<Well, CliError> {
    text.parse()
        .map_err(|e: crate::labware::WellError| usage(e.to_string()))
}

/// What is meant; for a name that may be a plate's or a piece's, both.
fn meant(what: RepairWhat, why: &str) -> Result<(Repair, Option<Repair>), CliError> {
    let wells = |texts: &[String]| texts.iter().map(|t| well(t)).collect::<Result<Vec<_>, _>>();
    let one = |repair| Ok((repair, None));
    let either = |word: &str, yes: &str, no: &str| match word {
        w if w == yes => Ok(true),
        w if w == no => Ok(false),
        other => Err(usage(format!("\"{other}\" is neither \"{yes}\" nor \"{no}\""))),
    };
    match what {
        RepairWhat::Place { plate, nest } => one(Repair::Place {
            plate: PlateId::new(plate),
            nest: (nest != "away").then(|| NestId::new(nest)),
        }),
        RepairWhat::Lid { plate, lid } => one(Repair::Lid {
            plate: PlateId::new(plate),
            lid: match lid.as_str() {
                "on" => Lid::On,
                "none" => Lid::None,
                nest => Lid::At(NestId::new(nest)),
            },
        }),
        RepairWhat::Seal { plate, seal } => one(Repair::Seal {
            plate: PlateId::new(plate),
            sealed: either(&seal, "on", "off")?,
        }),
        RepairWhat::Volume {
            item,
            well: at,
            volume,
        } => {
            let well = well(&at)?;
            let volume = Volume::parse(&volume).map_err(|e| usage(e.to_string()))?;
            let of = |item| Repair::Volume { item, well, volume };
            Ok((
                of(Item::Plate(PlateId::new(item.clone()))),
                Some(of(Item::Piece(item))),
            ))
        }
        RepairWhat::Tips {
            rack,
            state,
            wells: tips,
        } => one(Repair::Tips {
            rack: NestId::new(rack),
            wells: wells(&tips)?,
            used: either(&state, "gone", "there")?,
        }),
        RepairWhat::TipsOff { pipette } => one(Repair::TipsOff {
            pipette: PipetteId::new(pipette),
        }),
        RepairWhat::Barcode { plate, code } => one(Repair::Barcode {
            plate: PlateId::new(plate),
            code,
        }),
        RepairWhat::Contaminated { plate, wells: hit } => one(Repair::Contaminated {
            plate: PlateId::new(plate),
            wells: wells(&hit)?,
            what: why.to_owned(),
        }),
        RepairWhat::Cleaned => one(Repair::Cleaned),
        RepairWhat::Skip { operation } => one(Repair::Skip {
            operation: OperationId(operation),
        }),
        RepairWhat::Repeat { operation } => one(Repair::Repeat {
            operation: OperationId(operation),
        }),
    }
}
