//! What Standing does and how fast, each part by its name: `bench fold`, `bench path` and so on. `make bench` runs all of them, one
//! after the other. They are one program, because every program that holds the engine takes half a minute to link for release.
//!
//! How a part is tuned stands at its head, and what it needs is started by the scripts of its make target.

mod check;
mod fold;
mod http;
mod instructions;
mod path;
mod peer;
mod plan;
mod recover;
mod report;

use anyhow::bail;

/// As in `standing`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (part, rest) = arguments.split_first().map_or(("", &[][..]), |(part, rest)| (part.as_str(), rest));
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match (part, rest) {
        // These start processes of this program, which are told more by arguments.
        ("instructions", _) => instructions::measure(rest),
        ("peer", _) => peer::measure(rest),
        ("check", []) => runtime()?.block_on(check::measure()),
        ("fold", []) => fold::measure(),
        ("http", []) => runtime()?.block_on(http::measure()),
        ("path", []) => runtime()?.block_on(path::measure()),
        ("plan", []) => runtime()?.block_on(plan::measure()),
        ("recover", []) => runtime()?.block_on(recover::measure()),
        ("report", []) => report::write(),
        _ => bail!(
            "bench takes one of its parts, check fold http instructions path peer plan recover report, and no arguments: parts are tuned \
             by the environment"
        ),
    }
}
