//! The values of a statement's placeholders, in order.

use super::{Bind, Value};

/// Values for `?1`, `?2`, …: an array of one type, or [`params!`] of several.
pub trait Parameters {
    /// The values, in order.
    fn values(&self) -> Vec<Value<'_>>;
}

impl Parameters for [&dyn Bind; 0] {
    fn values(&self) -> Vec<Value<'_>> {
        Vec::new()
    }
}

macro_rules! arrays {
    ($($count:literal),*) => { $(
        impl<T: Bind> Parameters for [T; $count] {
            fn values(&self) -> Vec<Value<'_>> {
                self.iter().map(Bind::bind).collect()
            }
        }
    )* };
}

// Not `[T; N]`: the type of an empty array's elements could not be inferred.
arrays!(1, 2, 3, 4, 5, 6, 7, 8);

impl Parameters for &[&dyn Bind] {
    fn values(&self) -> Vec<Value<'_>> {
        self.iter().map(|parameter| parameter.bind()).collect()
    }
}

impl Parameters for Vec<Value<'_>> {
    fn values(&self) -> Vec<Value<'_>> {
        self.clone()
    }
}

/// Values of several types for one statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &dyn $crate::store::sql::Bind),*] as &[&dyn $crate::store::sql::Bind]
    };
}

pub(crate) use params;
