//! The values of an instrument: numbers that follow one another, and words. All is computed from the moment of the last
//! change, so it does not matter when anybody looks.

use crate::{
    num,
    rng::Stream,
    text::{Course, Datum},
};
use std::collections::{BTreeMap, VecDeque};

/// Where so little of the way is left, a value that comes ever more slowly is there.
const LEFT: f64 = 1e-3;

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
}

impl Value {
    /// As a number; a word that is none counts 0.
    pub(super) fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.trim().parse().unwrap_or(0.0),
        }
    }
}

/// One value on its way.
#[derive(Clone, Debug)]
struct Way {
    course: Course,
    word: Option<String>,
    from: f64,
    since: u64,
    goal: f64,
    /// What it follows was this when it was last seen.
    seen: f64,
    /// Goals that it will hear of later.
    later: VecDeque<(u64, f64)>,
}

impl Way {
    fn left(&self, now: u64) -> f64 {
        let seconds = now.saturating_sub(self.since) as f64 / 1e6;
        if let Some(rate) = self.course.rate {
            let way = (self.goal - self.from).abs();
            let gone = rate.abs() * seconds;
            return if gone >= way { 0.0 } else { 1.0 - gone / way };
        }
        let Some(tau) = self.course.time_constant else {
            return 0.0;
        };
        let left = (-seconds / tau.0.max(1e-6)).exp();
        if left < LEFT { 0.0 } else { left }
    }

    fn at(&self, now: u64) -> f64 {
        self.goal + (self.from - self.goal) * self.left(now)
    }

    fn moves(&self, now: u64) -> bool {
        !self.later.is_empty() || self.from != self.goal && self.left(now) > 0.0
    }

    fn aim(&mut self, now: u64, goal: f64) {
        self.from = self.at(now);
        self.since = now;
        self.goal = goal;
        self.word = None;
    }

    /// It has come to what it shall be in its own time.
    fn hear(&mut self, now: u64, goal: f64) {
        match self.course.after {
            Some(after) => self.later.push_back((now.saturating_add(after.micros()), goal)),
            None => self.aim(now, goal),
        }
    }
}

/// All values, by name.
#[derive(Clone, Debug)]
pub(super) struct Values {
    ways: BTreeMap<String, Way>,
    /// Numbers of words, by value.
    words: BTreeMap<String, BTreeMap<String, f64>>,
    room: f64,
    noise: Stream,
}

impl Values {
    /// As the instrument is when it is switched on for the first time.
    pub(super) fn new(
        courses: BTreeMap<String, Course>,
        words: BTreeMap<String, BTreeMap<String, f64>>,
        (room, noise): (f64, Stream),
    ) -> Self {
        let way = |course: Course| Way {
            course,
            word: None,
            from: 0.0,
            since: 0,
            goal: 0.0,
            seen: 0.0,
            later: VecDeque::new(),
        };
        let ways = courses.into_iter().map(|(name, course)| (name, way(course)));
        let mut values = Self {
            ways: ways.collect(),
            words,
            room,
            noise,
        };
        values.start(true);
        values
    }

    /// Everything begins anew; what is kept when power is lost stays, unless it is the `first` time.
    pub(super) fn start(&mut self, first: bool) {
        let names: Vec<String> = self.ways.keys().cloned().collect();
        for name in &names {
            let Some(way) = self.ways.get(name) else { continue };
            if way.course.keeps && !first {
                continue;
            }
            let start = way.course.start.clone();
            let (number, word) = match start {
                Some(Datum::Number(number)) => (number, None),
                Some(Datum::Word(word)) => match self.named(name, &word) {
                    Some(number) => (number, None),
                    None => (0.0, Some(word)),
                },
                None => (0.0, None),
            };
            if let Some(way) = self.ways.get_mut(name) {
                (way.from, way.goal, way.since, way.word) = (number, number, 0, word);
                way.later.clear();
            }
        }
        // What follows and has no start of its own is where it shall be.
        for _ in &names {
            for name in &names {
                let Some(followed) = self.followed(name, 0) else {
                    continue;
                };
                if let Some(way) = self.ways.get_mut(name) {
                    if way.course.start.is_none() && (first || !way.course.keeps) {
                        (way.from, way.goal) = (followed, followed);
                        way.seen = followed;
                    } else {
                        way.seen = f64::NAN;
                    }
                }
            }
        }
    }

    /// The number that a word stands for.
    pub(super) fn named(&self, name: &str, word: &str) -> Option<f64> {
        if word == "room" {
            return Some(self.room);
        }
        self.words.get(name)?.get(word).copied()
    }

    fn followed(&self, name: &str, now: u64) -> Option<f64> {
        let way = self.ways.get(name)?;
        let scale = way.course.scale.unwrap_or(1.0);
        match self.get(way.course.follows.as_ref()?, now)? {
            Value::Number(number) => Some(number * scale),
            Value::Text(_) => None,
        }
    }

    /// A value at a moment; `None`: there is no such value.
    pub(super) fn get(&self, name: &str, now: u64) -> Option<Value> {
        if name == "room" {
            return Some(Value::Number(self.room));
        }
        let way = self.ways.get(name)?;
        Some(match &way.word {
            Some(word) => Value::Text(word.clone()),
            None => Value::Number(way.at(now)),
        })
    }

