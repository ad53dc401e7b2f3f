//! Brotli forms beside the files: what the server sends to a phone.

use crate::Result;
use crate::dist::File;
use brotli::enc::BrotliEncoderParams;
use std::fs;
use std::path::Path;

/// Brotli's strongest quality. It is paid once a build; every phone downloads the result.
const QUALITY: i32 = 11;

/// The largest window that every browser accepts (16 MiB), as a power of two.
const WINDOW: i32 = 24;

/// Kinds of file that get smaller. Pictures are compressed already.
const COMPRESSIBLE: [&str; 7] = ["html", "css", "js", "wasm", "svg", "json", "webmanifest"];

/// Whether a brotli form of `path` is worth having.
pub(crate) fn is_compressible(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

/// Writes `FILE.br` beside each file that gets smaller.
pub(crate) fn beside(files: &[File]) -> Result<()> {
    for file in files.iter().filter(|file| is_compressible(&file.path)) {
        let content = fs::read(&file.path)?;
        fs::write(file.brotli_path(), brotli(&content)?)?;
    }
    Ok(())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        // Told how much is to come, it plans for all of it.
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::with_capacity(content.len() / 2);
    brotli::BrotliCompress(&mut &*content, &mut packed, &parameters)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let content = "算盘 offline first ".repeat(400).into_bytes();
        let packed = brotli(&content).unwrap();
        assert!(packed.len() < content.len() / 10);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut unpacked).unwrap();
        assert_eq!(unpacked, content);
    }

    #[test]
    fn pictures_are_left_alone() {
        assert!(is_compressible(Path::new("a/app_bg.wasm")));
        assert!(!is_compressible(Path::new("icon-192.png")));
    }
}
