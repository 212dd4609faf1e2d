//! The layout of the code as data, checked against the sources: which room may import which, which rooms are pure,
//! that every `select!` is biased, and that files stay short. `docs/architecture.md` explains the table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::Visit;

/// Longest file, in lines.
const LONGEST: usize = 600;

/// Flat catalogues that may be longer, with the reason.
const CATALOGUES: &[(&str, &str)] = &[];

/// Rooms with what they may import, in the order of the layers.
const ROOMS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("source", &["units"]),
    ("schema", &["units"]),
    ("labware", &["units", "source"]),
    ("rig", &["units", "source", "labware"]),
    ("expr", &[]),
    ("plan", &["units", "labware", "rig"]),
    ("calibrate", &["units", "rig"]),
    ("protocol", &["units", "source", "labware", "rig", "expr", "plan"]),
    ("schedule", &["units", "labware", "rig", "plan"]),
    ("analysis", &["units", "labware", "rig", "expr", "plan"]),
    ("clock", &["units", "rig"]),
    ("devices", &["units", "labware", "rig", "plan"]),
    ("run", &["units", "labware", "rig", "expr", "plan", "devices"]),
    ("journal", &["units", "run"]),
    ("formats", &["units", "labware", "rig", "plan", "run", "analysis"]),
    (
        "report",
        &["units", "labware", "rig", "plan", "run", "analysis", "formats"],
    ),
    ("link", &["units", "rig", "clock"]),
    (
        "drivers",
        &["units", "labware", "rig", "plan", "devices", "link", "clock"],
    ),
    (
        "engine",
        &[
            "units", "labware", "rig", "plan", "schedule", "analysis", "run", "journal", "devices", "clock",
        ],
    ),
    ("store", &["units", "labware", "rig", "plan", "run", "devices"]),
    (
        "api",
        &["units", "labware", "rig", "plan", "run", "report", "clock"],
    ),
    (
        "simulate",
        &[
            "units", "labware", "rig", "plan", "run", "journal", "devices", "clock", "link", "drivers",
            "engine",
        ],
    ),
    (
        "daemon",
        &[
            "units",
            "source",
            "labware",
            "rig",
            "plan",
            "calibrate",
            "protocol",
            "schedule",
            "analysis",
            "clock",
            "devices",
            "run",
            "journal",
            "formats",
            "report",
            "link",
            "drivers",
            "engine",
            "store",
            "api",
            "simulate",
        ],
    ),
    (
        "tui",
        &[
            "units", "labware", "plan", "run", "analysis", "formats", "report", "api",
        ],
    ),
    (
        "cli",
        &[
            "units",
            "source",
            "labware",
            "rig",
            "plan",
            "calibrate",
            "protocol",
            "schedule",
            "analysis",
            "clock",
            "run",
            "journal",
            "formats",
            "report",
            "engine",
            "store",
            "api",
            "simulate",
            "daemon",
            "tui",
            "schema",
            "devices",
        ],
    ),
];

/// Rooms of plain functions over plain data.
const PURE: &[&str] = &[
    "units",
    "source",
    "labware",
    "rig",
    "expr",
    "plan",
    "calibrate",
    "protocol",
    "schedule",
    "analysis",
    "run",
    "formats",
    "report",
    "schema",
];

/// What a pure room never names.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "std::io::stdin",
    "std::io::stdout",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
    "rustix",
    "rusqlite",
    "axum",
    "hyper",
    "crossterm",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The module path of a file below `src`, as ["run", "state"].
fn module_of(path: &Path, src: &Path) -> Vec<String> {
    let relative = path.strip_prefix(src).unwrap().with_extension("");
    let mut parts: Vec<String> = relative
        .iter()
        .map(|p| p.to_string_lossy().into_owned())
        .collect();
    if parts.last().is_some_and(|p| p == "mod") {
        parts.pop();
    }
    parts
}

/// Every path that a file names, made absolute from the crate's root ("crate::…") or from another crate.
struct Paths {
    module: Vec<String>,
    named: BTreeSet<String>,
    unbiased: Vec<String>,
}

impl Paths {
    fn name(&mut self, segments: &[String]) {
        let mut module = self.module.clone();
        let mut rest = segments;
        let mut relative = false;
        while let Some(first) = rest.first() {
            match first.as_str() {
                "crate" => {
                    module.clear();
                    relative = true;
                }
                "self" => relative = true,
                "super" => {
                    module.pop();
                    relative = true;
                }
                _ => break,
            }
            rest = &rest[1..];
        }
        let mut full = if relative {
            [vec!["crate".to_owned()], module].concat()
        } else {
            Vec::new()
        };
        full.extend_from_slice(rest);
        self.named.insert(full.join("::"));
    }

    fn tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |ident: &dyn std::fmt::Display| [prefix, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.name(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.name(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.name(&with(&"*")),
            syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.tree(prefix, t)),
        }
    }

