//! `plated verification`: what pipettes were found to deliver, kept and listed.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{assembled, read_rig, records_of};
use super::out;
use crate::clock;
use crate::daemon::calibrate::Occasion;
use crate::daemon::{RunFolder, verifications};
use crate::rig::{Rig, VerificationRecord};
use crate::units::Day;
use std::path::Path;

/// Keeps or lists.
pub fn verification(arguments: &args::Verification) -> CliResult {
    match &arguments.what {
        args::VerificationWhat::Keep(keep) => kept(keep),
        args::VerificationWhat::List(list) => listed(list),
    }
}

fn kept(arguments: &args::VerificationKeep) -> CliResult {
    let wrong = |why: String| CliError::new(Exit::Usage, why);
    let source = read_rig(&arguments.rig, 0, true)?;
    let (rig, _, warnings) = assembled(&source)?;
    eprint!("{warnings}");
    let folder = RunFolder::open(Path::new("runs"), &arguments.run).map_err(|e| wrong(e.to_string()))?;
    let (then, state) = verifications::state_of(&folder).map_err(|e| wrong(e.to_string()))?;
    if then.name != rig.name {
        let why = format!(
            "run {} was on the rig \"{}\"; {} is the rig \"{}\"",
            arguments.run,
            then.name,
            arguments.rig.display(),
            rig.name
        );
        return Err(wrong(why));
    }
    let occasion = Occasion {
        author: arguments.author.clone(),
        date: Day::parse(&clock::today()),
        valid_for: arguments.valid_for,
    };
    let refused = |why: String| CliError::new(Exit::Refused, format!("{why}; nothing was kept"));
    let records = verifications::records(&rig, &state, &occasion).map_err(refused)?;
    if records.iter().any(|r| r.simulated) && !arguments.simulated {
        return Err(refused(
            "the run was on simulated instruments, of which the real ones know nothing; --simulated keeps it for simulated runs"
                .to_owned(),
        ));
    }
    let place = records_of(&arguments.rig, &source);
    for record in records {
        let (record, path) =
            verifications::add(&place, record).map_err(|e| CliError::new(Exit::Failed, e.to_string()))?;
        out::text(&text(&rig, &record));
        eprintln!("recorded in {}; the next run uses it", path.display());
    }
    Ok(Exit::Done)
}

fn listed(arguments: &args::VerificationList) -> CliResult {
    let source = read_rig(&arguments.rig, 0, true)?;
    let (rig, _, warnings) = assembled(&source)?;
    eprint!("{warnings}");
    let records: Vec<&VerificationRecord> = rig.verifications.records.values().collect();
    if arguments.json {
        let rows: Vec<_> = records.iter().map(|r| json(&rig, r)).collect();
        out::line(&serde_json::to_string_pretty(&rows).unwrap_or_default());
        return Ok(Exit::Done);
    }
    if records.is_empty() {
        out::line("no pipette of this rig was verified");
    }
    for record in records {
        out::text(&text(&rig, record));
    }
    Ok(Exit::Done)
}

/// Who, with which tips, in which class.
fn about(record: &VerificationRecord) -> String {
    let mut about = record.pipette.to_string();
    if let Some(tips) = &record.tips {
        about.push_str(&format!(" with {tips}"));
    }
    if let Some(class) = &record.class {
        about.push_str(&format!(", class {class}"));
    }
    about
}

fn text(rig: &Rig, record: &VerificationRecord) -> String {
    let due = rig.verifications.good_until(record);
    let today = Day::parse(&clock::today());
    let due = match due {
        None => "holds until it is verified anew".to_owned(),
        Some(due) if today.is_some_and(|today| due < today) => format!("overdue since {due}"),
        Some(due) => format!("holds until {due}"),
    };
    let mut out = format!(
        "{}: {} of {} by {} (run {}, {}{}); {due}\n",
        about(record),
        record.method,
        record.date,
        record.author,
        record.run,
        record.protocol,
        if record.simulated { ", simulated" } else { "" },
    );
    for volume in &record.volumes {
        let rows =
            std::iter::once((None, &volume.all)).chain(volume.channels.iter().map(|(c, v)| (Some(c), v)));
        for (channel, one) in rows {
            let what = channel.map_or_else(|| volume.asked.to_string(), |c| format!("  channel {c}"));
            out.push_str(&format!(
                "  {what:<12} mean {:<11} accuracy {:>+7.2} %  CV {:>5.2} %  n {:<3} {}\n",
                one.mean.to_string(),
                one.systematic_error * 100.0,
                one.random_error * 100.0,
                one.n,
                if one.passed { "passed" } else { "FAILED" }
            ));
        }
    }
    out.lines()
        .map(|l| format!("{}\n", crate::formats::clean(l)))
        .collect()
}

fn json(rig: &Rig, record: &VerificationRecord) -> serde_json::Value {
    let one = |v: &crate::rig::Verified| {
        serde_json::json!({
            "mean_ul": v.mean.as_ul(),
            "systematic_error": v.systematic_error,
            "random_error": v.random_error,
            "n": v.n,
            "passed": v.passed,
        })
    };
    let volumes: Vec<_> = record
        .volumes
        .iter()
        .map(|v| {
            let channels: Vec<_> = v
                .channels
                .iter()
                .map(|(channel, found)| serde_json::json!({ "channel": channel, "found": one(found) }))
                .collect();
            serde_json::json!({
                "asked_ul": v.asked.as_ul(),
                "stroke_ul": v.stroke.as_ul(),
                "found": one(&v.all),
                "channels": channels,
            })
        })
        .collect();
    serde_json::json!({
        "instrument": record.instrument.as_str(),
        "pipette": record.pipette.as_str(),
        "tips": record.tips,
        "class": record.class,
        "version": record.version,
        "method": record.method,
        "run": record.run,
        "protocol": record.protocol,
        "author": record.author,
        "date": record.date.to_string(),
        "due": rig.verifications.good_until(record).map(|d| d.to_string()),
        "simulated": record.simulated,
        "volumes": volumes,
    })
}
