//! The Inheco incubator and shaker with a drawer for one plate. Written from dossier 08 D.
//!
//! Where the dossier is silent: the drawer's commands are answered when it has moved. Amplitudes are tenths of a millimetre
//! up to 3.0, frequencies tenths of a hertz from 6.6 to 30.0. After a loss of power the first command is answered with error
//! 1 and not carried out; before `AID`, what moves or heats is answered with error 7. It shakes with its drawer closed alone.

use super::{
    dialogue::{Asked, Dialogue},
    heat::{Heat, Rates},
    identity::Identity,
    seat::Seat,
    work::Work,
};
use crate::{
    fault::Trouble,
    instruments::{Ctx, Durations},
    num,
    quantity::Seconds,
};

/// Position of its address switch.
const SWITCH: u8 = 2;
const HOTTEST: f64 = 70.0;
const RATES: Rates = Rates {
    up: 0.05,
    down: 0.02,
    drift: 0.01,
};

/// Error digits.
mod error {
    pub(super) const OK: u8 = 0;
    pub(super) const RESET: u8 = 1;
    pub(super) const COMMAND: u8 = 2;
    pub(super) const OPERAND: u8 = 3;
    pub(super) const NOT_INITIALISED: u8 = 7;
    pub(super) const NOT_NOW: u8 = 8;
    pub(super) const DRAWER: u8 = 9;
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Job {
    Drawer { open: bool, asked: Asked },
    Initialise(Asked),
    Test(Asked),
}

/// Amplitudes, frequencies and the phase between them.
type Shaking = [u32; 5];

/// The twin.
#[derive(Debug)]
pub(super) struct Inheco {
    seat: Seat,
    identity: Identity,
    durations: Durations,
    heat: Heat,
    target: f64,
    initialised: bool,
    was_reset: bool,
    shaking: bool,
    shape: Shaking,
    drawers: [u32; 2],
    work: Work<Job>,
}

/// CRC-8 of a request.
fn crc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xA1, |crc, byte| {
        (0..8).fold(crc, |crc: u8, bit| {
            if (crc ^ byte >> bit) & 1 == 1 {
                (crc ^ 0x18) >> 1 | 0x80
            } else {
                crc >> 1
            }
        })
    })
}

impl Inheco {
    /// Just switched on, its drawer closed.
    pub(super) fn new(nest: String, identity: Identity, durations: Durations, room: f64) -> Self {
        Self {
            seat: Seat::new(nest),
            identity,
            durations,
            heat: Heat::new(RATES, room),
            target: 37.0,
            initialised: false,
            was_reset: false,
            shaking: false,
            shape: [20, 20, 100, 100, 90],
            drawers: [0, 0],
            work: Work::none(),
        }
    }

    /// Sends what a report told, or nothing, and the error.
    fn tell(ctx: &mut Ctx<'_>, asked: Asked, data: &str, error: u8) {
        let head = 0xB0 + SWITCH;
        let mut bytes = Vec::new();
        if !data.is_empty() {
            bytes.push(head);
            bytes.extend(data.as_bytes());
        }
        bytes.extend([head, 0x20 + error, 0x60]);
        asked.answer(ctx, bytes);
    }

    fn report(&self, ctx: &Ctx<'_>, command: &str) -> Option<String> {
        let [x, y, fx, fy, phase] = self.shape;
        let tenths = |celsius: f64| num::round_i64(celsius * 10.0).to_string();
        Some(match command {
            "RAT1" | "RAT2" | "RAT3" => tenths(self.heat.at(ctx.now)),
            "RTT" => tenths(self.target),
            "RHE" => u8::from(self.heat.target().is_some()).to_string(),
            "RMT" => tenths(HOTTEST),
            "RDT" => "0".to_owned(),
            "RDS" => u8::from(self.seat.open(ctx)).to_string(),
            "RDM" => "1".to_owned(),
            "RDA1,0" | "RDA1,1" => "1".to_owned(),
            "RLW" => u8::from(self.seat.taken(ctx)).to_string(),
            "RDC1" => self.drawers[0].to_string(),
            "RDC2" => self.drawers[1].to_string(),
            "RFV0" => self.identity.firmware(ctx),
            "RFV2" => self.identity.serial(ctx),
            "RSE" => u8::from(self.shaking).to_string(),
            "RAX" => x.to_string(),
            "RAY" => y.to_string(),
            "RFX" => fx.to_string(),
            "RFY" => fy.to_string(),
            "RPS" => phase.to_string(),
            "RTS" => "0".to_owned(),
            _ => return None,
        })
    }

