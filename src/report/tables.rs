//! The tables of the page.

use super::data::ReportData;
use super::findings::endpoint_by_strain;
use super::markup::{escape, table};
use super::summary::{number, percent, small};
use crate::plan::{Finding, Hit, StrainRate};

/// Quality per plate.
pub(super) fn quality(data: &ReportData<'_>) -> String {
    let rows: Vec<Vec<String>> = data
        .quality()
        .iter()
        .map(|q| {
            let barcode = data.plan.plates.get(&q.plate).and_then(|p| p.barcode.as_deref());
            vec![
                escape(q.plate.as_str()),
                barcode.map_or_else(|| "–".to_owned(), escape),
                number(q.z_prime, 2),
                number(q.blank.map(|a| a.0), 4),
                number(q.reference.map(|r| r.0), 3),
                percent(q.reference_cv, false),
                number(q.control.map(|r| r.0), 3),
                percent(q.edge_effect, true),
                q.late_reads.to_string(),
            ]
        })
        .collect();
    let header = [
        "plate",
        "barcode",
        "#Z′",
        "#blank",
        "#reference 1/h",
        "#CV",
        "#control 1/h",
        "#edge effect",
        "#late reads",
    ];
    table(&header, &rows)
}

/// Hits, best first.
pub(super) fn hits(hits: &[Hit]) -> String {
    let rows: Vec<Vec<String>> = hits
        .iter()
        .map(|hit| {
            let mut row = vec![hit.rank.to_string()];
            row.extend(strain(&hit.rate));
            row.push(hit.source.to_string());
            row
        })
        .collect();
    table(
        &[
            "#rank",
            "strain",
            "#advantage",
            "#rate 1/h",
            "#sd",
            "#replicates",
            "#p",
            "#q",
            "source well",
        ],
        &rows,
    )
}

/// Every strain, fastest first.
pub(super) fn strains(strains: &[StrainRate]) -> String {
    let mut ordered: Vec<&StrainRate> = strains.iter().collect();
    ordered.sort_by(|a, b| {
        b.advantage
            .total_cmp(&a.advantage)
            .then_with(|| a.strain.cmp(&b.strain))
    });
    let rows: Vec<Vec<String>> = ordered.into_iter().map(strain).collect();
    table(
        &[
            "strain",
            "#advantage",
            "#rate 1/h",
            "#sd",
            "#replicates",
            "#p",
            "#q",
        ],
        &rows,
    )
}

fn strain(rate: &StrainRate) -> Vec<String> {
    vec![
        escape(rate.strain.as_str()),
        percent(Some(rate.advantage), true),
        number(Some(rate.mean.0), 3),
        number(Some(rate.sd), 3),
        rate.n.to_string(),
        small(rate.p),
        small(rate.q),
    ]
}

/// Picked strains, first and last absorbance.
pub(super) fn endpoint(data: &ReportData<'_>) -> Option<String> {
    let strains = endpoint_by_strain(&data.endpoint());
    if strains.is_empty() {
        return None;
    }
    let rows: Vec<Vec<String>> = strains
        .iter()
        .map(|one| {
            let fold = one
                .first
                .zip(one.last)
                .filter(|(first, _)| *first > 0.0)
                .map(|(first, last)| last / first);
            vec![
                escape(&one.strain),
                one.wells.to_string(),
                number(one.first, 3),
                number(one.last, 3),
                number(fold, 2),
            ]
        })
        .collect();
    Some(table(
        &["strain", "#wells", "#first", "#last", "#fold change"],
        &rows,
    ))
}

/// Verified volumes: all channels together, then each.
pub(super) fn volumes(data: &ReportData<'_>) -> Option<String> {
    let found = data.findings.values().filter_map(|f| match f {
        Finding::Volumes { method, rows } => Some((method, rows)),
        _ => None,
    });
    let rows: Vec<Vec<String>> = found
        .flat_map(|(method, rows)| rows.iter().map(move |row| (method, row)))
        .map(|(method, row)| {
            let or = |text: Option<&String>| text.map_or_else(|| "–".to_owned(), |t| escape(t));
            vec![
                escape(row.pipette.as_str()),
                or(row.tips.as_ref()),
                or(row.class.as_ref()),
                row.channel.map_or_else(|| "all".to_owned(), |c| c.to_string()),
                escape(method),
                row.asked.to_string(),
                row.n.to_string(),
                number(Some(row.mean_ul), 3),
                percent2(Some(row.systematic)),
                percent2(Some(row.most_systematic)),
                percent2(row.random),
                percent2(Some(row.most_random)),
                if row.passed { "passed" } else { "failed" }.to_owned(),
            ]
        })
        .collect();
    let header = [
        "pipette",
        "tips",
        "class",
        "channel",
        "by",
        "#asked",
        "#n",
        "#mean uL",
        "#accuracy %",
        "#at most",
        "#CV %",
        "#at most",
        "",
    ];
    (!rows.is_empty()).then(|| table(&header, &rows))
}

/// A share in percent, to a hundredth.
fn percent2(share: Option<f64>) -> String {
    number(share.map(|s| s * 100.0), 2)
}

/// Facts about the run in pairs.
pub(super) fn facts(data: &ReportData<'_>) -> String {
    let mut pairs: Vec<(String, String)> = vec![
        ("run".to_owned(), escape(data.run)),
        ("protocol".to_owned(), escape(&data.plan.protocol)),
        ("outcome".to_owned(), escape(data.outcome)),
        ("started".to_owned(), format!("{} UTC", data.started)),
        ("took".to_owned(), data.ended.since(data.started).to_string()),
        (
            "instruments".to_owned(),
            if data.simulated { "simulated" } else { "real" }.to_owned(),
        ),
        ("reads".to_owned(), data.readings.len().to_string()),
    ];
    pairs.extend(data.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    pairs.extend(
        data.plan
            .parameters
            .iter()
            .map(|(name, value)| (escape(name), escape(value))),
    );
    let cells: String = pairs
        .iter()
        .map(|(k, v)| format!("<div><dt>{k}</dt><dd>{v}</dd></div>\n"))
        .collect();
    format!("<dl>\n{cells}</dl>\n")
}
