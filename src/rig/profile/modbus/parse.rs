//! Reads a Modbus profile, with every problem in one pass.

use super::quantity;
use super::{
    Command, Handshake, IdentityMap, ModbusProfile, Register, RegisterType, Stop, StoredBarcode,
    StoredReading, TableKind, WordOrder,
};
use crate::rig::profile::reading::{check_command_name, check_sensor_name, entries, whole};
use crate::rig::profile::vocabulary::{ARGUMENTS, MOST_BLOCK_WORDS, SENSORS, STEP_WORDS};
use crate::rig::profile::{self, ArgumentSource, Bound, Head, behaviour};
use crate::source::{Document, Table, Value, closest};
use std::collections::BTreeMap;

/// The whole document; every problem goes to its reporter.
pub(crate) fn read(document: &Document<'_>) -> Option<ModbusProfile> {
    let mut root = document.root();
    let (role, head, base, word_order) = root
        .need("profile")
        .and_then(|v| v.table())
        .map_or((None, None, 0, WordOrder::default()), head);
    let mut registers = BTreeMap::new();
    for (key, value) in entries(&mut root, "registers") {
        // A register with a problem is still known by name, so that nothing else complains about it.
        registers.insert(key.value, register(&value, base));
    }
    let names = Names(&registers);
    let identity = root
        .need("identity")
        .and_then(|v| v.table())
        .map(|t| identity(t, names, role.as_deref() == Some("regulator")));
    let regulates = role.as_deref() == Some("regulator");
    // Set-points of a regulator are written; it has no commands with a code.
    let handshake_value = (!regulates).then(|| root.need("handshake")).flatten();
    let handshake = handshake_value
        .and_then(|v| v.table())
        .map(|t| handshake(t, names));
    let stop = root.get("stop").and_then(|v| stop(&v, names));
    let role = role.as_deref();
    let mut commands = BTreeMap::new();
    let mut courses = BTreeMap::new();
    let mut codes: BTreeMap<u16, String> = BTreeMap::new();
    for (key, value) in entries(&mut root, "commands") {
        check_command_name(&key, role, &[], document);
        if regulates {
            if let Some(course) = quantity::course(&value, names) {
                courses.insert(key.value, course);
            }
            continue;
        }
        let Some(command) = command(&key.value, &value, names) else {
            continue;
        };
        if let Some(other) = codes.insert(command.code, key.value.clone()) {
            let code = command.code;
            value.error(
                "duplicate-code",
                format!("`{}` and `{other}` have the same code {code}", key.value),
            );
        }
        commands.insert(key.value, command);
    }
    let mut sensors = BTreeMap::new();
    for (key, value) in entries(&mut root, "sensors") {
        check_sensor_name(&key, SENSORS, document);
        if let Some((name, _)) = names.reference(&value) {
            sensors.insert(key.value, name);
        }
    }
    let quantities = quantity::quantities(&mut root, role, names);
    let initialised = regulates.then(|| root.get("initialised")).flatten();
    let initialised = initialised.map(|v| quantity::condition(&v, names));
    if let Some(value) = root.get("behaviour") {
        let rest = behaviour::Rest {
            registers: Some(&registers),
            sent: Vec::new(),
            commands: commands.keys().cloned().collect(),
            result: handshake.as_ref().and_then(|h| Some(h.as_ref()?.result.clone())),
            quantities: quantities.keys().cloned().collect(),
            nest: role == Some("station"),
        };
        behaviour::check(&value, &rest);
    }
    root.finish();
    let registers = registers
        .iter()
        .filter_map(|(k, r)| Some((k.clone(), r.clone()?)))
        .collect();
    Some(ModbusProfile {
        head: head?,
        word_order,
        registers,
        identity: identity??,
        handshake: if regulates { None } else { Some(handshake??) },
        stop,
        commands,
        courses,
        quantities,
        initialised: initialised.map_or(Some(None), |i| i.map(Some))?,
        sensors,
    })
}

