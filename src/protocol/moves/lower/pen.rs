//! Writing movements down: what surrounds each stroke by its liquid class, and when tips are changed.

use super::super::scatter::most_at_once;
use super::super::vessel::{VesselId, Vessels};
use super::super::visit::{Op, Stroke, TipUse};
use crate::labware::{Kind, Well};
use crate::plan::{Height, Offset, Travel};
use crate::protocol::scene::Scene;
use crate::protocol::source::Spanned;
use crate::protocol::source::liquid::{Handling, Manner, Mix, Wash};
use crate::rig::Pipette;
use crate::units::{Length, Volume};
use std::ops::Range;

/// Tip end above the rim of a well that is filled without contact.
pub const ABOVE_RIM: Length = Length::um(2_000);
/// Tip end above the bottom of a well that is dispensed into with contact.
pub const IN_WELL: Length = Length::um(1_500);
/// Tip end above agar that is spotted on.
pub const OVER_AGAR: Length = Length::um(500);
/// Tip end below the rim while it touches the wall or blows out.
pub const UNDER_RIM: Length = Length::um(-2_000);

/// A place that liquid comes from or goes to: vessel, well of channel 1.
pub type Spot = (VesselId, Well);

/// Writes the movements of one pipette.
pub struct Pen<'s, 'a> {
    vessels: &'s Vessels<'a>,
    hand: u8,
    /// The pipette.
    pub pipette: &'a Pipette,
    /// The most that is drawn into an empty tip.
    pub at_once: Volume,
    /// How its liquid is handled.
    pub manner: Manner,
    before: Option<Mix>,
    after: Option<Mix>,
    uses: Vec<TipUse>,
    worn: bool,
    wash: Option<(Volume, Volume)>,
    dips: u8,
}

impl<'s, 'a> Pen<'s, 'a> {
    /// For a step's handling.
    pub fn new(scene: &'s Scene<'a>, vessels: &'s Vessels<'a>, handling: &Handling) -> Option<Self> {
        let mut pen = Self::of(scene, vessels, &handling.pipette, handling.class.as_ref())?;
        pen.before.clone_from(&handling.mix_before);
        pen.after.clone_from(&handling.mix_after);
        let probe = pen.pipette.probe.as_ref();
        pen.dips = handling.dips.as_ref().map_or(1, |d| d.value);
        pen.wash = probe.map(|p| Wash::of(handling.wash.as_ref().map(|w| &w.value), p));
        Some(pen)
    }
    /// For a pipette and a liquid class.
    pub fn of(
        scene: &'s Scene<'a>,
        vessels: &'s Vessels<'a>,
        pipette: &Spanned<String>,
        class: Option<&Spanned<String>>,
    ) -> Option<Self> {
        let (_, handler) = scene.handler()?;
        let hand = handler
            .pipettes
            .keys()
            .position(|id| id.as_str() == pipette.value)?;
        let name = pipette;
        let pipette = handler.pipettes.get(name.value.as_str())?;
        Some(Self {
            vessels,
            hand: u8::try_from(hand).ok()?,
            pipette,
            at_once: most_at_once(scene, pipette),
            manner: scene.manner_of(class, name),
            before: None,
            after: None,
            uses: Vec::new(),
            worn: false,
            wash: pipette.probe.as_ref().map(|p| Wash::of(None, p)),
            dips: 1,
        })
    }

    /// Takes fresh tips; those that were on are thrown away.
    pub fn fresh(&mut self) {
        self.drop();
        self.open(true);
    }
    /// Goes on with the tips of the visit before.
    pub fn keep_on(&mut self) {
        if !self.worn {
            self.open(false);
        }
    }
    /// Throws the tips away.
    pub fn drop(&mut self) {
        if self.worn
            && let Some(tips) = self.uses.last_mut()
        {
            tips.last = true;
        }
        self.worn = false;
    }
    /// Whether tips are on.
    pub const fn worn(&self) -> bool {
        self.worn
    }
    fn open(&mut self, fresh: bool) {
        self.worn = true;
        self.uses.push(TipUse {
            pipette: self.hand,
            fresh,
            last: false,
            flow: (
                self.manner
                    .aspirate_flow
                    .as_ref()
                    .map_or(self.pipette.flow, |f| f.value),
                self.manner
                    .dispense_flow
                    .as_ref()
                    .map_or(self.pipette.flow, |f| f.value),
            ),
            travel: Travel {
                submerge: self.manner.submerge,
                retract: self.manner.retract,
            },
            wash: self.wash,
            sterilise: self.pipette.pins.is_some(),
            ops: Vec::new(),
        });
    }
    /// What was written since the last time; tips that are on stay on.
    pub fn take(&mut self) -> Vec<TipUse> {
        self.worn = false;
        std::mem::take(&mut self.uses)
    }

    /// Writes one movement.
    pub fn write(&mut self, op: Op) {
        if !self.worn {
            // The walk says that no tip is on.
            self.open(false);
            self.drop();
        }
        if let Some(tips) = self.uses.last_mut() {
            tips.ops.push(op);
        }
    }

    fn op(&mut self, what: Stroke, at: Spot, volume: Volume, height: Height, place: &Range<usize>) {
        self.write(Op::new(what, at.0, at.1, volume, height, place));
    }

    /// Air that is drawn after an aspirate.
    pub fn gap(&self) -> Volume {
        self.manner.air_gap.as_ref().map_or(Volume::nl(0), |g| g.value)
    }

    /// The stroke that delivers a volume, by the class's correction.
    pub fn stroke(&self, asked: Volume) -> Volume {
        self.manner.stroke(asked)
    }

