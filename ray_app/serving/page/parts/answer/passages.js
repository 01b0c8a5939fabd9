// The numbered passages that an answer was made from.

import { h, marked, replace } from "../../core/dom.js";
import { fileName } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { placeOf } from "../document/state.js";

const LETTERS = 420;
const BEFORE = 60;
const LATE = 180;

/** The address of a document at a span of it, which is what matters there. */
export function citedPlace({ document_id: id, page, start, end }, question) {
  return placeOf(id, { q: question, page, start, end, cite: true, zoom: 1 });
}

/** `{element, show(found), clear()}`. */
export function passageList() {
  const list = h("ol", { class: "stack tight" });
  const element = h("section", { class: "stack tight", "aria-labelledby": "passages", hidden: true }, h("h2", { id: "passages" }, t("passages")), list);

  function show({ passages, sentences, question }) {
    const cited = Map.groupBy(sentences.flatMap((one) => one.citations), ({ number }) => number);
    element.hidden = !passages.length;
    replace(list, passages.map((one) => item(one, question, cited.get(one.number) ?? [])));
  }

  return { element, show, clear: () => ((element.hidden = true), replace(list)) };
}

function item(one, question, cited) {
  const place = cited[0] ?? one;
  return h(
    "li",
    { class: ["hit numbered", cited.length > 0 && "cited"] },
    h("span", { class: "number" }, `[${one.number}]`),
    h("h3", {}, h("a", { class: "break", dir: "auto", href: citedPlace({ ...one, start: place.start, end: place.end }, question) }, one.title || fileName(one.uri))),
    h("p", { class: "passage", dir: "auto" }, excerpt(one, cited)),
    h("div", { class: "facts-line" }, cited.length ? h("span", { class: "badge accent" }, t("cited")) : null, h("span", {}, t("page", { n: one.page })), h("bdi", { class: "break" }, fileName(one.uri))),
  );
}

// What is cited is marked, and near the beginning. A model cites whole passages: those are not marked all over.
function excerpt({ passage, start }, cited) {
  const letters = Array.from(passage);
  const spans = cited.map((place) => [place.start - start, place.end - start]).filter(([from, to]) => to - from < letters.length);
  const first = Math.min(letters.length, ...spans.map(([from]) => from));
  const begin = spans.length && first > LATE ? first - BEFORE + letters.slice(first - BEFORE, first).indexOf(" ") + 1 : 0;
  const end = Math.min(letters.length, begin + LETTERS);
  const within = spans.map(([from, to]) => [Math.max(0, from - begin), Math.min(to, end) - begin]).filter(([from, to]) => to > from);
  return [begin > 0 ? "… " : "", ...marked(letters.slice(begin, end).join(""), within), end < letters.length ? "…" : ""];
}
