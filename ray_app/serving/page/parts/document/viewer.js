// The document itself: pages as images with the text in a section beside them, or the text alone where it has no pages.

import { h, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { titleOf } from "./head.js";
import { hasPages, pagePane } from "./pane.js";
import { redactedPane } from "./redacted.js";
import { ZOOMS } from "./state.js";
import { textPane } from "./text.js";
import { toolbar } from "./toolbar.js";
import { trouble } from "../../core/notices.js";

/** `to(change)` goes to another state, `turn(page)` to another page, `hit(by)` to another hit. */
export function viewer({ id, about, to, turn, hit, signal }) {
  const readable = Boolean(about.sha256);
  const images = readable && hasPages(about.media_type);
  const pages = images ? about.pages ?? 1 : 0;
  let state = null;
  let hits = null;
  let ready = false;
  const bar = toolbar({ pages, to: (by, page) => (page ? turn(page) : step(state, by)), hit, zoom: (by) => zoom(state, by) });
  const pane = images ? pagePane({ id, title: titleOf(about), signal }) : null;
  const texts = {};
  const place = h("div", { class: images ? null : about.chunks > 1 ? "paper" : "paper short" });
  let inSight = !images;
  const told = h("p", { class: "small quiet", role: "status" });
  const body = images ? pane.element : readable ? place : h("div", { class: "empty card" }, h("p", {}, t("nothing-read")));
  const element = h("section", { class: "viewer stack tight", "aria-label": t("viewer") }, bar.element, body);

  /** `found` are the hits, null where they are not known; `looked` says that they will not come any more. */
  function show(wanted, found, looked) {
    [state, hits] = [{ ...wanted, page: clamp(wanted.page) }, found];
    bar.show(state, hits);
    bar.element.hidden = !pages && !state.q;
    replace(told, state.redacted ? t("redact.told") : "");
    told.classList.toggle("visually-hidden", !state.redacted);
    pane?.show(state);
    // Marks come with the hits: until they are known, there is nothing to scroll to.
    ready = looked || !state.q;
    if (inSight && readable && ready) showText();
  }

  function clamp(page) {
    return pages && page > pages ? pages : page;
  }

  /** The section with the text, once it is seen. */
  async function fillText(panel) {
    inSight = true;
    replace(panel, place);
    if (ready && state) await showText();
  }

  async function showText() {
    const name = state.redacted ? "redacted" : "plain";
    const text = (texts[name] ??= opened(state.redacted ? redactedPane({ id, about, signal }) : textPane({ id, about, turn: images ? turn : null, signal })));
    if (place.firstChild !== text.element) replace(place, text.element);
    try {
      await text.ready;
      await text.show(state, hits);
    } catch (error) {
      if (error.name === "AbortError") return;
      const again = () => (delete texts[name], showText());
      if (texts[name] === text) replace(place, trouble(error, { again }));
    }
  }

  function step(from, by) {
    const page = (from.page ?? 1) + by;
    if (page >= 1 && page <= pages) turn(page);
  }

  function zoom(from, by) {
    const at = ZOOMS.indexOf(from.zoom) + by;
    if (pages && at >= 0 && at < ZOOMS.length) to({ zoom: by ? ZOOMS[at] : 1 });
  }

  return { element, told, show, fillText, step, zoom, textBeside: images };
}

function opened(text) {
  return { ...text, ready: text.open() };
}
