// The API, as any application uses it: JSON over fetch, problems as errors, streams as iterators.

import { events, pieces } from "./stream.js";

/** What the server said no with (RFC 9457), or that it did not answer at all (`status` 0). */
export class Problem extends Error {
  constructor(status, kind, detail, { request = null, after = null } = {}) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.kind = kind;
    this.request = request;
    this.after = after;
  }

  /** Whether the same request may work a moment later. */
  get passing() {
    return [0, 429, 502, 503, 504].includes(this.status);
  }
}

const listeners = new Set();

/** Calls the listener whenever a request is refused because nobody is signed in. */
export function onSignedOut(listener) {
  listeners.add(listener);
}

/** JSON of a GET. `query` values may be lists; empty ones are left out. Raises Problem. */
export async function get(path, query = {}, { signal } = {}) {
  return (await request("GET", withQuery(path, query), { signal })).json();
}

/** Sends JSON (or a form, or a file), and gives the answer's JSON, null where there is none. Raises Problem. */
export async function send(method, path, body = undefined, { signal } = {}) {
  const raw = body instanceof FormData || body instanceof Blob;
  const headers = body === undefined || raw ? {} : { "Content-Type": "application/json" };
  const response = await request(method, path, { headers, signal, body: raw ? body : JSON.stringify(body) });
  return response.status === 204 ? null : response.json();
}

/** The events of a stream, as `{event, data, id}`. Without a body it is a GET. Raises Problem. */
export async function* stream(path, body = undefined, { signal } = {}) {
  const headers = { Accept: "text/event-stream", ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const options = { headers, signal, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await request(body === undefined ? "GET" : "POST", path, options);
  try {
    yield* events(response.body);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", String(error.message || error));
  }
}

/** The lines of an answer that has one JSON value on each (ndjson), as they come. Raises Problem. */
export async function* lines(path, body, { signal } = {}) {
  const response = await request("POST", path, { headers: { "Content-Type": "application/json" }, signal, body: JSON.stringify(body) });
  try {
    for await (const line of pieces(response.body, "\n")) if (line) yield JSON.parse(line);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", String(error.message || error));
  }
}

/** Text of a GET, such as a csv or a log. Raises Problem. */
export async function text(path, query = {}, { signal } = {}) {
  return (await request("GET", withQuery(path, query), { signal })).text();
}

/** A path of the API with its query string. */
export function withQuery(path, query) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== null && one !== undefined && one !== "") pairs.append(name, one);
  }
  return pairs.size ? `${path}?${pairs}` : path;
}

// POSTs that change nothing.
const ASKING = ["/v1/search", "/v1/answer", "/v1/classify", "/v1/sources/check"];
let sent = 0;

/** How many changes this page has sent: what was read before the last of them may not be so any more. */
export function changes() {
  return sent;
}

async function request(method, path, options) {
  if (method !== "GET" && !ASKING.includes(path)) sent += 1;
  let response;
  try {
    response = await fetch(path, { method, credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", String(error.message || error));
  }
  if (response.ok) return response;
  const problem = await toProblem(response);
  if (problem.status === 401) for (const listener of listeners) listener(problem);
  throw problem;
}

async function toProblem(response) {
  const body = await response.json().catch(() => ({}));
  const kind = String(body.type ?? "").split(/[:/]/).pop();
  const after = Number(response.headers.get("Retry-After")) || null;
  return new Problem(response.status, kind, body.detail ?? response.statusText, { request: body.request_id, after });
}
