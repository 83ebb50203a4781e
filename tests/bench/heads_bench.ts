/**
 * Heads as they come in and go out. The baselines are what no program can avoid: to
 * look at each byte that comes, and to copy each that goes.
 */

import { assert } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { METHOD } from "../../lib/http/method.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";
import {
  type ResponsePlan,
  writeClientResponse,
} from "../../lib/head/client_response.ts";
import { writeOriginRequest } from "../../lib/head/origin_request.ts";
import { BROWSER_REQUEST, MINIMAL_REQUEST, RESPONSE } from "./messages.ts";

const BUFFER_BYTES = 4096;
const DATE = bytesOf("Tue, 24 Nov 2026 13:36:42 GMT");
const CLIENT = {
  address: "192.0.2.1",
  isTrusted: false,
  scheme: "http" as const,
};
const FORWARDED = { maxForwards: -1, upgrade: "" };
const RESPONDED: ResponsePlan = {
  framing: "length",
  length: 1024,
  cacheStatus: "sluice; fwd=uri-miss; stored",
  connection: "",
  dropsTags: true,
  coding: undefined,
  varies: false,
};

const command = parseCommand([], String);
assert(command.kind === "run");
const route = command.config.hosts[0]!.routes[0]!.options;
const request = new RequestHead();
const response = new ResponseHead();
const parsedRequest = new RequestHead();
const parsedResponse = new ResponseHead();
const out = new ByteWriter(BUFFER_BYTES);
/** Where results go, so that no loop is optimised away. */
let sink = 0;

function parseRequest(head: RequestHead, bytes: Uint8Array): void {
  head.begin(0, LIMITS);
  assert(head.parse(bytes, bytes.length));
}

function parseResponse(head: ResponseHead): void {
  head.begin(0, LIMITS, METHOD.Get);
  assert(head.parse(RESPONSE, RESPONSE.length));
}

function lookAtEach(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) sink ^= bytes[i]!;
}

function copyWhole(bytes: Uint8Array): void {
  out.reset(BUFFER_BYTES);
  out.append(bytes);
}

parseRequest(parsedRequest, BROWSER_REQUEST);
parseResponse(parsedResponse);

for (
  const [kind, bytes] of [
    ["minimal", MINIMAL_REQUEST],
    ["browser", BROWSER_REQUEST],
  ] as const
) {
  const group = `request head, ${kind}: ${bytes.length} bytes`;
  Deno.bench({ name: "look at each byte", group, baseline: true }, () => {
    lookAtEach(bytes);
  });
  Deno.bench({ name: "parse", group }, () => parseRequest(request, bytes));
}

const responseGroup = `response head: ${RESPONSE.length} bytes`;
Deno.bench(
  { name: "look at each byte", group: responseGroup, baseline: true },
  () => lookAtEach(RESPONSE),
);
Deno.bench(
  { name: "parse", group: responseGroup },
  () => parseResponse(response),
);

Deno.bench({ name: "copy", group: "origin request", baseline: true }, () => {
  copyWhole(BROWSER_REQUEST);
});
Deno.bench({ name: "write", group: "origin request" }, () => {
  out.reset(BUFFER_BYTES);
  writeOriginRequest(out, parsedRequest, route, CLIENT, FORWARDED);
});

Deno.bench({ name: "copy", group: "client response", baseline: true }, () => {
  copyWhole(RESPONSE);
});
Deno.bench({ name: "write", group: "client response" }, () => {
  out.reset(BUFFER_BYTES);
  writeClientResponse(out, parsedResponse, [], RESPONDED, () => DATE);
});
