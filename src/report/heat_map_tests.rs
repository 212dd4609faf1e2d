use super::*;

fn rising(rows: u8, columns: u8) -> PlateMap {
    let count = u32::from(rows) * u32::from(columns);
    PlateMap::new(rows, columns, (0..count).map(|i| (i != 3).then(|| f64::from(i))))
}

fn visible_width(text: &str) -> usize {
    let mut width = 0;
    for line in text.lines() {
        let mut escape = false;
        let mut n = 0;
        for c in line.chars() {
            match c {
                '\u{1b}' => escape = true,
                'm' if escape => escape = false,
                _ if !escape => n += 1,
                _ => {}
            }
        }
        width = width.max(n);
    }
    width
}

#[test]
fn a_plate_of_96_in_plain_text() {
    let map = rising(8, 12);
    let text = heat_map(&map, map.range().expect("values"), Colours::Plain);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 9);
    assert_eq!(lines.first(), Some(&"     1  2  3  4  5  6  7  8  9 10 11 12"));
    assert_eq!(lines.get(1), Some(&"  A  0  0  0  ·  0  0  0  0  0  0  1  1"));
    assert_eq!(lines.get(8), Some(&"  H  8  8  9  9  9  9  9  9  9  9  9  9"));
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn every_format_fits_100_columns() {
    for (rows, columns) in [(8, 12), (16, 24), (32, 48), (2, 3)] {
        let map = rising(rows, columns);
        let range = map.range().expect("values");
        for colours in [Colours::Plain, Colours::Ansi256] {
            let text = heat_map(&map, range, colours);
            assert!(visible_width(&text) <= 100, "{rows}x{columns} {colours:?}");
        }
    }
    let dense = rising(16, 24);
    let text = heat_map(&dense, (0.0, 400.0), Colours::Ansi256);
    assert_eq!(text.lines().count(), 9, "two rows of wells share a line");
}

#[test]
fn values_fall_into_tenths_of_the_range() {
    assert_eq!(
        [0.0, 0.099, 0.1, 0.55, 0.999, 1.0, -3.0, 7.0].map(|v| step(v, (0.0, 1.0))),
        [0, 0, 1, 5, 9, 9, 0, 9]
    );
    assert_eq!(step(2.0, (2.0, 2.0)), 5);
}

#[test]
fn what_is_no_number_or_no_well_is_not_there() {
    let mut map = PlateMap::new(1, 2, [Some(f64::NAN), Some(1.0), Some(5.0)]);
    map.set(Well::new(4, 4), Some(9.0));
    map.set(Well::new(0, 2), Some(9.0));
    assert_eq!((map.get(Well::new(0, 0)), map.range()), (None, Some((1.0, 1.0))));
    assert_eq!(map.get(Well::new(0, 2)), None);
}
