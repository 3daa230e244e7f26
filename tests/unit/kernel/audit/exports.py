"""A line of a resource log as Log Analytics exports it."""

from __future__ import annotations

import json
from typing import Any

TABLE = {
    "Category": "category",
    "OperationName": "operationName",
    "StatusText": "statusText",
    "CallerIpAddress": "callerIpAddress",
    "CorrelationId": "correlationId",
    "Uri": "uri",
}
PROPERTIES = {
    "AccountName": "accountName",
    "UserAgentHeader": "userAgentHeader",
    "ClientRequestId": "clientRequestId",
    "Etag": "etag",
    "ServiceType": "serviceType",
    "ObjectKey": "objectKey",
}


def exported(line: dict[str, Any]) -> dict[str, Any]:
    """A line of a resource log as a row of `StorageBlobLogs` or `AZKVAuditLogs`."""
    row = {"TimeGenerated": line["time"]} | {column: line.get(name) for column, name in TABLE.items()}
    properties = line["properties"]
    if line["category"] == "AuditEvent":
        return row | {
            "StatusText": None,
            "HttpStatusCode": properties["httpStatusCode"],
            "Identity": json.dumps(line["identity"]),
            "Id": properties["id"],
            "ClientInfo": properties["clientInfo"],
            "_ResourceId": line["resourceId"],
        }
    identity = line["identity"]
    return (
        row
        | {column: properties.get(name) for column, name in PROPERTIES.items()}
        | {
            "StatusCode": str(line["statusCode"]),
            "AuthenticationType": identity.get("type"),
            "AuthenticationHash": identity.get("tokenHash"),
            "RequesterObjectId": identity.get("requester", {}).get("objectId"),
        }
    )
