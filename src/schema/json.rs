//! JSON Schema, draft 7, made of the description.
//!
//! Written so that Taplo (<https://taplo.tamasfe.dev>) says exactly what is wrong: cases are conditions (`if`, `then`), not
//! alternatives (`oneOf`), and a key that all cases have is judged once. Editors that do not follow conditions still find
//! every key with its description.

use super::Language;
use super::model::{Case, Cases, Key, Sign, Table, Type};
use serde_json::{Map, Value, json};

/// A use of a parameter, anywhere in a text.
const PARAMETER: &str = r"\{[^{}]+\}";

/// The schema of a kind of file.
pub fn json_schema(language: Language) -> Value {
    let mut writer = Writer {
        language,
        definitions: Map::new(),
    };
    let root = language.root();
    let mut schema = writer.object(root, &[]);
    let title = format!("{} file of plated", language.word());
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".into(), json!(title));
    schema.insert("description".into(), json!(root.meaning));
    schema.insert("definitions".into(), Value::Object(writer.definitions));
    Value::Object(schema)
}

struct Writer {
    language: Language,
    definitions: Map<String, Value>,
}

impl Writer {
    /// A pattern for the whole of a text, or for a text with a parameter.
    fn pattern(&self, whole: &str) -> Value {
        if self.language.has_parameters() {
            json!(format!("^({whole})$|{PARAMETER}"))
        } else {
            json!(format!("^({whole})$"))
        }
    }

    /// A value that is no text, unless a parameter stands for it.
    fn plain(&self, kind: &str) -> Map<String, Value> {
        let mut schema = Map::new();
        if self.language.has_parameters() {
            schema.insert("type".into(), json!([kind, "string"]));
            schema.insert("pattern".into(), json!(PARAMETER));
        } else {
            schema.insert("type".into(), json!(kind));
        }
        schema
    }

    fn value(&mut self, kind: &Type) -> Value {
        match kind {
            Type::Text => json!({ "type": "string" }),
            Type::Pattern(pattern, _) => json!({ "type": "string", "pattern": self.pattern(pattern) }),
            Type::Quantity(measure, sign) => {
                let units: Vec<&str> = measure.units.iter().map(|u| u.0).collect();
                let whole = format!(r"\s*{}\s*({})\s*", number(*sign), units.join("|"));
                json!({ "type": "string", "pattern": self.pattern(&whole) })
            }
            Type::Words(words) if self.language.has_parameters() => {
                json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": PARAMETER }] })
            }
            Type::Words(words) => json!({ "enum": words }),
            Type::Boolean => Value::Object(self.plain("boolean")),
            Type::Integer(from, to) => {
                let mut schema = self.plain("integer");
                bound(&mut schema, "minimum", *from != i64::MIN, json!(from));
                bound(&mut schema, "maximum", *to != i64::MAX, json!(to));
                Value::Object(schema)
            }
            Type::Number(from, to) => {
                let mut schema = self.plain("number");
                bound(&mut schema, "minimum", *from > f64::MIN, json!(from));
                bound(&mut schema, "maximum", *to < f64::MAX, json!(to));
                Value::Object(schema)
            }
            Type::Share(from, to) => {
                let pattern = self.pattern(r"\s*[+-]?[0-9.]+\s*%?\s*");
                json!({ "type": ["number", "string"], "minimum": from, "maximum": to, "pattern": pattern })
            }
            Type::Scalar => json!({ "type": ["string", "number", "boolean"] }),
            Type::List(of) => json!({ "type": "array", "items": self.value(of) }),
            Type::Exactly(count, of) => {
                json!({ "type": "array", "items": self.value(of), "minItems": count, "maxItems": count })
            }
            Type::OneOrMore(of) => {
                let one = self.value(of);
                let many = json!({ "type": "array", "items": one });
                json!({ "if": { "type": "array" }, "then": many, "else": one })
            }
            Type::Either(one, other) if !matches!(other, Type::Table(_)) => {
                json!({ "anyOf": [self.value(one), self.value(other)] })
            }
            Type::Either(text, table) => {
                let (text, table) = (self.value(text), self.value(table));
                json!({ "if": { "type": "object" }, "then": table, "else": text })
            }
            Type::Table(table) => self.reference(table),
            Type::Map(_, of) => json!({ "type": "object", "additionalProperties": self.value(of) }),
            Type::MapOf(names, of) => {
                let of = self.value(of);
                let keys: Map<String, Value> = names.iter().map(|n| ((*n).to_owned(), of.clone())).collect();
                json!({ "type": "object", "properties": keys, "additionalProperties": false })
            }
            Type::Free => json!({ "type": "object" }),
        }
    }

    /// The definition of a table, by reference.
    fn reference(&mut self, table: &'static Table) -> Value {
        if !self.definitions.contains_key(table.id) {
            // The name is taken first, for tables that hold themselves.
            self.definitions.insert(table.id.into(), Value::Null);
            let mut schema = self.object(table, &[]);
            schema.insert("description".into(), json!(table.meaning));
            self.definitions.insert(table.id.into(), Value::Object(schema));
        }
        json!({ "$ref": format!("#/definitions/{}", table.id) })
    }

    fn key(&mut self, key: &Key) -> Value {
        let mut schema = match self.value(&key.kind) {
            // What stands beside a reference does not count.
            reference @ Value::Object(_) if reference.get("$ref").is_some() => {
                Map::from_iter([("allOf".to_owned(), json!([reference]))])
            }
            Value::Object(schema) => schema,
            _ => Map::new(),
        };
        schema.insert("description".into(), json!(described(key)));
        Value::Object(schema)
    }

