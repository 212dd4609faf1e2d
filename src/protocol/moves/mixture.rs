//! What liquids consist of: sets of components, each set kept once.

use std::collections::{BTreeMap, BTreeSet};

/// A set of components; 0 is nothing at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mixture(u32);

/// A liquid or strain.
pub type Component = u32;

/// Every mixture that occurs.
pub struct Mixtures {
    names: Vec<String>,
    /// Components that are strains.
    strains: BTreeSet<Component>,
    by_name: BTreeMap<String, Component>,
    sets: Vec<Box<[Component]>>,
    numbers: BTreeMap<Box<[Component]>, u32>,
    unions: BTreeMap<(u32, u32), u32>,
}

impl Default for Mixtures {
    fn default() -> Self {
        let none: Box<[Component]> = Box::new([]);
        Self {
            names: Vec::new(),
            strains: BTreeSet::new(),
            by_name: BTreeMap::new(),
            sets: vec![none.clone()],
            numbers: BTreeMap::from([(none, 0)]),
            unions: BTreeMap::new(),
        }
    }
}

impl Mixtures {
    /// The mixture of these components alone.
    pub fn of<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Mixture {
        let mut set: Vec<Component> = names.into_iter().map(|n| self.component(n)).collect();
        set.sort_unstable();
        set.dedup();
        self.number(set)
    }
    /// Says that a component is a strain.
    pub fn strain(&mut self, name: &str) {
        let component = self.component(name);
        self.strains.insert(component);
    }
    /// A strain of `what` in a mixture that another strain lives in.
    pub fn intruder(&self, what: Mixture, there: Mixture) -> Option<&str> {
        let home = self.components(there);
        if !home.iter().any(|c| self.strains.contains(c)) {
            return None;
        }
        let strange = self
            .components(what)
            .iter()
            .find(|c| self.strains.contains(c) && home.binary_search(c).is_err())?;
        self.names
            .get(usize::try_from(*strange).ok()?)
            .map(String::as_str)
    }
    fn component(&mut self, name: &str) -> Component {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        number
    }
    fn number(&mut self, set: Vec<Component>) -> Mixture {
        let set = set.into_boxed_slice();
        if let Some(number) = self.numbers.get(&set) {
            return Mixture(*number);
        }
        let number = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        self.sets.push(set.clone());
        self.numbers.insert(set, number);
        Mixture(number)
    }
    /// Components of a mixture, ascending.
    pub fn components(&self, mixture: Mixture) -> &[Component] {
        let index = usize::try_from(mixture.0).unwrap_or(usize::MAX);
        self.sets.get(index).map_or(&[], AsRef::as_ref)
    }
    /// Both together.
    pub fn union(&mut self, a: Mixture, b: Mixture) -> Mixture {
        if a == b || b.0 == 0 {
            return a;
        }
        if a.0 == 0 {
            return b;
        }
        let key = (a.0.min(b.0), a.0.max(b.0));
        if let Some(number) = self.unions.get(&key) {
            return Mixture(*number);
        }
        let mut set: Vec<Component> = self
            .components(a)
            .iter()
            .chain(self.components(b))
            .copied()
            .collect();
        set.sort_unstable();
        set.dedup();
        let union = self.number(set);
        self.unions.insert(key, union.0);
        union
    }
    /// A component of `what` that none of `known` has, by name.
    pub fn foreign(&self, what: Mixture, known: [Mixture; 2]) -> Option<&str> {
        if known.contains(&what) {
            return None;
        }
        let strange = self.components(what).iter().find(|c| {
            known
                .iter()
                .all(|k| self.components(*k).binary_search(c).is_err())
        })?;
        self.names
            .get(usize::try_from(*strange).ok()?)
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_foreign_is_named() {
        let mut m = Mixtures::default();
        let medium = m.of(["medium"]);
        let culture = m.of(["medium", "S01"]);
        assert_eq!(m.union(medium, culture), culture);
        assert_eq!(m.foreign(culture, [medium, Mixture::default()]), Some("S01"));
        assert_eq!(m.foreign(medium, [culture, Mixture::default()]), None);
        let other = m.of(["S02"]);
        let both = m.union(culture, other);
        assert_eq!(m.foreign(both, [culture, other]), None);
        assert_eq!(m.union(Mixture::default(), other), other);
    }
}
