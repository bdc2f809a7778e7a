//! What can be wrong with a checkpoint or its store, sorted by what is done about it.

use crate::store::StoreError;

/// A checkpoint could not be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The address of the store cannot be used.
    #[error("{address}: {reason}; give file:///an/absolute/folder or s3://bucket/prefix")]
    Address { address: String, reason: String },
    /// The store did not do what it was asked. The next checkpoint tries again; a restore tries again, then goes on without.
    #[error("the checkpoint store failed at {what}; check its address, credentials and room")]
    Store { what: String, source: object_store::Error },
    /// The checkpoint is not what it should be: the one before is taken.
    #[error("checkpoint {name} cannot be used: {reason}")]
    Unsound { name: String, reason: String },
    /// The disk of this machine.
    #[error("{what} failed; check the disk's space, health and permissions")]
    Disk { what: String, source: std::io::Error },
    /// The state itself could not be copied or opened.
    #[error("the state cannot be copied")]
    State(#[source] StoreError),
    /// There is no such checkpoint, topic or partition in the store.
    #[error("{what}")]
    Absent { what: String },
}

impl CheckpointError {
    pub(crate) fn store(what: impl Into<String>) -> impl FnOnce(object_store::Error) -> Self {
        let what = what.into();
        move |source| Self::Store { what, source }
    }

    pub(crate) fn disk(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Disk { what, source }
    }

    pub(crate) fn unsound(name: &impl ToString, reason: impl Into<String>) -> Self {
        Self::Unsound { name: name.to_string(), reason: reason.into() }
    }

    /// Stable, for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "checkpoint.address",
            Self::Store { .. } => "checkpoint.store",
            Self::Unsound { .. } => "checkpoint.unsound",
            Self::Disk { .. } => "checkpoint.disk",
            Self::State(_) => "checkpoint.state",
            Self::Absent { .. } => "checkpoint.absent",
        }
    }

    /// The whole chain in one line, for a log.
    pub(crate) fn told(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
