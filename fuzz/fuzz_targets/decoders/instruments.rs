//! Answers of the instruments with drivers of their own. The first byte says what answer is awaited; where a protocol has
//! checksums or lengths, a second one may ask for right ones, since chance does not find them.

use super::{choose, feed};
use plated::drivers::{biotek, cavro, clariostar, cytomat, liconic, ot2, precise_flex, spectramax};

pub fn ot2(bytes: &[u8]) {
    use ot2::wire::{Body, find, framing, homed, memory, position, trouble, version};
    let bodies = [
        Body::None,
        Body::Position,
        Body::Homed,
        Body::Memory('L'),
        Body::Version,
    ];
    let Some((body, bytes)) = choose(bytes, &bodies) else {
        return;
    };
    feed(
        bytes,
        |b| framing(b, body),
        |frame| {
            trouble(frame).map(|(_, line)| ot2::codes::explain(&line));
            match body {
                Body::None => true,
                // A refusal has no body.
                _ if trouble(frame).is_some() => true,
                Body::Position => find(frame, position).is_some(),
                Body::Homed => find(frame, homed).is_some(),
                Body::Memory(mount) => find(frame, |line| memory(line, mount)).is_some(),
                Body::Version => find(frame, version).is_some(),
            }
        },
    );
}

const CAVRO: [cavro::wire::Looks; 4] = {
    use cavro::wire::Looks;
    [Looks::Bare, Looks::Number, Looks::Letter, Looks::Text]
};

pub fn cavro_dt(bytes: &[u8]) {
    let Some((looks, bytes)) = choose(bytes, &CAVRO) else {
        return;
    };
    feed(
        bytes,
        |b| cavro::wire::framing(b, looks),
        |frame| {
            let answer = cavro::wire::read(frame, looks);
            answer.as_ref().map(|a| cavro::codes::meaning(a.status.error()));
            answer.is_some()
        },
    );
}

pub fn cavro_oem(bytes: &[u8]) {
    let Some((looks, bytes)) = choose(bytes, &CAVRO) else {
        return;
    };
    let Some((sealed, bytes)) = choose(bytes, &[false, true]) else {
        return;
    };
    let mut all = Vec::new();
    if sealed {
        // As many answers as there are lines, each with its frame around it.
        for line in bytes.split(|b| *b == b'\n') {
            let begin = all.len();
            all.extend([0x02, b'0']);
            all.extend(line);
            all.push(0x03);
            all.push(all[begin..].iter().fold(0, |sum, b| sum ^ b));
        }
    } else {
        all.extend(bytes);
    }
    feed(
        &all,
        |b| cavro::oem::framing(b, looks),
        |frame| cavro::oem::read(frame, looks).is_some(),
    );
}

pub fn biotek(bytes: &[u8]) {
    use biotek::block::{self, Unit};
    use biotek::wire::{Looks, framing, read, version};
    let all = [
        Looks::Acknowledged,
        Looks::Bare,
        Looks::Taken,
        Looks::Estimate,
        Looks::Version,
        Looks::Serial,
        Looks::Temperature,
        Looks::Block,
    ];
    let Some((looks, bytes)) = choose(bytes, &all) else {
        return;
    };
    // A checksum of three digits behind the first SUB, where there is one.
    let mut sealed = bytes.to_vec();
    if let Some(at) = bytes.iter().position(|b| *b == 0x1A) {
        let from = bytes
            .windows(6)
            .position(|w| w == b"01,1,\r")
            .map_or(0, |n| n + 6)
            .min(at);
        let sum = bytes[from..at]
            .iter()
            .fold(0x1A_u8, |sum, b| sum.wrapping_add(*b));
        let digits = format!("{sum:03}");
        for (place, digit) in sealed[at + 1..].iter_mut().zip(digits.bytes()) {
            *place = digit;
        }
    }
    for bytes in [bytes, &sealed] {
        feed(
            bytes,
            |b| framing(b, looks),
            |frame| {
                let text = String::from_utf8_lossy(frame);
                let inside = text.trim_end_matches('\x03');
                let begins = inside.find("01,1,\r").unwrap_or(0);
                for unit in [Unit::Absorbance, Unit::Counts] {
                    for size in [(8, 12), (16, 24), (32, 48)] {
                        let _ = block::read(&inside[begins..], size, unit);
                    }
                }
                let answer = read(frame, looks);
                answer.as_ref().map(|a| version(&a.text).map(str::len));
                answer.is_some() || matches!(looks, Looks::Block | Looks::Acknowledged)
            },
        );
    }
}

