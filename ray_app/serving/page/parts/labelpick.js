// Another label, by typing: the labels there are come first, a new one only where it is meant.

import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";

const SHOWN = 8;

/** `pick(label)` is called with what was chosen, `close()` when somebody thinks better of it. */
export function labelPick({ labels, pick, close }) {
  let at = 0;
  let offers = [];
  const list = h("ul", { class: "offers", role: "listbox", id: "label-offers", "aria-label": t("other.offers") });
  const input = h("input", {
    name: "label", maxlength: "200", autocomplete: "off", spellcheck: "false", enterkeyhint: "done", "aria-label": t("other"), placeholder: t("other.example"),
    role: "combobox", "aria-expanded": "true", "aria-controls": "label-offers", "aria-autocomplete": "list", oninput: draw, onkeydown: key, onblur: () => setTimeout(leave, 150),
  });
  const element = h("div", { class: "pick" }, input, list);

  function draw() {
    const typed = input.value.trim();
    const low = typed.toLocaleLowerCase();
    const starts = labels().filter((one) => one.toLocaleLowerCase().startsWith(low));
    const holds = labels().filter((one) => !starts.includes(one) && one.toLocaleLowerCase().includes(low));
    offers = [...starts, ...holds].slice(0, SHOWN).map((label) => ({ label, shown: label }));
    if (typed && !labels().some((one) => one.toLocaleLowerCase() === low)) offers.push({ label: typed, shown: t("other.new", { label: typed }) });
    at = 0;
    replace(list, offers.map(({ label, shown }, n) => h("li", { role: "option", id: `label-offer-${n}`, onmousedown: (event) => (event.preventDefault(), pick(label)) }, shown)));
    mark();
  }

  function key(event) {
    if (event.key === "Escape") return event.preventDefault(), close();
    if (event.key === "Enter") return event.preventDefault(), offers[at] && pick(offers[at].label);
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !offers.length) return undefined;
    event.preventDefault();
    at = (at + (event.key === "ArrowDown" ? 1 : -1) + offers.length) % offers.length;
    return mark();
  }

  function mark() {
    [...list.children].forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
    if (offers.length) input.setAttribute("aria-activedescendant", `label-offer-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function leave() {
    if (element.isConnected && document.activeElement !== input) close();
  }

  draw();
  return { element, focus: () => input.focus() };
}
