//! Compiles the .proto files without `protoc`, which a fresh machine does not have.

use std::error::Error;
use std::{env, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let files = ["gom/v1/submission.proto", "gom/v1/sync.proto", "gom/v1/office.proto"];
    println!("cargo:rerun-if-changed=gom");
    let descriptors = protox::compile(files, ["."])?;
    let out = std::path::PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