    /// A table; `above` are keys that are judged where the table's case was found.
    fn object(&mut self, table: &'static Table, above: &[&'static str]) -> Map<String, Value> {
        let mut properties: Map<String, Value> =
            above.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        for key in table.keys {
            properties.insert(key.name.into(), self.key(key));
        }
        let needed = table.keys.iter().filter(|k| k.default.is_none());
        let mut required: Vec<&str> = needed.map(|k| k.name).collect();
        let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
        let mut names = above.to_vec();
        names.extend(table.keys.iter().map(|k| k.name));
        match &table.cases {
            None => {
                schema.insert("additionalProperties".into(), json!(false));
            }
            Some(cases) => {
                for case in cases.all() {
                    hints(case, &mut properties);
                }
                self.cases(cases, &names, &mut schema, &mut properties, &mut required);
            }
        }
        if !table.any_of.is_empty() {
            let any: Vec<Value> = table.any_of.iter().map(|k| json!({ "required": [k] })).collect();
            schema.insert("anyOf".into(), json!(any));
        }
        if !table.together.is_empty() {
            let pairs = table.together.iter();
            let pairs: Map<String, Value> = pairs.map(|(a, b)| ((*a).to_owned(), json!([b]))).collect();
            schema.insert("dependencies".into(), Value::Object(pairs));
        }
        if table.single {
            schema.insert("minProperties".into(), json!(1));
            schema.insert("maxProperties".into(), json!(1));
        }
        schema.insert("properties".into(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".into(), json!(required));
        }
        schema
    }

    fn cases(
        &mut self,
        cases: &Cases,
        names: &[&'static str],
        schema: &mut Map<String, Value>,
        properties: &mut Map<String, Value>,
        required: &mut Vec<&'static str>,
    ) {
        match cases {
            Cases::Word(on, usual, all) => {
                let names = [names, &[*on]].concat();
                properties.insert((*on).into(), words(all));
                if usual.is_none() {
                    required.push(on);
                }
                let mut rules = Vec::new();
                for case in *all {
                    let then = self.object(case.table, &names);
                    let is = json!({ "properties": { *on: { "const": case.name } }, "required": [on] });
                    rules.push(json!({ "if": is, "then": then.clone() }));
                    if *usual == Some(case.name) {
                        rules.push(json!({ "if": { "not": { "required": [on] } }, "then": then }));
                    }
                }
                schema.insert("allOf".into(), json!(rules));
            }
            Cases::Within(table, on, all) => {
                let mut rules = Vec::new();
                for case in *all {
                    let then = self.object(case.table, names);
                    let word = json!({ "properties": { *on: { "const": case.name } }, "required": [on] });
                    let is = json!({ "properties": { *table: word }, "required": [table] });
                    rules.push(json!({ "if": is, "then": then }));
                }
                let inner = json!({ "type": "object", "properties": { *on: words(all) }, "required": [on] });
                properties.insert((*table).into(), inner);
                required.push(table);
                schema.insert("allOf".into(), json!(rules));
            }
            Cases::Given(all) => {
                let mut chain = Value::Null;
                for case in all.iter().rev() {
                    let then = self.object(case.table, names);
                    chain = match chain {
                        Value::Null => Value::Object(then),
                        other => json!({ "if": { "required": [case.name] }, "then": then, "else": other }),
                    };
                }
                schema.insert("allOf".into(), json!([chain]));
            }
        }
    }
}

/// The words of cases, each with what it stands for.
fn words(cases: &[Case]) -> Value {
    let names: Vec<&str> = cases.iter().map(|c| c.name).collect();
    let lines: Vec<String> = cases
        .iter()
        .map(|c| format!("`{}`: {}", c.name, c.table.meaning))
        .collect();
    json!({ "enum": names, "description": lines.join("\n\n") })
}

/// Descriptions of the keys of a case, for editors that do not follow conditions.
fn hints(case: &Case, properties: &mut Map<String, Value>) {
    for key in case.table.keys {
        let text = described(key);
        let told = properties
            .get(key.name)
            .and_then(|p| p.get("description"))
            .and_then(Value::as_str);
        let text = match told {
            None => text,
            Some(told) if told.contains(&text) => continue,
            Some(told) => format!("{told}\n\n{text}"),
        };
        properties.insert(key.name.into(), json!({ "description": text }));
    }
    for inner in case.table.cases.iter().flat_map(Cases::all) {
        hints(inner, properties);
    }
}

fn described(key: &Key) -> String {
    let mut text = key.meaning.to_owned();
    match key.default {
        Some("–") => {}
        Some(default) => text.push_str(&format!(". Default: {default}")),
        None => text.push_str(". Required"),
    }
    if !key.example.is_empty() {
        text.push_str(&format!(". Example: `{}`", key.example));
    }
    text
}

/// The numbers that a quantity may have.
const fn number(sign: Sign) -> &'static str {
    match sign {
        Sign::Positive => r"\+?(0*[1-9][0-9]*(\.[0-9]*)?|[0-9]*\.[0-9]*[1-9][0-9]*)",
        Sign::NotNegative => r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
        Sign::Any => r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    }
}

fn bound(schema: &mut Map<String, Value>, name: &str, there: bool, value: Value) {
    if there {
        schema.insert(name.into(), value);
    }
}
