//! Viridis: rises evenly in lightness, and reads the same to colour-blind eyes (Smith and van der Walt 2015).

/// A colour of the sRGB space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// Viridis at 0, 1/9 … 1.
const STEPS: [Rgb; 10] = [
    Rgb {
        r: 0x44,
        g: 0x01,
        b: 0x54,
    },
    Rgb {
        r: 0x48,
        g: 0x28,
        b: 0x78,
    },
    Rgb {
        r: 0x3E,
        g: 0x4A,
        b: 0x89,
    },
    Rgb {
        r: 0x31,
        g: 0x68,
        b: 0x8E,
    },
    Rgb {
        r: 0x26,
        g: 0x82,
        b: 0x8E,
    },
    Rgb {
        r: 0x1F,
        g: 0x9E,
        b: 0x89,
    },
    Rgb {
        r: 0x35,
        g: 0xB7,
        b: 0x79,
    },
    Rgb {
        r: 0x6D,
        g: 0xCD,
        b: 0x59,
    },
    Rgb {
        r: 0xB4,
        g: 0xDE,
        b: 0x2C,
    },
    Rgb {
        r: 0xFD,
        g: 0xE7,
        b: 0x25,
    },
];

/// The colour of a step from 0 (dark) to 9 (light).
pub fn viridis(step: u8) -> Rgb {
    STEPS.get(usize::from(step)).copied().unwrap_or(Rgb {
        r: 0xFD,
        g: 0xE7,
        b: 0x25,
    })
}

impl Rgb {
    /// As "#rrggbb".
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
    /// The nearest of the 216 colours that terminals with 256 colours have in their cube.
    pub fn xterm(self) -> u8 {
        let level = |v: u8| match v {
            0..48 => 0,
            48..115 => 1,
            _ => (v - 35) / 40,
        };
        16 + 36 * level(self.r) + 6 * level(self.g) + level(self.b)
    }
    /// Light enough for black text.
    pub fn is_light(self) -> bool {
        299 * u32::from(self.r) + 587 * u32::from(self.g) + 114 * u32::from(self.b) > 128_000
    }
}
