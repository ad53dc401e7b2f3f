//! As much of ONNX, which is a protocol buffer, as is needed to look into a network.

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
struct Field<'a> {
    number: u64,
    bytes: &'a [u8],
}

/// The fields of a message, up to the first that is malformed.
fn fields(mut rest: &[u8]) -> impl Iterator<Item = Field<'_>> {
    std::iter::from_fn(move || {
        let tag = varint(&mut rest)?;
        let bytes = match tag & 7 {
            0 => {
                varint(&mut rest)?;
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
        Some(Field { number: tag >> 3, bytes })
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
}
