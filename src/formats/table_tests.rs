use super::*;

fn read_back(table: &Table) -> Vec<Vec<String>> {
    let bytes = table.to_csv();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes.as_slice());
    reader
        .records()
        .map(|r| r.expect("valid CSV").iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn a_formula_in_a_name_stays_a_name_and_a_negative_number_stays_a_number() {
    let mut table = Table::new(&["strain", "value"]);
    for name in ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "＝1", "\0=1"] {
        table.row(vec![Cell::text(name), Cell::number(Some(-0.5))]);
    }
    for row in read_back(&table).iter().skip(1) {
        assert!(row.first().is_some_and(|f| f.starts_with('\'')), "{row:?}");
        assert_eq!(row.get(1).map(String::as_str), Some("-0.5"));
    }
}

#[test]
fn commas_quotes_and_spaces_read_back() {
    let mut table = Table::new(&["text"]);
    let texts = ["a,b", "say \"hi\"", " padded ", "Δ", ""];
    for text in texts {
        table.row(vec![Cell::text(text)]);
    }
    table.row(vec![Cell::number(Some(0.1 + 0.2))]);
    let back = read_back(&table);
    let found: Vec<&str> = back
        .iter()
        .skip(1)
        .filter_map(|r| r.first())
        .map(String::as_str)
        .collect();
    assert_eq!(
        found,
        ["a,b", "say \"hi\"", " padded ", "Δ", "0.30000000000000004"]
    );
}

#[test]
fn what_is_not_a_number_is_empty() {
    assert_eq!(Cell::number(Some(f64::NAN)), Cell::Empty);
    assert_eq!(Cell::number(None), Cell::Empty);
}
