use super::*;
use crate::analysis::{compute, fixture};
use crate::plan::Compute;
use crate::units::{Duration, Wavelength};

type Row = BTreeMap<String, String>;

fn rows(bytes: &[u8]) -> Vec<Row> {
    csv::Reader::from_reader(bytes)
        .deserialize()
        .map(|r| r.expect("valid CSV"))
        .collect()
}

fn findings(plan: &Plan, readings: &[Reading]) -> BTreeMap<StepId, Finding> {
    let mut found = BTreeMap::new();
    let growth = compute(&fixture::growth_step(plan), plan, readings, &found).expect("growth");
    found.insert(StepId::new("growth"), growth);
    let hits = compute(&Compute::Hits(fixture::hits_step()), plan, readings, &found).expect("hits");
    found.insert(StepId::new("select"), hits);
    found
}

#[test]
fn every_reading_reads_back_exactly() {
    let plan = fixture::plan(2);
    let mut readings = fixture::readings(&plan, 1);
    *readings
        .first_mut()
        .and_then(|r| r.values.first_mut())
        .expect("a value") = None;
    let table = rows(&readings_csv(&plan, &readings, &BTreeMap::new()));
    assert_eq!(table.len(), 2 * 25 * 96);
    for (row, (reading, index)) in table
        .iter()
        .zip(readings.iter().flat_map(|r| (0..96).map(move |i| (r, i))))
    {
        let value = reading.values.get(index).copied().flatten();
        assert_eq!(row["absorbance"].parse().ok(), value.map(|v| v.0));
        assert_eq!(row["plate"], reading.plate.as_str());
        assert_eq!(row["time_utc"], iso_time(reading.at));
    }
    let first = table.first().expect("rows");
    assert_eq!(
        (
            first["well"].as_str(),
            first["marks"].as_str(),
            first["role"].as_str()
        ),
        ("A1", "out of range", "reference")
    );
    let late = table
        .iter()
        .find(|r| !r["late_s"].is_empty())
        .expect("one late read");
    assert_eq!(
        (
            late["plate"].as_str(),
            late["late_s"].as_str(),
            late["time_h"].as_str()
        ),
        ("assay-2", "95", "3.500000")
    );
}

#[test]
fn rates_strains_and_hits_read_back() {
    let plan = fixture::plan(4);
    let readings = fixture::readings(&plan, 5);
    let found = findings(&plan, &readings);
    let Some(Finding::Growth {
        rows: growth,
        quality,
    }) = found.get(&StepId::new("growth"))
    else {
        panic!()
    };
    let table = rows(&growth_csv(growth));
    for (row, one) in table.iter().zip(growth) {
        assert_eq!(row["growth_rate_per_h"].parse().ok(), one.rate.map(|r| r.0));
        assert_eq!(row["well"].parse(), Ok(one.well));
    }
    assert_eq!(rows(&quality_csv(quality)).len(), 4);
    let Some(Finding::Hits { strains, hits, .. }) = found.get(&StepId::new("select")) else {
        panic!()
    };
    let table = rows(&strains_csv(strains, hits));
    assert_eq!(table.len(), 80);
    assert_eq!(
        table.iter().filter(|r| !r["hit_rank"].is_empty()).count(),
        hits.len()
    );
}

#[test]
fn endpoints_tell_the_fold_change() {
    let row = |first, last| EndpointRow {
        well: Well::new(0, 0),
        strain: "=cmd".into(),
        first: Some(Absorbance(first)),
        last,
    };
    let table = rows(&endpoint_csv(&[
        row(0.05, Some(Absorbance(0.25))),
        row(-0.001, Some(Absorbance(0.1))),
        row(0.1, None),
    ]));
    let folds: Vec<&str> = table.iter().map(|r| r["fold_change"].as_str()).collect();
    assert_eq!(folds, ["5", "", ""]);
    assert_eq!(table.first().map(|r| r["strain"].as_str()), Some("'=cmd"));
    assert_eq!(
        table.get(1).map(|r| r["first_absorbance"].as_str()),
        Some("-0.001")
    );
}

#[test]
fn same_input_same_bytes() {
    let plan = fixture::plan(2);
    let readings = fixture::readings(&plan, 1);
    let mut shuffled = readings.clone();
    shuffled.reverse();
    let found = findings(&plan, &readings);
    assert_eq!(
        readings_csv(&plan, &readings, &found),
        readings_csv(&plan, &shuffled, &found)
    );
}

#[test]
fn each_kind_of_light_has_a_table_of_its_own() {
    let plan = fixture::plan(1);
    let readings = fixture::readings(&plan, 1);
    let alone = readings_csv(&plan, &readings, &BTreeMap::new());
    assert_eq!(fluorescence_csv(&plan, &readings, &BTreeMap::new()), None);
    let first = readings.first().expect("a reading");
    let other = |measure| Reading {
        measure,
        values: vec![Some(Absorbance(1234.5)), None],
        ..first.clone()
    };
    let mut all = readings.clone();
    all.push(other(Measure::Fluorescence {
        excitation: Wavelength::nm(485),
        emission: Wavelength::nm(520),
        gain: 80,
    }));
    all.push(other(Measure::Luminescence {
        integration: Duration::ms(250),
    }));
    assert_eq!(readings_csv(&plan, &all, &BTreeMap::new()), alone);
    let table = rows(&fluorescence_csv(&plan, &all, &BTreeMap::new()).expect("a table"));
    assert_eq!(table.len(), 2);
    let row = table.first().expect("a row");
    let cells = ["excitation_nm", "emission_nm", "gain", "fluorescence"].map(|c| row[c].as_str());
    assert_eq!(cells, ["485", "520", "80", "1234.5"]);
    let table = rows(&luminescence_csv(&plan, &all, &BTreeMap::new()).expect("a table"));
    let row = table.first().expect("a row");
    assert_eq!(
        (row["integration_s"].as_str(), row["luminescence"].as_str()),
        ("0.25", "1234.5")
    );
    assert_eq!(table.get(1).expect("two rows")["marks"], "out of range");
}

#[test]
fn answers_are_kept_from_being_formulas() {
    assert_eq!(answers_csv(&BTreeMap::new()), None);
    let values = BTreeMap::from([
        (StepId::new("count"), Value::Number(12.5)),
        (StepId::new("note"), Value::Text("=1+1".into())),
    ]);
    let text = String::from_utf8(answers_csv(&values).expect("a table")).expect("UTF-8");
    assert_eq!(text, "step,kind,value\ncount,number,12.5\nnote,text,'=1+1\n");
}
