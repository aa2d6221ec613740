//! Planted faults: what the tests must find is put in on purpose, one at a time, and only in builds for tests.
//!
//! **Invariant:** without the feature `planted` none of it is in the program, and no release build has the feature.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("planted faults are for tests; no release build may have them");

/// Whether the fault of this name is planted: the one that the environment variable `GOM_PLANTED` names.
#[inline]
pub(crate) fn is(fault: &str) -> bool {
    cfg!(feature = "planted") && std::env::var_os("GOM_PLANTED").is_some_and(|planted| planted == fault)
}
