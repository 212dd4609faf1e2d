//! What must not happen, by stable names. Knows nothing of how the world finds out.

use serde::Serialize;

/// Declares the kinds with their meaning, so that none can be without one.
macro_rules! hazards {
    ($($kind:ident $id:literal $meaning:literal,)*) => {
        /// A kind of violation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Hazard {
            $(#[doc = $meaning] #[serde(rename = $id)] $kind,)*
        }

        impl Hazard {
            /// Every kind, in the order of the README's table.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its stable name.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$kind => $id,)* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)* }
            }
        }
    };
}

hazards! {
    AspiratesAir "aspirates-air" "A tip draws inside a well, and not all of the stroke is liquid.",
    AspiratesFromAgar "aspirates-from-agar" "A tip draws in a well of agar.",
    AirOutsideWell "air-outside-well" "A tip that holds liquid draws air beside every well.",
    BelowDeadVolume "below-dead-volume" "A well is drawn below its dead volume.",
    WellOverfilled "well-overfilled" "A well holds more than its capacity.",
    TipOverfilled "tip-overfilled" "A tip holds more, air included, than its working volume.",
    PushesMoreThanHeld "pushes-more-than-held" "A stroke in a well pushes out more than the tip holds, and is no blow-out.",
    DispensedOutside "dispensed-outside" "Liquid comes out of a tip elsewhere than over a well or the waste.",
    Contamination "contamination" "A wet tip brings something foreign into a source, by the rule below.",
    SpotRuns "spot-runs" "More than 10 uL were dispensed within one spot of 4.5 mm on agar.",
    TipIntoAgar "tip-driven-into-agar" "A tip goes deeper than 2 mm into agar.",
    TipAgainstWall "tip-against-wall" "A tip moves sideways in a well until it bends at the wall.",
    MissesTip "misses-tip" "A nozzle comes down more than 1.0 mm beside its tip.",
    NozzleBesideRack "nozzle-beside-rack" "Of several nozzles one comes down beside the rack.",
    NoTip "no-tip" "A nozzle comes down where the rack has no tip.",
    WrongTips "wrong-tips" "A pipette is pressed onto tips that it does not take.",
    RackTooDeep "rack-too-deep" "Nozzles are driven too deep into a rack.",
    TipsOutsideWaste "tips-outside-waste" "Tips are dropped elsewhere than into the waste.",
    WasteFull "waste-full" "The waste holds more tips than its capacity.",
    MissesWell "misses-well" "A tip comes down more than 1.2 mm off the axis of a 96-well plate's well, or outside an angular one.",
    BareNozzle "bare-nozzle" "A nozzle without tip comes down into a well.",
    RunsIntoBottom "runs-into-bottom" "A tip comes down on a well's bottom.",
    RunsIntoLid "runs-into-lid" "A tip or nozzle comes down on a lid or a seal.",
    BodyOnRim "body-on-rim" "A pipette's body, or a nozzle that is too thick, comes down on the rim of a well.",
    RunsIntoRack "runs-into-rack" "A tip comes down on a rack.",
    RunsIntoWaste "runs-into-waste" "A tip or nozzle comes down on the waste bin's wall or bottom.",
    RunsIntoDeck "runs-into-deck" "A tip or nozzle comes down on the deck.",
    SidewaysCollision "sideways-collision" "A mount moves sideways below the top of something.",
    TwoInOneNest "two-in-one-nest" "A plate or thing is brought to a nest that is taken.",
    TwoLidsInOneNest "two-lids-in-one-nest" "A lid is brought to a lid nest that is taken.",
    SecondLid "second-lid" "A lid is laid onto a plate that has one.",
    LidMissing "lid-missing" "A lid is reached for that is not there, or laid where no plate is.",
    GripsNothing "grips-nothing" "A gripper closes where no plate is.",
    DropsPlate "drops-plate" "A gripper opens with a plate in it where no nest is.",
    TrayClosed "tray-closed" "A mover reaches onto a tray that is not open.",
    TrayOpen "tray-open" "A reader reads with its tray open.",
    TwoInOneZone "two-in-one-zone" "Two bodies are in a zone that they share.",
    SealsLid "seal-over-lid" "A station is told to seal a plate with its lid on.",
    SecondSeal "second-seal" "A station is told to seal a plate that is sealed.",
    PeelsNothing "peels-nothing" "A station is told to peel a plate that has no seal.",
    SpinsLid "spins-lid" "A plate is spun with its lid on.",
    SpinsOpen "spins-open" "A plate is spun with open wells over 80 % full.",
    CyclesLid "cycles-lid" "A plate is thermocycled with its lid on.",
    DoorOpen "door-open" "A station is told to work with its door open.",
    StationBusy "station-busy" "A mover reaches into a station that works, shakes or has its door closed.",
    BottleEmpty "bottle-empty" "A pump draws from a bottle of system liquid that is empty.",
    NoLeadingAir "no-leading-air" "A probe draws sample with no air between it and the system liquid.",
    SamplePastTubing "sample-past-tubing" "Sample is drawn past a probe's tubing into the syringe.",
    SystemLiquidInWell "system-liquid-in-well" "System liquid comes out of a probe into a well.",
    DrainOverflows "drain-overflows" "More runs off at a wash station than its container takes.",
    BathOnPin "bath-on-pin" "A pin comes to a well or agar before the last bath is off it.",
    ReadsThroughFoil "reads-through-foil" "A plate is read through a film that no light passes.",
}

impl std::fmt::Display for Hazard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id())
    }
}
