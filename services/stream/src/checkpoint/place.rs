//! Where checkpoints are kept: a folder, or a bucket of an S3-compatible store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::RetryConfig;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;

use super::error::CheckpointError;
use super::http::Connector;

/// How long one request to a store is repeated before it counts as failed.
const RETRY: Duration = Duration::from_secs(30);

/// An object store, shared.
#[derive(Clone)]
pub struct Place {
    pub(super) store: Arc<dyn ObjectStore>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.store)
    }
}

impl Place {
    /// `file:///a/folder` (made if it is not there), or `s3://bucket/prefix`, with its keys, region and endpoint from
    /// the usual variables (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`, ...) or from the
    /// machine's role. Asks the store nothing yet.
    pub fn open(address: &str) -> Result<Self, CheckpointError> {
        let fault = |reason: String| CheckpointError::Address { address: address.to_owned(), reason };
        if let Some(folder) = address.strip_prefix("file://") {
            if !folder.starts_with('/') || folder.len() < 2 {
                return Err(fault("the folder is not an absolute path".to_owned()));
            }
            std::fs::create_dir_all(folder).map_err(|error| fault(format!("the folder cannot be made: {error}")))?;
            let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| fault(error.to_string()))?;
            return Ok(Self::of(Arc::new(store.with_fsync(true))));
        }
        let Some(rest) = address.strip_prefix("s3://") else {
            return Err(fault("it is neither a folder nor a bucket".to_owned()));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(fault("the bucket has no name".to_owned()));
        }
        let prefix = object_store::path::Path::parse(prefix).map_err(|error| fault(error.to_string()))?;
        let retry = RetryConfig { retry_timeout: RETRY, ..RetryConfig::default() };
        let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        let bucket = builder.with_retry(retry).with_http_connector(Connector).build();
        let bucket = bucket.map_err(|error| fault(error.to_string()))?;
        Ok(Self::of(Arc::new(PrefixStore::new(bucket, prefix))))
    }

    /// Any store that creates objects atomically and refuses to create one twice.
    pub fn of(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Place::open(&format!("file://{}/a/b", dir.path().display())).is_ok());
        assert!(dir.path().join("a/b").is_dir());
        assert!(Place::open("s3://bucket/some/prefix").is_ok());
        assert!(Place::open("s3://bucket").is_ok());
        for bad in ["", "relative", "file://relative", "file://", "file:///", "s3://", "s3:///prefix", "gs://b/p"] {
            let error = Place::open(bad).unwrap_err();
            assert_eq!(error.code(), "checkpoint.address", "{bad}");
        }
    }
}
