//! The block of data that `!TRANSFER` brings: a line of time, temperature and plate, headers, then per wavelength a line
//! `L:` and one line per column.

/// What was measured at one wavelength, or one pair of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The words behind `L:`, in nm; empty where one is left out.
    pub wavelengths: Vec<String>,
    /// The values by column, from row A; none where the detector was saturated or the value is no number.
    pub columns: Vec<Vec<Option<f64>>>,
}

/// The sections of a block; none where a line is not of a block.
pub fn read(text: &str) -> Option<Vec<Section>> {
    let mut lines = text.lines().map(str::trim_end).filter(|l| !l.is_empty());
    let mut about = lines.next()?.split('\t');
    let numbers = [about.next()?, about.next()?];
    if about.next().is_none() || numbers.iter().any(|n| n.trim().parse::<f64>().is_err()) {
        return None;
    }
    let mut sections: Vec<Section> = Vec::new();
    for line in lines {
        let mut words = line.split('\t').map(str::trim);
        let name = words.next()?.strip_suffix(':')?;
        match name {
            "exL" | "emL" => {}
            "L" => {
                // A line `L:` without columns is the header that lists all of them.
                sections.pop_if(|s| s.columns.is_empty());
                sections.push(Section {
                    wavelengths: words.map(str::to_owned).collect(),
                    columns: Vec::new(),
                });
            }
            number => {
                let section = sections.last_mut()?;
                if number.parse() != Ok(section.columns.len() + 1) {
                    return None;
                }
                section.columns.push(words.map(value).collect());
            }
        }
    }
    (!sections.is_empty() && sections.iter().all(|s| !s.columns.is_empty())).then_some(sections)
}

/// A value; `#SAT` and whatever is no number are none.
fn value(word: &str) -> Option<f64> {
    word.parse().ok().filter(|n: &f64| n.is_finite())
}

impl Section {
    /// The values row by row, if the plate has so many rows and columns.
    pub fn by_row(&self, (rows, columns): (usize, usize)) -> Option<Vec<Option<f64>>> {
        if self.columns.len() != columns || self.columns.iter().any(|c| c.len() != rows) {
            return None;
        }
        let well = |n: usize| self.columns.get(n % columns)?.get(n / columns).copied();
        (0..rows * columns).map(well).collect()
    }
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
