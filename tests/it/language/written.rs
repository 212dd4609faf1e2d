//! Files written from the description alone: every table, every case, every key.

use plated::schema::{Cases, Key, Table, Type};
use std::collections::{BTreeMap, BTreeSet};

/// A key that no table has.
pub const NONSENSE: &str = "zzzzzzzzzzzzzzzz";

/// The keys of a table in one of its cases.
pub struct Leaf {
    pub keys: Vec<Key>,
    /// Words that make the case, by key; those of a table within, by its key and the key there.
    words: Vec<(&'static str, &'static str)>,
    within: Option<(&'static str, &'static str, &'static str)>,
    /// Keys that the parser asks for to tell cases apart, though this case has none of them.
    pub asked: BTreeSet<&'static str>,
    name: String,
}

/// Every case of a table.
pub fn leaves(table: &'static Table) -> Vec<Leaf> {
    let Some(cases) = &table.cases else {
        return vec![Leaf {
            keys: table.keys.to_vec(),
            words: Vec::new(),
            within: None,
            asked: BTreeSet::new(),
            name: table.id.to_owned(),
        }];
    };
    let mut all = Vec::new();
    for case in cases.all() {
        for mut leaf in leaves(case.table) {
            leaf.keys.splice(0..0, table.keys.iter().copied());
            leaf.name = format!("{}/{}", table.id, leaf.name);
            match cases {
                Cases::Word(on, ..) => leaf.words.insert(0, (on, case.name)),
                Cases::Within(table, on, _) => leaf.within = Some((table, on, case.name)),
                Cases::Given(all) => leaf.asked.extend(all.iter().map(|c| c.name)),
            }
            all.push(leaf);
        }
    }
    all
}

/// Writes files, and notes which keys each table in them may have.
pub struct Writer {
    /// Which of several cases is written where there is room for one.
    pub round: usize,
    /// Whether every table has a key that no table has.
    pub nonsense: bool,
    /// Whether keys have the description's examples, where there are any.
    pub examples: bool,
    /// By path: what is described, and what may be asked for besides.
    pub tables: BTreeMap<String, (BTreeSet<String>, BTreeSet<&'static str>)>,
    /// Tables and cases that were written.
    pub seen: BTreeSet<String>,
}

impl Writer {
    pub fn new(round: usize, nonsense: bool, examples: bool) -> Self {
        Self {
            round,
            nonsense,
            examples,
            tables: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    /// A whole file.
    pub fn file(&mut self, root: &'static Table) -> String {
        let all = leaves(root);
        let leaf = &all[self.round % all.len()];
        let entries = self.entries(leaf, "", root.single, None);
        entries.iter().map(|(k, v)| format!("{k} = {v}\n")).collect()
    }

    fn entries(
        &mut self,
        leaf: &Leaf,
        path: &str,
        single: bool,
        word: Option<(&str, &str)>,
    ) -> Vec<(String, String)> {
        self.seen.insert(leaf.name.clone());
        let mut out = Vec::new();
        let mut names = BTreeSet::new();
        for (on, word) in &leaf.words {
            out.push(((*on).to_owned(), format!("\"{word}\"")));
            names.insert((*on).to_owned());
        }
        for key in &leaf.keys {
            if !names.insert(key.name.to_owned()) {
                continue;
            }
            let at = if path.is_empty() {
                key.name.to_owned()
            } else {
                format!("{path}.{}", key.name)
            };
            let value = match (word, leaf.within) {
                (Some((on, word)), _) if on == key.name => format!("\"{word}\""),
                (_, Some((table, on, word))) if table == key.name => {
                    let Type::Table(inner) = key.kind else {
                        panic!("{at}")
                    };
                    self.table(inner, &at, Some((on, word)))
                }
                _ => self.value(&key.kind, &at, key.example),
            };
            out.push((key.name.to_owned(), value));
        }
        if !single {
            self.tables.insert(path.to_owned(), (names, leaf.asked.clone()));
            if self.nonsense {
                out.push((NONSENSE.to_owned(), "1".into()));
            }
        }
        out
    }

    /// One case of a table, inline.
    fn table(&mut self, table: &'static Table, path: &str, word: Option<(&str, &str)>) -> String {
        let all = leaves(table);
        let leaf = &all[self.round % all.len()];
        self.inline(leaf, path, word)
    }

    fn inline(&mut self, leaf: &Leaf, path: &str, word: Option<(&str, &str)>) -> String {
        let entries = self.entries(leaf, path, false, word);
        let entries: Vec<String> = entries.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        format!("{{ {} }}", entries.join(", "))
    }

    /// Every case of a table as values of a list that already has `before` values.
    fn all(&mut self, table: &'static Table, path: &str, before: usize) -> Vec<String> {
        if table.single {
            let value = |(i, key): (usize, &Key)| {
                let at = format!("{path}[{}].{}", before + i, key.name);
                format!("{{ {} = {} }}", key.name, self.value(&key.kind, &at, key.example))
            };
            return table.keys.iter().enumerate().map(value).collect();
        }
        let all = leaves(table);
        all.iter()
            .enumerate()
            .map(|(i, leaf)| self.inline(leaf, &format!("{path}[{}]", before + i), None))
            .collect()
    }

    fn value(&mut self, kind: &Type, path: &str, example: &str) -> String {
        if let (Type::Words(words), false) = (kind, self.examples) {
            return format!("\"{}\"", words[self.round % words.len()]);
        }
        if !example.is_empty() && (self.examples || !has_table(kind)) {
            return example.to_owned();
        }
        match kind {
            Type::Text | Type::Scalar => "\"x\"".into(),
            Type::Integer(from, _) => from.to_string(),
            Type::Quantity(measure, _) => format!("\"1 {}\"", measure.units[0].0),
            Type::Exactly(count, of) => {
                let items: Vec<String> = (0..*count)
                    .map(|i| self.value(of, &format!("{path}[{i}]"), ""))
                    .collect();
                format!("[{}]", items.join(", "))
            }
            Type::List(of) | Type::OneOrMore(of) => format!("[{}]", self.values(of, path).join(", ")),
            Type::Either(text, table) => {
                let kind = if self.round.is_multiple_of(2) { table } else { text };
                self.value(kind, path, "")
            }
            Type::Table(table) => self.table(table, path, None),
            Type::Map(_, of) => {
                let mut entries = Vec::new();
                if let Type::Table(table) = of {
                    for (i, leaf) in leaves(table).iter().enumerate() {
                        let name = format!("A{}", i + 1);
                        let at = format!("{path}.{name}");
                        entries.push(format!("{name} = {}", self.inline(leaf, &at, None)));
                    }
                } else {
                    entries.push(format!("A1 = {}", self.value(of, &format!("{path}.A1"), "")));
                }
                format!("{{ {} }}", entries.join(", "))
            }
            Type::MapOf(words, of) => {
                let entry = |w: &&str| format!("{w} = {}", self.value(of, &format!("{path}.{w}"), ""));
                let entries: Vec<String> = words.iter().map(entry).collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Type::Free => "{}".into(),
            Type::Words(..) | Type::Pattern(..) | Type::Boolean | Type::Number(..) | Type::Share(..) => {
                panic!("{path} has no example")
            }
        }
    }

    /// Every kind of value of a list.
    fn values(&mut self, of: &Type, path: &str) -> Vec<String> {
        match of {
            Type::Table(table) => self.all(table, path, 0),
            Type::Either(text, table) => {
                let mut values = self.values(text, path);
                let Type::Table(table) = table else {
                    panic!("{path}")
                };
                values.extend(self.all(table, path, values.len()));
                values
            }
            Type::Words(words) => words.iter().map(|w| format!("\"{w}\"")).collect(),
            other => vec![self.value(other, &format!("{path}[0]"), "")],
        }
    }
}

fn has_table(kind: &Type) -> bool {
    match kind {
        Type::Table(_) => true,
        Type::List(of) | Type::Exactly(_, of) | Type::OneOrMore(of) | Type::Map(_, of) => has_table(of),
        Type::MapOf(..) => true,
        Type::Either(a, b) => has_table(a) || has_table(b),
        _ => false,
    }
}

/// Names of every case of every table below one.
pub fn every(table: &'static Table, found: &mut BTreeSet<String>) {
    let all = leaves(table);
    if !table.single && !found.insert(all[0].name.clone()) {
        return;
    }
    for leaf in all {
        found.insert(leaf.name);
        for key in leaf.keys {
            below(&key.kind, found);
        }
    }
}

fn below(kind: &Type, found: &mut BTreeSet<String>) {
    match kind {
        Type::Table(table) if table.single => {
            for key in table.keys {
                below(&key.kind, found);
            }
        }
        Type::Table(table) => every(table, found),
        Type::List(of)
        | Type::Exactly(_, of)
        | Type::OneOrMore(of)
        | Type::Map(_, of)
        | Type::MapOf(_, of) => {
            below(of, found);
        }
        Type::Either(a, b) => {
            below(a, found);
            below(b, found);
        }
        _ => {}
    }
}
