"""Drives the app through the real `azure-functions-runtime`: what the platform's worker is made of from Python 3.13.

The worker speaks gRPC messages to its host; the runtime only reads attributes from them and calls constructors of a
namespace that the worker hands in. So the messages here are plain objects of the same shape, and everything above
them (indexing, decoding of bindings, the invocation, the encoding of exceptions) is the code that runs in the cloud.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as runtime

ROOT = Path(__file__).resolve().parents[2]


class Message:
    """A message: the fields that were given, `None` for any other."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        # The runtime probes a capitalised name to tell a wrapped message from a bare one.
        if name.startswith("__") or name[:1].isupper():
            raise AttributeError(name)

    def WhichOneof(self, _: str) -> str | None:
        return next(iter(self.__dict__), None)


class StatusResult(Message):
    Failure, Success = 0, 1


class BindingInfo(Message):
    undefined, out, inout = 0, 1, 2


class ParameterBinding(Message):
    def WhichOneof(self, _: str) -> str:
        return "data"


MESSAGES = SimpleNamespace(
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
    ParameterBinding=ParameterBinding,
    FunctionLoadResponse=Message,
    FunctionMetadataResponse=Message,
    InvocationResponse=Message,
    RpcException=Message,
    RpcFunctionMetadata=Message,
    RpcHttp=Message,
    RpcRetryOptions=Message,
    TypedData=Message,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
)


class WorkerFailed(AssertionError):
    """The worker answered that something failed; the text is what the host would log."""


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended, as the host sees it."""

    succeeded: bool
    logged: str
    """Message and stack trace of the exception: what the host writes to Application Insights."""
    http_status: str | None = None
    http_body: Any = None


class Worker:
    """One worker with the app loaded. The runtime keeps its registry per process, so there can be one per process."""

    def __init__(self, app: Path = ROOT) -> None:
        self._loop = asyncio.new_event_loop()
        if str(app) not in sys.path:
            sys.path.insert(0, str(app))
        runtime.start_threadpool_executor()
        init = SimpleNamespace(capabilities={}, function_app_directory=str(app))
        self._call(
            runtime.worker_init_request,
            SimpleNamespace(
                request=SimpleNamespace(worker_init_request=init),
                properties={"protos": MESSAGES, "host": "127.0.0.1"},
            ),
        )
        indexed = self._call(runtime.functions_metadata_request, SimpleNamespace(request=None))
        self.functions = {found.name: found for found in indexed.function_metadata_results}
        for found in self.functions.values():
            load = SimpleNamespace(function_id=found.function_id, metadata=found)
            self._call(
                runtime.function_load_request, SimpleNamespace(request=SimpleNamespace(function_load_request=load))
            )

    def close(self) -> None:
        runtime.stop_threadpool_executor()
        self._loop.close()

    def trigger(self, function: str) -> dict[str, Any]:
        """The trigger's binding, as the host reads it."""
        bindings = (json.loads(binding) for binding in self.functions[function].raw_bindings)
        return next(binding for binding in bindings if binding["type"].endswith("Trigger"))

    def blob_event(self, function: str, path: str) -> Outcome:
        """Invoke a blob trigger for `container/name`, with the reference that the host's blob extension sends."""
        container, _, name = path.partition("/")
        reference = {"Connection": "Exchange", "ContainerName": container, "BlobName": name}
        data = Message(
            model_binding_data=Message(
                version="1.0",
                source="AzureStorageBlobs",
                content_type="application/json",
                content=json.dumps(reference).encode(),
            )
        )
        metadata = {
            "BlobTrigger": Message(string=path),
            "Uri": Message(json=json.dumps(f"http://127.0.0.1:10000/exchange/{path}")),
            "Properties": Message(json=json.dumps({"ETag": '"0x8DC"', "ContentLength": 1})),
            "Metadata": Message(json="{}"),
            "name": Message(string=name),
        }
        return self._invoke(function, data, metadata)

    def blob_bytes(self, function: str, content: bytes) -> Outcome:
        """Invoke a blob trigger with the content, as the host does when it does not know of the reference."""
        return self._invoke(function, Message(bytes=content), {})

    def get(self, function: str, url: str) -> Outcome:
        """Invoke an HTTP trigger."""
        http = Message(method="GET", url=url, headers={}, params={}, query={}, body=Message(string=""))
        return self._invoke(function, Message(http=http), {})

    def tick(self, function: str) -> Outcome:
        """Invoke a timer trigger, as the host does when its time has come."""
        timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        return self._invoke(function, Message(json=json.dumps(timer)), {})

    def message(self, function: str, text: str) -> Outcome:
        """Invoke a queue trigger with a message, its Base64 taken off as the host does."""
        metadata = {
            "Id": Message(string="0a1b"),
            "DequeueCount": Message(json="1"),
            "InsertionTime": Message(json=json.dumps("2026-11-21T12:00:00+00:00")),
            "ExpirationTime": Message(json=json.dumps("2026-12-18T12:00:00+00:00")),
            "NextVisibleTime": Message(json=json.dumps("2026-11-21T12:10:00+00:00")),
            "PopReceipt": Message(string="receipt"),
        }
        return self._invoke(function, Message(string=text), metadata)

    def _invoke(self, function: str, data: Message, metadata: dict[str, Message]) -> Outcome:
        invocation = SimpleNamespace(
            invocation_id=str(uuid.uuid4()),
            function_id=self.functions[function].function_id,
            input_data=[ParameterBinding(name=self.trigger(function)["name"], data=data)],
            trigger_metadata=metadata,
            trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        request = SimpleNamespace(request=SimpleNamespace(invocation_request=invocation))
        response = self._loop.run_until_complete(runtime.invocation_request(request))
        error = response.result.exception
        http = response.return_value.http if response.return_value else None
        return Outcome(
            succeeded=response.result.status == StatusResult.Success,
            logged=f"{error.message}\n{error.stack_trace}" if error else "",
            http_status=http.status_code if http else None,
            http_body=json.loads(next(iter(http.body.__dict__.values()))) if http else None,
        )

    def _call(self, entry: Any, request: Any) -> Any:
        response = self._loop.run_until_complete(entry(request))
        if response.result.status != StatusResult.Success:
            raise WorkerFailed(f"{response.result.exception.message}\n{response.result.exception.stack_trace}")
        return response
