//! The block of data that a SpectraMax transfers: times, temperature, wavelengths, and the values by columns.

use crate::num;

/// Values of one wavelength, or of one pair or one emission.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plane {
    /// What stands behind `L:`, parted by tabs.
    pub(super) light: String,
    /// Columns from the first that was read, each from row A on.
    pub(super) columns: Vec<Vec<f64>>,
}

/// One reading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) seconds: f64,
    pub(super) celsius: f64,
    pub(super) plate: String,
    /// Number of the first column.
    pub(super) first: u16,
    pub(super) planes: Vec<Plane>,
}

/// A value as it is written: four decimals at most, `#SAT` beyond the range.
fn written(value: f64) -> String {
    if value.is_nan() {
        return "#NAN".to_owned();
    }
    if value.is_infinite() {
        return "#SAT".to_owned();
    }
    let text = format!("{value:.4}");
    let short = text.trim_end_matches('0');
    if short.ends_with('.') {
        format!("{short}0")
    } else {
        short.to_owned()
    }
}

impl Block {
    /// Its text, with CR LF between the lines.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![format!(
            "{:.1}\t{:.1}\t{}",
            self.seconds, self.celsius, self.plate
        )];
        // Fluorescence names its excitation and emission in headers of their own.
        let halves = |plane: &Plane| {
            plane
                .light
                .split_once('\t')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        let pairs: Option<Vec<(String, String)>> = self.planes.iter().map(halves).collect();
        match pairs.filter(|pairs| !pairs.is_empty()) {
            Some(pairs) => {
                let (ex, em): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
                if ex.iter().any(|wavelength| !wavelength.is_empty()) {
                    lines.push(format!("exL:\t{}", ex.join("\t")));
                }
                lines.push(format!("emL:\t{}", em.join("\t")));
            }
            None => {
                let all: Vec<&str> = self.planes.iter().map(|plane| plane.light.as_str()).collect();
                lines.push(format!("L:\t{}", all.join("\t")));
            }
        }
        for plane in &self.planes {
            lines.push(format!("L:\t{}", plane.light));
            for (column, values) in plane.columns.iter().enumerate() {
                let number = num::count(column) + f64::from(self.first);
                let values: Vec<String> = values.iter().map(|value| written(*value)).collect();
                lines.push(format!("{number}:\t{}", values.join("\t")));
            }
        }
        lines.join("\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(light: &str, columns: [[f64; 2]; 2]) -> Plane {
        Plane {
            light: light.to_owned(),
            columns: columns.map(Vec::from).into(),
        }
    }

    fn block(planes: Vec<Plane>) -> String {
        let block = Block {
            seconds: 12345.6,
            celsius: 25.1,
            plate: "96-well".to_owned(),
            first: 1,
            planes,
        };
        block.text()
    }

    #[test]
    fn blocks_are_written_as_in_the_dossier() {
        assert_eq!(
            block(vec![plane("260", [[0.1, 0.2], [0.3, 0.4]])]),
            "12345.6\t25.1\t96-well\r\nL:\t260\r\nL:\t260\r\n1:\t0.1\t0.2\r\n2:\t0.3\t0.4"
        );
        let two = vec![
            plane("260", [[0.1, 0.2], [0.3, 0.4]]),
            plane("280", [[0.5, 0.6], [0.7, 0.8]]),
        ];
        assert_eq!(
            block(two).replace("\r\n", "\n"),
            "12345.6\t25.1\t96-well\nL:\t260\t280\nL:\t260\n1:\t0.1\t0.2\n2:\t0.3\t0.4\nL:\t280\n1:\t0.5\t0.6\n2:\t0.7\t0.8"
        );
        assert_eq!(
            block(vec![plane(
                "485\t520",
                [[1200.0, f64::INFINITY], [f64::NAN, 7.25]]
            )]),
            "12345.6\t25.1\t96-well\r\nexL:\t485\r\nemL:\t520\r\nL:\t485\t520\r\n1:\t1200.0\t#SAT\r\n2:\t#NAN\t7.25"
        );
        assert_eq!(
            block(vec![plane("\t590", [[1.0, 2.0], [3.0, 4.0]])]),
            "12345.6\t25.1\t96-well\r\nemL:\t590\r\nL:\t\t590\r\n1:\t1.0\t2.0\r\n2:\t3.0\t4.0"
        );
    }
}
