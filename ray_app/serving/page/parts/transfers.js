// The files that are being handed in: sent a few at a time, each by a request of its own, and followed until they are
// searchable. They outlive the view that shows them.

import { get, send } from "../core/api.js";
import { listen } from "../core/live.js";
import { sendFile } from "./sendfile.js";

const AT_ONCE = 3;
const POLL_MS = 4000;
const POLLED = 8;
const TRIES = 5;
const WAIT_S = 5;
const UNDER_WAY = ["queued", "processing"];
const SENDING = ["waiting", "sending"];

/** Each is `{key, file, folder, tags, state, sent, id, about, problem}`; `state` is waiting, sending, refused, or the
 * document's outcome. `about` is the answer of GET /v1/documents/{id}. */
const items = [];
const listeners = new Set();
let keys = 0;
let following = null;
let poll = null;

/** All of them, the latest first. */
export function transfers() {
  return items;
}

/** Calls `listener(item)` when one changes, `listener(null)` when the list does, until the signal ends. */
export function watch(listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
}

/** Takes files in: `files` are `{file, folder}`. */
export function add(files, tags) {
  const fresh = files.map(({ file, folder }) => ({ key: (keys += 1), file, folder, tags, state: "waiting", sent: 0, tries: 0, id: null, about: null, problem: null }));
  items.unshift(...fresh);
  tell(null);
  next();
}

/** Tries once more: what was refused is sent again, what could not be read goes through the pipeline again. */
export async function retry(item) {
  if (!item.id) return again(item);
  const about = await send("POST", `/v1/documents/${item.id}/reprocess`);
  follow();
  return change(item, { state: about.outcome, about });
}

/** Stops one that is not sent yet, and takes it out of the list. */
export function cancel(item) {
  item.stop?.abort();
  items.splice(items.indexOf(item), 1);
  tell(null);
  next();
}

/** Takes those out of the list that are done. */
export function clear() {
  const kept = items.filter((one) => isOpen(one));
  items.splice(0, items.length, ...kept);
  tell(null);
}

/** Whether a file still has a way to go. */
export function isOpen({ state }) {
  return SENDING.includes(state) || UNDER_WAY.includes(state);
}

function again(item) {
  change(item, { state: "waiting", sent: 0, tries: 0, problem: null });
  next();
}

function next() {
  const busy = items.filter((one) => one.state === "sending").length;
  for (const item of items.filter((one) => one.state === "waiting" && !one.pausing).sort((a, b) => a.key - b.key).slice(0, AT_ONCE - busy)) transfer(item);
}

async function transfer(item) {
  item.stop = new AbortController();
  item.tries += 1;
  change(item, { state: "sending", sent: 0 });
  try {
    const { file, folder, tags } = item;
    const [document] = (await sendFile(file, { folder, tags, progress: (sent) => change(item, { sent }), signal: item.stop.signal })).documents;
    change(item, { state: document.outcome, id: document.id, about: document, sent: 1 });
    follow();
  } catch (error) {
    if (error.name !== "AbortError") failed(item, error);
  }
  next();
}

// A busy server is asked again by itself; what it refuses is for the person to see.
function failed(item, error) {
  if (!error.passing || error.status === 0 || item.tries >= TRIES) return change(item, { state: "refused", problem: error });
  item.pausing = true;
  setTimeout(() => ((item.pausing = false), next()), (error.after ?? WAIT_S * item.tries) * 1000);
  return change(item, { state: "waiting", sent: 0 });
}

function change(item, values) {
  Object.assign(item, values);
  tell(item);
}

function tell(item) {
  for (const listener of listeners) listener(item);
}

// Events tell at once; the poll is for those that were missed, and for what came before the answer to an upload.
function follow() {
  if (following) return;
  following = new AbortController();
  listen(["document"], heard, following.signal);
  poll = setInterval(look, POLL_MS);
}

function heard(event) {
  if (event.topic === "again") return look();
  const { document, outcome } = event.data;
  const item = items.find((one) => one.id === document);
  if (!item || outcome === "deleted") return undefined;
  return UNDER_WAY.includes(outcome) ? change(item, { state: outcome }) : ask(item);
}

async function look() {
  const open = items.filter((one) => UNDER_WAY.includes(one.state)).sort((a, b) => (a.asked ?? 0) - (b.asked ?? 0));
  await Promise.all(open.slice(0, POLLED).map(ask));
  if (items.some(isOpen)) return;
  clearInterval(poll);
  following?.abort();
  following = null;
}

async function ask(item) {
  item.asked = Date.now();
  try {
    const about = await get(`/v1/documents/${item.id}`);
    change(item, { state: about.outcome, about });
  } catch (error) {
    if (error.status === 404) change(item, { state: "refused", id: null, problem: error });
  }
}

// Files that are not sent yet are lost with the page: what is queued is safe.
addEventListener("beforeunload", (event) => {
  if (items.some((one) => SENDING.includes(one.state))) event.preventDefault();
});
