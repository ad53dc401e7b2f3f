//! What bodies look like. Where a field is left out here, the description says `Any`.

use serde_json::{Value, json};

/// Every schema, by name.
#[expect(clippy::too_many_lines, reason = "one table, read from top to bottom")]
pub(super) fn all() -> Value {
    let id = json!({ "type": "string", "format": "uuid" });
    let money = json!({ "type": "integer", "description": "Whole fen" });
    let code = json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,48}$" });
    let list = |name: &str| json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } });
    json!({
        "Any": {},
        "Problem": {
            "type": "object",
            "required": ["code", "message"],
            "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
        },
        "Payment": { "type": "object", "required": ["id", "request"], "properties": { "id": id, "request": id } },
        "Receipt": { "type": "object", "properties": {
            "request": id, "total": money,
            "pay": money, "refund": money,
        } },
        "Block": {
            "type": "object",
            "properties": {
                "period": code, "department": code, "costCentre": code,
                "project": code, "productLine": code, "account": code,
            },
        },
        "Balance": {
            "type": "object",
            "properties": {
                "limit": money, "consumed": money, "reserved": money, "escrowed": money, "carried": money,
            },
        },
        "Line": {
            "type": "object",
            "properties": {
                "line": code,
                "asOf": { "type": "integer" },
                "balance": { "$ref": "#/components/schemas/Balance" },
                "available": money,
                "holders": { "type": "array", "items": { "type": "object" } },
                "history": { "type": "string" },
            },
        },
        "Alert": {
            "type": "object",
            "properties": {
                "sequence": { "type": "integer" }, "at": { "type": "integer" }, "line": code,
                "percent": { "type": "integer" }, "used": money, "limit": money,
            },
        },
        "Alerts": list("Alert"),
        "Action": {
            "type": "object",
            "required": ["action"],
            "properties": {
                "action": {
                    "enum": [
                        "reserve", "adjust", "consume", "release", "reverse", "post", "admit", "carryForward",
                        "lapse", "allow", "settle", "close", "forceClose",
                    ],
                },
            },
        },
        "Command": {
            "type": "object",
            "required": ["id", "action"],
            "properties": {
                "id": id,
                "action": { "$ref": "#/components/schemas/Action" },
                "also": list("Action"),
            },
        },
        "Done": {
            "type": "object",
            "properties": {
                "first": { "type": "integer" },
                "count": { "type": "integer" },
                "entries": { "type": "array", "items": { "type": "object" } },
                "exceptions": { "type": "integer" },
                "alerts": { "type": "array", "items": { "type": "object" } },
                "warnings": { "type": "array", "items": { "type": "object" } },
            },
        },
        "Actual": {
            "type": "object",
            "required": ["voucher", "lines"],
            "properties": {
                "voucher": { "type": "string" },
                "attempt": { "type": "integer", "default": 1 },
                "request": id,
                "document": id,
                "close": { "type": "boolean" },
                "lines": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["block", "amount"],
                        "properties": {
                            "line": id, "block": { "$ref": "#/components/schemas/Block" },
                            "amount": money, "tax": money,
                            "on": { "type": "string", "format": "date" }, "currency": { "type": "string" },
                        },
                    },
                },
            },
        },
        "Actuals": list("Actual"),
        "Posted": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "voucher": { "type": "string" }, "status": { "enum": ["posted", "known", "refused"] },
                    "first": { "type": "integer" }, "code": { "type": "string" }, "row": { "type": "integer" },
                },
            },
        },
        "Written": {
            "type": "object",
            "required": ["title", "content"],
            "properties": { "title": { "type": "string" }, "content": { "type": "object" } },
        },
        "Step": {
            "type": "object",
            "required": ["revision", "step"],
            "properties": {
                "revision": { "type": "integer" },
                "step": { "enum": ["submit", "approve", "return", "release"] },
            },
        },
        "Paper": { "type": "object", "properties": { "id": id, "state": { "type": "string" } } },
        "Papers": list("Paper"),
    })
}
