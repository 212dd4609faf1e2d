//! `plated plan --why PLATE@TIME`.

use crate::cli::exit::{CliError, Exit};
use crate::cli::files::Ready;
use crate::formats::clean;
use crate::plan::PlateId;
use crate::schedule;
use crate::units::Duration;

/// The answer, in lines.
///
/// # Errors
/// When the question is not a plate of the plan and a time.
pub fn why(ready: &Ready, asked: &str) -> Result<String, CliError> {
    let usage = |what: String| CliError::new(Exit::Usage, what);
    let (plate, at) = asked.rsplit_once('@').ok_or_else(|| {
        usage(format!(
            "--why {asked}: write a plate and a time, as assay-1@2:30:00"
        ))
    })?;
    let at = time(at.trim()).ok_or_else(|| {
        usage(format!(
            "--why {asked}: \"{at}\" is no time; write it as 2:30:00 or \"150 min\""
        ))
    })?;
    let plate = plate.trim();
    let named = ready
        .plan
        .operations
        .iter()
        .flat_map(|o| &o.plates)
        .find(|p| p.to_string() == plate);
    let told = named.and_then(|p: &PlateId| schedule::why(&ready.plan, &ready.schedule, p, at));
    let Some(told) = told else {
        let mut plates: Vec<String> = ready
            .plan
            .operations
            .iter()
            .flat_map(|o| &o.plates)
            .map(ToString::to_string)
            .collect();
        plates.sort();
        plates.dedup();
        return Err(usage(format!(
            "the plan has no plate \"{}\"; it has {}",
            clean(plate),
            plates.join(", ")
        )));
    };
    let mut out = format!("{}\n", clean(&told.state));
    for reason in &told.reasons {
        out.push_str(&format!("  {}\n", clean(reason)));
    }
    Ok(out)
}

/// "2:30:00", "2:30" (hours and minutes) or a length of time with a unit.
fn time(text: &str) -> Option<Duration> {
    if !text.contains(':') {
        return text.parse().ok();
    }
    let mut parts = text.split(':').map(|p| p.parse::<u64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(
        Duration::h(hours)
            .plus(Duration::min(minutes))
            .plus(Duration::s(seconds)),
    )
}

#[cfg(test)]
mod tests {
    use super::time;
    use crate::units::Duration;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(time("2:30:05"), Some(Duration::s(9005)));
        assert_eq!(time("0:05"), Some(Duration::min(5)));
        assert_eq!(time("90 min"), Some(Duration::min(90)));
        for wrong in ["", "2", "2:60", "2:30:05:1", ":5", "a:b", "-1:00"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
