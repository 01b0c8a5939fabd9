// Ask: a question gets an answer out of the documents, with the passages that it rests on.

import { Problem, stream } from "../core/api.js";
import { h, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { bind } from "../core/keys.js";
import { trouble } from "../core/notices.js";
import { address, go } from "../core/router.js";
import { answerText } from "../parts/answer/text.js";
import { passageList } from "../parts/answer/passages.js";
import { searchBox } from "../parts/searchbox.js";

/** What was answered last, so that the way back from a document asks nothing anew. */
let kept = null;

export async function open({ root, query, signal }) {
  let question = "";
  let running = null;

  const box = searchBox({ value: "", search: ask, signal, placeholder: t("box"), button: t("box.go") });
  const status = h("p", { class: "quiet", role: "status" });
  const stop = h("button", { type: "button", onclick: () => running?.abort(), hidden: true }, t("stop"));
  const text = answerText();
  const notes = h("div", { class: "stack tight" });
  const passages = passageList();
  const answer = h("section", { class: "stack", "aria-label": t("answer") }, h("div", { class: "row state" }, status, stop), text.element, notes);
  replace(root, h("h1", { class: "visually-hidden" }, t("title")), box.element, answer, passages.element);
  bind("/", "keys.box", () => box.focus(), signal);
  on(signal, "abort", () => running?.abort());

  function ask(wanted) {
    if (wanted && wanted === question) run();
    else go(address("/answer", { q: wanted }));
  }

  async function update(fresh) {
    question = fresh.get("q")?.trim() ?? "";
    box.set(question);
    document.title = question ? `${question} – ray-app` : `${t("title")} – ray-app`;
    running?.abort();
    running = null;
    if (!question) return begin();
    if (kept?.question === question) return finish(kept);
    run();
    return undefined;
  }

  function clear() {
    replace(notes);
    replace(status);
    text.clear();
    passages.clear();
    stop.hidden = true;
  }

  function begin() {
    clear();
    replace(notes, h("div", { class: "empty" }, h("p", {}, t("how"))));
    box.focus();
  }

  async function run() {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const found = { question, passages: [], sentences: [], by: null, supported: null };
    clear();
    stop.hidden = false;
    answer.setAttribute("aria-busy", "true");
    replace(status, t("searching"));
    try {
      for await (const { event, data } of stream("/v1/answer", { question }, { signal: mine.signal })) take(found, event, data);
      if (found.supported === null) throw new Problem(0, "unreachable", "");
      kept = found;
      if (running === mine) finish(found);
    } catch (error) {
      if (running === mine) broken(error, found);
    } finally {
      if (running === mine) end();
    }
  }

  function end() {
    answer.removeAttribute("aria-busy");
    stop.hidden = true;
    running = null;
  }

  // The passages are shown when the answer is there: it would push them down, line by line.
  function take(found, event, data) {
    if (event === "passages") {
      found.passages = data.passages;
      replace(status, t("reading", { n: data.passages.length }));
    } else if (event === "token") text.token(data.text);
    else if (event === "sentence") {
      found.sentences.push(data);
      text.sentence(data, found);
    } else if (event === "done") Object.assign(found, { by: data.by, supported: data.supported });
    else if (event === "error") throw new Problem(data.status, String(data.type ?? "").split(":").pop(), data.detail, { request: data.request_id });
  }

  function finish(found) {
    clear();
    found.sentences.forEach((one) => text.sentence(one, found));
    text.done();
    passages.show(found);
    replace(status, found.supported ? written(found.by) : "");
    replace(notes, found.supported ? [] : unsupported(found));
  }

  function written(by) {
    return by === "extract" ? t("by.extract") : t("by.model", { model: by });
  }

  function unsupported(found) {
    return h("div", { class: "note" }, h("p", { class: "strong" }, t("unsupported")), h("p", {}, t(found.passages.length ? "unsupported.near" : "unsupported.nothing")), toSearch());
  }

  function toSearch() {
    return h("a", { class: "button", href: address("/", { q: question }) }, t("search.instead"));
  }

  function broken(error, found) {
    const again = h("button", { type: "button", onclick: run }, t("again"));
    const begun = found.sentences.length > 0 || text.begun();
    text.done();
    passages.show(found);
    replace(status);
    if (error.name === "AbortError") return replace(notes, h("div", { class: "note", role: "status" }, h("p", {}, t("stopped")), h("div", { class: "row" }, again, toSearch())));
    if (!begun) return replace(notes, trouble(error, { again: run }));
    return replace(notes, h("div", { class: "note warn", role: "alert" }, h("p", { class: "strong" }, t("dropped")), error.message ? h("p", {}, error.message) : null, again));
  }

  await update(query);
  return { update };
}