    /// Draws, with mixing and wetting before and the class's delay and touch after; without an air gap.
    pub fn draw(&mut self, from: Spot, volume: Volume, place: &Range<usize>) {
        if let Some(mix) = self.before.clone() {
            let optional = true;
            let what = Stroke::Mix {
                times: mix.times,
                optional,
            };
            self.op(what, from, mix.volume.value, low(), place);
        }
        if let Some(times) = self.manner.pre_wet.filter(|n| *n > 0) {
            let what = Stroke::Mix {
                times,
                optional: true,
            };
            self.op(what, from, volume, low(), place);
        }
        self.op(Stroke::Draw, from, volume, low(), place);
        if let Some(delay) = self.manner.aspirate_delay.as_ref().map(|d| d.value) {
            self.op(Stroke::Dwell(delay), from, Volume::nl(0), low(), place);
        }
        if self.manner.touch_tip == Some(true) && self.walls(from.0) {
            self.op(
                Stroke::TouchTip,
                from,
                Volume::nl(0),
                Height::FromTop(UNDER_RIM),
                place,
            );
        }
    }

    /// Draws air over the well that was drawn from.
    pub fn air(&mut self, over: Spot, place: &Range<usize>) {
        let gap = self.gap();
        if gap > Volume::nl(0) {
            let mut op = Op::new(
                Stroke::AirGap,
                over.0,
                over.1,
                Volume::nl(0),
                Height::FromTop(ABOVE_RIM),
                place,
            );
            op.air = gap;
            self.write(op);
        }
    }

    /// Expels, `air` first; then what the class and the step say.
    pub fn put(
        &mut self,
        to: Spot,
        offset: Offset,
        volume: Volume,
        air: Volume,
        how: Put,
        place: &Range<usize>,
    ) {
        let height = self.put_height(to.0, how.contact);
        let mut op = Op::new(
            Stroke::Put { contact: how.contact },
            to.0,
            to.1,
            volume,
            height,
            place,
        );
        op.air = air;
        op.offset = offset;
        self.write(op);
        if let Some(delay) = self.manner.dispense_delay.as_ref().map(|d| d.value) {
            self.op(Stroke::Dwell(delay), to, Volume::nl(0), height, place);
        }
        if let Some(mix) = self.after.clone().filter(|_| how.finish) {
            let what = Stroke::Mix {
                times: mix.times,
                optional: false,
            };
            self.op(what, to, mix.volume.value, low(), &mix.volume.span);
        }
        let over = |contact: bool| Height::FromTop(if contact { UNDER_RIM } else { ABOVE_RIM });
        if self.manner.blow_out == Some(true) && how.finish {
            let mut op = Op::new(
                Stroke::BlowOut,
                to.0,
                to.1,
                Volume::nl(0),
                over(how.contact && self.walls(to.0)),
                place,
            );
            op.offset = offset;
            self.write(op);
        }
        if self.manner.touch_tip == Some(true) && how.contact && self.walls(to.0) {
            self.op(
                Stroke::TouchTip,
                to,
                Volume::nl(0),
                Height::FromTop(UNDER_RIM),
                place,
            );
        }
    }

    /// Pins carry from one place to another.
    pub fn carry(&mut self, from: Spot, to: Spot, offset: Offset, volume: Volume, place: &Range<usize>) {
        self.op(Stroke::Take, from, volume, low(), place);
        self.give(to, offset, place);
    }

    /// Pins give off what they carry: into a liquid so many times, onto agar once.
    pub fn give(&mut self, to: Spot, offset: Offset, place: &Range<usize>) {
        let agar = self
            .vessels
            .get(to.0)
            .map(|v| v.labware)
            .filter(|l| l.kind == Kind::AgarPlate);
        let (times, height) = match agar {
            Some(agar) => (1, Height::FromBottom(agar.floor())),
            None => (self.dips, low()),
        };
        let mut op = Op::new(Stroke::Give { times }, to.0, to.1, Volume::nl(0), height, place);
        op.offset = offset;
        self.write(op);
    }

    /// One transfer with the tips that are on.
    pub fn transfer(&mut self, from: Spot, to: Spot, asked: Volume, contact: bool, place: &Range<usize>) {
        if self.pipette.pins.is_some() {
            self.carry(from, to, Offset::default(), asked, place);
            return;
        }
        let volume = self.stroke(asked);
        let contact = contact || self.after.is_some();
        self.draw(from, volume, place);
        self.air(from, place);
        let air = self.gap();
        let how = Put {
            contact,
            finish: true,
        };
        self.put(to, Offset::default(), volume, air, how, place);
    }

    fn put_height(&self, vessel: VesselId, contact: bool) -> Height {
        let Some(vessel) = self.vessels.get(vessel).filter(|_| contact) else {
            return Height::FromTop(ABOVE_RIM);
        };
        if vessel.labware.kind == Kind::AgarPlate {
            return Height::FromBottom(vessel.labware.floor().plus(OVER_AGAR));
        }
        Height::FromBottom(IN_WELL)
    }

    /// Whether a tip can touch the walls of a vessel's wells.
    fn walls(&self, vessel: VesselId) -> bool {
        self.vessels
            .get(vessel)
            .is_some_and(|v| matches!(v.labware.kind, Kind::Plate | Kind::TubeRack) && v.labware.rows > 1)
    }
}

/// How liquid is put.
#[derive(Debug, Clone, Copy)]
pub struct Put {
    /// Whether the tip goes into the well.
    pub contact: bool,
    /// Whether the tip is to be empty afterwards.
    pub finish: bool,
}

/// A height that the walk decides.
pub const fn low() -> Height {
    Height::FromBottom(Length::um(200))
}
