// One document to look at: what it is called, what the classifier takes it for, and the text that it goes by.

import { h, marked, replace } from "../core/dom.js";
import { fileName, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { reasonsOf, textOf } from "./reviewqueue.js";

const DIGITS = 9;
const TERMS = 12;

/** What the classifier takes the document for, sure or not; null where it says nothing. */
export function suggested({ labels }) {
  return labels[0] ?? null;
}

/** The card. `labels` are those with digits; `chosen` those that are picked where there may be several, else null. */
export function reviewCard(one, { labels, chosen, actions, signal }) {
  const { document: place, title } = one;
  const heading = h("h2", { tabindex: "-1", "aria-describedby": "suggestion" }, title || fileName(place.uri));
  const text = h("div", { class: "text stack", "aria-busy": "true" }, h("div", { class: "wait" }), h("div", { class: "wait" }), h("div", { class: "wait" }));
  const facts = [place.source, place.folder, fileName(place.uri)].filter(Boolean).join(" · ");
  const element = h("article", { class: "card stack review" }, h("div", { class: "stack tight" }, heading, h("p", { class: "small quiet break" }, facts)), decision(one, { labels, chosen, actions }), text);
  fill(one, text, signal);
  return { element, focus: () => heading.focus({ preventScroll: true }) };
}

function decision(one, { labels, chosen, actions }) {
  const best = suggested(one);
  return h(
    "div",
    { class: "stack tight decision" },
    h("p", { class: "suggestion", id: "suggestion" }, guess(best)),
    h("div", { class: "row", role: "group", "aria-label": t("labels") }, labels.map((label, at) => labelButton(one, label, at, { chosen, best, actions }))),
    h("div", { class: "row" }, yes(best, chosen, actions), keyed("n", t("other"), actions.other), keyed("s", t("skip-it"), actions.skip), keyed("u", t("undo"), actions.undo), keyed("o", t("open"), actions.look)),
  );
}

function guess(best) {
  if (!best) return t("suggested.none");
  const how = best.method === "zero-shot" ? t("suggested.untrained") : best.sure ? t("suggested.sure") : t("suggested.unsure");
  return [t("suggested"), " ", h("strong", {}, `${best.label} ${percent(best.probability)}`), " ", h("span", { class: ["badge", best.sure && best.method !== "zero-shot" ? "good" : "warn"] }, how)];
}

function yes(best, chosen, actions) {
  if (chosen) return keyed("Enter", chosen.length ? t("save", { labels: chosen.join(", ") }) : t("save.none"), actions.yes, "primary", !chosen.length);
  return best ? keyed("Enter", t("right", { label: best.label }), actions.yes, "primary") : null;
}

function labelButton(one, label, at, { chosen, best, actions }) {
  const probability = one.labels.find((other) => other.label === label)?.probability;
  const pressed = chosen ? String(chosen.includes(label)) : null;
  return h(
    "button",
    { type: "button", class: ["chip", "label", label === best?.label && "best"], "aria-pressed": pressed, onclick: () => actions.label(label) },
    at < DIGITS ? h("kbd", { "aria-hidden": "true" }, String(at + 1)) : null,
    h("span", { class: "name" }, label),
    probability === undefined ? null : h("span", { class: "n" }, percent(probability)),
  );
}

function keyed(key, words, action, look = "", disabled = false) {
  return h("button", { type: "button", class: look, onclick: action, disabled }, words, h("kbd", { "aria-hidden": "true" }, key === "Enter" ? "↵" : key));
}

async function fill(one, place, signal) {
  try {
    const passages = await textOf(one);
    if (signal.aborted) return;
    draw(place, passages, []);
    const { terms, label } = await reasonsOf(one);
    if (!signal.aborted && terms.length) draw(place, passages, terms.slice(0, TERMS), label);
  } catch {
    if (!signal.aborted && place.ariaBusy === "true") replace(place, h("p", { class: "quiet" }, t("text.missing")));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

function draw(place, passages, terms, label = "") {
  place.removeAttribute("aria-busy");
  const legend = terms.length ? h("p", { class: "small quiet" }, t("text.marked", { label })) : null;
  if (!passages.length) return replace(place, h("p", { class: "quiet" }, t("text.none")));
  return replace(place, passages.map((one) => h("p", { class: "passage" }, marked(one.text, spans(one.text, terms)))), legend);
}

// Where these words stand, in code points; whole words only.
function spans(text, terms) {
  if (!terms.length) return [];
  const any = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+")).join("|");
  const found = [...text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])(?:${any})(?![\\p{L}\\p{N}])`, "giu"))];
  return found.map((match) => {
    const start = Array.from(text.slice(0, match.index)).length;
    return [start, start + Array.from(match[0]).length];
  });
}
