//! Problems as JUnit XML, in the form that the `junit-10.xsd` of Jenkins' xUnit plugin describes and that GitLab, GitHub
//! actions and others read: one suite for the rig, one test case for each protocol.

use super::Checked;
use crate::source::Severity;
use std::fmt::Write;

/// The document. A refused protocol is a failure with what a person would read; warnings go to its `system-out`.
pub fn document(rig: &Checked, checked: &[Checked]) -> String {
    let broken = rig.errors() > 0;
    let failures = checked.iter().filter(|c| broken || c.errors() > 0).count();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", checked.len());
    let suite = escape(&rig.name);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plated check\" {counts}>\n\
         \x20 <testsuite name=\"{suite}\" {counts} skipped=\"0\">\n"
    );
    for one in checked {
        let (failed, errors) = if broken {
            (rig, rig.errors())
        } else {
            (one, one.errors())
        };
        let _ = writeln!(
            out,
            "    <testcase classname=\"{suite}\" name=\"{}\">",
            escape(&one.name)
        );
        if errors > 0 {
            let first = failed.diagnostics.iter().find(|d| d.severity == Severity::Error);
            let _ = writeln!(
                out,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                first.map_or("", |d| d.code),
                escape(&first.map_or_else(String::new, |d| d.message.clone())),
                escape(&failed.shown(Severity::Error, false))
            );
        }
        let warnings = one.shown(Severity::Warning, false);
        if !warnings.is_empty() {
            let _ = writeln!(out, "      <system-out>{}</system-out>", escape(&warnings));
        }
        out.push_str("    </testcase>\n");
    }
    let warnings = rig.shown(Severity::Warning, false);
    if !warnings.is_empty() {
        let _ = writeln!(out, "    <system-out>{}</system-out>", escape(&warnings));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Text for element and attribute alike; what XML 1.0 has no character for becomes U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
