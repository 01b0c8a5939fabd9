// One file to POST /v1/documents, with how far it is: fetch does not tell of what it sends.

import { Problem } from "../core/api.js";

/** Gives the answer's JSON; `progress(share)` is called while it goes. Raises Problem, AbortError. */
export function sendFile(file, { folder, tags, progress, signal }) {
  const form = new FormData();
  // Fields first: what comes behind a file is read only when the file is.
  if (folder) form.append("folder", folder);
  if (tags) form.append("tags", tags);
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? resolve(request.response) : reject(problem(request))));
    request.addEventListener("error", () => reject(new Problem(0, "unreachable", "")));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", "/v1/documents");
    request.send(form);
  });
}

function problem(request) {
  const body = request.response ?? {};
  const kind = String(body.type ?? "").split(/[:/]/).pop();
  const after = Number(request.getResponseHeader("Retry-After")) || null;
  return new Problem(request.status, kind, body.detail ?? request.statusText, { request: body.request_id, after });
}
