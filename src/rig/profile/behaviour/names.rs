//! The names that a behaviour may speak of: its values, registers and their bits, what was heard, and what is there of itself.

use super::template::Template;
use super::{NEST, ROOM, Rest, SELF};
use crate::rig::profile::modbus::Register;
use crate::source::{Value, closest};
use std::collections::{BTreeMap, BTreeSet};

/// Reports a name that nothing has.
pub(super) fn unknown<'a>(value: &Value<'_>, what: &str, name: &str, all: impl Iterator<Item = &'a str>) {
    let all: Vec<&str> = all.collect();
    let hint = match closest(name, all.iter().copied()) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None if all.is_empty() => String::new(),
        None => format!("; there are {}", all.join(", ")),
    };
    value.error("behaviour-name", format!("{what}{hint}"));
}

/// All names of a behaviour.
pub(super) struct Names {
    all: BTreeSet<String>,
    registers: BTreeSet<String>,
    words: BTreeMap<String, BTreeSet<String>>,
    followed: BTreeMap<String, String>,
}

/// The names that steps may speak of: all, and what was heard.
pub(super) struct Known<'a> {
    pub(super) names: &'a Names,
    heard: BTreeSet<String>,
}

impl Names {
    /// Of the rest of the profile.
    pub(super) fn new(rest: &Rest<'_>) -> Self {
        let mut all: BTreeSet<String> = [ROOM.to_owned()].into();
        if rest.nest {
            all.extend(NEST.iter().map(|name| (*name).to_owned()));
        }
        let mut names = Self {
            all,
            registers: BTreeSet::new(),
            words: BTreeMap::new(),
            followed: BTreeMap::new(),
        };
        match rest.registers {
            None => names.all.extend(SELF.iter().map(|name| (*name).to_owned())),
            Some(registers) => {
                for (name, register) in registers {
                    names.listed(name, register.as_ref());
                }
            }
        }
        names
    }

    fn listed(&mut self, name: &str, register: Option<&Register>) {
        self.add(name);
        self.registers.insert(name.to_owned());
        let Some(register) = register else { return };
        for bit in register.bits.keys() {
            self.add(&format!("{name}.{bit}"));
        }
        if !register.values.is_empty() {
            let words = register.values.keys().cloned().collect();
            self.words.insert(name.to_owned(), words);
        }
    }

    /// One more value.
    pub(super) fn add(&mut self, name: &str) {
        self.all.insert(name.to_owned());
    }

    /// Which values follow which.
    pub(super) fn follow(&mut self, followed: BTreeMap<String, String>) {
        self.followed = followed;
    }

    /// Whether something has this name; reports it where nothing does.
    pub(super) fn known(&self, name: &str, value: &Value<'_>) -> bool {
        let there = self.all.contains(name);
        if !there {
            let what = format!("nothing is called \"{name}\"");
            unknown(value, &what, name, self.all.iter().map(String::as_str));
        }
        there
    }

    /// A register of this name.
    pub(super) fn register(&self, name: &str, value: &Value<'_>) {
        if !self.registers.contains(name) {
            let what = format!("there is no register \"{name}\"");
            unknown(value, &what, name, self.registers.iter().map(String::as_str));
        }
    }

    /// A value that can be set.
    pub(super) fn settable(&self, name: &str, value: &Value<'_>) {
        if !self.known(name, value) {
            return;
        }
        if let Some(of) = self.followed.get(name) {
            value.error(
                "behaviour-value",
                format!("`{name}` follows `{of}` and cannot be set; set `{of}`"),
            );
        }
        if name == ROOM || NEST.contains(&name) || SELF.contains(&name) {
            value.error(
                "behaviour-value",
                format!("`{name}` is there of itself and cannot be set"),
            );
        }
    }

    /// A word for a value, where its register has words.
    pub(super) fn word(&self, name: &str, word: &str, value: &Value<'_>) {
        if word == ROOM || word.parse::<f64>().is_ok() {
            return;
        }
        if let Some(words) = self.words.get(name)
            && !words.contains(word)
        {
            let all: Vec<&str> = words.iter().map(String::as_str).collect();
            value.error(
                "unknown-value",
                format!(
                    "`{name}` has no value named `{word}`; there are {}",
                    all.join(", ")
                ),
            );
        }
    }

    /// All names, where nothing was heard.
    pub(super) fn plain(&self) -> Known<'_> {
        Known {
            names: self,
            heard: BTreeSet::new(),
        }
    }

    /// All names, and those of what was heard.
    pub(super) fn with(&self, template: &Template, value: &Value<'_>) -> Known<'_> {
        for name in template.names().filter(|name| self.all.contains(*name)) {
            value.error(
                "behaviour-value",
                format!("what is heard must not be called as the value `{name}`; give it a name of its own"),
            );
        }
        Known {
            names: self,
            heard: template.names().map(str::to_owned).collect(),
        }
    }
}

impl Known<'_> {
    /// Whether something has this name; reports it where nothing does.
    pub(super) fn known(&self, name: &str, value: &Value<'_>) -> bool {
        self.heard.contains(name) || self.names.known(name, value)
    }
}
