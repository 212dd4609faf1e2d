//! What a compiled protocol is: operations, actions, needs, delays, liquid moves, picklists, findings.
//!
//! Owns the plan as plain data, shared by compiler, scheduler, engine and analysis. Knows nothing of TOML, clocks
//! or instruments' bytes. Start with [`Plan`] and [`Operation`].

mod action;
mod colony;
mod commissioning;
mod compute;
mod expand;
mod findings;
mod measure;
mod operation;
mod picklist;
mod place;
mod plate;
mod policy;
mod prompt;
mod schedule;
mod thermal;
mod waste;

pub use action::{Action, Actor, LabwareName, Reach};
pub use colony::{Colony, PickAgain, Picked};
pub use commissioning::{Commissioning, WATER};
pub use compute::{
    Compute, EndpointParameters, FailedPickParameters, GrowthParameters, HitParameters, RecordParameters,
    VerifiedStep, VolumeMethod, VolumeParameters,
};
pub use expand::{expand, tips_of};
pub use findings::{
    EndpointRow, Finding, GrowthRow, Hit, Measurement, PickRow, PlateQuality, Reading, StrainRate, VolumeRow,
};
pub use measure::{Area, AreaScan, Measure, Value};
pub use operation::{After, Cadence, Claim, Operation, OperationId, Origin, Phase, Resource, StepId, Work};
pub use picklist::{Pick, PickFill, PickTransfer, Picklist};
pub use place::{Height, Offset, Site, Travel};
pub use plate::{Correction, Piece, Plan, PlateId, PlatePlan, Promise, Promised, Role, Sample, StrainId};
pub use policy::{Condition, FailureClass, FailurePolicy, Remedy};
pub use prompt::{LoadItem, LoadLiquid, Prompt, PromptKind};
pub use schedule::{Schedule, Slot};
pub use thermal::{ThermalProgram, ThermalStage, ThermalStep};
pub use waste::{Amount, Waste};
