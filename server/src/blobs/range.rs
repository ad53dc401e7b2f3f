//! Which bytes of an original are asked for: one range of RFC 9110 section 14.
//!
//! Promise: a range that is not understood is passed over and the whole is sent, as the standard says;
//! no range reaches beyond the original.

use std::ops::Range;

/// What a `Range` field asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Everything.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Nothing that there is.
    Beyond,
}

/// The one range that the field names, of an original of `size` bytes. Several ranges are not served.
pub(super) fn asked(field: Option<&str>, size: u64) -> Asked {
    let Some(range) = field.and_then(|field| field.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More than the largest number is more than there is.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let Some((first, last)) = range.split_once('-') else {
        return Asked::Whole;
    };
    let bytes = match (first.trim(), last.trim()) {
        ("", last) => number(last).map(|count| size.saturating_sub(count)..size),
        (first, "") => number(first).map(|first| first..size),
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Some(first..last.saturating_add(1).min(size)),
            _ => None,
        },
    };
    match bytes {
        None => Asked::Whole,
        Some(bytes) if bytes.is_empty() => Asked::Beyond,
        Some(bytes) => Asked::Part(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &str, expected: &Asked) {
        assert_eq!(asked(Some(field), 100), *expected, "{field}");
    }

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        check("bytes=0-0", &Asked::Part(0..1));
        check("bytes=10-19", &Asked::Part(10..20));
        check("bytes=90-", &Asked::Part(90..100));
        check("bytes=90-1000", &Asked::Part(90..100));
        check("bytes=-10", &Asked::Part(90..100));
        check("bytes=-1000", &Asked::Part(0..100));
        check("bytes=5-99999999999999999999999", &Asked::Part(5..100));
        for beyond in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
            check(beyond, &Asked::Beyond);
        }
        for unknown in ["bytes=", "bytes=-", "bytes=a-b", "bytes=9-8", "bytes=0-1,3-4", "bytes=+1-2", "lines=1-2", ""] {
            check(unknown, &Asked::Whole);
        }
        assert_eq!(asked(None, 100), Asked::Whole);
    }
}
