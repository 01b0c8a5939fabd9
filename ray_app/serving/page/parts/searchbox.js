// The one box: what is typed, with completions from the index.

import { get } from "../core/api.js";
import { h, on, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";

const PAUSE_MS = 120;
const LEAST_LETTERS = 2;
const MOST_LETTERS = 200; // that the API completes

/** `search(text)` is called when somebody asks. Gives `{element, set(text), focus()}`. */
export function searchBox({ value, search, signal, placeholder = t("box"), button = t("box.go") }) {
  let waiting = null;
  let asking = null;
  let at = -1;
  const list = h("ul", { class: "offers", role: "listbox", id: "offers", "aria-label": t("box.offers"), hidden: true });
  const input = h("input", {
    type: "search", name: "q", value, placeholder, "aria-label": placeholder, autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
    role: "combobox", "aria-expanded": "false", "aria-controls": "offers", "aria-autocomplete": "list", maxlength: "1000",
    oninput: later, onkeydown: key, onblur: () => setTimeout(close, 150),
  });
  const form = h("form", { class: "ask", role: "search", onsubmit: submit }, h("div", { class: "box" }, input, list), h("button", { class: "primary" }, button));
  on(signal, "abort", () => (clearTimeout(waiting), asking?.abort()));

  function submit(event) {
    event?.preventDefault();
    clearTimeout(waiting);
    asking?.abort();
    close();
    search(input.value.trim());
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(offer, PAUSE_MS);
  }

  async function offer() {
    asking?.abort();
    if (input.value.trim().length < LEAST_LETTERS || input.value.length > MOST_LETTERS) return close();
    asking = new AbortController();
    try {
      const { suggestions } = await get("/v1/suggest", { prefix: input.value, limit: 6 }, { signal: asking.signal });
      if (document.activeElement === input) draw(suggestions.map(({ text }) => text));
    } catch {
      close(); // a search works without them
    }
    return undefined;
  }

  function draw(texts) {
    at = -1;
    replace(list, texts.map((text, n) => h("li", { role: "option", id: `offer-${n}`, "aria-selected": "false", onmousedown: (event) => (event.preventDefault(), take(text)) }, text)));
    show(texts.length > 0);
  }

  function key(event) {
    const offers = [...list.children];
    if (event.key === "Escape" && !list.hidden) return event.preventDefault(), close();
    if (event.key === "Enter" && at >= 0 && !list.hidden) return event.preventDefault(), take(offers[at].textContent);
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || list.hidden) return undefined;
    event.preventDefault();
    at = (at + (event.key === "ArrowDown" ? 1 : -1) + offers.length + 1) % (offers.length + 1);
    if (at === offers.length) at = -1;
    offers.forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", `offer-${at}`);
    else input.removeAttribute("aria-activedescendant");
    return undefined;
  }

  function take(text) {
    input.value = text;
    submit();
  }

  function close() {
    show(false);
    at = -1;
  }

  function show(whether) {
    list.hidden = !whether;
    input.setAttribute("aria-expanded", String(whether));
    input.removeAttribute("aria-activedescendant");
  }

  return { element: form, set: (text) => (input.value = text), focus: () => (input.focus(), input.select()) };
}
