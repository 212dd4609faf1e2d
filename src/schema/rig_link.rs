//! Rig files: how instruments are reached.

use super::super::model::{Case, Cases, Table, Type, may, need, plain};
use super::DURATION;

pub(super) static LINK: Table = Table {
    cases: Some(Cases::Given(&[
        Case {
            name: "serial",
            table: &SERIAL,
        },
        Case {
            name: "tcp",
            table: &TCP,
        },
    ])),
    ..plain(
        "rig.link",
        "How an instrument is reached.",
        &[
            may(
                "protocol",
                Type::Words(&["modbus_rtu", "modbus_tcp"]),
                "the driver's own",
                "what is spoken",
                "\"modbus_rtu\"",
            ),
            may("unit", Type::Integer(0, 247), "1", "Modbus unit id", "7"),
            may(
                "timeout",
                DURATION,
                "as profile or module say",
                "Modbus: the longest wait for one answer",
                "\"500 ms\"",
            ),
            may(
                "turnaround",
                DURATION,
                "`\"0 s\"`",
                "silence after an exchange with it before anything else goes out on its line",
                "\"5 ms\"",
            ),
            may(
                "echo",
                Type::Boolean,
                "`false`",
                "what is sent comes back first (two-wire RS-485)",
                "true",
            ),
            may(
                "in_flight",
                Type::Integer(1, 16),
                "1",
                "Modbus TCP: most requests that are on their way at once",
                "4",
            ),
            may(
                "flow_control",
                Type::Words(&["none", "rts_cts"]),
                "`\"none\"`",
                "serial: whether both ends tell by RTS and CTS when they can take bytes",
                "\"rts_cts\"",
            ),
            may(
                "framing",
                Type::Words(&["dt", "oem"]),
                "`\"dt\"`",
                "Cavro pumps: OEM frames have a checksum and a sequence number",
                "\"oem\"",
            ),
        ],
    )
};
static SERIAL: Table = plain(
    "rig.link.serial",
    "A serial line.",
    &[
        need("serial", Type::Text, "device node", "\"/dev/ttyUSB0\""),
        need("baud", Type::Integer(300, 4_000_000), "bits per second", "19200"),
        may(
            "format",
            Type::Pattern("[78][NEO][12]", "data bits, parity, stop bits"),
            "`\"8N1\"`",
            "data bits, parity, stop bits",
            "\"8E1\"",
        ),
    ],
);
static TCP: Table = plain(
    "rig.link.tcp",
    "A TCP port.",
    &[need("tcp", Type::Text, "host and port", "\"192.168.10.21:502\"")],
);
