// What happens in the index, as it happens: one connection for the whole page, however many views listen.

import { stream, withQuery } from "./api.js";

const TOPICS = ["document", "job", "label", "model", "privacy", "source"];
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;

const listeners = new Map();
let connection = null;
let last = null;

/** Calls `listener(event)` for each event of these topics (`event.data` has what, `event.topic` of which) until the
 * signal ends. After a break it goes on where it was; `listener({topic: "again"})` says that something may be missing. */
export function listen(topics, listener, signal) {
  listeners.set(listener, topics);
  signal.addEventListener("abort", () => {
    listeners.delete(listener);
    if (listeners.size) return;
    connection?.abort();
    connection = null; // at once: the next view may listen before the broken-off stream has ended
  });
  if (!connection) follow();
}

async function follow() {
  const mine = new AbortController();
  connection = mine;
  const { signal } = mine;
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      for await (const { event, data, id } of stream(withQuery("/v1/events", { topics: TOPICS, after: last }), undefined, { signal })) {
        pause = FIRST_PAUSE_MS;
        last = id ?? last;
        if (event === "ready" && data.complete === false) tell({ topic: "again" });
        else if (event !== "ready" && event !== "dropped") tell(data);
      }
    } catch (error) {
      if ([401, 403].includes(error.status)) break;
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
  if (connection === mine) connection = null;
}

function tell(event) {
  for (const [listener, topics] of listeners) {
    if (event.topic === "again" || topics.includes(event.topic)) listener(event);
  }
}
