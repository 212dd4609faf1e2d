//! Frames of a CLARIOstar: `02`, length, `0C`, payload, sum, `0D`. The length alone ends a frame; `0D` may occur inside.

/// First byte, bytes of the length, fourth byte; sum and last byte.
const AROUND: usize = 7;
const STX: u8 = 0x02;
const FOURTH: u8 = 0x0C;
const END: u8 = 0x0D;
/// Longest frame either way.
const LONGEST: usize = 16_384;

fn sum(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)))
}

/// A payload in its frame.
pub(super) fn framed(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + AROUND).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let mut frame = vec![STX, high, low, FOURTH];
    frame.extend(payload);
    frame.extend(sum(&frame).to_be_bytes());
    frame.push(END);
    frame
}

/// Takes the next whole payload off the bytes that have come; what is no frame is passed over, silently.
pub(super) fn take(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let begins = buffer.iter().position(|byte| *byte == STX);
        buffer.drain(..begins.unwrap_or(buffer.len()));
        let [_, high, low, ..] = buffer.as_slice() else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let begun = buffer.get(3).is_none_or(|byte| *byte == FOURTH);
        if !(AROUND + 1..=LONGEST).contains(&length) || !begun {
            buffer.drain(..1);
            continue;
        }
        if buffer.len() < length {
            return None;
        }
        let frame: Vec<u8> = buffer.drain(..length).collect();
        let (body, tail) = frame.split_at(length - 3);
        let [high, low, END] = tail else { continue };
        if u16::from_be_bytes([*high, *low]) == sum(body) {
            return body.get(4..).map(<[u8]>::to_vec);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_dossier() {
        for (payload, frame) in [
            (
                &[0x80, 0x00][..],
                &[0x02, 0x00, 0x09, 0x0C, 0x80, 0x00, 0x00, 0x97, 0x0D][..],
            ),
            (
                &[0x01, 0x00, 0x00, 0x10, 0x02, 0x00],
                &[
                    0x02, 0x00, 0x0D, 0x0C, 0x01, 0x00, 0x00, 0x10, 0x02, 0x00, 0x00, 0x2E, 0x0D,
                ],
            ),
            (
                &[0x03, 0x01, 0, 0, 0, 0, 0],
                &[
                    0x02, 0x00, 0x0E, 0x0C, 0x03, 0x01, 0, 0, 0, 0, 0, 0x00, 0x20, 0x0D,
                ],
            ),
            (
                &[0x03, 0x00, 0, 0, 0, 0, 0],
                &[
                    0x02, 0x00, 0x0E, 0x0C, 0x03, 0x00, 0, 0, 0, 0, 0, 0x00, 0x1F, 0x0D,
                ],
            ),
            (
                &[0x05, 0x07, 0, 0, 0, 0, 0, 0],
                &[
                    0x02, 0x00, 0x0F, 0x0C, 0x05, 0x07, 0, 0, 0, 0, 0, 0, 0x00, 0x29, 0x0D,
                ],
            ),
            (
                &[0x05, 0x0F, 0, 0, 0, 0, 0, 0],
                &[
                    0x02, 0x00, 0x0F, 0x0C, 0x05, 0x0F, 0, 0, 0, 0, 0, 0, 0x00, 0x31, 0x0D,
                ],
            ),
            (
                &[0x05, 0x1D, 0, 0, 0, 0, 0, 0],
                &[
                    0x02, 0x00, 0x0F, 0x0C, 0x05, 0x1D, 0, 0, 0, 0, 0, 0, 0x00, 0x3F, 0x0D,
                ],
            ),
            (
                &[0x05, 0x02, 0, 0, 0, 0, 0, 0],
                &[
                    0x02, 0x00, 0x0F, 0x0C, 0x05, 0x02, 0, 0, 0, 0, 0, 0, 0x00, 0x24, 0x0D,
                ],
            ),
            (
                &[0x81, 0x00],
                &[0x02, 0x00, 0x09, 0x0C, 0x81, 0x00, 0x00, 0x98, 0x0D],
            ),
        ] {
            assert_eq!(framed(payload), frame);
            let mut buffer = frame.to_vec();
            assert_eq!(take(&mut buffer).as_deref(), Some(payload));
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn broken_frames_are_passed_over() {
        let good = framed(&[0x80, 0x00]);
        let mut broken = good.clone();
        broken[4] = 0x81;
        let mut buffer = [&[0x55, 0x02, 0xFF][..], &broken, &good].concat();
        assert_eq!(take(&mut buffer), Some(vec![0x80, 0x00]));
        assert_eq!(take(&mut buffer), None);
        let mut buffer = good.get(..6).unwrap().to_vec();
        assert_eq!(take(&mut buffer), None);
        assert_eq!(buffer.len(), 6, "the rest may come");
    }
}
