//! A person beside the rig: mends what is broken, answers what is true at the bench, lets the run go on after a stop. Never
//! lies; where the truth fits no answer, ends the run.

use super::draw::Draw;
use hardware_sim::{Event as Physical, Fault, Hand, Sim, Truth};
use plated::engine::{Command, Shared};
use plated::plan::{Action, Actor, Operation, OperationId};
use plated::rig::{InstrumentId, Mount, PipetteId, Rig, Role};
use plated::run::{ActionId, Choice, Item, Lid, Mode, OpenIntent, Question, Repair, State, Status, StopKind};
use plated::units::Volume;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What is noted beside the run.
#[derive(Debug, Default)]
pub struct Log {
    /// What must not be.
    pub wrong: Vec<String>,
    /// Questions about something in doubt or a failure, with what was answered.
    pub asked: Vec<(String, &'static str)>,
    /// Whether a person ended the run.
    pub aborted: bool,
    /// Stops and repairs that were carried out.
    pub orders: u64,
    /// Repairs that were taken.
    pub repairs: u64,
}

/// A person; lives as long as the process that asks.
pub struct Person {
    pub sim: Sim,
    pub rig: Rc<Rig>,
    pub shared: Shared,
    pub commands: mpsc::UnboundedSender<Command>,
    pub draw: Draw,
    pub log: Rc<RefCell<Log>>,
}

/// How often something is tried again before the run is ended.
const PATIENCE: u32 = 6;

/// Where a place of the simulator is, as rig files write it.
pub fn nest_name(place: &str) -> String {
    place.replace('/', "-")
}

async fn wait(seconds: i64) {
    tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
}

/// Handler and mount of a pipette.
pub fn mount_of(rig: &Rig, pipette: &PipetteId) -> Option<(InstrumentId, &'static str)> {
    rig.instruments.iter().find_map(|(id, instrument)| {
        let Role::LiquidHandler(handler) = &instrument.role else {
            return None;
        };
        let mount = match handler.pipettes.get(pipette)?.mount {
            Mount::Left => "left",
            Mount::Right => "right",
        };
        Some((id.clone(), mount))
    })
}

/// Tips on a pipette.
pub fn tips_on(truth: &Truth, rig: &Rig, pipette: &PipetteId) -> usize {
    let Some((handler, mount)) = mount_of(rig, pipette) else {
        return 0;
    };
    let mounted = truth.mounted.get(&format!("{handler}/{mount}"));
    mounted.map_or(0, BTreeMap::len)
}

fn mended(sim: &Sim, rig: &Rig) {
    for id in rig.instruments.keys() {
        // Not every instrument has a door.
        let _ = sim.inject(id.as_str(), Fault::Mended);
        let _ = sim.inject(id.as_str(), Fault::DoorClosed);
    }
}

impl Person {
    fn state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        self.shared.with_state(read)
    }

    async fn stop(&self, kind: StopKind) -> Result<(), String> {
        let (reply, result) = oneshot::channel();
        let by = "person".to_owned();
        let command = Command::Stop { kind, by, reply };
        if self.commands.send(command).is_err() {
            return std::future::pending().await;
        }
        let result = match result.await {
            Ok(result) => result,
            // The process is dead.
            Err(_) => return std::future::pending().await,
        };
        if result.is_ok() {
            self.log.borrow_mut().orders += 1;
        }
        result
    }

    async fn repair(&self, repair: Repair, why: &str) -> Result<Option<String>, String> {
        let (reply, result) = oneshot::channel();
        let (by, why) = ("person".to_owned(), why.to_owned());
        let command = Command::Repair {
            repair,
            by,
            why,
            reply,
        };
        if self.commands.send(command).is_err() {
            return std::future::pending().await;
        }
        let Ok(result) = result.await else {
            return std::future::pending().await;
        };
        if result.is_ok() {
            self.log.borrow_mut().repairs += 1;
        }
        result
    }

    async fn abort(&self) {
        self.log.borrow_mut().aborted = true;
        let _ = self.stop(StopKind::Abort).await;
    }

