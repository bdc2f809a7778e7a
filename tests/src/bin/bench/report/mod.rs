//! What `make bench` leaves in `target/bench`, as one summary and one page: `summary.json` beside the parts, `docs/benchmarks.md`
//! for people. Nothing of either is typed.

mod figures;
mod page;

use anyhow::Context;
use e2e::repository;

pub(crate) fn write() -> anyhow::Result<()> {
    let root = repository::root();
    let folder = root.join("target/bench");
    let figures = figures::Figures::read(&folder)?;
    let summary = figures.summary();
    std::fs::write(folder.join("summary.json"), format!("{summary:#}\n")).context("the summary cannot be written")?;
    let page = page::page(
        &figures,
        &repository::run(std::process::Command::new("git").args(["describe", "--always", "--dirty"]))?,
    );
    std::fs::write(root.join("docs/benchmarks.md"), &page).context("docs/benchmarks.md cannot be written")?;
    #[expect(clippy::print_stdout, reason = "the output of the program")]
    {
        print!("{}", page::targets(&figures));
    }
    Ok(())
}
