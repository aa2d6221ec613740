//! Compiles the .proto files without `protoc`, which a fresh machine does not have.

use std::error::Error;
use std::{env, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let communes = ["gom/v1/submission.proto", "gom/v1/sync.proto"];
    let office = "gom/v1/office.proto";
    println!("cargo:rerun-if-changed=gom");
    let descriptors = protox::compile(communes.into_iter().chain([office]), ["."])?;
    let out = std::path::PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), protox::compile(communes, ["."])?.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
