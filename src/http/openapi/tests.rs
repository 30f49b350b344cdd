use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::description;
use crate::http::routes;
use crate::wire::{Dialect, Malformed};

/// Files of pages are no part of the API.
const FILES: [&str; 2] = ["/assets/{path:.*}", "/api/docs/{file}"];
/// Sockets are mounted where everything is wired.
const SOCKETS: [&str; 4] = ["/ws", "/api/ws/connect", "/api/ws", "/api/v1/ws"];

fn document() -> Value {
    serde_json::to_value(description()).unwrap()
}

/// Every operation: path, method, what is said of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.collect()
}

#[test]
fn the_routes_and_the_document_name_the_same_operations() {
    let routed: BTreeSet<(String, String)> = routes::methods()
        .into_iter()
        .filter(|(path, _)| !FILES.contains(path))
        .map(|(path, method)| (path.to_owned(), method.as_str().to_lowercase()))
        .chain(SOCKETS.map(|path| (path.to_owned(), "get".to_owned())))
        .collect();
    let document = document();
    let described: BTreeSet<_> =
        operations(&document).into_iter().map(|(path, method, _)| (path.to_owned(), method.to_owned())).collect();
    let missing: Vec<_> = routed.difference(&described).collect();
    let invented: Vec<_> = described.difference(&routed).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not described: {missing:?}; not routed: {invented:?}");
}

/// The frames that a dialect takes are named by its own error about a frame without a type.
#[test]
fn every_frame_that_a_client_may_send_is_described() {
    let frames = include_str!("../../../docs/sockets.md");
    let parts: Vec<&str> = frames.split("\n## `").collect();
    for (dialect, path) in [Dialect::Coach, Dialect::Rooms, Dialect::Support, Dialect::Channels { masked: false }]
        .into_iter()
        .zip(["/ws", "/api/ws/connect", "/api/ws", "/api/v1/ws"])
    {
        let part = parts.iter().find(|part| part.starts_with(&format!("{path}`"))).unwrap();
        let Err(Malformed { error, .. }) = dialect.decode("{}") else { panic!("{path} takes anything") };
        let (_, types) = error.message.split_once(": ").unwrap();
        for name in types.trim_end_matches('.').replace(" or ", ", ").split(", ") {
            assert!(part.contains(&format!("\"type\":\"{name}\"")), "{path}: {name} is missing");
        }
    }
}

#[test]
fn every_operation_is_described_whole() {
    let document = document();
    let mut ids = BTreeMap::new();
    for (path, method, operation) in operations(&document) {
        let place = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.ends_with('.')), "{place}: summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place}: tag");
        let other = ids.insert(operation["operationId"].as_str().unwrap().to_owned(), place.clone());
        assert_eq!(other, None, "{place}: operationId");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2') || status == "101"), "{place}: no success");
        assert!(responses.values().all(|r| r["$ref"].is_string() || r["description"] != ""), "{place}: no words");
        let named: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let wanted: BTreeSet<&str> = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(named, wanted, "{place}: parameters of the path");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut used = BTreeSet::new();
    references(&document, &mut used);
    for reference in &used {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    for section in ["schemas", "headers", "parameters"] {
        for name in document["components"][section].as_object().unwrap().keys() {
            assert!(used.contains(&format!("#/components/{section}/{name}")), "{section}/{name} is not used");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