fn head(mut t: Table<'_>) -> (Option<String>, Option<Head>, u16, WordOrder) {
    let word_order = t.get("word_order").and_then(|v| {
        let order = match v.text()?.as_str() {
            "ABCD" => WordOrder::Abcd,
            "CDAB" => WordOrder::Cdab,
            "BADC" => WordOrder::Badc,
            "DCBA" => WordOrder::Dcba,
            other => {
                v.error(
                    "word-order",
                    format!("\"{other}\" is not an order of bytes; use ABCD, CDAB, BADC or DCBA"),
                );
                return None;
            }
        };
        Some(order)
    });
    let base = t.get("base").and_then(|v| whole(&v, 0, 1)).unwrap_or(0);
    let (role, head) = profile::head::head(&mut t, &profile::head::roles());
    t.finish();
    (role, head, base, word_order.unwrap_or_default())
}

fn register(value: &Value<'_>, base: u16) -> Option<Register> {
    let mut t = value.table()?;
    let table_value = t.need("table");
    let object = table_value.as_ref().and_then(Value::text).as_deref() == Some("object");
    let table = table_value.and_then(|v| {
        let kind = match v.text()?.as_str() {
            "coil" => TableKind::Coil,
            "discrete" => TableKind::Discrete,
            "input" => TableKind::Input,
            "holding" | "object" => TableKind::Holding,
            other => {
                v.error(
                    "register-table",
                    format!("\"{other}\" is not a table; use coil, discrete, input, holding or object"),
                );
                return None;
            }
        };
        Some(kind)
    });
    let kind = t.need("type").and_then(|v| {
        let kind = match v.text()?.as_str() {
            "u8" if object => RegisterType::U8,
            "i8" if object => RegisterType::I8,
            "u16" => RegisterType::U16,
            "i16" => RegisterType::I16,
            "u32" => RegisterType::U32,
            "i32" => RegisterType::I32,
            "f32" => RegisterType::F32,
            "bool" => RegisterType::Bool,
            other => {
                v.error(
                    "register-type",
                    format!("\"{other}\" is not a type; use u16, i16, u32, i32, f32 or bool, or of an object u8 or i8"),
                );
                return None;
            }
        };
        if table.is_some_and(|t: TableKind| t.is_bits() != (kind == RegisterType::Bool)) {
            v.error(
                "register-type",
                "the tables coil and discrete hold bool, the tables input and holding the other types",
            );
        }
        Some(kind)
    });
    let address = t
        .need("address")
        .and_then(|v| whole::<u16>(&v, i64::from(base), 65_535 + i64::from(base)));
    let count = t.get("count").map_or(Some(1_u16), |v| whole(&v, 1, 10_000));
    if let (Some(kind), Some(address), Some(count)) = (kind, address, count) {
        let end = u32::from(address.saturating_sub(base)) + u32::from(kind.size()) * u32::from(count);
        if end > 65_536 {
            value.error(
                "register-range",
                format!("`{}` ends beyond address 65535", value.path),
            );
        }
    }
    let order = t.get("order");
    if let Some(order) = order
        && order.text().is_some_and(|o| o != "rows")
    {
        order.error(
            "register-order",
            "the only order of an array is \"rows\" (A1, A2, …)",
        );
    }
    let object = object_of(&mut t, object, count);
    let number = |t: &mut Table<'_>, key: &str| t.get(key).and_then(|v| v.number()).map(Bound);
    let scale = t.get("scale").map_or(Some(1.0), |v| {
        let scale = v.number()?;
        if scale <= 0.0 {
            v.error("register-scale", "`scale` must be more than 0");
        }
        Some(scale)
    });
    let register = Register {
        table: table?,
        object: object?,
        address: address?.saturating_sub(base),
        kind: kind?,
        count: count?,
        scale: Bound(scale?),
        unit: t.get("unit").and_then(|v| v.text()),
        min: number(&mut t, "min"),
        max: number(&mut t, "max"),
        values: named(&mut t, "values", i64::from(i32::MIN), i64::from(u32::MAX)),
        bits: named(&mut t, "bits", 0, i64::from(kind?.size()) * 16 - 1),
    };
    t.finish();
    Some(register)
}

/// The sub-index of an object; none of what is no object.
fn object_of(t: &mut Table<'_>, object: bool, count: Option<u16>) -> Option<Option<u8>> {
    let sub = t.get("sub");
    if !object {
        if let Some(v) = sub {
            v.error(
                "register-type",
                "`sub` belongs to an object: `table = \"object\"`",
            );
        }
        return Some(None);
    }
    let sub = sub.map_or(Some(0), |v| {
        if count != Some(1) {
            v.error("register-type", "an object is one number; leave out `count`");
        }
        whole(&v, 0, 255)
    });
    sub.map(Some)
}

