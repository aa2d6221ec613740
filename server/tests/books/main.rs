//! The books without a network: what a device's operations come to, whatever order and repetition they come in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod accepting;
mod damaged;
mod district;
mod given_back;
mod standing;
