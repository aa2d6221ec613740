//! Planted faults: what the tests must find is put in on purpose, one at a time, in both programs.
//!
//! **Invariant:** no release build has any of it: there the question is answered before it is asked.

/// Whether the fault of this name is planted: the one that the environment variable `GOM_PLANTED` names, in a build for
/// tests.
#[inline]
pub fn is(fault: &str) -> bool {
    cfg!(debug_assertions) && std::env::var_os("GOM_PLANTED").is_some_and(|planted| planted == fault)
}
