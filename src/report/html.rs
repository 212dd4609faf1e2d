//! The report as one HTML page that needs nothing else: no script, no font, no image from elsewhere.

use super::bars::timeline_svg;
use super::curves::{curves, overview, strain};
use super::data::ReportData;
use super::markup::escape;
use super::plate_svg::{plate_svg, scale_svg};
use super::tables;
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

/// The page. Its bytes follow from the data alone.
pub fn html(data: &ReportData<'_>) -> String {
    let title = escape(&data.plan.title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title} – {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n{}</header>\n<main>\n",
        escape(data.run),
        tables::facts(data)
    );
    notes(&mut page, data);
    hits(&mut page, data);
    endpoint(&mut page, data);
    volumes(&mut page, data);
    plates(&mut page, data);
    growth(&mut page, data);
    timeline(&mut page, data);
    all_strains(&mut page, data);
    footer(&mut page, data);
    page
}

fn notes(page: &mut String, data: &ReportData<'_>) {
    if data.notes.is_empty() {
        return;
    }
    let items: String = data
        .notes
        .iter()
        .map(|n| format!("<li>{}</li>\n", escape(n)))
        .collect();
    let _ = write!(
        page,
        "<section class=\"notes\">\n<h2>Notes</h2>\n<ul>\n{items}</ul>\n</section>\n"
    );
}

fn hits(page: &mut String, data: &ReportData<'_>) {
    let Some((strains, hits)) = data.selection() else {
        return;
    };
    let limits = data.hit_parameters().map_or_else(String::new, |p| {
        format!(
            " A hit grows at least {} % faster than the reference with q below {} (one-sided Welch test, variance \
             moderated over strains; Benjamini–Hochberg).",
            super::summary::trim(p.at_least * 100.0),
            p.q_below
        )
    });
    let _ = write!(
        page,
        "<section>\n<h2>Hits</h2>\n<p>{} of {} strains.{}</p>\n",
        hits.len(),
        strains.len(),
        escape(&limits)
    );
    if hits.is_empty() {
        page.push_str("<p>No hits: nothing was picked.</p>\n</section>\n");
        return;
    }
    page.push_str(&tables::hits(hits));
    let curves = curves(data);
    page.push_str("<div class=\"grid4\">\n");
    for svg in hits
        .iter()
        .filter_map(|h| strain(&curves, h.rate.strain.as_str()))
    {
        let _ = write!(page, "<figure>\n{svg}</figure>\n");
    }
    page.push_str(
        "</div>\n<p class=\"legend\"><span class=\"key strain\"></span>replicates of the strain \
         <span class=\"key reference\"></span>reference; absorbance without blank</p>\n</section>\n",
    );
}

fn endpoint(page: &mut String, data: &ReportData<'_>) {
    if let Some(table) = tables::endpoint(data) {
        let _ = write!(
            page,
            "<section>\n<h2>Picked strains</h2>\n<p>Mean absorbance of each strain's wells, less the blanks where the plate has any.</p>\n{table}</section>\n"
        );
    }
}

fn volumes(page: &mut String, data: &ReportData<'_>) {
    if let Some(table) = tables::volumes(data) {
        let _ = write!(
            page,
            "<section>\n<h2>Proof of volume</h2>\n<p>Mean of what was delivered, systematic error (accuracy) and random error \
             (CV), each with its limit.</p>\n{table}</section>\n"
        );
    }
}

fn plates(page: &mut String, data: &ReportData<'_>) {
    let maps = data.rate_maps();
    if maps.is_empty() {
        return;
    }
    let _ = write!(page, "<section>\n<h2>Plates</h2>\n{}", tables::quality(data));
    // One scale for all plates, so that they can be compared.
    let ranges = || maps.iter().filter_map(|(_, map)| map.range());
    if let Some(range) = ranges().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) {
        page.push_str("<div class=\"grid2\">\n");
        for (id, map) in &maps {
            if let Some(layout) = data.plan.plates.get(id) {
                let svg = plate_svg(id, layout, map, range);
                let _ = write!(
                    page,
                    "<figure>\n<figcaption>{}</figcaption>\n{svg}</figure>\n",
                    escape(id.as_str())
                );
            }
        }
        let _ = write!(
            page,
            "</div>\n{}<p class=\"legend\">Ring: reference. Dashed ring: control. Grey: no growth. Point at a well for its strain and rate.</p>\n",
            scale_svg(range)
        );
    }
    page.push_str("</section>\n");
}

fn growth(page: &mut String, data: &ReportData<'_>) {
    if let Some(svg) = overview(&curves(data)) {
        let _ = write!(
            page,
            "<section>\n<h2>Growth</h2>\n<figure class=\"wide\">\n{svg}</figure>\n<p class=\"legend\">\
             <span class=\"key faint\"></span>strains <span class=\"key control\"></span>control \
             <span class=\"key reference\"></span>reference; absorbance without blank</p>\n</section>\n"
        );
    }
}

fn timeline(page: &mut String, data: &ReportData<'_>) {
    if let Some(svg) = timeline_svg(data.timeline) {
        let _ = write!(
            page,
            "<section>\n<h2>Timeline</h2>\n<figure class=\"scroll\">\n{svg}</figure>\n<p class=\"legend\">\
             <span class=\"key planned\"></span>planned <span class=\"key actual\"></span>as it went</p>\n</section>\n"
        );
    }
}

fn all_strains(page: &mut String, data: &ReportData<'_>) {
    if let Some((strains, _)) = data.selection() {
        let table = tables::strains(strains);
        let _ = write!(
            page,
            "<section>\n<details><summary>All {} strains</summary>\n{table}</details>\n</section>\n",
            strains.len()
        );
    }
}

fn footer(page: &mut String, data: &ReportData<'_>) {
    let files: String = data
        .files
        .iter()
        .map(|f| format!("<li>{}: <code>{}</code></li>\n", escape(&f.what), escape(&f.name)))
        .collect();
    if !files.is_empty() {
        let _ = write!(
            page,
            "<section>\n<h2>Files</h2>\n<ul>\n{files}</ul>\n</section>\n"
        );
    }
    let _ = write!(
        page,
        "</main>\n<footer>Journal: record {}, hash <code>{}</code></footer>\n</body>\n</html>\n",
        data.journal_head.0,
        escape(data.journal_head.1)
    );
}

#[cfg(test)]
#[path = "html_tests.rs"]
mod tests;
