//! The answer to Trunk in place of the `wasm-bindgen` command line tool.
//!
//! It knows exactly the arguments that Trunk passes for this app; any other is an error, because an argument
//! that is ignored would show only as an app that does not start.

use crate::Result;
use crate::arrange::arrange;
use crate::shorten::shorten;
use std::fs;
use std::path::PathBuf;
use wasm_bindgen_cli_support::Bindgen;

/// The version of `wasm-bindgen` that this binary is, as `Cargo.toml` and `Trunk.toml` pin it.
const VERSION: &str = "0.2.129";

/// What one call asks for.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// `--version`
    Version,
    /// Make the JavaScript and the final module.
    Generate(Generate),
}

#[derive(Debug, PartialEq, Eq)]
struct Generate {
    input: PathBuf,
    out_dir: PathBuf,
    out_name: String,
    target: Target,
    typescript: bool,
    keep_debug: bool,
    demangle: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// An ES module: the page.
    Web,
    /// A classic script: a web worker.
    NoModules,
}

/// Answers one call.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    match parse(arguments)? {
        Request::Version => println!("wasm-bindgen {VERSION}"),
        Request::Generate(request) => generate(&request)?,
    }
    Ok(())
}

fn generate(request: &Generate) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&request.input)
        .out_name(&request.out_name)
        .typescript(request.typescript)
        .keep_debug(request.keep_debug)
        .demangle(request.demangle);
    match request.target {
        Target::Web => bindgen.web(true),
        Target::NoModules => bindgen.no_modules(true),
    }
    .map_err(in_full)?;
    bindgen.generate(&request.out_dir).map_err(in_full)?;
    if !request.keep_debug {
        pack_well(request)?;
    }
    Ok(())
}

/// Makes what was generated smaller for the phone that downloads it.
fn pack_well(request: &Generate) -> Result<()> {
    let module = request.out_dir.join(format!("{}_bg.wasm", request.out_name));
    let script = request.out_dir.join(format!("{}.js", request.out_name));
    let (shorter, shortened) = shorten(&fs::read_to_string(&script)?, &fs::read(&module)?)?;
    // Trunk's minifier stumbles over a default among other names.
    let shorter = shorter
        .replace("export { initSync, __wbg_init as default };", "export { initSync };\nexport default __wbg_init;");
    fs::write(script, shorter)?;
    Ok(fs::write(module, arrange(&shortened)?)?)
}

/// The library's errors carry their cause in the alternate form only.
fn in_full(error: impl std::fmt::Display) -> String {
    format!("wasm-bindgen: {error:#}")
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Request> {
    let (mut input, mut out_dir, mut out_name, mut target) = (None, None, None, None);
    let (mut typescript, mut keep_debug, mut demangle) = (true, false, true);
    for argument in arguments {
        match argument.split_once('=') {
            Some(("--out-dir", value)) => out_dir = Some(PathBuf::from(value)),
            Some(("--out-name", value)) => out_name = Some(value.to_owned()),
            Some(("--target", "web")) => target = Some(Target::Web),
            Some(("--target", "no-modules")) => target = Some(Target::NoModules),
            None if argument == "--version" => return Ok(Request::Version),
            None if argument == "--no-typescript" => typescript = false,
            None if argument == "--keep-debug" => keep_debug = true,
            None if argument == "--no-demangle" => demangle = false,
            _ if !argument.starts_with('-') && input.is_none() => {
                input = Some(PathBuf::from(argument));
            }
            _ => return Err(format!("wasm-bindgen: unknown argument {argument}").into()),
        }
    }
    Ok(Request::Generate(Generate {
        input: input.ok_or("wasm-bindgen: no input file")?,
        out_dir: out_dir.ok_or("wasm-bindgen: no --out-dir")?,
        out_name: out_name.ok_or("wasm-bindgen: no --out-name")?,
        target: target.ok_or("wasm-bindgen: no --target")?,
        typescript,
        keep_debug,
        demangle,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Request> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_call_for_the_page() {
        let request = check("--target=web --out-dir=/t/out --out-name=app /t/wasm32/app.wasm --no-typescript");
        assert_eq!(
            request.unwrap(),
            Request::Generate(Generate {
                input: "/t/wasm32/app.wasm".into(),
                out_dir: "/t/out".into(),
                out_name: "app".into(),
                target: Target::Web,
                typescript: false,
                keep_debug: false,
                demangle: true,
            })
        );
    }

    #[test]
    fn the_call_for_the_worker() {
        let Ok(Request::Generate(request)) = check("--target=no-modules --out-dir=o --out-name=reader reader.wasm")
        else {
            panic!("a worker's call is understood");
        };
        assert_eq!(request.target, Target::NoModules);
    }

    #[test]
    fn an_argument_it_does_not_know_is_an_error() {
        for unknown in ["--weak-refs", "--target=deno", "-x", "second.wasm"] {
            let line = format!("--target=web --out-dir=o --out-name=n in.wasm {unknown}");
            let error = check(&line).unwrap_err().to_string();
            assert!(error.contains(unknown), "{error}");
        }
    }

    #[test]
    fn the_version_is_the_pinned_one() {
        assert_eq!(check("--version").unwrap(), Request::Version);
        let pins = include_str!("../../Cargo.toml");
        assert!(pins.contains(&format!("wasm-bindgen-cli-support = \"={VERSION}\"")));
        let trunk = include_str!("../../Trunk.toml");
        assert!(trunk.contains(&format!("wasm_bindgen = \"{VERSION}\"")));
    }
}
