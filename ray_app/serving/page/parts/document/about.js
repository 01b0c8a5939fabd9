// All that is known of a document: its facts, what it is about, where its copies are, and what an editor can do with it.

import { get, send } from "../../core/api.js";
import { confirm } from "../../core/confirm.js";
import { h, replace } from "../../core/dom.js";
import { count, languageName, moment, percent, size } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { busy, toast } from "../../core/notices.js";
import { address } from "../../core/router.js";
import { may } from "../../core/who.js";
import { retry, titleOf } from "./head.js";

// Below this it is said how sure the language is.
const SURE = 0.95;

/** Fills the section. `changed()` is called when it is being read anew, `erased()` when it is gone. */
export async function aboutSection({ panel, about, changed, erased, signal }) {
  const all = [facts(about), places(about), may("editor") ? deeds(about, changed, erased) : null];
  if (!about.has_text) return replace(panel, all);
  const phrases = h("div", { class: "row phrases" }, h("span", { class: "quiet small" }, t("loading")));
  replace(panel, all.toSpliced(1, 0, part("phrases", phrases)));
  try {
    const found = await get(`/v1/documents/${about.id}/key-phrases`, {}, { signal });
    replace(phrases, found.phrases.length ? found.phrases.map(({ phrase }) => h("a", { class: "button chip", href: address("/", { q: phrase }) }, h("span", { class: "name" }, phrase))) : h("span", { class: "quiet" }, t("phrases.none")));
  } catch (error) {
    if (error.name !== "AbortError") replace(phrases, h("span", { class: "quiet" }, t("phrases.failed")));
  }
  return undefined;
}

function facts(about) {
  const languages = new Set(about.page_languages.map((one) => one.language).filter(Boolean));
  const rows = [
    ["title", h("bdi", {}, titleOf(about))],
    ["uri", h("bdi", { class: "mono" }, about.uri)],
    ["source", about.source],
    ["folder", about.folder],
    ["type", about.media_type && h("span", { title: about.media_type }, named("type", about.media_type))],
    ["size", size(about.size)],
    ["date", moment(about.date)],
    ["modified", moment(about.modified)],
    ["language", about.language && language(about)],
    ["languages", languages.size > 1 && [...languages].map(languageName).join(", ")],
    ["pages", about.pages && count(about.pages)],
    ["passages", about.chunks && count(about.chunks)],
    ["tags", about.tags.join(", ")],
    ["parent", about.parent && h("a", { href: `/documents/${about.parent}` }, t("fact.parent.open"))],
    ["children", about.children > 0 && count(about.children)],
    ["outcome", named("outcome", about.outcome)],
    ["queued", moment(about.queued)],
    ["finished", moment(about.finished)],
    ["attempts", about.attempts > 1 && count(about.attempts)],
    ["updated", moment(about.updated)],
    ["sha256", about.sha256 && h("span", { class: "mono" }, about.sha256)],
  ];
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, t(`fact.${name}`)), h("dd", {}, value)]));
}

function language({ language: code, language_confidence: sure }) {
  return sure < SURE ? `${languageName(code)} (${percent(sure)})` : languageName(code);
}

function places({ id, places: all }) {
  if (all.length < 2) return null;
  const lines = all.map((one) => h("li", { class: "break" }, one.document_id === id ? [h("bdi", {}, one.uri), " ", h("span", { class: "quiet small" }, t("place.this"))] : h("a", { href: `/documents/${one.document_id}` }, h("bdi", {}, one.uri)), h("span", { class: "quiet small" }, ` ${one.source}`)));
  return part("places", h("ul", { class: "stack tight" }, lines));
}

function deeds(about, changed, erased) {
  if (about.parent) return part("deeds", h("p", { class: "quiet" }, t("deeds.inside")));
  const erase = h("button", { type: "button", class: "danger", onclick: (event) => busy(event.currentTarget, () => ask(about, erased)) }, t("erase"));
  return part("deeds", h("div", { class: "row" }, about.outcome === "quarantined" ? null : retry(about.id, changed), erase));
}

async function ask(about, erased) {
  const what = h("p", { class: "break" }, h("bdi", {}, about.uri));
  const why = h("p", { class: "quiet" }, t(about.children > 0 ? "erase.children" : "erase.what", { n: about.children }));
  if (!(await confirm(t("erase.sure"), { yes: t("erase.yes"), more: [what, why] }))) return;
  await send("DELETE", `/v1/documents/${about.id}`);
  toast(t("erase.done"));
  erased();
}

/** A part of a section with its heading. */
export function part(name, ...children) {
  return h("section", { class: "stack tight" }, h("h2", {}, t(`part.${name}`)), children);
}
