//! Published instances, and campaigns of plates: the schedule of each, its lower bound, and what it took.
//!
//! `instances FOLDER OUT [--only WORD] [--work STEPS] [--seed N]` reads the folders `slab`, `jsplib_la` and `jstl` of FOLDER where
//! they are, prints a table of tab-separated values, and writes the start of each task into a file of OUT per instance, in
//! the order of the instance's own file, for programs that check them.

use plated_solver::{Effort, Event, Problem, Task, Time, Use, solve};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Any<T> = Result<T, Box<dyn Error>>;

fn main() -> Any<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut folder, mut out, mut only) = (None, None, String::new());
    let mut effort = Effort::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("a value is missing");
        match argument.as_str() {
            "--only" => only = value()?,
            "--work" => effort.work = value()?.parse()?,
            "--seed" => effort.seed = value()?.parse()?,
            _ if folder.is_none() => folder = Some(PathBuf::from(argument)),
            _ => out = Some(PathBuf::from(argument)),
        }
    }
    let folder = folder.ok_or("instances FOLDER OUT [--only WORD] [--work STEPS] [--seed N]")?;
    let mut problems = campaigns();
    for path in below(&folder.join("slab"))? {
        if path.join("operations.tsv").is_file() {
            problems.push((name(&folder, &path), laboratory(&path)?));
        }
    }
    for sub in ["jsplib_la", "jstl"] {
        for path in below(&folder.join(sub))?.into_iter().filter(|p| p.is_file()) {
            problems.push((name(&folder, &path), job_shop(&path)?));
        }
    }
    println!("instance\ttasks\tmakespan\tbound\tsteps\tfound_at\tseconds");
    for (name, problem) in problems.iter().filter(|p| p.0.contains(&only)) {
        let begun = Instant::now();
        let solved = solve(problem, None, &effort).map_err(|e| format!("{name}: {e:?}"))?;
        println!(
            "{name}\t{}\t{}\t{}\t{}\t{}\t{:.2}",
            problem.tasks.len(),
            solved.makespan,
            solved.bound,
            solved.work,
            solved.found_at,
            begun.elapsed().as_secs_f64()
        );
        if let Some(out) = &out {
            fs::create_dir_all(out)?;
            let starts: Vec<String> = solved.solution.starts.iter().map(Time::to_string).collect();
            fs::write(out.join(name.replace('/', "_")), starts.join("\n") + "\n")?;
        }
    }
    Ok(())
}

fn name(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

/// Everything in a folder and its folders, in order; nothing where there is none.
fn below(folder: &Path) -> Any<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                found.extend(below(&path)?);
            }
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn one(resource: usize, duration: Time) -> Task {
    let held = Use {
        resource,
        from: 0,
        to: duration,
        amount: 1,
    };
    Task::simple(duration, vec![held])
}

/// Rows of a table that begin with a number.
fn rows(path: &Path) -> Any<Vec<Vec<String>>> {
    let text = fs::read_to_string(path)?;
    let rows = text.lines().map(|l| {
        let cells = l.trim_start_matches('\u{feff}').split('\t');
        cells.map(|c| c.trim().to_owned()).collect::<Vec<String>>()
    });
    Ok(rows.filter(|r| cell(r, 0).parse::<i64>().is_ok()).collect())
}

fn cell(row: &[String], at: usize) -> &str {
    row.get(at).map_or("", String::as_str)
}

/// An instance of scheduling for laboratory automation in biology (Itoh and others, 2021).
fn laboratory(folder: &Path) -> Any<Problem> {
    let mut problem = Problem::default();
    let mut kinds: Vec<String> = Vec::new();
    for row in rows(&folder.join("machines.tsv"))? {
        match kinds
            .iter()
            .position(|k| k == cell(&row, 1))
            .and_then(|k| problem.capacity.get_mut(k))
        {
            Some(units) => *units += 1,
            None => {
                kinds.push(cell(&row, 1).to_owned());
                problem.capacity.push(1);
            }
        }
    }
    let mut ids: Vec<(String, String)> = Vec::new();
    for row in rows(&folder.join("operations.tsv"))? {
        let kind = kinds
            .iter()
            .position(|k| k == cell(&row, 2))
            .ok_or("no such machine")?;
        problem.tasks.push(one(kind, cell(&row, 3).parse()?));
        ids.push((cell(&row, 0).to_owned(), cell(&row, 1).to_owned()));
    }
    let find = |row: &[String], at: usize| {
        let id = ids
            .iter()
            .position(|(job, op)| job == cell(row, 0) && op == cell(row, at));
        id.ok_or("no such operation")
    };
    for row in rows(&folder.join("dependency.tsv"))? {
        let (from, to) = (find(&row, 1)?, find(&row, 2)?);
        problem.at_least(Event::end(from), Event::start(to), 0);
    }
    for row in rows(&folder.join("tcmb.tsv"))? {
        let event = |task: usize, point: &str| Event {
            task,
            end: point.eq_ignore_ascii_case("end"),
        };
        let from = event(find(&row, 1)?, cell(&row, 2));
        let to = event(find(&row, 3)?, cell(&row, 4));
        let most = cell(&row, 5).parse()?;
        problem.at_most(from, to, most);
        problem.at_most(to, from, most);
    }
    Ok(problem)
}

