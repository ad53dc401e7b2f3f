//! The settings of an S3-compatible store of originals.

use bot::Secret;

use super::{ConfigError, Layers};

/// Where originals lie, when they do not lie in the data folder.
#[derive(Debug, Clone)]
pub struct BucketConfig {
    /// The bucket.
    pub bucket: String,
    /// Where the store answers; `None` for Amazon's.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// The id of the access key.
    pub access_key_id: String,
    /// The access key.
    pub secret_access_key: Secret,
    /// What the names of objects begin with, without a slash at its ends; empty for nothing.
    pub prefix: String,
    /// Whether the endpoint names the bucket already.
    pub virtual_hosts: bool,
}

impl BucketConfig {
    pub(super) fn from_layers(layers: &Layers) -> Result<Option<Self>, ConfigError> {
        let Some(bucket) = layers.optional::<String>("s3.bucket")? else {
            return Ok(None);
        };
        let needed = |key| layers.optional::<String>(key)?.ok_or_else(|| layers.missing(key, "s3.bucket"));
        let endpoint = layers.optional::<String>("s3.endpoint")?;
        if endpoint.as_ref().is_some_and(|address| !address.starts_with("https://") && !address.starts_with("http://"))
        {
            return Err(layers.refused("s3.endpoint", "https://名称[:端口] · https://name[:port]"));
        }
        let prefix = layers.optional::<String>("s3.prefix")?.unwrap_or_default().trim_matches('/').to_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
        if !prefix.chars().all(is_plain) {
            return Err(layers.refused("s3.prefix", "字母、数字、-、_ 和 / · letters, digits, -, _ and /"));
        }
        Ok(Some(Self {
            bucket,
            endpoint,
            region: layers.parse("s3.region")?,
            access_key_id: needed("s3.access_key_id")?,
            secret_access_key: Secret::new(needed("s3.secret_access_key")?),
            prefix,
            virtual_hosts: layers.parse("s3.virtual_hosts")?,
        }))
    }
}
