//! Typed values from register words and back.

use crate::rig::profile::modbus::{Register, RegisterType, WordOrder};

/// Puts the two words of a 32-bit value into the order A B C D.
fn ordered(order: WordOrder, first: u16, second: u16) -> u32 {
    let swap = |w: u16| w.rotate_left(8);
    let (high, low) = match order {
        WordOrder::Abcd => (first, second),
        WordOrder::Cdab => (second, first),
        WordOrder::Badc => (swap(first), swap(second)),
        WordOrder::Dcba => (swap(second), swap(first)),
    };
    (u32::from(high) << 16) | u32::from(low)
}

/// Whole numbers of a register, before scaling; `None` for a float or too few words.
pub fn integers(register: &Register, order: WordOrder, words: &[u16]) -> Option<Vec<i64>> {
    elements(register, words, |element| match (register.kind, element) {
        (RegisterType::U8 | RegisterType::U16 | RegisterType::Bool, [w]) => Some(i64::from(*w)),
        (RegisterType::I8, [w]) => i8::try_from(w.cast_signed()).ok().map(i64::from),
        (RegisterType::I16, [w]) => Some(i64::from(w.cast_signed())),
        (RegisterType::U32, [a, b]) => Some(i64::from(ordered(order, *a, *b))),
        (RegisterType::I32, [a, b]) => Some(i64::from(ordered(order, *a, *b).cast_signed())),
        _ => None,
    })
}

/// Values of a register, scaled; `None` inside where the device says "not a number" or "infinite".
pub fn numbers(register: &Register, order: WordOrder, words: &[u16]) -> Option<Vec<Option<f64>>> {
    if register.kind != RegisterType::F32 {
        let raw = integers(register, order, words)?;
        #[expect(clippy::cast_precision_loss, reason = "registers hold at most 32 bits")]
        return Some(
            raw.into_iter()
                .map(|n| Some(n as f64 * register.scale.0))
                .collect(),
        );
    }
    elements(register, words, |element| match element {
        [a, b] => {
            let value = f32::from_bits(ordered(order, *a, *b));
            Some(shortest(value).map(|v| v * register.scale.0))
        }
        _ => None,
    })
}

/// The decimal number that a single-precision value stands for (0.1, not 0.100000001490116), as tables should show it.
fn shortest(value: f32) -> Option<f64> {
    value.is_finite().then(|| value.to_string().parse().ok())?
}

fn elements<T>(register: &Register, words: &[u16], read: impl Fn(&[u16]) -> Option<T>) -> Option<Vec<T>> {
    let size = usize::from(register.kind.size());
    (words.len() == size * usize::from(register.count))
        .then(|| words.chunks_exact(size).map(read).collect())?
}

/// A value as the words of a register of one element; `None` when it does not fit, or lies outside the bounds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be a small whole number"
)]
pub fn words(register: &Register, order: WordOrder, value: f64) -> Option<Vec<u16>> {
    let too_small = register.min.is_some_and(|m| value < m.0);
    let too_large = register.max.is_some_and(|m| value > m.0);
    let raw = (value / register.scale.0).round();
    if too_small || too_large || !raw.is_finite() || raw.abs() > 4_294_967_295.0 {
        return None;
    }
    let raw = raw as i64;
    let double = |bits: u32| {
        let (high, low) = ((bits >> 16) as u16, (bits & 0xFFFF) as u16);
        let back = ordered(order, high, low);
        // Every order is its own inverse.
        vec![(back >> 16) as u16, (back & 0xFFFF) as u16]
    };
    match register.kind {
        RegisterType::U8 => Some(vec![u16::from(u8::try_from(raw).ok()?)]),
        RegisterType::I8 => Some(vec![i16::from(i8::try_from(raw).ok()?).cast_unsigned()]),
        RegisterType::U16 => Some(vec![u16::try_from(raw).ok()?]),
        RegisterType::I16 => Some(vec![i16::try_from(raw).ok()?.cast_unsigned()]),
        RegisterType::U32 => Some(double(u32::try_from(raw).ok()?)),
        RegisterType::I32 => Some(double(i32::try_from(raw).ok()?.cast_unsigned())),
        RegisterType::F32 => Some(double(((value / register.scale.0) as f32).to_bits())),
        RegisterType::Bool => None,
    }
}

/// Words of an object (high word first) from its bytes, which travel low byte first; one byte of a signed type is extended.
pub fn of_object(kind: RegisterType, bytes: &[u8]) -> Option<Vec<u16>> {
    Some(match (kind, bytes) {
        (RegisterType::I8, [byte]) => vec![i16::from(byte.cast_signed()).cast_unsigned()],
        (_, [byte]) => vec![u16::from(*byte)],
        (_, [a, b]) => vec![u16::from_le_bytes([*a, *b])],
        (_, [a, b, c, d]) => vec![u16::from_le_bytes([*c, *d]), u16::from_le_bytes([*a, *b])],
        _ => return None,
    })
}

/// The bytes of an object, low byte first, from its words (high word first).
pub fn to_object(kind: RegisterType, words: &[u16]) -> Vec<u8> {
    let bytes = words.iter().rev().flat_map(|word| word.to_le_bytes());
    bytes.take(usize::from(kind.bytes())).collect()
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