    /// Until the process is over.
    pub async fn attend(mut self) {
        let mut tries: BTreeMap<String, u32> = BTreeMap::new();
        loop {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let mode = self.state(|s| s.mode.clone());
            match mode {
                Mode::Ended(_) => return,
                Mode::Halted => self.after_halt(&mut tries).await,
                Mode::Held | Mode::Paused => self.after_hold(&mut tries).await,
                Mode::Preparing | Mode::Running | Mode::Aborting => {}
            }
            let questions: Vec<Question> = self.state(|s| s.questions.values().cloned().collect());
            for question in questions {
                let halted = self.state(|s| s.mode == Mode::Halted || s.distrusted);
                if !halted {
                    self.question(&question, &mut tries).await;
                }
            }
        }
    }

    async fn after_halt(&mut self, tries: &mut BTreeMap<String, u32>) {
        // Movements that cannot be stopped come to their end.
        wait(90).await;
        let from = self.sim.ledger().len();
        wait(self.draw.between(10, 900)).await;
        let moved: Vec<String> = self
            .sim
            .ledger_from(from)
            .iter()
            .filter(|e| moves(&e.event))
            .map(|e| format!("{:?}", e.event))
            .collect();
        if !moved.is_empty() {
            self.log
                .borrow_mut()
                .wrong
                .push(format!("moved while halted: {moved:?}"));
        }
        mended(&self.sim, &self.rig);
        if self.draw.chance(10) {
            return self.abort().await;
        }
        if self.stop(StopKind::Reset).await.is_err() {
            let n = tries.entry("reset".into()).or_default();
            *n += 1;
            if *n > PATIENCE {
                self.abort().await;
            }
        }
    }

    async fn after_hold(&mut self, tries: &mut BTreeMap<String, u32>) {
        wait(self.draw.between(5, 1200)).await;
        if self.draw.chance(40) {
            self.truths().await;
        }
        if self.draw.chance(12) {
            self.otherwise().await;
        }
        if self.draw.chance(50) {
            // Refused where there is nothing to park.
            let _ = self.stop(StopKind::Park).await;
            wait(self.draw.between(5, 900)).await;
        }
        if self.draw.chance(10) {
            // Said twice, and the other way round.
            let _ = self.stop(StopKind::Hold).await;
            let _ = self.stop(StopKind::Pause).await;
        }
        if !self.state(|s| matches!(s.mode, Mode::Held | Mode::Paused)) {
            return;
        }
        if self.stop(StopKind::Resume).await.is_err() {
            let n = tries.entry("resume".into()).or_default();
            *n += 1;
            if *n > 2 && self.draw.chance(70) {
                self.leave_out().await;
            } else if *n > PATIENCE {
                self.abort().await;
            }
        }
    }

    /// Says things of the bench that are true.
    async fn truths(&mut self) {
        let truth = self.sim.truth();
        let plates: Vec<_> = self.state(|s| s.belief.places.keys().cloned().collect());
        for plate in plates {
            let Some(found) = truth.plates.get(plate.as_str()) else {
                continue;
            };
            let repair = match self.draw.below(3) {
                0 => Repair::Place {
                    plate: plate.clone(),
                    nest: Some(nest_name(&found.place).as_str().into()),
                },
                1 => Repair::Seal {
                    plate: plate.clone(),
                    sealed: found.sealed,
                },
                _ => {
                    let lies = truth.lids.iter().find(|(_, of)| **of == plate.as_str());
                    let lid = match (found.lidded, lies) {
                        (true, _) => Lid::On,
                        (false, Some((nest, _))) => Lid::At(nest.as_str().into()),
                        (false, None) => Lid::None,
                    };
                    Repair::Lid {
                        plate: plate.clone(),
                        lid,
                    }
                }
            };
            // It may not fit while something is under way.
            let _ = self.repair(repair, "as it is on the bench").await;
        }
        let wells: Vec<_> = self.state(|s| s.belief.volumes.keys().cloned().collect());
        if wells.is_empty() {
            return;
        }
        let (item, well) = wells[self.draw.below(wells.len())].clone();
        if let Item::Plate(plate) = &item
            && let Some(found) = truth.plates.get(plate.as_str())
            && let Some(is) = found.wells.get(&well.to_string())
            && self.state(|s| s.open.is_empty())
        {
            let volume = Volume::nl(is.net_nl.round().max(0.0) as i64);
            let _ = self
                .repair(Repair::Volume { item, well, volume }, "weighed")
                .await;
        }
    }

