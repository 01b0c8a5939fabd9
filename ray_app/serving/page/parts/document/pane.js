// A page as an image, in a space of its own that keeps its size whatever the page's is.

import { get, withQuery } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { trouble } from "../../core/notices.js";

// ISO 216, until the image says what it is.
const RATIO = 1 / Math.SQRT2;
const STEP_PX = 100;
const WIDEST_PX = 2400;

/** Whether documents of this type are drawn page by page. */
export function hasPages(type) {
  return type === "application/pdf" || Boolean(type?.startsWith("image/"));
}

/** `{element, show(state)}`. Where the server refuses, the reason stands in the place of the page. */
export function pagePane({ id, title, signal }) {
  const image = h("img", { class: "sheet", alt: "", width: "700", height: "990", decoding: "async", fetchpriority: "high", onload: loaded, onerror: failed });
  const element = h("div", { class: "pane", role: "region", "aria-label": t("page.image"), tabindex: "0", onkeydown: key }, image);
  let drawn = null;
  let zoom = 1;

  function show(state) {
    const address = addressOf(state);
    if (state.zoom !== zoom) grow(state.zoom);
    if (address === drawn) return;
    drawn = address;
    element.setAttribute("aria-busy", "true");
    if (element.firstChild !== image) replace(element, image);
    image.alt = t(state.redacted ? "page.alt.redacted" : "page.alt", { n: state.page ?? 1, title });
    image.src = address;
  }

  // The middle of what was seen stays in the middle.
  function grow(to) {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
    const by = to / zoom;
    zoom = to;
    image.style.setProperty("--zoom", String(to));
    element.scrollTo((scrollLeft + clientWidth / 2) * by - clientWidth / 2, (scrollTop + clientHeight / 2) * by - clientHeight / 2);
  }

  function addressOf({ q, page, start, end, cite, redacted, zoom: wanted }) {
    const words = q && !cite ? { q } : { start, end };
    const fit = Math.min(element.clientWidth, element.clientHeight * RATIO) || 600;
    const width = Math.min(WIDEST_PX, Math.ceil((fit * Math.max(1, wanted) * devicePixelRatio) / STEP_PX) * STEP_PX);
    return withQuery(`/v1/documents/${id}/pages/${page ?? 1}.png`, { ...(redacted ? { redact: true } : words), width });
  }

  function loaded() {
    element.removeAttribute("aria-busy");
    image.style.setProperty("--ratio", String(image.naturalWidth / image.naturalHeight));
  }

  async function failed() {
    const address = drawn;
    const again = () => ((drawn = null), (image.src = address), (drawn = address), replace(element, image));
    // An image does not tell why it is missing: the same request does.
    const error = await get(address, {}, { signal }).catch((one) => one);
    if (drawn !== address || error?.name === "AbortError") return;
    element.removeAttribute("aria-busy");
    replace(element, reason(error, again));
  }

  function reason(error, again) {
    if (error.status === 409) return note("warn", t("redact.cannot"), error.message, t("redact.cannot.do"));
    if (error.status === 410) return note("warn", t("original.gone"), t("original.gone.do"));
    if (error.kind === "no-pages") return note("", t("page.none"));
    return trouble(error, { again });
  }

  // Enlarged, the arrows move the page rather than turn it.
  function key(event) {
    if (["ArrowLeft", "ArrowRight"].includes(event.key) && element.scrollWidth > element.clientWidth) event.stopPropagation();
  }

  return { element, show };
}

function note(kind, ...lines) {
  return h("div", { class: ["note", kind], role: "alert" }, lines.map((line, at) => h("p", { class: at ? null : "strong" }, line)));
}
