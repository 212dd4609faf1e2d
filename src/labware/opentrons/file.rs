//! The keys of an Opentrons labware definition that are read, as they stand in the file: millimetres and microlitres.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    pub(super) schema_version: f64,
    pub(super) version: u32,
    pub(super) metadata: Metadata,
    pub(super) parameters: Parameters,
    pub(super) ordering: Vec<Vec<String>>,
    pub(super) wells: BTreeMap<String, WellEntry>,
    pub(super) dimensions: Option<Dimensions>,
    pub(super) corner_offset_from_slot: Option<Point>,
    pub(super) extents: Option<Extents>,
    #[serde(default)]
    pub(super) groups: Vec<Group>,
    #[serde(default)]
    pub(super) inner_labware_geometry: Option<BTreeMap<String, Inner>>,
    #[serde(default)]
    pub(super) allowed_roles: Vec<String>,
    #[serde(default)]
    pub(super) stacking_offset_with_labware: BTreeMap<String, Point>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) display_name: String,
    pub(super) display_category: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    pub(super) load_name: String,
    pub(super) is_tiprack: bool,
    pub(super) tip_length: Option<f64>,
    pub(super) tip_overlap: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dimensions {
    pub(super) x_dimension: f64,
    pub(super) y_dimension: f64,
    pub(super) z_dimension: f64,
}

#[derive(Deserialize, Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) z: f64,
}

#[derive(Deserialize)]
pub(super) struct Extents {
    pub(super) total: Total,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Total {
    pub(super) back_left_bottom: Point,
    pub(super) front_right_top: Point,
}

#[derive(Deserialize)]
pub(super) struct Group {
    #[serde(default)]
    pub(super) wells: Vec<String>,
    #[serde(default)]
    pub(super) metadata: GroupMetadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupMetadata {
    pub(super) well_bottom_shape: Option<String>,
}

#[derive(Deserialize, Clone, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct WellEntry {
    pub(super) x: f64,
    pub(super) y: f64,
    #[serde(flatten)]
    pub(super) inside: Inside,
}

#[derive(Deserialize, Clone, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inside {
    pub(super) z: f64,
    pub(super) depth: f64,
    pub(super) total_liquid_volume: f64,
    pub(super) shape: String,
    pub(super) diameter: Option<f64>,
    pub(super) x_dimension: Option<f64>,
    pub(super) y_dimension: Option<f64>,
    pub(super) geometry_definition_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Inner {
    #[serde(default)]
    pub(super) sections: Vec<SectionEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SectionEntry {
    pub(super) shape: String,
    pub(super) top_height: f64,
    pub(super) bottom_height: f64,
    pub(super) radius_of_curvature: Option<f64>,
    pub(super) bottom_diameter: Option<f64>,
    pub(super) top_diameter: Option<f64>,
    pub(super) bottom_x_dimension: Option<f64>,
    pub(super) bottom_y_dimension: Option<f64>,
    pub(super) top_x_dimension: Option<f64>,
    pub(super) top_y_dimension: Option<f64>,
    pub(super) bottom_cross_section: Option<String>,
    pub(super) circle_diameter: Option<f64>,
    pub(super) rectangle_x_dimension: Option<f64>,
    pub(super) rectangle_y_dimension: Option<f64>,
    pub(super) x_count: Option<u32>,
    pub(super) y_count: Option<u32>,
}
