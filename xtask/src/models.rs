//! `xtask models WHEELS OUT`: the networks that read photographs, taken out of pinned packages.
//!
//! PP-OCRv6 (Baidu, PaddleOCR; Apache-2.0) comes inside the package `rapidocr` of the Python registry. Every file is
//! checked by its SHA-256 before it is used, and its notice is kept beside it. Nothing of Python runs here or later. The
//! folder `phone` in it holds the networks as a phone gets them ([`phone`]).

mod onnx;
mod phone;

use std::fs;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Result;

/// A file inside a package: the package's file name begins so, the path inside, the SHA-256, and what it is called here.
struct Part {
    package: &'static str,
    path: &'static str,
    sha256: &'static str,
    name: &'static str,
}

const PARTS: [Part; 3] = [
    Part {
        package: "rapidocr-3.10.0",
        path: "rapidocr/models/PP-OCRv6_det_small.onnx",
        sha256: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        name: DETECTION,
    },
    Part {
        package: "rapidocr-3.10.0",
        path: "rapidocr/models/PP-OCRv6_rec_small.onnx",
        sha256: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        name: RECOGNITION,
    },
    Part {
        package: "rapidocr-3.10.0",
        path: "rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md",
        sha256: "c5fd0e8603d3df743355b546121e6fe0f4ef8ff455c5a85c1681fd3ae520e153",
        name: "NOTICE.md",
    },
];

const DETECTION: &str = "detection.onnx";
const RECOGNITION: &str = "recognition.onnx";
const CHARACTERS: &str = "characters.txt";

/// The folder of a phone's networks, in that of the server's.
const PHONE: &str = "phone";

/// Unpacks, checks and writes every part, and the characters that the second network knows.
pub(crate) fn run(wheels: &Path, out: &Path) -> Result<()> {
    let small = out.join(PHONE);
    fs::create_dir_all(&small)?;
    for part in &PARTS {
        let bytes = unpacked(wheels, part)?;
        let sum = hex::encode(Sha256::digest(&bytes));
        if sum != part.sha256 {
            return Err(format!("{}: SHA-256 is {sum}, should be {}", part.path, part.sha256).into());
        }
        match part.name {
            RECOGNITION => {
                let characters = onnx::metadata(&bytes, "character").ok_or("the network names no characters")?;
                let (kept, classes) = phone::characters(&characters);
                let all = classes.last().map_or(0, |last| last + 1);
                fs::write(small.join(part.name), phone::shrunk(&bytes, Some((&classes, all)))?)?;
                fs::write(small.join(CHARACTERS), kept)?;
                fs::write(out.join(CHARACTERS), characters)?;
            }
            DETECTION => fs::write(small.join(part.name), phone::shrunk(&bytes, None)?)?,
            _ => fs::write(small.join(part.name), &bytes)?,
        }
        fs::write(out.join(part.name), bytes)?;
    }
    println!("{} files in {}", PARTS.len() + 1, out.display());
    Ok(())
}

fn unpacked(wheels: &Path, part: &Part) -> Result<Vec<u8>> {
    let wheel = fs::read_dir(wheels)?
        .filter_map(std::result::Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().starts_with(part.package))
        .ok_or_else(|| format!("{} holds no package {}", wheels.display(), part.package))?;
    let mut archive = zip::ZipArchive::new(fs::File::open(wheel.path())?)?;
    let mut bytes = Vec::new();
    archive.by_name(part.path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
