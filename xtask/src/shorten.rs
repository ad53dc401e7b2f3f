//! Short names for what a module asks of its script.
//!
//! Promise: module and script still mean the same. `wasm-bindgen` names each import by what it does and sixteen digits
//! of a hash, in both files; nobody reads them and no packer can make a hash smaller. An import that the script does not
//! define exactly once stops the build.

use crate::Result;
use std::collections::HashMap;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ImportSection, Module};
use wasmparser::{Import, ImportSectionReader, Parser, Payload};

/// The two files, with short names.
pub(crate) fn shorten(script: &str, module: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut names = HashMap::new();
    for part in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = part? {
            for import in imports.into_imports() {
                let next = format!("i{}", names.len());
                names.entry(import?.name).or_insert(next);
            }
        }
    }
    let (script, defined) = renamed(script, &names);
    if let Some(name) = names.keys().find(|name| defined.get(**name) != Some(&1)) {
        return Err(format!("the script must define {name} once").into());
    }
    let mut shortened = Module::new();
    Shortened { names }
        .parse_core_module(&mut shortened, Parser::new(0), module)
        .map_err(|error| format!("names of imports: {error}"))?;
    Ok((script, shortened.finish()))
}

/// The script with each key that is an import's name replaced, and how often each was.
fn renamed<'a>(script: &'a str, names: &HashMap<&str, String>) -> (String, HashMap<&'a str, usize>) {
    let (mut shorter, mut defined) = (String::with_capacity(script.len()), HashMap::new());
    for line in script.split_inclusive('\n') {
        let key = line.trim_start().split_once(':').map(|(key, _)| key);
        match key.and_then(|key| names.get_key_value(key).map(|(_, short)| (key, short))) {
            Some((key, short)) => {
                *defined.entry(key).or_insert(0) += 1;
                shorter.push_str(&line.replacen(key, short, 1));
            }
            None => shorter.push_str(line),
        }
    }
    (shorter, defined)
}

struct Shortened<'a> {
    names: HashMap<&'a str, String>,
}

impl Reencode for Shortened<'_> {
    type Error = wasmparser::BinaryReaderError;

    fn parse_import_section(
        &mut self,
        shortened: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> std::result::Result<(), reencode::Error<Self::Error>> {
        for import in section.into_imports() {
            let Import { module, name, ty } = import?;
            let kind = self.entity_type(ty)?;
            shortened.import(module, self.names.get(name).map_or(name, String::as_str), kind);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{EntityType, TypeSection};

    fn module(names: &[&str]) -> Vec<u8> {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        types.ty().function([], []);
        for name in names {
            imports.import("./app_bg.js", name, EntityType::Function(0));
        }
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module.finish()
    }

    const SCRIPT: &str = "const import0 = {\n    __wbg_focus_e1: function(a) {\n        a.__wbg_focus_e1();\n    },\n    __wbg_new_27: () => 1,\n};\n";

    #[test]
    fn both_files_say_the_short_name_and_nothing_else_changes() {
        let (script, shortened) = shorten(SCRIPT, &module(&["__wbg_focus_e1", "__wbg_new_27"])).unwrap();
        assert_eq!(
            script,
            "const import0 = {\n    i0: function(a) {\n        a.__wbg_focus_e1();\n    },\n    i1: () => 1,\n};\n"
        );
        assert_eq!(shortened, module(&["i0", "i1"]));
    }

    #[test]
    fn an_import_that_the_script_does_not_define_once_stops_the_build() {
        for script in ["", "__wbg_new_27: () => 1,\n__wbg_new_27: () => 2,\n", "x.__wbg_new_27: 1\n"] {
            let error = shorten(script, &module(&["__wbg_new_27"])).unwrap_err().to_string();
            assert!(error.contains("__wbg_new_27"), "{error}");
        }
    }
}