pub fn spectramax(bytes: &[u8]) {
    use spectramax::wire::{Answer, Looks, framing, read, state, temperatures};
    let all = [
        Looks::Bare(1),
        Looks::Bare(2),
        Looks::Status,
        Looks::Temperatures,
        Looks::Data,
        Looks::Words,
    ];
    let Some((looks, bytes)) = choose(bytes, &all) else {
        return;
    };
    feed(
        bytes,
        |b| framing(b, looks),
        |frame| {
            match read(frame, looks) {
                None => return false,
                Some(Answer::Refused(code)) => drop(spectramax::codes::meaning(code)),
                Some(Answer::Accepted(text)) => {
                    let _ = (state(&text), temperatures(&text));
                    for section in spectramax::block::read(&text).unwrap_or_default() {
                        for size in [(8, 12), (16, 24), (32, 48)] {
                            let _ = section.by_row(size);
                        }
                    }
                }
            }
            true
        },
    );
}

pub fn clariostar(bytes: &[u8]) {
    use clariostar::wire::{Looks, frame, framing, payload};
    let Some((looks, bytes)) = choose(bytes, &[Looks::Status, Looks::Long]) else {
        return;
    };
    let Some((sealed, bytes)) = choose(bytes, &[false, true]) else {
        return;
    };
    let framed = if sealed { frame(bytes) } else { bytes.to_vec() };
    feed(
        &framed,
        |b| framing(b, looks),
        |whole| {
            let Some(payload) = payload(whole) else {
                return false;
            };
            if let Some(status) = clariostar::status::Status::of(payload) {
                let _ = (
                    status.busy(),
                    status.unread(),
                    status.tray_open(),
                    status.hindered(),
                );
            }
            for wells in [96, 384] {
                let _ = clariostar::data::luminescence(payload, wells);
                for wavelengths in 1..=8 {
                    let _ = clariostar::data::absorbance(payload, wells, wavelengths);
                }
            }
            true
        },
    );
}

pub fn cytomat(bytes: &[u8]) {
    use cytomat::wire::{Answer, barcode, framing, hex, key, read, temperatures};
    let all = [
        "mv:ts 001",
        "ch:bs",
        "ch:be",
        "ch:sw",
        "ch:it",
        "ch:ba",
        "rb:001",
        "ll:in",
    ];
    let Some((telegram, bytes)) = choose(bytes, &all) else {
        return;
    };
    feed(
        bytes,
        |b| framing(b, key(telegram)),
        |line| {
            let answer = read(line, key(telegram));
            if let Some(Answer::Value(value)) = &answer {
                let _ = (hex(value), temperatures(value), barcode(value));
            }
            answer.is_some()
        },
    );
}

pub fn liconic(bytes: &[u8]) {
    use liconic::wire::{Looks, framing, read};
    let all = [Looks::Ok, Looks::Open, Looks::Relay, Looks::Register];
    let Some((looks, bytes)) = choose(bytes, &all) else {
        return;
    };
    feed(
        bytes,
        |b| framing(b, looks),
        |frame| {
            let answer = read(frame, looks);
            if let Some(liconic::wire::Answer::Value(code)) = answer {
                let _ = liconic::codes::handling(code);
            }
            answer.is_some()
        },
    );
}

pub fn precise_flex(bytes: &[u8]) {
    use precise_flex::wire::{Answer, framing, looks, read, thousandths};
    let all = [
        "wherej",
        "wherec",
        "attach",
        "sysState",
        "version",
        "movej 1 2 3",
        "mode 0",
    ];
    let Some((command, bytes)) = choose(bytes, &all) else {
        return;
    };
    let looks = looks(command);
    feed(
        bytes,
        |b| framing(b, &looks),
        |frame| {
            let answer = read(frame, &looks);
            match &answer {
                Some(Answer::Accepted(data)) => drop(thousandths(data)),
                Some(Answer::Refused(code, _)) => drop(precise_flex::codes::meaning(*code)),
                None => {}
            }
            answer.is_some()
        },
    );
}
