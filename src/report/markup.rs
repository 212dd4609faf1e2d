//! Text that goes into HTML and SVG.

use crate::formats::clean;

/// Cleaned text with the characters escaped that mean something in HTML, in text and in quoted attributes alike.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A coordinate with as many decimals as an eye can see.
pub(super) fn at(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// A table with a header; cells are HTML already. Columns named with a leading '#' hold numbers.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let is_number: Vec<bool> = header.iter().map(|h| h.starts_with('#')).collect();
    let class = |i: usize| {
        if is_number.get(i) == Some(&true) {
            " class=\"n\""
        } else {
            ""
        }
    };
    let head: String = header
        .iter()
        .enumerate()
        .map(|(i, h)| format!("<th{}>{}</th>", class(i), escape(h.trim_start_matches('#'))))
        .collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let cells: String = row
                .iter()
                .enumerate()
                .map(|(i, cell)| format!("<td{}>{cell}</td>", class(i)))
                .collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )
}