    async fn question(&mut self, question: &Question, tries: &mut BTreeMap<String, u32>) {
        if question.prompt.is_some() {
            // The simulated operator does what it asks; two hours are more than that takes.
            let n = tries.entry(question.id.to_string()).or_default();
            *n += 1;
            if *n > 360 {
                let text = format!("nobody could do: {}", question.text);
                self.log.borrow_mut().wrong.push(text);
                self.abort().await;
            }
            return;
        }
        mended(&self.sim, &self.rig);
        wait(self.draw.between(5, 300)).await;
        let open = question.action.and_then(|action| self.open(action));
        let key = match &open {
            Some(open) => open.action.to_string(),
            None => format!("{} {}", question.operation, question.actor),
        };
        let n = tries.entry(key).or_default();
        *n += 1;
        let n = *n;
        let has = |choice: Choice| question.choices.contains(&choice);
        let choice = match &open {
            _ if n > PATIENCE => Choice::Abort,
            Some(open) if matches!(open.intent.action, Action::TakeOffTips { .. }) => {
                match self.draw.chance(80) && self.pulled(&open.intent.action) {
                    true => Choice::Done,
                    false => Choice::Abort,
                }
            }
            None if question.text.contains("were taken off") => {
                self.without_tips(question.operation).await;
                Choice::Retry
            }
            Some(_) if n == 1 && has(Choice::Retry) => Choice::Retry,
            Some(open) => match self.found(open) {
                // Nobody can see half a stroke; and not everybody looks.
                Choice::Abort | Choice::Done | Choice::NotDone
                    if has(Choice::Unknown) && self.draw.chance(60) =>
                {
                    Choice::Unknown
                }
                found => found,
            },
            None if has(Choice::Home) => {
                if !self.hands_free().await {
                    return;
                }
                Choice::Home
            }
            None if question.text.contains("with tips on") && self.draw.chance(70) => {
                self.tips_off().await;
                Choice::Retry
            }
            None if question.text.contains("with tips on") => Choice::Abort,
            None if has(Choice::Retry) => Choice::Retry,
            None => Choice::Abort,
        };
        let choice = if has(choice) { choice } else { Choice::Abort };
        if choice == Choice::Abort {
            self.log.borrow_mut().aborted = true;
        }
        self.log
            .borrow_mut()
            .asked
            .push((question.text.clone(), choice.word()));
        let (reply, result) = oneshot::channel();
        let (question, answer, by) = (question.id, choice.word().to_owned(), "person".to_owned());
        let sent = self.commands.send(Command::Answer {
            question,
            answer,
            by,
            reply,
        });
        if sent.is_err() || result.await.is_err() {
            // The process is dead.
            std::future::pending::<()>().await;
        }
    }

    /// Pulls tips off that the program asks for; false where that cannot be.
    fn pulled(&self, action: &Action) -> bool {
        let Action::TakeOffTips { pipettes } = action else {
            return false;
        };
        pipettes.iter().all(|pipette| {
            mount_of(&self.rig, pipette).is_some_and(|(handler, mount)| {
                let off = Hand::TipsOff {
                    handler: handler.to_string(),
                    left: mount == "left",
                };
                self.sim.by_hand(&off).is_ok()
            })
        })
    }

    /// Leaves the rest of an operation out whose tips are gone, and what cannot be done without it.
    async fn without_tips(&mut self, operation: OperationId) {
        let _ = self.stop(StopKind::Hold).await;
        wait(120).await;
        let skip = Repair::Skip { operation };
        let _ = self.repair(skip, "its tips are gone").await;
        self.leave_out().await;
    }

    /// Pulls the tips off every pipette that has some, and says so.
    async fn tips_off(&mut self) {
        let _ = self.stop(StopKind::Hold).await;
        wait(120).await;
        let pipettes: Vec<PipetteId> = self.state(|s| s.belief.tips_on.keys().cloned().collect());
        for pipette in pipettes {
            let Some((handler, mount)) = mount_of(&self.rig, &pipette) else {
                continue;
            };
            let off = Hand::TipsOff {
                handler: handler.to_string(),
                left: mount == "left",
            };
            let off = self.sim.by_hand(&off).is_ok();
            if off
                && self
                    .repair(Repair::TipsOff { pipette }, "pulled off")
                    .await
                    .is_err()
            {
                // Something is still in doubt: the belief can no longer be made to match.
                return self.abort().await;
            }
        }
        if self.stop(StopKind::Resume).await.is_err() {
            // What is left of the operation cannot be done without its tips.
            let running = |s: &State| {
                let all = s.operations.iter().zip(&s.plan.operations);
                let mut running = all.filter(|(o, _)| matches!(o.status, Status::Running { .. }));
                running.next().map(|(_, planned)| planned.id)
            };
            while let Some(operation) = self.state(running) {
                if self
                    .repair(Repair::Skip { operation }, "its tips are gone")
                    .await
                    .is_err()
                {
                    break;
                }
            }
            self.leave_out().await;
        }
    }

