//! Texts that a claimant typed, made fit to stand on a card.

/// A text without line breaks and without the characters that change the direction of writing, which could make an
/// amount read differently from what it is.
pub(crate) fn one_line(text: &str) -> String {
    let disguises = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(disguises, " ")
}

/// At most `limit` bytes of a text, cut between characters and marked as cut.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    const MARK: char = '…';
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        if kept.len() + character.len_utf8() + MARK.len_utf8() > limit {
            break;
        }
        kept.push(character);
    }
    kept.push(MARK);
    kept
}

/// At most `limit` characters of a text, marked as cut.
pub(crate) fn shorten_characters(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// A text in which XML and Markdown have no meaning: what a claimant typed must not become a link or a headline.
pub(crate) fn plain_in_markdown(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~') {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{plain_in_markdown, shorten, shorten_characters};

    #[test]
    fn texts_are_cut_between_characters_and_marked() {
        assert_eq!(shorten("报销", 6), "报销");
        assert_eq!(shorten("报销单", 8), "报…");
        assert_eq!(shorten_characters("报销单据", 3), "报销…");
        assert_eq!(shorten_characters("报销", 3), "报销");
    }

    #[test]
    fn markdown_has_no_meaning() {
        assert_eq!(plain_in_markdown("[同意](http://x)\n# 1"), "\\[同意\\](http://x) \\# 1");
    }
}