    /// Carries a command out: its error, or `None` when it is answered later.
    fn command(&mut self, ctx: &mut Ctx<'_>, asked: Asked, command: &str) -> Option<u8> {
        if self.work.now().is_some() {
            return Some(error::NOT_NOW);
        }
        if command == "AID" {
            let us = self.durations.draw("initialise", Seconds(8.0));
            self.work.begin(ctx, Job::Initialise(asked), us);
            return None;
        }
        if !self.initialised {
            return Some(error::NOT_INITIALISED);
        }
        match command {
            "AOD" | "ACD" => {
                if self.shaking {
                    return Some(error::NOT_NOW);
                }
                let open = command == "AOD";
                let us = if self.seat.open(ctx) == open {
                    200_000
                } else {
                    let action = if open { "open_tray" } else { "close_tray" };
                    self.durations.draw(action, Seconds(6.0))
                };
                self.work.begin(ctx, Job::Drawer { open, asked }, us);
                return None;
            }
            "AQS" => {
                let us = self.durations.draw("self_test", Seconds(5.0));
                self.work.begin(ctx, Job::Test(asked), us);
                return None;
            }
            "SHE0" => self.heat.set(ctx.now, None),
            "SHE1" => self.heat.set(ctx.now, Some(self.target)),
            "ASE0" => {
                self.shaking = false;
                self.seat.shakes(ctx, 0);
            }
            "ASEND" => {
                if self.seat.open(ctx) {
                    self.seat.works_open(ctx, "shake");
                    return Some(error::DRAWER);
                }
                if ctx.world.troubles.strikes(ctx.name, Trouble::Jammed) {
                    self.seat.alarm(ctx, "shaker");
                    return Some(error::NOT_NOW);
                }
                self.shaking = true;
                self.shakes(ctx);
            }
            _ => return Some(self.set(ctx, command)),
        }
        Some(error::OK)
    }

    fn shakes(&self, ctx: &mut Ctx<'_>) {
        let [_, _, tenths, _, _] = self.shape;
        let rpm = num::round_u16(f64::from(tenths) * 6.0);
        self.seat.shakes(ctx, rpm);
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, command: &str) -> u8 {
        if let Some(value) = command.strip_prefix("STT") {
            let target = value.parse().ok().map(|tenths: f64| tenths / 10.0);
            let Some(target) = target.filter(|target| (0.0..=HOTTEST).contains(target)) else {
                return error::OPERAND;
            };
            self.target = target;
            if self.heat.target().is_some() {
                self.heat.set(ctx.now, Some(target));
            }
            return error::OK;
        }
        let Some(values) = command.strip_prefix("SSP") else {
            return error::COMMAND;
        };
        let values: Option<Vec<u32>> = values.split(',').map(|value| value.parse().ok()).collect();
        let Some([x, y, fx, fy, phase]) = values.and_then(|values| Shaking::try_from(values).ok()) else {
            return error::OPERAND;
        };
        let fits = x <= 30 && y <= 30 && phase <= 360;
        let fits = fits && [fx, fy].iter().all(|f| (66..=300).contains(f));
        if !fits {
            return error::OPERAND;
        }
        self.shape = [x, y, fx, fy, phase];
        if self.shaking {
            // The ledger knows a speed by its beginning.
            self.seat.shakes(ctx, 0);
            self.shakes(ctx);
        }
        error::OK
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, job: Job) {
        let jams = ctx.world.troubles.strikes(ctx.name, Trouble::Jammed);
        let (asked, error) = match job {
            Job::Drawer { asked, .. } if jams => (asked, error::DRAWER),
            Job::Initialise(asked) | Job::Test(asked) if jams => (asked, error::NOT_NOW),
            Job::Drawer { open, asked } => {
                let at = usize::from(!open);
                if let Some(count) = self.drawers.get_mut(at) {
                    *count += 1;
                }
                self.seat.swing(ctx, open);
                (asked, error::OK)
            }
            Job::Initialise(asked) => {
                self.initialised = true;
                self.seat.swing(ctx, false);
                (asked, error::OK)
            }
            Job::Test(asked) => (asked, error::OK),
        };
        if jams {
            self.seat.alarm(ctx, "jam");
        }
        Self::tell(ctx, asked, "", error);
    }
}