    /// Leaves out what the rest of the plan can no longer do, until the run may go on; ends it where that does not help.
    async fn leave_out(&mut self) {
        for _ in 0..12 {
            if self.stop(StopKind::Resume).await.is_ok() {
                return;
            }
            let hopeless = self.state(|s| {
                let prevented = s.prevented();
                let named = |o: &&Operation| {
                    let begins = format!("{} ({}): ", o.title, o.id);
                    prevented.iter().any(|p| p.starts_with(&begins))
                };
                let operations = s.plan.operations.iter().filter(named);
                operations.map(|o| o.id).collect::<Vec<_>>()
            });
            let mut left = false;
            for operation in hopeless {
                let skip = Repair::Skip { operation };
                left |= self.repair(skip, "it cannot be done any more").await.is_ok();
            }
            if !left {
                break;
            }
        }
        self.abort().await;
    }

    /// Leaves an operation out that has not begun, or has one without liquid done again that is over (what was moved twice is
    /// nobody's mistake but this person's). It may be refused at once, or when the run shall go on; then more has to be left out.
    async fn otherwise(&mut self) {
        let count = self.state(|s| s.plan.operations.len());
        if count == 0 || !self.state(|s| s.open.is_empty()) {
            return;
        }
        let which = self.draw.below(count);
        let found = self.state(|s| {
            let operation = s.plan.operations.get(which)?;
            let dry = (0..u16::try_from(operation.phases.len()).unwrap_or(0)).all(|phase| {
                let actions = s.phase_actions(operation.id, phase);
                !actions.iter().any(super::judge::moves_liquid)
            });
            Some((operation.id, s.status(operation.id), dry))
        });
        let repair = match found {
            Some((operation, Status::Waiting, _)) => Repair::Skip { operation },
            Some((operation, Status::Ended, true)) => Repair::Repeat { operation },
            _ => return,
        };
        let _ = self.repair(repair, "decided otherwise").await;
    }

    fn open(&self, action: ActionId) -> Option<OpenIntent> {
        self.state(|s| s.open.values().find(|o| o.action == action).cloned())
    }

    /// Nothing is in a gripper any more; false where the run goes another way.
    async fn hands_free(&mut self) -> bool {
        let truth = self.sim.truth();
        let movers = self.rig.instruments.iter();
        let movers: Vec<&str> = movers
            .filter(|(_, i)| matches!(i.role, Role::PlateMover(_)))
            .map(|(id, _)| id.as_str())
            .collect();
        let held = truth
            .plates
            .iter()
            .find(|(_, p)| movers.contains(&p.place.as_str()))
            .map(|(name, _)| name.clone());
        let Some(plate) = held else { return true };
        let _ = self.stop(StopKind::Hold).await;
        wait(120).await;
        let name = plated::plan::PlateId::new(plate.as_str());
        let believed = self.state(|s| s.belief.places.get(&name).cloned());
        let carried = believed.as_ref().is_some_and(|nest| {
            let to = nest.to_string();
            self.sim.by_hand(&Hand::Carry { plate, to }).is_ok()
        });
        if !carried {
            self.abort().await;
            return false;
        }
        let place = Repair::Place {
            plate: name,
            nest: believed,
        };
        let _ = self.repair(place, "taken out of the gripper").await;
        let _ = self.stop(StopKind::Resume).await;
        false
    }
}

/// Whether it is a movement of an instrument.
fn moves(event: &Physical) -> bool {
    matches!(
        event,
        Physical::Stroke { .. }
            | Physical::PumpStroke { .. }
            | Physical::AirGap { .. }
            | Physical::BlowOut { .. }
            | Physical::TipPickUp { .. }
            | Physical::TipDrop { .. }
            | Physical::PlateGripped { .. }
            | Physical::Dip { .. }
            | Physical::Pin { .. }
            | Physical::Homed { .. }
            | Physical::Stored { .. }
            | Physical::Retrieved { .. }
    )
}
