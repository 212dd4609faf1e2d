//! Water on a balance: from what it weighs in air to its volume (ISO 8655-6).

/// Density of the weights that a balance is adjusted with (g/mL; ISO 8655-6).
const WEIGHTS: f64 = 8.0;

/// Density of water that is free of air, in g/mL, at a temperature in °C from 0 to 40 (Tanaka et al. 2001, Metrologia
/// 38:301, equation 1 and table 1).
fn water_density(celsius: f64) -> f64 {
    let (a1, a2, a3, a4, a5) = (-3.983_035, 301.797, 522_528.9, 69.348_81, 999.974_950);
    a5 * (1.0 - (celsius + a1).powi(2) * (celsius + a2) / (a3 * (celsius + a4))) / 1000.0
}

/// Density of moist air in g/mL, at a temperature in °C, a pressure in kPa and a relative humidity in % (ISO 8655-6, after
/// Spieweck and Bettin 1992).
fn air_density(celsius: f64, kpa: f64, humidity_percent: f64) -> f64 {
    let moist = humidity_percent * (0.020_582 - 0.002_52 * celsius);
    (3.4844 * kpa + moist) / (celsius + 273.15) / 1000.0
}

/// The Z factor: microlitres of water for each milligram that a balance shows.
pub(super) fn z_factor(celsius: f64, kpa: f64, humidity_percent: f64) -> f64 {
    let air = air_density(celsius, kpa, humidity_percent);
    (1.0 - air / WEIGHTS) / (water_density(celsius) - air)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_are_those_of_the_tables() {
        // Tanaka et al. 2001, table 2, in kg/m³.
        for (celsius, density) in [
            (4.0, 999.9749),
            (15.0, 999.1026),
            (20.0, 998.2067),
            (25.0, 997.0470),
        ] {
            assert!(
                (water_density(celsius) * 1000.0 - density).abs() < 1e-3,
                "{celsius}"
            );
        }
        // CIPM-2007 at 20 °C, 101.325 kPa, 50 %: 1.1992 kg/m³.
        assert!((air_density(20.0, 101.325, 50.0) * 1000.0 - 1.1992).abs() < 1e-3);
    }

    #[test]
    fn z_factors_are_those_of_iso_8655_6() {
        let published = [
            (15.0, 101.3, 1.0020),
            (20.0, 101.3, 1.0029),
            (20.0, 80.0, 1.0026),
            (22.0, 101.3, 1.0033),
            (25.0, 101.3, 1.0040),
            (30.0, 101.3, 1.0054),
        ];
        for (celsius, kpa, z) in published {
            let found = z_factor(celsius, kpa, 50.0);
            assert!((found - z).abs() < 6e-5, "{celsius} C, {kpa} kPa: {found}");
        }
    }
}
