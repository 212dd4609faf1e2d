//! Links of a rig file: serial ports and sockets, and what is spoken on them.

use super::parse::whole;
use super::{Format, LineProtocol, Link, Manner, Parity};
use crate::source::{Table, Value};
use crate::units::Duration;

/// Longest timeout or turnaround of a link.
const LONGEST_WAIT: Duration = Duration::min(1);

/// How something is reached; without a protocol, where the file names none.
pub(super) fn link(value: &Value<'_>) -> Option<Link> {
    let mut t = value.table()?;
    let protocol_value = t.get("protocol");
    let protocol = match protocol_value.as_ref().and_then(Value::text).as_deref() {
        None => None,
        Some("modbus_rtu") => Some(LineProtocol::ModbusRtu),
        Some("modbus_tcp") => Some(LineProtocol::ModbusTcp),
        Some(other) => {
            if let Some(v) = &protocol_value {
                v.error(
                    "link-protocol",
                    format!("\"{other}\" is not a protocol; use modbus_rtu or modbus_tcp"),
                );
            }
            None
        }
    };
    let unit = t.get("unit").and_then(|v| whole(&v, 0, 247));
    let manner = manner(&mut t);
    let link = if let Some(serial) = t.get("serial") {
        let baud = t.need("baud").and_then(|v| whole(&v, 300, 4_000_000_u32));
        let format = t.get("format").map_or(
            Some(Format {
                data_bits: 8,
                parity: Parity::None,
                stop_bits: 1,
            }),
            |v| format(&v),
        );
        let protocol = protocol.unwrap_or(LineProtocol::Native);
        Link::Serial {
            path: serial.text()?,
            baud: baud?,
            format: format?,
            protocol,
            unit: unit.unwrap_or(1),
            manner,
        }
    } else if let Some(tcp) = t.get("tcp") {
        let address = tcp.text()?;
        if address
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok())
            .is_none()
        {
            tcp.error("link-address", format!("\"{address}\" is not \"host:port\""));
        }
        let plain = unit.is_none() && protocol.is_none();
        let protocol = if plain {
            LineProtocol::Native
        } else {
            protocol.unwrap_or(LineProtocol::ModbusTcp)
        };
        Link::Tcp {
            address,
            protocol,
            unit: unit.unwrap_or(1),
            manner,
        }
    } else {
        value.error(
            "link",
            "a link is { serial = \"/dev/…\", baud = … } or { tcp = \"host:port\" }",
        );
        return None;
    };
    t.finish();
    Some(link)
}

fn manner(t: &mut Table<'_>) -> Manner {
    let usual = Manner::default();
    let wait = |v: Value<'_>| {
        let wait = v.quantity::<Duration>()?;
        if wait > LONGEST_WAIT {
            v.error(
                "out-of-range",
                format!("`{}` must be at most {LONGEST_WAIT}", v.path),
            );
        }
        Some(wait)
    };
    let timeout = t.get("timeout").and_then(|v| {
        let timeout = wait(v.clone())?;
        if timeout == Duration::ZERO {
            v.error("out-of-range", format!("`{}` must be more than 0 s", v.path));
        }
        Some(timeout)
    });
    Manner {
        timeout,
        turnaround: t.get("turnaround").and_then(wait).unwrap_or(usual.turnaround),
        echo: t.get("echo").and_then(|v| v.boolean()).unwrap_or(usual.echo),
        in_flight: t
            .get("in_flight")
            .and_then(|v| whole(&v, 1, 16))
            .unwrap_or(usual.in_flight),
        rts_cts: one_of(t, "flow_control", ["none", "rts_cts"]),
        oem: one_of(t, "framing", ["dt", "oem"]),
    }
}

/// Whether a key has the second of two words; the first is what it is where nothing is said.
fn one_of(t: &mut Table<'_>, key: &str, [usual, other]: [&str; 2]) -> bool {
    let Some(value) = t.get(key) else { return false };
    let word = value.text().unwrap_or_else(|| usual.to_owned());
    if word != usual && word != other {
        value.error(
            "link-manner",
            format!("`{}` is \"{usual}\" or \"{other}\", not \"{word}\"", value.path),
        );
    }
    word == other
}

fn format(value: &Value<'_>) -> Option<Format> {
    let text = value.text()?;
    let format = Format::of(&text);
    if format.is_none() {
        value.error(
            "link-format",
            format!("\"{text}\" is not a character format; write for example \"8N1\" or \"7E1\""),
        );
    }
    format
}

impl Link {
    /// The same link with Modbus on it where the file does not say otherwise: RTU frames on a serial line, MBAP on a socket.
    pub(super) fn with_modbus(self) -> Self {
        match self {
            Self::Serial {
                path,
                baud,
                format,
                protocol: LineProtocol::Native,
                unit,
                manner,
            } => Self::Serial {
                path,
                baud,
                format,
                protocol: LineProtocol::ModbusRtu,
                unit,
                manner,
            },
            Self::Tcp {
                address,
                protocol: LineProtocol::Native,
                unit,
                manner,
            } => Self::Tcp {
                address,
                protocol: LineProtocol::ModbusTcp,
                unit,
                manner,
            },
            other => other,
        }
    }
}