impl Dialogue for Inheco {
    /// Text of a whole request to this device. What is no request is passed over.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        loop {
            // As it is in the vectors: what follows is counted.
            let length = usize::from(*buffer.first()?) + 1;
            let header = buffer.get(1).is_none_or(|byte| *byte == 0x30 + SWITCH);
            let text = buffer
                .get(2)
                .is_none_or(|byte| usize::from(*byte) + 4 == 0xC0 + length);
            if !(6..=64).contains(&length) || !header || !text {
                buffer.remove(0);
                continue;
            }
            if buffer.len() < length {
                return None;
            }
            let frame: Vec<u8> = buffer.drain(..length).collect();
            let (body, check) = frame.split_at(length - 1);
            if check == [crc(body)] {
                return body.get(3..).map(<[u8]>::to_vec);
            }
        }
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str) {
        let command = request.strip_prefix("T00").unwrap_or_default();
        if let Some(code) = asked.refused() {
            return Self::tell(ctx, asked, "", code & 0x0F);
        }
        if std::mem::take(&mut self.was_reset) {
            return Self::tell(ctx, asked, "", error::RESET);
        }
        if command.starts_with('R') {
            return match self.report(ctx, command) {
                Some(data) => Self::tell(ctx, asked, &data, error::OK),
                None => Self::tell(ctx, asked, "", error::COMMAND),
            };
        }
        if let Some(error) = self.command(ctx, asked, command) {
            Self::tell(ctx, asked, "", error);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ended) = self.work.ended(ctx.now) {
            self.finish(ctx, ended.job);
        }
        if self.heat.tell(ctx, &self.seat)
            && let Some(target) = self.heat.target()
        {
            self.seat.held(ctx, target);
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.work.next_due().into_iter().chain(self.heat.next_due()).min()
    }

    /// Shaker and heater are off, and it must be initialised; the drawer stays where it is.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.work.cut_short();
        self.initialised = false;
        self.was_reset = true;
        self.shaking = false;
        self.seat.shakes(ctx, 0);
        self.heat.set(ctx.now, None);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.work.mended(ctx.now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::Fault,
        hazard::Hazard,
        instruments::text::bench::{Bench, SEAT},
    };

    fn framed(command: &str) -> Vec<u8> {
        let text = format!("T00{command}");
        let count = u8::try_from(text.len()).unwrap();
        let mut frame = vec![count + 3, 0x30 + SWITCH, 0xC0 + count];
        frame.extend(text.as_bytes());
        frame.push(crc(&frame));
        frame
    }

    fn unit() -> Bench {
        Bench::of_profile("inheco", 25.0)
    }

    fn say(unit: &mut Bench, command: &str) -> Vec<u8> {
        unit.send(&framed(command))
    }

    /// The error that is answered within a quarter of a minute.
    fn error(unit: &mut Bench, command: &str) -> u8 {
        let mut heard = say(unit, command);
        if heard.is_empty() {
            heard = unit.until_sent();
        }
        assert_eq!((heard[0], heard[2]), (0xB2, 0x60), "{heard:x?}");
        heard[1] - 0x20
    }

    #[test]
    fn requests_of_the_dossier() {
        for (command, frame) in [
            ("RTS", &b"\x09\x32\xC6T00RTS\x46"[..]),
            ("AID", b"\x09\x32\xC6T00AID\x93"),
            ("RAT1", b"\x0A\x32\xC7T00RAT1\x62"),
            ("STT370", b"\x0C\x32\xC9T00STT370\x39"),
            ("SHE1", b"\x0A\x32\xC7T00SHE1\x4B"),
            ("AOD", b"\x09\x32\xC6T00AOD\x39"),
            ("ACD", b"\x09\x32\xC6T00ACD\x74"),
        ] {
            assert_eq!(framed(command), frame, "{command}");
        }
        let mut unit = unit();
        assert_eq!(say(&mut unit, "RTT"), b"\xB2370\xB2\x20\x60");
        assert_eq!(say(&mut unit, "RAT1"), b"\xB2250\xB2\x20\x60");
        assert_eq!(error(&mut unit, "AOD"), 7);
        assert_eq!(error(&mut unit, "AID"), 0);
        assert_eq!(say(&mut unit, "SHE1"), b"\xB2\x20\x60");
        assert_eq!(error(&mut unit, "STT999"), 3);
        assert_eq!(error(&mut unit, "SXX"), 2);
        let mut broken = framed("RTT");
        broken[4] = b'1';
        assert_eq!(unit.send(&broken), b"", "a wrong check is not answered");
        assert_eq!(say(&mut unit, "RDS"), b"\xB20\xB2\x20\x60");
    }

    #[test]
    fn it_opens_takes_a_plate_warms_and_shakes_it() {
        let mut unit = unit();
        assert_eq!(error(&mut unit, "AID"), 0);
        assert_eq!(error(&mut unit, "AOD"), 0);
        assert_eq!(unit.world.trays.get(SEAT), Some(&true));
        assert_eq!(error(&mut unit, "ASEND"), 9);
        assert_eq!(unit.violations(), [Hazard::DoorOpen]);
        unit.plate(SEAT, false, false);
        assert_eq!(error(&mut unit, "ACD"), 0);
        assert_eq!(error(&mut unit, "SSP20,20,100,100,90"), 0);
        assert_eq!(error(&mut unit, "ASEND"), 0);
        assert_eq!(error(&mut unit, "AOD"), 8, "it shakes");
        assert_eq!(error(&mut unit, "SHE1"), 0);
        unit.wait(600.0);
        assert_eq!(unit.felt(), 37.0);
        unit.fault(Fault::PowerCycle);
        assert_eq!(error(&mut unit, "RSE"), 1, "it was reset");
        assert_eq!(say(&mut unit, "RSE"), b"\xB20\xB2\x20\x60");
        assert_eq!(error(&mut unit, "AOD"), 7);
    }
}