fn named<T: TryFrom<i64>>(t: &mut Table<'_>, key: &str, from: i64, to: i64) -> BTreeMap<String, T> {
    entries(t, key)
        .into_iter()
        .filter_map(|(name, v)| Some((name.value, whole(&v, from, to)?)))
        .collect()
}

/// The registers by name; `None` where one has problems of its own.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(&'a BTreeMap<String, Option<Register>>);

impl<'a> Names<'a> {
    /// A value that names a register; reports one that does not exist.
    pub(super) fn reference(self, value: &Value<'_>) -> Option<(String, Option<&'a Register>)> {
        let name = value.text()?;
        let Some(register) = self.0.get(&name) else {
            let near = closest(&name, self.0.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            value.error(
                "unknown-register",
                format!("there is no register \"{name}\"{hint}"),
            );
            return None;
        };
        Some((name, register.as_ref()))
    }
    fn key(self, t: &mut Table<'_>, key: &str) -> Option<(String, Option<&'a Register>)> {
        t.need(key).and_then(|v| self.reference(&v))
    }
}

fn identity(mut t: Table<'_>, names: Names<'_>, regulates: bool) -> Option<IdentityMap> {
    // What tells nothing of itself is met by a register that it always answers.
    let met = regulates.then(|| t.get("met")).flatten();
    let model = if met.is_some() {
        t.get("model")
    } else {
        t.need("model")
    };
    let model = model.and_then(|v| v.table());
    let found = match (met, model) {
        (Some(value), None) => names.reference(&value).map(|(name, _)| (name, None)),
        (_, model) => model.and_then(|mut m| {
            let register = names.key(&mut m, "register");
            let equals = m.need("equals").and_then(|v| v.integer());
            m.finish();
            Some((register?.0, Some(equals?)))
        }),
    };
    let mut optional = |key: &str| t.get(key).and_then(|v| names.reference(&v)).map(|(n, _)| n);
    let (serial, firmware) = (optional("serial"), optional("firmware"));
    t.finish();
    let (met, equals) = found?;
    Some(IdentityMap {
        met,
        equals,
        serial,
        firmware,
    })
}

fn handshake(mut t: Table<'_>, names: Names<'_>) -> Option<Handshake> {
    let code = names.key(&mut t, "code");
    let sequence_value = t.need("sequence");
    let sequence = sequence_value.as_ref().and_then(|v| names.reference(v));
    let accepted = names.key(&mut t, "accepted");
    let completed = names.key(&mut t, "completed");
    let result = names.key(&mut t, "result");
    t.finish();
    if let (Some((_, Some(code))), Some((_, Some(sequence))), Some(value)) =
        (&code, &sequence, &sequence_value)
    {
        let neighbours = sequence.address.checked_sub(code.address) == Some(1);
        let writable = code.table == TableKind::Holding && sequence.table == TableKind::Holding;
        if !neighbours || !writable {
            value.error(
                "handshake",
                "code and sequence are written in one frame: the sequence must be the holding register right behind the code",
            );
        }
    }
    Some(Handshake {
        code: code?.0,
        sequence: sequence?.0,
        accepted: accepted?.0,
        completed: completed?.0,
        result: result?.0,
    })
}

fn stop(value: &Value<'_>, names: Names<'_>) -> Option<Stop> {
    let mut t = value.table()?;
    let register_value = t.need("register");
    let register = register_value.as_ref().and_then(|v| names.reference(v));
    let written = t.get("value").map_or(Some(1), |v| whole(&v, 0, 65_535));
    let acknowledged = names.key(&mut t, "acknowledged");
    let equals = t.get("equals").map_or(Some(1), |v| whole(&v, 0, 65_535));
    let timeout = t.need("timeout").and_then(|v| v.quantity());
    t.finish();
    let (register, written) = (register?, written?);
    if let (Some(register), Some(value)) = (register.1, register_value) {
        let fits = match register.table {
            TableKind::Coil => written <= 1,
            TableKind::Holding => register.span() == 1,
            TableKind::Discrete | TableKind::Input => false,
        };
        if !fits {
            value.error(
                "stop-register",
                format!(
                    "`{}` must be a coil (0 or 1) or a holding register of one word: a stop is one write",
                    value.path
                ),
            );
        }
    }
    Some(Stop {
        register: register.0,
        value: written,
        acknowledged: acknowledged?.0,
        equals: equals?,
        timeout: timeout?,
    })
}

fn command(name: &str, value: &Value<'_>, names: Names<'_>) -> Option<Command> {
    let mut t = value.table()?;
    let code = t.need("code").and_then(|v| whole(&v, 1, 65_535));
    let timeout = t.need("timeout").and_then(|v| v.quantity());
    let listed = t.get("arguments").and_then(|v| v.list()).unwrap_or_default();
    let arguments = listed.iter().filter_map(|v| argument(name, v, names)).collect();
    let reading = t.get("reading").and_then(|v| v.table()).and_then(|mut r| {
        let values = names.key(&mut r, "values");
        let sequence = names.key(&mut r, "sequence");
        let age = names.key(&mut r, "age");
        r.finish();
        Some(StoredReading {
            values: values?.0,
            sequence: sequence?.0,
            age: age?.0,
        })
    });
    let barcode = t.get("barcode").and_then(|v| v.table()).and_then(|mut b| {
        let text = names.key(&mut b, "text");
        let sequence = names.key(&mut b, "sequence");
        b.finish();
        Some(StoredBarcode {
            text: text?.0,
            sequence: sequence?.0,
        })
    });
    if name == "read_barcode" {
        if barcode.is_none() {
            value.error(
                "missing-key",
                format!(
                    "`{}.barcode` is missing: where is the barcode stored?",
                    value.path
                ),
            );
        }
    } else if (name.starts_with("read_") || name.starts_with("scan_")) && reading.is_none() {
        value.error(
            "missing-key",
            format!(
                "`{}.reading` is missing: where is the reading stored?",
                value.path
            ),
        );
    }
    t.finish();
    Some(Command {
        code: code?,
        timeout: timeout?,
        arguments,
        reading,
        barcode,
    })
}

fn argument(command: &str, value: &Value<'_>, names: Names<'_>) -> Option<(String, ArgumentSource)> {
    let mut t = value.table()?;
    let register_value = t.need("register");
    let register = register_value.as_ref().and_then(|v| names.reference(v));
    let from_value = t.need("from");
    let from = from_value.as_ref().and_then(Value::text);
    t.finish();
    let (from_value, from) = (from_value?, from?);
    let Some((_, source, unit, commands)) = ARGUMENTS.iter().find(|(n, ..)| *n == from) else {
        let near = closest(&from, ARGUMENTS.iter().map(|(n, ..)| *n));
        let hint = near.map_or_else(
            || {
                format!(
                    "; there are {}",
                    ARGUMENTS.iter().map(|(n, ..)| *n).collect::<Vec<_>>().join(", ")
                )
            },
            |n| format!("; did you mean \"{n}\"?"),
        );
        from_value.error(
            "unknown-argument",
            format!("there is no argument \"{from}\"{hint}"),
        );
        return None;
    };
    if !commands.contains(&command) {
        from_value.error(
            "unknown-argument",
            format!(
                "`{command}` has no argument \"{from}\"; it belongs to {}",
                commands.join(", ")
            ),
        );
        return None;
    }
    let (name, register) = register?;
    if let (Some(register), Some(value)) = (register, register_value) {
        if register.table != TableKind::Holding {
            value.error(
                "argument-register",
                format!("`{name}` cannot be written: it is no holding register"),
            );
        }
        if *source == ArgumentSource::Program
            && (register.kind != RegisterType::U16
                || register.count > MOST_BLOCK_WORDS
                || !register.count.is_multiple_of(STEP_WORDS))
        {
            value.error(
                "argument-register",
                format!(
                    "`{name}` takes a thermal program: it must be an array of u16 with {STEP_WORDS} words a step and at \
                     most {MOST_BLOCK_WORDS} in all"
                ),
            );
        }
        if unit.is_some() && register.unit.as_deref() != *unit {
            let wanted = unit.unwrap_or_default();
            value.error(
                "argument-unit",
                format!("`{name}` takes \"{from}\" in {wanted}; its register must say `unit = \"{wanted}\"`"),
            );
        }
    }
    Some((name, *source))
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
