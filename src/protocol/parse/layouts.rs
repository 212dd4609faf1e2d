//! `[layouts]`: grids of names, one text per row of wells.

use super::values::Reader;
use crate::labware::Well;
use crate::plan::Role;
use crate::protocol::source::{Layout, Names};
use crate::source::Table;
use std::collections::{BTreeMap, BTreeSet};

/// The word for a well without anything.
pub(super) const EMPTY: &str = "-";

pub(super) fn read(root: &mut Table<'_>, reader: &Reader<'_>) -> BTreeMap<String, Layout> {
    let mut layouts = BTreeMap::new();
    let Some(mut table) = root.get("layouts").and_then(|v| v.table()) else {
        return layouts;
    };
    for (key, value) in table.entries() {
        if !reader.sound_name(&key) {
            continue;
        }
        let Some(mut t) = value.table() else { continue };
        match layout(&mut t, reader) {
            Some(mut layout) => {
                layout.span = key.span;
                layouts.insert(key.value, layout);
            }
            None => reader.broken(&key.value),
        }
        t.finish();
    }
    layouts
}

fn layout(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Layout> {
    let mut roles = BTreeMap::new();
    let mut named = Vec::new();
    for (key, role) in [
        ("references", Role::Reference),
        ("controls", Role::Control),
        ("blanks", Role::Blank),
    ] {
        for name in t.get(key).map(|v| reader.texts(&v)).unwrap_or_default() {
            roles.insert(name.value.clone(), role);
            named.push(name);
        }
    }
    let names = match t.get("names") {
        None => Names::Strains,
        Some(value) => match reader.text(&value)?.value.as_str() {
            "strains" => Names::Strains,
            "liquids" => Names::Liquids,
            other => {
                value.error(
                    "layout-names",
                    format!("\"{other}\" is not what names can be: strains or liquids"),
                );
                return None;
            }
        },
    };
    if let Some(file) = t.get("file") {
        if let Some(wells) = t.get("wells") {
            wells.error("layout-file", "a layout has `wells` or a `file`, not both");
        }
        let wells = super::lists::plate_map(reader, &reader.text(&file)?, &roles)?;
        return Some(Layout {
            span: t.span.clone(),
            names,
            wells,
            size: None,
        });
    }
    let rows = t.need("wells")?.list()?;
    let mut wells = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut width = None;
    for (r, value) in rows.iter().enumerate() {
        let Some(text) = reader.text(value) else { continue };
        let names: Vec<&str> = text.value.split_whitespace().collect();
        let wanted = *width.get_or_insert(names.len());
        if names.len() != wanted {
            let message = format!("this row names {} wells, the first names {wanted}", names.len());
            value.error("layout-shape", message);
        }
        for (c, name) in names.into_iter().enumerate() {
            let (Ok(row), Ok(column)) = (u8::try_from(r), u8::try_from(c)) else {
                value.error("layout-shape", "a layout has at most 256 rows and columns");
                break;
            };
            if let Some(why) = unsound(name) {
                value.error("name", why);
            }
            if name != EMPTY {
                let role = roles.get(name).copied().unwrap_or(Role::Sample);
                used.insert(name.to_owned());
                wells.insert(Well::new(row, column), (name.to_owned(), role));
            }
        }
    }
    for name in named {
        if !used.contains(&name.value) {
            reporter_unused(reader, &name.value, name.span);
        }
    }
    Some(Layout {
        span: t.span.clone(),
        names,
        wells,
        size: Some((rows.len(), width.unwrap_or(0))),
    })
}

fn reporter_unused(reader: &Reader<'_>, name: &str, span: std::ops::Range<usize>) {
    reader.reporter().error(
        "layout-role",
        span,
        format!("no well of this layout is named \"{name}\""),
    );
}

/// Why a text is no name of a strain or liquid, if it is none.
pub(super) fn unsound(name: &str) -> Option<String> {
    let good = name.len() <= 64
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.+*/:()".contains(c));
    (!good).then(|| format!("\"{name}\" is not a name of a strain; use letters, digits and -_.+*/:()"))
}