    /// The same as it is told, with its noise.
    pub(super) fn told(&mut self, name: &str, now: u64) -> Option<Value> {
        let value = self.get(name, now)?;
        let noise = self.ways.get(name).map_or(0.0, |way| way.course.noise);
        match value {
            Value::Number(number) if noise > 0.0 => Some(Value::Number(number + noise * self.noise.normal())),
            value => Some(value),
        }
    }

    /// Where a value goes.
    pub(super) fn goal(&self, name: &str) -> Option<f64> {
        self.ways.get(name).map(|way| way.goal)
    }

    /// Whether it follows another, and so cannot be set.
    pub(super) fn follows(&self, name: &str) -> bool {
        self.ways
            .get(name)
            .is_some_and(|way| way.course.follows.is_some())
    }

    /// The quantity whose set-point it is.
    pub(super) fn regulates(&self, name: &str) -> Option<String> {
        self.ways.get(name)?.course.regulates.clone()
    }

    /// Sets a value, which then goes there in its own time.
    pub(super) fn set(&mut self, name: &str, now: u64, value: Value) {
        let number = match value {
            Value::Number(number) => number,
            Value::Text(word) => match self.named(name, &word) {
                Some(number) => number,
                None => {
                    if let Some(way) = self.ways.get_mut(name) {
                        way.word = Some(word);
                    }
                    return;
                }
            },
        };
        if let Some(way) = self.ways.get_mut(name) {
            way.hear(now, number);
        }
    }

    /// Sets a value at once, as somebody from outside does.
    pub(super) fn put(&mut self, name: &str, number: f64) {
        if let Some(way) = self.ways.get_mut(name) {
            (way.from, way.goal, way.word) = (number, number, None);
        }
    }

    /// What follows hears of what it follows.
    pub(super) fn look(&mut self, now: u64) {
        let names: Vec<String> = self
            .ways
            .iter()
            .filter(|(_, way)| way.course.follows.is_some() || !way.later.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        for _ in &names {
            let mut changed = false;
            for name in &names {
                let followed = self.followed(name, now);
                let Some(way) = self.ways.get_mut(name) else {
                    continue;
                };
                if let Some(followed) = followed
                    && way.seen != followed
                {
                    way.seen = followed;
                    way.hear(now, followed);
                    changed = true;
                }
                while let Some((due, goal)) = way.later.front().copied().filter(|(due, _)| *due <= now) {
                    way.later.pop_front();
                    way.aim(due, goal);
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Whether anything is on its way.
    pub(super) fn move_on(&self, now: u64) -> bool {
        self.ways.values().any(|way| way.moves(now))
    }

    /// Names of all.
    pub(super) fn names(&self) -> Vec<String> {
        self.ways.keys().cloned().collect()
    }

    /// Whether a value is this word: by name of its number, by its text, or by the number itself.
    pub(super) fn is(&self, name: &str, value: &Value, word: &str) -> bool {
        match value {
            Value::Text(text) => text == word,
            Value::Number(number) => self
                .named(name, word)
                .or_else(|| word.parse().ok())
                .is_some_and(|wanted| (wanted - number).abs() < 1e-9),
        }
    }

    /// A number as the whole number that it stands for, of bits.
    pub(super) fn bit(number: f64) -> bool {
        num::round_i64(number) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Seconds;

    fn values(courses: &[(&str, Course)]) -> Values {
        let courses = courses.iter().map(|(name, c)| ((*name).to_owned(), c.clone()));
        Values::new(courses.collect(), BTreeMap::new(), (21.0, Stream::new(1, "test")))
    }

    fn number(values: &Values, name: &str, s: u64) -> f64 {
        values.get(name, s * 1_000_000).unwrap().number()
    }

    #[test]
    fn what_follows_comes_later_at_its_rate_and_another_ever_more_slowly() {
        let follows = |name: &str| Course {
            follows: Some(name.to_owned()),
            ..Course::default()
        };
        let mut all = values(&[
            (
                "target",
                Course {
                    start: Some(Datum::Word("room".to_owned())),
                    ..Course::default()
                },
            ),
            (
                "block",
                Course {
                    rate: Some(0.5),
                    after: Some(Seconds(2.0)),
                    ..follows("target")
                },
            ),
            (
                "lid",
                Course {
                    time_constant: Some(Seconds(10.0)),
                    scale: Some(2.0),
                    ..follows("target")
                },
            ),
        ]);
        assert_eq!(number(&all, "block", 0), 21.0);
        assert_eq!(number(&all, "lid", 0), 42.0);
        all.set("target", 0, Value::Number(31.0));
        all.look(0);
        assert_eq!(number(&all, "block", 1), 21.0);
        assert!(all.move_on(1_000_000));
        all.look(2_000_000);
        assert_eq!(number(&all, "block", 12), 26.0);
        assert_eq!(number(&all, "block", 22), 31.0);
        let lid = number(&all, "lid", 10);
        assert!((lid - (62.0 - 20.0 * (-1.0_f64).exp())).abs() < 1e-9);
        all.look(100_000_000);
        assert!(!all.move_on(100_000_000));
        all.start(false);
        assert_eq!(number(&all, "block", 101), 21.0);
    }
}
