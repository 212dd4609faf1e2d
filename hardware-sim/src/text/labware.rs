//! Labware definitions as the simulator reads them: where wells truly are relative to their nest.

use crate::{
    SimError,
    quantity::{Mm, Nl},
};
use serde::Deserialize;

/// What a piece of labware is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LabwareKind {
    Plate,
    /// Wells filled with agar.
    AgarPlate,
    Reservoir,
    TipRack,
    Waste,
}

impl LabwareKind {
    /// Whether its wells hold liquid.
    pub(crate) fn wet(self) -> bool {
        matches!(self, Self::Plate | Self::AgarPlate | Self::Reservoir)
    }
}

/// Cross section of a well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Circle { diameter: Mm },
    Rectangle { x: Mm, y: Mm },
}

#[derive(Deserialize)]
struct File {
    labware: Head,
    geometry: Geometry,
    tip: Option<Tip>,
}

#[derive(Deserialize)]
struct Head {
    kind: LabwareKind,
    rows: usize,
    columns: usize,
    capacity: Option<Nl>,
    dead_volume: Option<Nl>,
    agar: Option<Mm>,
    capacity_tips: Option<u64>,
    lid: Option<Lid>,
}

/// A lid that fits the labware.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Lid {
    /// How far a lidded plate stands above the open one.
    pub(crate) rise: Mm,
    /// What the lid adds to an absorbance read through it.
    #[serde(default)]
    pub(crate) absorbance: f64,
}

#[derive(Deserialize)]
struct Geometry {
    footprint: [Mm; 2],
    height: Mm,
    first_well: [Mm; 2],
    spacing: [Mm; 2],
    #[serde(default)]
    well_bottom: Mm,
    shape: String,
    diameter: Option<Mm>,
    size: Option<[Mm; 2]>,
}

/// A tip of a rack.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Tip {
    /// Whole length.
    pub(crate) length: Mm,
    /// How far the nozzle enters it.
    pub(crate) overlap: Mm,
}

/// One labware definition.
#[derive(Clone, Debug)]
pub(crate) struct Labware {
    pub(crate) kind: LabwareKind,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) capacity: Nl,
    pub(crate) dead_volume: Nl,
    /// Height of the agar over a well's inner bottom.
    pub(crate) agar: Option<Mm>,
    pub(crate) capacity_tips: u64,
    pub(crate) lid: Option<Lid>,
    pub(crate) footprint: [Mm; 2],
    pub(crate) height: Mm,
    pub(crate) first_well: [Mm; 2],
    pub(crate) spacing: [Mm; 2],
    pub(crate) well_bottom: Mm,
    pub(crate) shape: Shape,
    pub(crate) tip: Option<Tip>,
}

impl Labware {
    /// Reads the definition whose file stem is `name`.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, SimError> {
        let fault = |message: String| SimError::Text {
            what: format!("labware `{name}`"),
            message,
        };
        let file: File = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        let shape = match (
            file.geometry.shape.as_str(),
            file.geometry.diameter,
            file.geometry.size,
        ) {
            ("circular", Some(diameter), _) => Shape::Circle { diameter },
            ("rectangular", _, Some([x, y])) => Shape::Rectangle { x, y },
            (shape, _, _) => {
                return Err(fault(format!(
                    "shape `{shape}` needs `diameter` (circular) or `size` (rectangular)"
                )));
            }
        };
        if file.labware.rows == 0 || file.labware.columns == 0 {
            return Err(fault("rows and columns must be at least 1".into()));
        }
        if (file.labware.kind == LabwareKind::AgarPlate) != file.labware.agar.is_some() {
            return Err(fault(
                "an `agar_plate`, and nothing else, says how high its `agar` is".into(),
            ));
        }
        Ok(Self {
            kind: file.labware.kind,
            rows: file.labware.rows,
            columns: file.labware.columns,
            capacity: file.labware.capacity.unwrap_or_default(),
            dead_volume: file.labware.dead_volume.unwrap_or_default(),
            agar: file.labware.agar,
            capacity_tips: file.labware.capacity_tips.unwrap_or(0),
            lid: file.labware.lid,
            footprint: file.geometry.footprint,
            height: file.geometry.height,
            first_well: file.geometry.first_well,
            spacing: file.geometry.spacing,
            well_bottom: file.geometry.well_bottom,
            shape,
            tip: file.tip,
        })
    }

    /// Wells in all.
    pub(crate) fn wells(&self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    /// Name of a well counted along rows from A1.
    pub(crate) fn well_name(&self, index: usize) -> String {
        let row = index.checked_div(self.columns).unwrap_or(0);
        let column = index.checked_rem(self.columns).unwrap_or(0) + 1;
        let letter = u8::try_from(row)
            .ok()
            .and_then(|row| b'A'.checked_add(row))
            .map_or('?', char::from);
        format!("{letter}{column}")
    }

    /// Index of a named well, counted along rows from A1.
    pub(crate) fn well_index(&self, name: &str) -> Option<usize> {
        let mut chars = name.chars();
        let letter = chars.next()?.to_ascii_uppercase();
        let row = usize::try_from(u32::from(letter).checked_sub(u32::from('A'))?).ok()?;
        let column: usize = chars.as_str().parse().ok()?;
        (row < self.rows && (1..=self.columns).contains(&column)).then(|| row * self.columns + column - 1)
    }

    /// Cross section of a well in square millimetres.
    pub(crate) fn area_mm2(&self) -> f64 {
        match self.shape {
            Shape::Circle { diameter } => std::f64::consts::PI * diameter.0 * diameter.0 / 4.0,
            Shape::Rectangle { x, y } => x.0 * y.0,
        }
    }
}
