//! Counts, and how they are written.

use std::{
    fmt::{self, Write},
    sync::{
        atomic::{AtomicU64, Ordering},
        OnceLock,
    },
};

/// Payloads of at most so many bytes are counted together; larger ones in a class of their own.
const BOUNDS: [u64; 7] = [0, 1 << 5, 1 << 10, 1 << 15, 1 << 20, 1 << 25, 1 << 30];

#[derive(Debug, Default)]
pub struct Histogram {
    sum: AtomicU64,
    counts: [AtomicU64; BOUNDS.len() + 1],
}

impl Histogram {
    pub fn observe(&self, value: u64) {
        let class = BOUNDS.iter().position(|&bound| value <= bound).unwrap_or(BOUNDS.len());
        self.counts[class].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    pub fn write(&self, out: &mut impl Write, name: &str, labels: &str) -> fmt::Result {
        let mut count = 0;
        for (class, of_class) in self.counts.iter().enumerate() {
            count += of_class.load(Ordering::Relaxed);
            let bound = BOUNDS.get(class).map_or("+Inf".into(), |bound| format!("{bound}.0"));
            writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}")?;
        }
        writeln!(out, "{name}_count{{{labels}}} {count}")?;
        writeln!(out, "{name}_sum{{{labels}}} {}.0", self.sum())
    }
}

/// A table of `N` things of which most are never made.
#[derive(Debug)]
pub struct Table<T, const N: usize>([OnceLock<Box<T>>; N]);

impl<T, const N: usize> Default for Table<T, N> {
    fn default() -> Self {
        Table([const { OnceLock::new() }; N])
    }
}

impl<T: Default, const N: usize> Table<T, N> {
    pub fn at(&self, index: usize) -> &T {
        self.0[index].get_or_init(Box::default)
    }

    /// What was made, with its place.
    pub fn made(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(i, made)| Some((i, &**made.get()?)))
    }
}

pub fn head(out: &mut impl Write, name: &str, help: &str, kind: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}.\n# TYPE {name} {kind}")?;
    match name.ends_with("_bytes") {
        true => writeln!(out, "# UNIT {name} bytes"),
        false => Ok(()),
    }
}

/// A label's value, as the text of metrics has it.
pub fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
