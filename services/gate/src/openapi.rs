//! The gate's part of `/openapi.json`.

/// The paths of this service, by path, as the `paths` object of OpenAPI 3.1 has them.
pub fn openapi() -> serde_json::Value {
    serde_json::from_str(include_str!("openapi.json")).expect("a test reads the document")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_described() {
        let paths = openapi();
        let paths: Vec<&str> = paths.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(paths, ["/v1/check", "/v1/check/batch", "/v1/decisions/{id}", "/v1/pseudonyms", "/v1/watch"]);
    }
}
