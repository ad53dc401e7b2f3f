//! Puts functions that look alike side by side, so that a phone downloads less.
//!
//! Promise: the module does what it did; only the order of its functions is another, and the same module gives the
//! same order. What is packed refers to what it has seen before by how far back that is: the nearer the like, the
//! fewer the bytes. Measured on the page's program: 2 % less (`xtask size`).
//!
//! The order is found by halving: functions are swapped between two halves until what they share lies in one of them as
//! much as can be, then each half is halved again. The method and its measure are those of Dhulipala et al., Compressing
//! Graphs and Indexes with Recursive Graph Bisection (KDD 2016), which linkers use for the same end.

#![expect(clippy::indexing_slicing, reason = "every index is the number of a function or piece that was counted here")]

use crate::Result;
use std::collections::HashMap;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef};

/// What two functions share is counted in pieces of so many bytes.
const PIECE: usize = 4;

/// Halves are improved so often at most.
const ROUNDS: usize = 40;

/// The module with its functions in an order that packs well.
pub(crate) fn arrange(module: &[u8]) -> Result<Vec<u8>> {
    let (imported, bodies) = functions(module)?;
    let order = order(&bodies.iter().map(FunctionBody::as_bytes).collect::<Vec<_>>());
    let mut places = vec![0; order.len()];
    for (place, function) in (0..).zip(&order) {
        places[*function] = place;
    }
    let mut arranged = Module::new();
    Arranged { imported, bodies, order, places }
        .parse_core_module(&mut arranged, Parser::new(0), module)
        .map_err(|error| format!("the module cannot be arranged: {error}"))?;
    Ok(arranged.finish())
}

/// How many functions come from outside, and the others.
fn functions(module: &[u8]) -> Result<(u32, Vec<FunctionBody<'_>>)> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for part in Parser::new(0).parse_all(module) {
        match part? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    Ok((imported, bodies))
}

/// A module on its way into another order.
struct Arranged<'a> {
    imported: u32,
    bodies: Vec<FunctionBody<'a>>,
    /// Place → function, imported ones not counted.
    order: Vec<usize>,
    /// Function → place.
    places: Vec<u32>,
}