    /// Paths inside macro calls, which the parser leaves as tokens.
    fn tokens(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        for (i, word) in words.iter().enumerate() {
            if matches!(*word, "crate" | "super" | "tokio" | "std") {
                let mut segments = vec![(*word).to_owned()];
                let mut at = i;
                while words.get(at + 1) == Some(&"::") && words.get(at + 2).is_some() {
                    segments.push(words[at + 2].to_owned());
                    at += 2;
                }
                self.name(&segments);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.name(&segments);
        syn::visit::visit_path(self, path);
    }
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string();
        if call.path.segments.last().is_some_and(|s| s.ident == "select") && !text.starts_with("biased") {
            self.unbiased.push(text.chars().take(60).collect());
        }
        self.tokens(&text.replace("::", " :: "));
        syn::visit::visit_macro(self, call);
    }
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

fn paths(path: &Path, src: &Path) -> Paths {
    let text = std::fs::read_to_string(path).unwrap();
    let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut paths = Paths {
        module: module_of(path, src),
        named: BTreeSet::new(),
        unbiased: Vec::new(),
    };
    paths.visit_file(&file);
    paths
}

/// Whether a file is compiled for tests only: by its name, or since the module that declares it says so.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    let folder = path.parent().unwrap();
    let owner = std::fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
    let declared = format!("mod {stem};");
    let mut lines = owner.lines().zip(owner.lines().skip(1));
    stem.ends_with("tests")
        || lines.any(|(before, line)| before == "#[cfg(test)]" && line.ends_with(&declared))
}

#[test]
fn rooms_import_only_what_the_table_lists() {
    let src = root().join("src");
    let table: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for path in sources(&src) {
        let module = module_of(&path, &src);
        let Some(room) = module.first().filter(|m| *m != "lib" && *m != "main") else {
            continue;
        };
        let Some(allowed) = table.get(room.as_str()) else {
            wrong.push(format!("{}: room \"{room}\" is not in the table", path.display()));
            continue;
        };
        for name in paths(&path, &src).named {
            let Some(other) = name.strip_prefix("crate::").and_then(|n| n.split("::").next()) else {
                continue;
            };
            let other_is_room = table.contains_key(other);
            // Test files may also use the rooms that help them look.
            if other_is_room && other != room && !allowed.contains(&other) && !is_test(&path) {
                wrong.push(format!("{}: {room} may not import {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_cycles_and_no_unknown_rooms() {
    let mut above = BTreeSet::new();
    for (room, imports) in ROOMS {
        for import in *imports {
            assert!(
                above.contains(import),
                "{room} imports {import}, which does not stand above it"
            );
        }
        assert!(above.insert(room), "{room} stands twice");
        assert!(
            root().join("src").join(room).is_dir(),
            "there is no room src/{room}"
        );
    }
}

#[test]
fn pure_rooms_touch_nothing() {
    let src = root().join("src");
    let mut wrong = Vec::new();
    for path in sources(&src).into_iter().filter(|p| !is_test(p)) {
        let module = module_of(&path, &src);
        if !module.first().is_some_and(|m| PURE.contains(&m.as_str())) {
            continue;
        }
        for name in paths(&path, &src).named {
            if IMPURE
                .iter()
                .any(|i| name == *i || name.starts_with(&format!("{i}::")))
            {
                wrong.push(format!("{}: a pure room names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn time_is_asked_for_and_paused_where_it_belongs() {
    let src = root().join("src");
    let mut wrong = Vec::new();
    for path in sources(&src).into_iter().filter(|p| !is_test(p)) {
        let room = module_of(&path, &src).first().cloned().unwrap_or_default();
        for name in paths(&path, &src).named {
            let clock = name.starts_with("tokio::time") && room != "clock";
            let wall = name.starts_with("std::time::Instant") || name.starts_with("std::time::SystemTime");
            if clock || (wall && !matches!(room.as_str(), "cli" | "tui")) {
                wrong.push(format!("{}: {name} belongs to the clock", path.display()));
            }
        }
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("start_paused") && !text.contains("tokio::test(start_paused") && room != "simulate" {
            wrong.push(format!("{}: only simulate pauses time", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_select_is_biased() {
    let mut wrong = Vec::new();
    for src in [root().join("src"), root().join("hardware-sim/src")] {
        for path in sources(&src) {
            for call in paths(&path, &src).unbiased {
                wrong.push(format!("{}: {call}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "select! without biased:\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_about_one_thing() {
    let mut wrong = Vec::new();
    let folders = [
        "src",
        "hardware-sim/src",
        "solver",
        "tests",
        "benches",
        "examples",
    ];
    for folder in folders {
        if !root().join(folder).is_dir() {
            continue;
        }
        for path in sources(&root().join(folder)) {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            if lines > LONGEST && !CATALOGUES.iter().any(|(file, _)| *file == name) {
                wrong.push(format!("{name} has {lines} lines; at most {LONGEST}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_simulator_knows_nothing_of_the_program_it_judges() {
    let manifest = std::fs::read_to_string(root().join("hardware-sim/Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("plated"),
        "hardware-sim must not depend on plated"
    );
    let src = root().join("hardware-sim/src");
    for path in sources(&src) {
        let named = paths(&path, &src).named;
        assert!(
            !named.iter().any(|n| n.starts_with("plated")),
            "{} imports plated",
            path.display()
        );
    }
}

#[test]
fn the_solver_knows_numbers_alone() {
    let manifest = std::fs::read_to_string(root().join("solver/Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("[dependencies]"),
        "plated-solver must depend on nothing"
    );
    let src = root().join("solver/src");
    for path in sources(&src) {
        for name in paths(&path, &src).named {
            let clock = name.starts_with("std::")
                && !name.starts_with("std::collections")
                && !name.starts_with("std::cmp");
            assert!(!clock, "{} imports {name}", path.display());
        }
    }
}

#[test]
fn the_checks_see_what_they_look_for() {
    let code = "use super::super::run as r; fn f() { tokio::select! { a = b => {} } format!(\"{}\", crate::cli::x()); }";
    let mut paths = Paths {
        module: vec!["plan".into(), "a".into()],
        named: BTreeSet::new(),
        unbiased: Vec::new(),
    };
    paths.visit_file(&syn::parse_file(code).unwrap());
    assert!(paths.named.contains("crate::run"), "{:?}", paths.named);
    assert!(paths.named.contains("crate::cli::x"), "{:?}", paths.named);
    assert_eq!(paths.unbiased.len(), 1);
}
