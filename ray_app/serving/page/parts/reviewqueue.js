// The documents to look at, their text fetched ahead, and what was said of them: kept however often the view is left.

import { get, send } from "../core/api.js";

const AHEAD = 4;
const EXPLAINED = 2;
const REFILL = 8;
const BATCH = 20;
const MOST = 100;
const PASSAGES = 4;
// A longer pause is no work: it does not count against the rate.
const PAUSE_MS = 30000;

const queues = new Map();

/** The queue of this filter (`source`, `label`). */
export function reviewQueue(filter) {
  const key = JSON.stringify([filter.source, filter.label]);
  if (!queues.has(key)) queues.set(key, makeQueue(filter));
  return queues.get(key);
}

// Of all queues together: what a person says in one place is not asked in another.
const said = [];
const mine = new Set();
// Also of what was taken back: the event of one's own label may come after that.
const touched = new Set();
const texts = new Map();
const reasons = new Map();

/** What was said since the page was opened, `{document, labels, at}`, the latest last. */
export function sayings() {
  return said;
}

/** Documents a minute, pauses left out; null before there are two. */
export function rate() {
  if (said.length < 2) return null;
  const gaps = said.slice(1).map((one, at) => Math.min(one.at - said[at].at, PAUSE_MS));
  return gaps.length / (gaps.reduce((sum, gap) => sum + gap, 0) / 60000);
}

function makeQueue(filter) {
  let waiting = [];
  let filling = null;
  let complete = false;
  const skipped = new Map();

  /** Waits until there is one, and gives it; null where there is none. */
  async function current() {
    if (!waiting.length && !complete) await fill();
    ahead();
    return waiting[0] ?? null;
  }

  function fill() {
    filling ??= ask().finally(() => (filling = null));
    return filling;
  }

  async function ask() {
    const limit = Math.min(BATCH + skipped.size + waiting.length, MOST);
    const { documents } = await get("/v1/review", { ...filter, limit });
    const fresh = documents.filter(({ document: { id } }) => !skipped.has(id) && !mine.has(id) && !waiting.some((one) => one.document.id === id));
    waiting.push(...fresh);
    complete = !fresh.length;
  }

  function ahead() {
    waiting.slice(0, AHEAD).forEach((one) => textOf(one));
    waiting.slice(0, EXPLAINED).forEach((one) => reasonsOf(one));
    if (waiting.length < REFILL && !complete) fill().then(ahead, () => {}); // asked anew when it is needed
  }

  function skip() {
    const one = waiting.shift();
    skipped.set(one.document.id, one);
  }

  function unskip() {
    waiting = [...skipped.values(), ...waiting];
    skipped.clear();
  }

  /** Says what the first one is; the next can be shown at once. Raises Problem later, when it is first again. */
  async function say(labels) {
    const document = waiting.shift();
    const id = document.document.id;
    const saying = { document, labels, at: Date.now(), sent: null };
    said.push(saying);
    mine.add(id);
    touched.add(id);
    try {
      saying.sent = send("PUT", `/v1/documents/${id}/labels`, { labels });
      await saying.sent;
    } catch (error) {
      if (said.includes(saying)) takeBack(saying, queue);
      throw error;
    }
  }

  /** Takes out what somebody else has labelled meanwhile. Gives whether it was the first. */
  function drop(id) {
    if (touched.has(id)) return false;
    const first = waiting[0]?.document.id === id;
    waiting = waiting.filter((one) => one.document.id !== id);
    return first;
  }

  const queue = { current, skip, unskip, say, drop, skipped: () => skipped.size, again: () => (complete = false), front: (one) => waiting.unshift(one) };
  return queue;
}

/** Withdraws what was said last; the document is the first of this queue again. Gives its saying, null where there is none. */
export async function undo(queue) {
  const saying = said.at(-1);
  if (!saying) return null;
  takeBack(saying, queue);
  await saying.sent?.catch(() => {});
  await send("DELETE", `/v1/documents/${saying.document.document.id}/labels`);
  return saying;
}

function takeBack(saying, queue) {
  said.splice(said.indexOf(saying), 1);
  mine.delete(saying.document.document.id);
  queue.front(saying.document);
}

/** The first passages of a document. */
export function textOf({ document: { id } }) {
  return once(texts, id, async () => (await get(`/v1/documents/${id}/text`, { limit: PASSAGES })).passages);
}

/** The words that spoke for the label that is suggested; none where that is not known. */
export function reasonsOf({ document: { id } }) {
  return once(reasons, id, async () => {
    const { judged } = await get(`/v1/documents/${id}/labels`, { explain: true });
    return { label: judged?.label, terms: (judged?.terms ?? []).filter(({ term, weight }) => weight > 0 && !term.startsWith("[")).map(({ term }) => term) };
  });
}

function once(cache, id, ask) {
  if (!cache.has(id)) cache.set(id, ask().catch((error) => (cache.delete(id), Promise.reject(error))));
  cache.get(id).catch(() => {}); // told where it is shown
  return cache.get(id);
}
