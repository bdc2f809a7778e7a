//! Intake's part of `/openapi.json`.

/// The paths that intake serves, as an OpenAPI `paths` object.
pub fn openapi() -> serde_json::Value {
    serde_json::from_str(include_str!("openapi.json")).expect("a test reads the document")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_describes_the_one_path() {
        let paths = openapi();
        assert_eq!(paths.as_object().unwrap().keys().collect::<Vec<_>>(), ["/v1/events"]);
        assert!(paths["/v1/events"]["post"]["responses"]["202"].is_object());
    }
}
