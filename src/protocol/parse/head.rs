//! The outermost tables of a protocol file.

use super::parameters::{self, Given};
use super::shared::Shared;
use super::values::Reader;
use super::{classes, layouts, materials, steps};
use crate::plan::FailurePolicy;
use crate::protocol::files::Inputs;
use crate::protocol::source::{Source, Step};
use crate::source::{Diagnostic, Document, Reporter, SourceFile, Space, Table};
use std::collections::BTreeMap;
use std::ops::Range;

/// The language that this reader reads.
const LANGUAGE: i64 = 1;

/// A protocol as read.
#[derive(Debug, Clone)]
pub(in crate::protocol) struct Parsed {
    /// The tree, when enough of it could be read.
    pub source: Option<Source>,
    /// Problems, with places in `space`.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, in one space of places.
    pub space: Space,
    /// Files that the protocol names, with the place that names them.
    pub wanted: BTreeMap<String, Range<usize>>,
}

/// Text in; the source tree and every problem of the text out.
pub(in crate::protocol) fn parse(file: &SourceFile, inputs: &Inputs) -> Parsed {
    let shared = Shared::new(&inputs.files, file);
    let reporter = Reporter::new(&file.name);
    let document = Document::parse_at(file, reporter.clone(), 0);
    let source = read(&document, inputs, &shared);
    let mut found = reporter.take();
    let (space, wanted) = shared.finish();
    // What follows a slip of the pen is mostly noise: the first is shown, and what stands before it.
    let slip = found.iter().position(|d| d.code == "syntax");
    if let Some(first) = slip {
        found.truncate(first + 1);
    }
    Parsed {
        source: source.filter(|_| slip.is_none()),
        diagnostics: found,
        space,
        wanted,
    }
}

fn read(document: &Document<'_>, inputs: &Inputs, shared: &Shared<'_>) -> Option<Source> {
    let mut root = document.root();
    let head = root.need("protocol").and_then(|v| v.table());
    let parameters = parameters::read(&mut root, &Given::CommandLine(&inputs.parameters));
    let reader = Reader::new(shared, document.reporter().clone(), parameters, None);
    let mut titles = Titles::default();
    let mut on_failure = FailurePolicy::default();
    if let Some(mut head) = head {
        titles = Titles::read(&mut head, &reader);
        on_failure = head
            .get("on_failure")
            .map(|v| steps::policy(&v, &reader))
            .unwrap_or_default();
        head.finish();
    }
    let liquids = materials::liquids(&mut root, &reader);
    let classes = classes::read(&mut root, &reader);
    let layouts = layouts::read(&mut root, &reader);
    let pieces = materials::pieces(&mut root, &reader);
    let groups = materials::groups(&mut root, &reader);
    let steps: Vec<Step> = steps::read(&mut root, &reader);
    root.finish();
    let name = titles.name?;
    let (parameters, broken) = reader.finish();
    if titles.title.is_empty() {
        titles.title.clone_from(&name);
    }
    Some(Source {
        name,
        title: titles.title,
        description: titles.description,
        parameters,
        broken,
        liquids,
        classes,
        layouts,
        pieces,
        groups,
        steps,
        on_failure,
    })
}

/// What `[protocol]` says of itself.
#[derive(Default)]
struct Titles {
    name: Option<String>,
    title: String,
    description: String,
}

impl Titles {
    fn read(head: &mut Table<'_>, reader: &Reader<'_>) -> Self {
        let name = head.need("name").and_then(|v| reader.name(&v)).map(|n| n.value);
        let text = |head: &mut Table<'_>, key: &str| {
            reader.optional(head, key).map_or_else(String::new, |t| t.value)
        };
        let title = text(head, "title");
        let description = text(head, "description");
        if let Some(value) = head.get("language")
            && let Some(language) = value.integer()
            && language != LANGUAGE
        {
            value.error(
                "language",
                format!("language {language} is not known; this version reads language {LANGUAGE}"),
            );
        }
        Self {
            name,
            title,
            description,
        }
    }
}

/// The head of a called file: it has a name like every protocol, and brings nothing but parameters and steps.
pub(super) fn called(root: &mut Table<'_>, reader: &Reader<'_>) {
    if let Some(mut head) = root.need("protocol").and_then(|v| v.table()) {
        Titles::read(&mut head, reader);
        head.finish();
    }
    for key in ["liquids", "classes", "layouts", "pieces", "plates"] {
        if let Some(value) = root.get(key) {
            let message =
                format!("a called file has parameters and steps; `{key}` belongs to the file that calls it");
            value.error("call", message);
        }
    }
}
