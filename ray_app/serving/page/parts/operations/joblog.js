// A job's log as it is written.

import { stream } from "../../core/api.js";
import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { sentence } from "../../core/notices.js";

// Beyond it the beginning goes: the whole is a download away.
const MOST_LETTERS = 200_000;
const NEAR_END_PX = 40;

/** Follows the log until the job ends; `ended()` is called then. */
export function jobLog(id, { signal, ended }) {
  const text = h("pre", { class: "log", tabindex: "0", role: "log", "aria-label": t("log") }, t("log.waiting"));
  const note = h("p", { class: "small quiet", role: "status" });
  const whole = h("a", { class: "button", href: `/v1/jobs/${id}/logs`, download: `${id}.log` }, t("log.download"));
  let begun = false;

  function write(piece) {
    const follows = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR_END_PX;
    text.textContent = (begun ? text.textContent + piece : piece).slice(-MOST_LETTERS);
    begun = true;
    if (follows) text.scrollTop = text.scrollHeight;
  }

  async function follow() {
    try {
      for await (const { event, data } of stream(`/v1/jobs/${id}/logs`, undefined, { signal })) {
        if (event === "log") write(data.text);
        if (event === "error") throw Object.assign(new Error(data.detail), { status: data.status });
      }
      if (!begun) write(t("log.empty"));
      ended();
    } catch (error) {
      if (error.name === "AbortError") return;
      note.textContent = `${t("log.broken")} ${sentence(error)}`;
    }
  }

  follow();
  return { element: h("section", { class: "stack tight" }, h("div", { class: "row apart" }, h("h3", {}, t("log")), whole), text, note) };
}
