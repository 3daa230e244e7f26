// Writes down what the emulator did, as Azure's resource logs do: one JSON object a line, by category, resource and hour,
// under the folder BOROUGH_EXCHANGE_WITNESS. Loaded by `node --require`; it listens beside the emulator's own code and
// reads no body. What Azure would log and the emulator cannot know (roles, regions' clocks) is left out, not made up.
const { AsyncLocalStorage } = require("node:async_hooks");
const { createHash } = require("node:crypto");
const { appendFileSync, mkdirSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const path = require("node:path");

const { BLOB, QUEUE } = require("./operations.cjs");

const FOLDER = process.env.BOROUGH_EXCHANGE_WITNESS;
const AZURITE = path.dirname(process.argv[1]);
const RESOURCE_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-exchange-local";
const FLUSH_MS = 100;
const SERVICES = {
  blob: { context: "azurite_blob_context", named: BLOB, folder: "blobServices", of: "containers/blobs" },
  queue: { context: "azurite_queue_context", named: QUEUE, folder: "queueServices", of: "queues/messages" },
};
for (const [name, service] of Object.entries(SERVICES)) {
  service.operations = require(path.join(AZURITE, name, "generated/artifacts/operation.js")).Operation;
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex").toUpperCase();
const accountKeys = new Map(
  (process.env.AZURITE_ACCOUNTS || "").split(";").map((pair) => {
    const [account, key] = pair.split(":");
    return [account, sha256(key || "")];
  }),
);

for (const { Server } of [http, https]) {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (event, request, response) {
    if (event === "request") attend(request, response);
    return emit.apply(this, arguments);
  };
}

function attend(request, response) {
  const began = { time: new Date(), at: performance.now(), written: request.socket.bytesWritten };
  const tls = request.socket.getProtocol?.();
  const wire = {
    began,
    // What the emulator takes off the request while it handles it is kept here.
    url: request.url,
    protocol: tls ? "HTTPS" : "HTTP",
    tlsVersion: tls && tls.replace("TLSv", "TLS "),
    caller: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
    host: request.headers.host,
  };
  response.once("close", () => {
    const headerSize = response._header ? Buffer.byteLength(response._header) : 0;
    const length = response.getHeader("content-length");
    const sent = request.socket.bytesWritten - began.written - headerSize;
    note(wire, {
      locals: response.locals,
      method: request.method,
      headers: request.headers,
      status: response.statusCode,
      answered: (name) => response.getHeader(name),
      requestHeaderSize: request.rawHeaders.reduce((size, part) => size + part.length + 2, 0),
      requestBodySize: Number(request.headers["content-length"] || 0),
      responseHeaderSize: headerSize,
      responseBodySize: request.method === "HEAD" ? 0 : Number(length ?? Math.max(0, sent)),
    });
  });
}

function note(wire, seen) {
  for (const [name, service] of Object.entries(SERVICES)) {
    const context = seen.locals?.[service.context];
    if (context?.account) {
      record(name, service, context, wire, seen);
      return;
    }
  }
}

function record(name, service, context, wire, seen) {
  const { headers, answered } = seen;
  const [operationName, category] = service.named[service.operations[context.operation]] || unknown(seen.method);
  const url = new URL(wire.url, `${wire.protocol.toLowerCase()}://${wire.host}`);
  const milliseconds = Math.round(performance.now() - wire.began.at);
  const objects = [context.account, context.container ?? context.queue, context.blob];
  const resourceId = `${RESOURCE_GROUP}/providers/Microsoft.Storage/storageAccounts/${context.account}/${service.folder}/default`;
  const line = {
    time: `${wire.began.time.toISOString().slice(0, -1)}0000Z`,
    resourceId,
    category,
    operationName,
    operationVersion: headers["x-ms-version"] || url.searchParams.get("sv") || undefined,
    schemaVersion: "1.0",
    statusCode: seen.status,
    statusText: seen.status < 400 ? "Success" : answered("x-ms-error-code") || "UnknownError",
    durationMs: milliseconds,
    callerIpAddress: wire.caller,
    correlationId: answered("x-ms-request-id") || context.contextID,
    identity: identity(action(service, category), context, headers, url),
    location: "local",
    properties: {
      accountName: context.account,
      userAgentHeader: headers["user-agent"],
      clientRequestId: headers["x-ms-client-request-id"],
      etag: answered("etag"),
      serviceType: name,
      objectKey: `/${objects.filter(Boolean).join("/")}`,
      lastModifiedTime: answered("last-modified") && stamp(new Date(answered("last-modified"))),
      metricResponseType: outcome(seen.status),
      serverLatencyMs: milliseconds,
      requestHeaderSize: seen.requestHeaderSize,
      requestBodySize: seen.requestBodySize,
      responseHeaderSize: seen.responseHeaderSize,
      responseBodySize: seen.responseBodySize,
      tlsVersion: wire.tlsVersion,
      sourceUri: headers["x-ms-copy-source"] && redacted(new URL(headers["x-ms-copy-source"])),
    },
    uri: redacted(url),
    protocol: wire.protocol,
    resourceType: `Microsoft.Storage/storageAccounts/${service.folder}`,
  };
  write(line);
}

function unknown(method) {
  return ["Unknown", { GET: "StorageRead", HEAD: "StorageRead", DELETE: "StorageDelete" }[method] || "StorageWrite"];
}

function outcome(status) {
  if (status < 400) return "Success";
  if (status === 401 || status === 403) return "AuthorizationError";
  return status < 500 ? "ClientOtherError" : "ServerOtherError";
}

function action(service, category) {
  return `Microsoft.Storage/storageAccounts/${service.folder}/${service.of}/${category.slice("Storage".length).toLowerCase()}`;
}

// Who asked, by what the request bears. The emulator looks at no role, so none is stated.
function identity(asked, context, headers, url) {
  const signature = /[?&]sig=([^&]*)/.exec(url.search)?.[1];
  const authorization = headers.authorization || "";
  if (authorization.startsWith("Bearer ")) return bearer(asked, authorization.slice(7));
  if (authorization.startsWith("SharedKey")) {
    return { type: "AccountKey", tokenHash: `key1(${accountKeys.get(context.account) || ""})` };
  }
  if (!signature) return { type: "Anonymous" };
  const signed = `SasSignature(${sha256(decodeURIComponent(signature))})`;
  if (!url.searchParams.has("skoid")) {
    return { type: "SAS", tokenHash: `key1(${accountKeys.get(context.account) || ""}),${signed}` };
  }
  const requester = { objectId: url.searchParams.get("skoid"), tenantId: url.searchParams.get("sktid") };
  return { type: "DelegationSas", tokenHash: signed, requester };
}

function bearer(asked, token) {
  let claims = {};
  try {
    claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
  } catch {
    // Not a token at all: the request was refused, and the line says so.
  }
  const kind = claims.idtyp === "app" ? "ServicePrincipal" : "User";
  return {
    type: "OAuth",
    tokenHash: sha256(token),
    authorization: [{ action: asked, principals: [{ id: claims.oid, type: kind }] }],
    requester: {
      appId: claims.appid,
      audience: claims.aud,
      objectId: claims.oid,
      tenantId: claims.tid,
      tokenIssuer: claims.iss,
      upn: claims.upn,
    },
  };
}

function redacted(url) {
  return url.href.replace(/([?&]sig=)[^&]*/, "$1XXXXX");
}

// 6/30/2022 12:07:25 PM, as Azure writes it.
function stamp(moment) {
  const two = (number) => String(number).padStart(2, "0");
  const hour = moment.getUTCHours();
  const clock = `${hour % 12 || 12}:${two(moment.getUTCMinutes())}:${two(moment.getUTCSeconds())}`;
  return `${moment.getUTCMonth() + 1}/${moment.getUTCDate()}/${moment.getUTCFullYear()} ${clock} ${hour < 12 ? "AM" : "PM"}`;
}

// A batch is one request to the server; what is in it is done, and logged, one by one.
const batches = new AsyncLocalStorage();
const { BlobBatchHandler } = require(path.join(AZURITE, "blob/handlers/BlobBatchHandler.js"));
const { submitBatch, HandleOneSubRequest: handleOne } = BlobBatchHandler.prototype;

BlobBatchHandler.prototype.submitBatch = function (body, prefix, request, context) {
  return batches.run(context.request, () => submitBatch.apply(this, arguments));
};

BlobBatchHandler.prototype.HandleOneSubRequest = async function (request, response) {
  const { req } = batches.getStore();
  const tls = req.socket.getProtocol?.();
  const began = { time: new Date(), at: performance.now() };
  await handleOne.apply(this, arguments);
  const url = new URL(request.getUrl());
  const [account, container, ...blob] = decodeURIComponent(url.pathname).slice(1).split("/");
  const operation = SERVICES.blob.operations[{ DELETE: "Blob_Delete" }[request.getMethod()] || "Blob_SetTier"];
  note(
    {
      began,
      url: url.pathname + url.search,
      protocol: tls ? "HTTPS" : "HTTP",
      tlsVersion: tls && tls.replace("TLSv", "TLS "),
      caller: `${req.socket.remoteAddress}:${req.socket.remotePort}`,
      host: req.headers.host,
    },
    {
      locals: { azurite_blob_context: { account, container, blob: blob.join("/"), operation } },
      method: request.getMethod(),
      headers: { "user-agent": req.headers["user-agent"], ...request.getHeaders() },
      status: response.getStatusCode(),
      answered: (header) => response.getHeader(header),
    },
  );
};

// Lines wait for a moment, so that a busy emulator appends many at a time.
const waiting = new Map();
const made = new Set();

function write(line) {
  const [, year, month, day, hour] = /^(\d+)-(\d\d)-(\d\d)T(\d\d)/.exec(line.time);
  const hours = `y=${year}/m=${month}/d=${day}/h=${hour}/m=00`;
  const file = path.join(FOLDER, `insights-logs-${line.category.toLowerCase()}`, `resourceId=${line.resourceId}`, hours, "PT1H.json");
  if (!waiting.size) setTimeout(flush, FLUSH_MS).unref();
  if (!waiting.has(file)) waiting.set(file, []);
  waiting.get(file).push(`${JSON.stringify(line)}\n`);
}

function flush() {
  for (const [file, lines] of waiting) {
    const folder = path.dirname(file);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    appendFileSync(file, lines.join(""));
  }
  waiting.clear();
}

process.on("exit", flush);
