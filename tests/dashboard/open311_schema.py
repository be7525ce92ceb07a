"""What Open311 GeoReport v2 says its answers hold, as JSON Schema; our words, the standard's facts.

Fields, kinds of value, choices and what may not be missing are those of the specification
(https://wiki.open311.org/GeoReport_v2) and of the schemas its keepers publish to judge servers by
(https://github.com/open311/schema-validation, schema/georeport-v2, as of its revision 1116d93).
"""

TEXT = {"type": "string", "minLength": 1}
MAYBE = {"type": ["string", "null"]}
# A moment in the words of https://www.w3.org/TR/NOTE-datetime, with its time zone.
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
NUMBER = {"type": ["number", "null"]}


def record(needed, **fields):
    """A record with what it must have; of what the standard does not name there is nothing."""
    return {
        "type": "object", "required": needed.split(), "properties": fields,
        "additionalProperties": False,
    }  # fmt: skip


SERVICE = record(
    "service_code service_name type",
    service_code=TEXT, service_name=TEXT, description=MAYBE, metadata={"type": "boolean"},
    type={"enum": ["realtime", "batch", "blackbox"]}, keywords=MAYBE, group=MAYBE,
)  # fmt: skip
VALUE = record("key name", key=TEXT, name=TEXT)
ATTRIBUTE = record(
    "variable code datatype required",
    variable={"type": "boolean"}, code=TEXT, required={"type": "boolean"},
    datatype={
        "enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
    },
    datatype_description=MAYBE, order={"type": "integer", "minimum": 1}, description=MAYBE,
    values={"type": "array", "items": VALUE},
)  # fmt: skip
REQUEST = record(
    "service_request_id status service_code requested_datetime",
    service_request_id=TEXT, status={"enum": ["open", "closed"]}, status_notes=MAYBE,
    service_name=MAYBE, service_code=TEXT,
    description={"type": ["string", "null"], "maxLength": 4000},
    agency_responsible=MAYBE, service_notice=MAYBE, requested_datetime=MOMENT,
    updated_datetime={"anyOf": [MOMENT, {"type": "null"}]},
    expected_datetime={"anyOf": [MOMENT, {"type": "null"}]},
    address=MAYBE, address_id=MAYBE, zipcode=MAYBE, lat=NUMBER, long=NUMBER, media_url=MAYBE,
)  # fmt: skip
SERVICES = {"type": "array", "items": SERVICE}
DEFINITION = record(
    "service_code attributes",
    service_code=TEXT, attributes={"type": "array", "items": ATTRIBUTE},
)  # fmt: skip
REQUESTS = {"type": "array", "items": REQUEST}
# Either a number or a token, never both.
SENT = {
    "type": "array", "minItems": 1, "maxItems": 1,
    "items": record(
        "service_request_id", service_request_id=TEXT, service_notice=MAYBE, account_id=MAYBE
    ),
}  # fmt: skip
TOKEN = {
    "type": "array", "minItems": 1, "maxItems": 1,
    "items": record("service_request_id token", service_request_id=TEXT, token=TEXT),
}  # fmt: skip
ERRORS = {
    "type": "array", "minItems": 1,
    "items": record("code description", code={"type": "integer"}, description=TEXT),
}  # fmt: skip
ENDPOINT = record(
    "specification url changeset type formats",
    specification={"const": "http://wiki.open311.org/GeoReport_v2"}, url=TEXT, changeset=MOMENT,
    type={"enum": ["production", "test", "acceptance"]},
    formats={"type": "array", "items": {"enum": ["text/xml", "application/json"]}},
)  # fmt: skip
DISCOVERY = record(
    "changeset contact endpoints",
    changeset=MOMENT, contact=MAYBE, key_service=MAYBE,
    endpoints={"type": "array", "items": ENDPOINT, "minItems": 1},
)  # fmt: skip
