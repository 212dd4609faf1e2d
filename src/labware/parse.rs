//! Reads a labware file.

use super::{Geometry, Kind, Labware, Lid, Shape, Tip};
use crate::source::{Diagnostic, Document, SourceFile, Table};
use crate::units::{Absorbance, Length, Quantity, Volume};

/// Text in; the definition and every problem out. The definition is there when no error is.
pub fn parse(file: &SourceFile) -> (Option<Labware>, Vec<Diagnostic>) {
    let document = Document::parse(file);
    let labware = read(&document);
    let found = document.reporter().take();
    (labware.filter(|_| found.is_empty()), found)
}

fn read(document: &Document<'_>) -> Option<Labware> {
    let mut root = document.root();
    let mut head = root.need("labware")?.table()?;
    let kind_value = head.need("kind")?;
    let kind = match kind_value.text()?.as_str() {
        "plate" => Kind::Plate,
        "reservoir" => Kind::Reservoir,
        "tip_rack" => Kind::TipRack,
        "waste" => Kind::Waste,
        other => {
            let message =
                format!("\"{other}\" is not a kind of labware; use plate, reservoir, tip_rack or waste");
            kind_value.error("labware-kind", message);
            return None;
        }
    };
    let name = head.need("name")?.text();
    let title = head.need("title")?.text();
    let rows = count(&mut head, "rows");
    let columns = count(&mut head, "columns");
    let wet = kind != Kind::Waste;
    let capacity = if wet {
        quantity::<Volume>(&mut head, "capacity")
    } else {
        Some(Volume::nl(0))
    };
    let dead_volume = head
        .get("dead_volume")
        .and_then(|v| v.quantity())
        .unwrap_or_default();
    let lid = head.get("lid").and_then(|v| v.table()).and_then(|mut t| {
        let lid = Lid {
            height: quantity(&mut t, "height")?,
            rise: quantity(&mut t, "rise")?,
            absorbance: Absorbance(t.need("absorbance")?.number()?),
        };
        t.finish();
        Some(lid)
    });
    let capacity_tips = head
        .get("capacity_tips")
        .and_then(|v| v.integer())
        .and_then(|n| u32::try_from(n).ok());
    head.finish();
    let tip = if kind == Kind::TipRack {
        let mut t = root.need("tip")?.table()?;
        let tip = Tip {
            length: quantity(&mut t, "length")?,
            overlap: quantity(&mut t, "overlap")?,
        };
        t.finish();
        Some(tip)
    } else {
        None
    };
    let mut g = root.need("geometry")?.table()?;
    let tips = kind == Kind::TipRack;
    let optional = |t: &mut Table<'_>, key: &str| {
        if tips {
            Some(t.get(key).and_then(|v| v.quantity()).unwrap_or_default())
        } else {
            quantity::<Length>(t, key)
        }
    };
    let shape_value = g.need("shape")?;
    let shape = match shape_value.text()?.as_str() {
        "circular" => Shape::Circular {
            diameter: quantity(&mut g, "diameter")?,
        },
        "rectangular" => {
            let (x, y) = pair(&mut g, "size")?;
            Shape::Rectangular { x, y }
        }
        other => {
            shape_value.error(
                "labware-shape",
                format!("\"{other}\" is not a shape; use circular or rectangular"),
            );
            return None;
        }
    };
    let geometry = Geometry {
        footprint: pair(&mut g, "footprint")?,
        height: quantity(&mut g, "height")?,
        first_well: pair(&mut g, "first_well")?,
        spacing: pair(&mut g, "spacing")?,
        well_bottom: optional(&mut g, "well_bottom")?,
        well_depth: optional(&mut g, "well_depth")?,
        shape,
    };
    let _ = g.get("bottom");
    g.finish();
    root.finish();
    Some(Labware {
        name: name?,
        title: title?,
        kind,
        rows: rows?,
        columns: columns?,
        capacity: capacity?,
        dead_volume,
        lid,
        tip,
        capacity_tips,
        geometry,
    })
}

fn count(table: &mut Table<'_>, key: &str) -> Option<u8> {
    let value = table.need(key)?;
    let n = value.integer()?;
    let n = u8::try_from(n).ok().filter(|n| (1..=48).contains(n));
    if n.is_none() {
        value.error("labware-size", format!("`{key}` must be from 1 to 48"));
    }
    n
}

fn quantity<Q: Quantity>(table: &mut Table<'_>, key: &str) -> Option<Q> {
    table.need(key)?.quantity()
}

fn pair(table: &mut Table<'_>, key: &str) -> Option<(Length, Length)> {
    let value = table.need(key)?;
    let items = value.list()?;
    if let [x, y] = items.as_slice() {
        return Some((x.quantity()?, y.quantity()?));
    }
    value.error("wrong-length", format!("`{}` is a pair of lengths", value.path));
    None
}
