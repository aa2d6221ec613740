# What is done often, by name. Nothing here is needed: `.ci/run` does the same without `just`.

# Everything that must pass before a change is merged.
all:
    .ci/run

# Formatting, lints, and that the code compiles.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# The tests, those in the documentation included.
test *args:
    cargo test --workspace --locked {{args}}

# The documentation of the code, with every warning an error.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Licences, banned crates and sources of the dependencies; wants cargo-deny.
deny:
    cargo deny check --hide-inclusion-graph bans licenses sources

# Formats the code.
fmt:
    cargo fmt --all

# Counts the instructions of single steps and compares them with what was written down (needs valgrind).
instructions *args:
    .ci/instructions {{args}}

# The demonstration: a district, fifteen communes, a synthetic year.
demo *args:
    cargo run -p demo -- {{args}}

# Checks both programmes' tables.
programmes:
    cargo run --locked -p gom-server -- programme check programmes/phung-hiep-2024
    cargo run --locked -p gom-server -- programme check programmes/seven-communes-2025

# Programs that we did not write speak with the server; wants openssl, h2load, and Python with grpcio-tools.
peers:
    .ci/peers

# A real browser goes through a month; wants Chromium, and playwright-core and axe-core in NODE_PATH.
browser:
    .ci/browser

# Both programs for handing out, each with the list of what it is made of.
release *args:
    .ci/release {{args}}
