//! A driver whose looks at an idle instrument let the commands of others on the line go first.

use crate::devices::{Before, Done, Failure, Fut, Identity, Instrument, Intent, Settled};
use crate::link::Line;
use crate::plan::Action;
use crate::rig::ZoneId;

/// A driver, and its handle of the line.
pub(super) struct Considerate {
    pub(super) driver: Box<dyn Instrument>,
    pub(super) line: Line,
}

impl Instrument for Considerate {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        self.driver.identify()
    }
    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            let _behind = self.line.behind();
            self.driver.alive().await
        })
    }
    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        self.driver.prepare(action)
    }
    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        self.driver.perform(intent)
    }
    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        self.driver.settle(intent)
    }
    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        self.driver.clear_of(zone)
    }
    fn names(&self) -> Vec<String> {
        self.driver.names()
    }
    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        self.driver.ask(name)
    }
    fn say<'a>(&'a mut self, text: &'a str) -> Fut<'a, Result<String, Failure>> {
        self.driver.say(text)
    }
    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        self.driver.halt()
    }
}
