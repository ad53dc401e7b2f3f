//! Values on their way in and out: integers, texts, bytes, or nothing.

/// A value as both databases know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A whole number; also a truth value (0, 1), an amount in fen, an instant in milliseconds.
    Integer(i64),
    /// A text without NUL, which PostgreSQL does not keep.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// What can stand in the place of a `?1`.
pub trait Bind {
    /// The value that is sent.
    fn bind(&self) -> Value<'_>;
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Bind for $type {
            fn bind(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }
    )* };
}

integers!(i64, i32, i16, i8, u32, u16, u8, bool);

impl Bind for str {
    fn bind(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for String {
    fn bind(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for [u8] {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl Bind for Vec<u8> {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn bind(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Bind::bind)
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self) -> Value<'_> {
        (**self).bind()
    }
}

/// What a column can be read as. The error says what was found instead.
pub trait FromValue: Sized {
    /// Reads it.
    fn from_value(value: Value<'_>) -> Result<Self, String>;
}

fn found<T>(wanted: &str, value: Value<'_>) -> Result<T, String> {
    let kind = match value {
        Value::Null => "null",
        Value::Integer(_) => "an integer",
        Value::Text(_) => "a text",
        Value::Blob(bytes) => return Err(format!("{wanted} was expected, {} bytes were found", bytes.len())),
    };
    Err(format!("{wanted} was expected, {kind} was found"))
}

impl FromValue for i64 {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Integer(number) => Ok(number),
            other => found("an integer", other),
        }
    }
}

macro_rules! smaller {
    ($($type:ty),*) => { $(
        impl FromValue for $type {
            fn from_value(value: Value<'_>) -> Result<Self, String> {
                let number = i64::from_value(value)?;
                Self::try_from(number).map_err(|_| format!("{number} is no {}", stringify!($type)))
            }
        }
    )* };
}

smaller!(i32, u32, u64, u16, u8, usize);

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text.to_owned()),
            other => found("a text", other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Blob(bytes) => Ok(bytes.to_vec()),
            other => found("bytes", other),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Blob(bytes) => bytes.try_into().or_else(|_| found(&format!("{N} bytes"), value)),
            other => found(&format!("{N} bytes"), other),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}