/// A job shop, perhaps with shortest and longest delays between the operations of a job.
fn job_shop(path: &Path) -> Any<Problem> {
    let text = fs::read_to_string(path)?;
    let mut lines = text
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    let mut numbers = || -> Any<Vec<Time>> {
        let line = lines.next().unwrap_or("").trim_start_matches("TL=");
        line.split_whitespace()
            .filter(|w| !w.starts_with("RES"))
            .map(|w| w.parse().map_err(Into::into))
            .collect()
    };
    let head = numbers()?;
    let at = |place: usize| usize::try_from(head.get(place).copied().unwrap_or(0)).unwrap_or(0);
    let (jobs, machines) = (at(0), at(1));
    let mut problem = Problem {
        capacity: vec![1; machines],
        ..Problem::default()
    };
    for _ in 0..jobs {
        for (place, pair) in numbers()?.chunks(2).enumerate() {
            let [machine, duration] = pair else {
                return Err("an operation is a machine and a duration".into());
            };
            let task = problem.tasks.len();
            problem.tasks.push(one(usize::try_from(*machine)?, *duration));
            if place > 0 {
                problem.at_least(Event::end(task - 1), Event::start(task), 0);
            }
        }
    }
    if numbers()?.is_empty() {
        return Ok(problem);
    }
    for job in 0..jobs {
        for (place, pair) in numbers()?.chunks(2).enumerate().take(machines.saturating_sub(1)) {
            let task = job * machines + place;
            if let [least, most] = pair {
                problem.at_least(Event::end(task), Event::start(task + 1), *least);
                problem.at_most(Event::end(task), Event::start(task + 1), *most);
            }
        }
    }
    Ok(problem)
}

/// Ninety-six plates through one liquid handler, one reader and one arm: prepared, incubated for a time within a window,
/// read, put away; times in seconds. And a thousand plates with twenty operations each.
fn campaigns() -> Vec<(String, Problem)> {
    let hour = 3600;
    vec![
        (
            "plates/96 head of 96, 4 h".into(),
            campaign(60, 60, (4 * hour, 900)),
        ),
        (
            "plates/96 head of 8, 4 h".into(),
            campaign(300, 60, (4 * hour, 900)),
        ),
        (
            "plates/96 head of 8, 18 h".into(),
            campaign(300, 120, (18 * hour, 1800)),
        ),
        ("plates/1000, 20 operations each".into(), thousand()),
    ]
}

/// Arm, liquid handler, reader.
fn campaign(prepare: Time, read: Time, (least, slack): (Time, Time)) -> Problem {
    let mut problem = Problem {
        capacity: vec![1; 3],
        ..Problem::default()
    };
    for _ in 0..96 {
        let chain = [(0, 20), (1, prepare), (0, 20), (0, 20), (2, read), (0, 20)];
        let incubated = chain_of(&mut problem, &chain, |place| if place == 3 { least } else { 0 });
        let (in_it, out_of_it) = (incubated + 2, incubated + 3);
        problem.at_most(Event::end(in_it), Event::start(out_of_it), least + slack);
    }
    problem
}

/// Two arms, two liquid handlers, two washers, one reader, four shakers; each plate is read four times, an hour apart at least.
fn thousand() -> Problem {
    let mut problem = Problem {
        capacity: vec![2, 2, 2, 1, 4],
        ..Problem::default()
    };
    for plate in 0..1000 {
        let chain: Vec<(usize, Time)> = (0..4)
            .flat_map(|visit| {
                let varied = (plate * 7 + visit * 5) % 30;
                [(0, 20), (1, 45 + varied), (0, 20), (3, 40 + varied / 2), (4, 120)]
            })
            .collect();
        let first = chain_of(&mut problem, &chain, |place| {
            if place > 0 && place % 5 == 0 { 3600 } else { 0 }
        });
        for visit in 1..4 {
            let task = first + visit * 5;
            problem.at_most(Event::end(task - 1), Event::start(task), 3600 + 900);
        }
    }
    problem
}

/// Adds tasks one after the other; the place of the first.
fn chain_of(problem: &mut Problem, chain: &[(usize, Time)], wait: impl Fn(usize) -> Time) -> usize {
    let first = problem.tasks.len();
    for (place, (resource, duration)) in chain.iter().enumerate() {
        let task = problem.tasks.len();
        problem.tasks.push(one(*resource, *duration));
        if place > 0 {
            problem.at_least(Event::end(task - 1), Event::start(task), wait(place));
        }
    }
    first
}
