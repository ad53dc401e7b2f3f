//! As much of ONNX, which is a protocol buffer, as is needed to look into a network and to write it smaller.

/// The value of a key in a network's own description (field 14 of the model: pairs of key and value).
pub(super) fn metadata(model: &[u8], key: &str) -> Option<String> {
    fields(model).filter(|field| field.number == 14).find_map(|field| {
        let text = |number| {
            let found = fields(field.bytes).find(|part| part.number == number)?;
            std::str::from_utf8(found.bytes).ok()
        };
        (text(1)? == key).then(|| text(2).map(str::to_owned))?
    })
}

/// One field of a message; numbers have no bytes.
pub(super) struct Field<'a> {
    pub(super) number: u64,
    pub(super) bytes: &'a [u8],
    /// Of a number.
    pub(super) value: u64,
    /// The field with its tag, as it is.
    pub(super) whole: &'a [u8],
}

/// The fields of a message, up to the first that is malformed.
pub(super) fn fields(mut rest: &[u8]) -> impl Iterator<Item = Field<'_>> {
    std::iter::from_fn(move || {
        let start = rest;
        let mut value = 0;
        let tag = varint(&mut rest)?;
        let bytes = match tag & 7 {
            0 => {
                value = varint(&mut rest)?;
                &[][..]
            }
            1 => rest.split_off(..8)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                rest.split_off(..length)?
            }
            5 => rest.split_off(..4)?,
            _ => return None,
        };
        let whole = start.get(..start.len() - rest.len())?;
        Some(Field { number: tag >> 3, bytes, value, whole })
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first()?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Appends a number as a field.
pub(super) fn put_number(out: &mut Vec<u8>, number: u64, value: u64) {
    put_varint(out, number << 3);
    put_varint(out, value);
}

/// Appends bytes, text or a message as a field.
pub(super) fn put_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low & 0x7F);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_among_other_fields() {
        // ir_version = 8, then two pairs: a → b and character → 一.
        let model = b"\x08\x08\x72\x06\x0A\x01a\x12\x01b\x72\x10\x0A\x09character\x12\x03\xE4\xB8\x80";
        assert_eq!(metadata(model, "character").as_deref(), Some("一"));
        assert_eq!(metadata(model, "a").as_deref(), Some("b"));
        assert_eq!(metadata(model, "none"), None);
        assert_eq!(metadata(&model[..12], "character"), None);
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut message = Vec::new();
        put_number(&mut message, 2, 18_710);
        put_bytes(&mut message, 8, b"linear");
        let read: Vec<_> = fields(&message).map(|field| (field.number, field.value, field.bytes.to_vec())).collect();
        assert_eq!(read, [(2, 18_710, vec![]), (8, 0, b"linear".to_vec())]);
        assert_eq!(fields(&message).flat_map(|field| field.whole.to_vec()).collect::<Vec<_>>(), message);
    }
}
