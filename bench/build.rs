//! Compiles the plain server's .proto file, without `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=peers/plain.proto");
    let descriptors = protox::compile(["plain.proto"], ["peers"])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