impl Reencode for Arranged<'_> {
    type Error = wasmparser::BinaryReaderError;

    fn function_index(&mut self, function: u32) -> std::result::Result<u32, reencode::Error<Self::Error>> {
        let own = function.checked_sub(self.imported).and_then(|own| self.places.get(usize::try_from(own).ok()?));
        Ok(own.map_or(function, |place| self.imported + place))
    }

    fn parse_function_section(
        &mut self,
        arranged: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> std::result::Result<(), reencode::Error<Self::Error>> {
        let types: Vec<u32> = section.into_iter().collect::<std::result::Result<_, _>>()?;
        for function in &self.order {
            arranged.function(types[*function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        arranged: &mut CodeSection,
        _: CodeSectionReader<'_>,
    ) -> std::result::Result<(), reencode::Error<Self::Error>> {
        for function in self.order.clone() {
            let body = self.bodies[function].clone();
            self.parse_function_body(arranged, body)?;
        }
        Ok(())
    }
}

/// The order in which these codes pack well.
fn order(codes: &[&[u8]]) -> Vec<usize> {
    let mut names: HashMap<&[u8], usize> = HashMap::new();
    let mut shared_by = Vec::new();
    let mut pieces: Vec<Vec<usize>> = Vec::with_capacity(codes.len());
    for code in codes {
        let mut own: Vec<usize> = code
            .windows(PIECE)
            .map(|piece| {
                let next = names.len();
                *names.entry(piece).or_insert(next)
            })
            .collect();
        own.sort_unstable();
        own.dedup();
        shared_by.resize(names.len(), 0);
        for piece in &own {
            shared_by[*piece] += 1;
        }
        pieces.push(own);
    }
    // What only one of them has, or every second, says nothing of who is like whom.
    for own in &mut pieces {
        own.retain(|piece| (2..codes.len().div_ceil(2)).contains(&shared_by[*piece]));
    }
    let mut order: Vec<usize> = (0..codes.len()).collect();
    let weights = (0..=u32::try_from(codes.len()).unwrap_or(u32::MAX)).map(f64::from);
    let weights = weights.map(|count| count * (count + 1.0).log2()).collect();
    Halving { pieces, weights, counts: vec![[0; 2]; names.len()] }.halve(&mut order);
    order
}

/// What halving knows and counts.
struct Halving {
    /// Function → its pieces.
    pieces: Vec<Vec<usize>>,
    /// How much it is worth that so many functions with one piece lie in one half.
    weights: Vec<f64>,
    /// Piece → how many functions of each half have it; zero outside of [`improve`](Self::improve).
    counts: Vec<[usize; 2]>,
}

impl Halving {
    fn halve(&mut self, functions: &mut [usize]) {
        if functions.len() < 2 {
            return;
        }
        let middle = functions.len() / 2;
        self.improve(functions, middle);
        let (first, second) = functions.split_at_mut(middle);
        self.halve(first);
        self.halve(second);
    }

    /// Swaps functions over the middle while that brings like to like. Each half keeps its order.
    fn improve(&mut self, functions: &mut [usize], middle: usize) {
        let mut halves: Vec<usize> = (0..functions.len()).map(|at| usize::from(at >= middle)).collect();
        for (function, half) in functions.iter().zip(&halves) {
            for piece in &self.pieces[*function] {
                self.counts[*piece][*half] += 1;
            }
        }
        for _ in 0..ROUNDS {
            let mut gains: [Vec<(f64, usize)>; 2] = Default::default();
            for (at, (function, half)) in functions.iter().zip(&halves).enumerate() {
                gains[*half].push((self.gain(*function, *half), at));
            }
            for of_half in &mut gains {
                of_half.sort_by(|one, other| other.0.total_cmp(&one.0));
            }
            let mut swapped = false;
            for (one, other) in gains[0].iter().zip(&gains[1]) {
                if one.0 + other.0 <= f64::EPSILON {
                    break;
                }
                for at in [one.1, other.1] {
                    let from = halves[at];
                    halves[at] = 1 - from;
                    for piece in &self.pieces[functions[at]] {
                        self.counts[*piece][from] -= 1;
                        self.counts[*piece][1 - from] += 1;
                    }
                }
                swapped = true;
            }
            if !swapped {
                break;
            }
        }
        for function in functions.iter() {
            for piece in &self.pieces[*function] {
                self.counts[*piece] = [0; 2];
            }
        }
        let mut moved: Vec<(usize, usize)> = halves.into_iter().zip(functions.iter().copied()).collect();
        moved.sort_by_key(|(half, _)| *half);
        for (place, (_, function)) in functions.iter_mut().zip(moved) {
            *place = function;
        }
    }

    /// What is won by moving a function out of its half.
    fn gain(&self, function: usize, from: usize) -> f64 {
        let of_piece = |piece: &usize| {
            let (here, there) = (self.counts[*piece][from], self.counts[*piece][1 - from]);
            let weight = |count: usize| self.weights[count];
            weight(here - 1) + weight(there + 1) - weight(here) - weight(there)
        };
        self.pieces[function].iter().map(of_piece).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, ImportSection, RefType,
        TableSection, TableType, TypeSection, ValType,
    };
    use wasmparser::{ExternalKind, Operator, Validator};

    /// The family of a function: one of four, in no order.
    const fn family(function: u32) -> u32 {
        function * function % 7
    }

    /// Functions of several families; each calls the imported one and the one after the next.
    fn module(count: u32) -> Vec<u8> {
        let (mut types, mut imports, mut kinds) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        types.ty().function([], []);
        types.ty().function([ValType::I32], [ValType::I32]);
        imports.import("m", "f", EntityType::Function(0));
        let (mut tables, mut exports, mut elements) =
            (TableSection::new(), ExportSection::new(), ElementSection::new());
        let (element_type, minimum) = (RefType::FUNCREF, u64::from(count));
        tables.table(TableType { element_type, minimum, maximum: None, table64: false, shared: false });
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((1..=count).collect::<Vec<_>>().into()));
        let mut codes = CodeSection::new();
        for function in 0..count {
            let own = family(function);
            kinds.function(own % 2);
            let mut code = Function::new([]);
            let mut write = code.instructions();
            for step in 0..30 {
                let number = i32::try_from(own).unwrap() * 10_000 + 7 * step;
                write.i32_const(i32::try_from(function).unwrap()).i32_const(number).i32_add().drop();
            }
            write.call(0);
            if own % 2 == 1 {
                write.local_get(0);
            }
            // The one after the next, if it takes and gives what this one has.
            if function + 2 < count && family(function + 2) % 2 == own % 2 {
                write.call(1 + function + 2);
            }
            write.end();
            codes.function(&code);
        }
        exports.export("last", ExportKind::Func, count);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&kinds).section(&tables);
        module.section(&exports).section(&elements).section(&codes);
        module.finish()
    }

    fn operators<'a>(body: &FunctionBody<'a>) -> Vec<Operator<'a>> {
        body.get_operators_reader().unwrap().into_iter().collect::<std::result::Result<_, _>>().unwrap()
    }

    /// What each function does, in the order of the table: its own number and the numbers that it calls.
    type Does = Vec<(i32, Vec<i32>)>;

    /// What the functions do, the one that is exported, and the places of those in the table.
    fn told(module: &[u8]) -> (Does, i32, Vec<u32>) {
        Validator::new().validate_all(module).unwrap();
        let (_, bodies) = functions(module).unwrap();
        let number = |index: u32| match (index, index.checked_sub(1)) {
            (_, Some(own)) => match &operators(&bodies[usize::try_from(own).unwrap()])[..] {
                [_, Operator::I32Const { value }, ..] => *value,
                _ => panic!("not a function of this test"),
            },
            _ => -1,
        };
        let (mut table, mut last) = (Vec::new(), -1);
        for part in Parser::new(0).parse_all(module) {
            match part.unwrap() {
                Payload::ElementSection(section) => {
                    for element in section {
                        let wasmparser::ElementItems::Functions(items) = element.unwrap().items else { continue };
                        table.extend(items.into_iter().map(std::result::Result::unwrap));
                    }
                }
                Payload::ExportSection(section) => {
                    let export = section.into_iter().next().unwrap().unwrap();
                    assert_eq!(export.kind, ExternalKind::Func);
                    last = number(export.index);
                }
                _ => {}
            }
        }
        let calls = |index: &u32| {
            let body = operators(&bodies[usize::try_from(index - 1).unwrap()]);
            let called = body.iter().filter_map(|operator| match operator {
                Operator::Call { function_index } => Some(number(*function_index)),
                _ => None,
            });
            (number(*index), called.collect())
        };
        (table.iter().map(calls).collect(), last, table)
    }

    #[test]
    fn functions_are_arranged_by_likeness_and_everything_still_means_the_same() {
        let before = module(40);
        let after = arrange(&before).unwrap();
        let (does, last, places_before) = told(&before);
        let (does_now, last_now, places) = told(&after);
        assert_eq!((does, last), (does_now, last_now));
        let breaks = |places: &[u32]| {
            let mut families: Vec<(u32, u32)> = places.iter().copied().zip((0..).map(family)).collect();
            families.sort_unstable();
            families.windows(2).filter(|pair| pair[0].1 != pair[1].1).count()
        };
        assert!(breaks(&places) * 3 < breaks(&places_before), "{} of {}", breaks(&places), breaks(&places_before));
        assert_eq!(arrange(&before).unwrap(), after);
    }

    #[test]
    fn a_module_of_few_functions_stays_what_it_is() {
        for count in [1, 2] {
            let (does, last, _) = told(&module(count));
            let (does_now, last_now, _) = told(&arrange(&module(count)).unwrap());
            assert_eq!((does, last), (does_now, last_now));
        }
        assert!(arrange(b"no module").is_err());
    }
}
