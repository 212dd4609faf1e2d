//! The lines of a rig: one for each path or address, whoever is on it.

use super::Line;
use crate::rig::{Link, Rig};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Makes a line, for the first of those that are on it.
pub type MakeLine = Rc<dyn Fn(&str, &Link) -> Line>;

/// The lines of a rig. Those of several devices live as long as this; each other device has its line to itself, which goes
/// with its driver.
#[derive(Clone)]
pub struct Lines {
    make: MakeLine,
    shared: Rc<BTreeSet<String>>,
    made: Rc<RefCell<BTreeMap<String, Line>>>,
}

impl Lines {
    /// The lines of a rig's instruments and input modules; each is made when it is first asked for.
    pub fn of(rig: &Rig, make: impl Fn(&str, &Link) -> Line + 'static) -> Self {
        let links = rig.instruments.values().map(|i| &i.link);
        let links = links.chain(rig.input_modules.values().map(|m| &m.link));
        let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for link in links {
            if !seen.insert(link.place()) {
                shared.insert(link.place().to_owned());
            }
        }
        Self {
            make: Rc::new(make),
            shared: Rc::new(shared),
            made: Rc::default(),
        }
    }

    /// The line of a device.
    pub fn line(&self, name: &str, link: &Link) -> Line {
        if !self.shared.contains(link.place()) {
            return (self.make)(name, link);
        }
        let made = self.made.borrow().get(link.place()).cloned();
        made.unwrap_or_else(|| {
            let line = (self.make)(name, link);
            self.made
                .borrow_mut()
                .insert(link.place().to_owned(), line.clone());
            line
        })
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
