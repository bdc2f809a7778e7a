//! The checkout that the tests were built from: its root, its files, and the tools in its `scripts/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the workspace").to_owned()
}

/// Every file that is or may become part of the repository, by its path from the root: what git tracks, and what is new
/// and not ignored. Files deleted but not yet committed are left out.
pub fn files() -> anyhow::Result<Vec<PathBuf>> {
    let root = root();
    let listed = run(Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root))?;
    Ok(listed
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .filter(|path| root.join(path).is_file())
        .collect())
}

/// Runs a command to its end and gives its standard output; fails with its standard error if it fails.
pub fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!("{command:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed no UTF-8"))
}

/// Runs a command to its end, whatever it ends with.
pub fn output(command: &mut Command) -> anyhow::Result<Output> {
    command.output().with_context(|| format!("could not start {command:?}"))
}

/// A call of `scripts/checks.sh`: Helm, Docker Compose and Kubernetes' schemas, which install themselves when missing.
pub fn checks(arguments: &[&str]) -> Command {
    let mut command = Command::new(root().join("scripts/checks.sh"));
    command.args(arguments).current_dir(root());
    command
}

/// The services of this checkout, as `standing serve` names them.
pub fn services() -> Vec<&'static str> {
    let services = root().join("services");
    ["intake", "profile", "flags", "gate", "console"].into_iter().filter(|name| services.join(name).is_dir()).collect()
}
