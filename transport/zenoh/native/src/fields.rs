//! Texts for Java that consist of fields: a line for each thing, tabs between its fields.

use std::fmt::Display;

/// Fields as one line, of which Java makes the same fields again, whatever is in them: the locator of
/// a Unix socket has what a file name may have, and a peer says what it likes.
pub fn line(fields: &[&dyn Display]) -> String {
    let mut line = String::new();
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            line.push('\t');
        }
        for char in field.to_string().chars() {
            match char {
                '\\' => line.push_str("\\\\"),
                '\t' => line.push_str("\\t"),
                '\n' => line.push_str("\\n"),
                '\r' => line.push_str("\\r"),
                other => line.push(other),
            }
        }
    }
    line
}

/// Lines of one field each.
pub fn column<T: Display>(values: impl IntoIterator<Item = T>) -> String {
    lines(values.into_iter().map(|value| line(&[&value])))
}

pub fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parts_fields_and_lines_stands_in_none() {
        let one = line(&[&"a\tb\r\nc\\t", &7, &"", &true]);
        assert_eq!(one, "a\\tb\\r\\nc\\\\t\t7\t\ttrue");
        assert_eq!(column(["a\nb", "c"]), "a\\nb\nc");
        assert_eq!(column([""; 0]), "");
    }
}
