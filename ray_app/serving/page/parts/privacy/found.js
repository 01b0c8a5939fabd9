// Documents that name somebody: where in them, how sure that is, and a box to choose each for erasure.

import { h, replace } from "../../core/dom.js";
import { fileName, percent } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { address } from "../../core/router.js";
import { erase } from "./erasing.js";

const SHOWN = 5;
const COLOURS = { high: "bad", sensitive: "warn", personal: "info" };

/** A list that grows by `add(document)`; `done()` says that all are there. */
export function foundList({ empty, signal }) {
  const list = h("ul", { class: "stack tight" });
  const proofs = h("div", { class: "stack" });
  const chosen = new Map();
  const all = h("input", { type: "checkbox", onchange: () => chooseAll(all.checked) });
  const button = h("button", { type: "button", class: "danger", disabled: true, onclick: eraseChosen }, t("erase"));
  const tools = h("div", { class: "row apart", hidden: true }, h("label", { class: "check" }, all, h("span", {}, t("choose.all"))), button);
  const note = h("div", {});

  function add(one) {
    tools.hidden = false;
    const box = h("input", { type: "checkbox", "aria-label": t("choose.one", { name: nameOf(one) }), onchange: () => choose(one, box.checked) });
    list.append(h("li", { class: "hit found", "data-id": one.document_id }, h("div", { class: "check-top" }, box, h("h3", {}, h("a", { href: leadsTo(one, one.matches[0]) }, nameOf(one)))), line(one), matches(one)));
  }

  function choose(one, whether) {
    if (whether) chosen.set(one.document_id, one);
    else chosen.delete(one.document_id);
    button.disabled = !chosen.size;
    replace(button, chosen.size ? t("erase.n", { n: chosen.size }) : t("erase"));
    all.checked = chosen.size > 0 && chosen.size === list.children.length;
  }

  function chooseAll(whether) {
    for (const box of list.querySelectorAll("li input[type=checkbox]")) {
      if (box.checked === whether) continue;
      box.checked = whether;
      box.dispatchEvent(new Event("change"));
    }
  }

  async function eraseChosen() {
    const proof = await erase([...chosen.values()], signal);
    if (!proof) return;
    proofs.prepend(proof.element);
    proof.element.focus();
    for (const id of proof.ids) {
      list.querySelector(`[data-id="${id}"]`)?.remove();
      chosen.delete(id);
    }
    choose({}, false);
    tools.hidden = !list.children.length;
  }

  function done() {
    if (!list.children.length && !proofs.children.length) replace(note, h("p", { class: "quiet" }, empty));
  }

  return { element: h("div", { class: "stack" }, proofs, tools, list, note), add, done };
}

function nameOf(one) {
  return one.title || fileName(one.uri);
}

function line(one) {
  return h(
    "div",
    { class: "facts-line" },
    h("span", { class: ["badge", COLOURS[one.risk]] }, named("risk", one.risk)),
    h("span", { class: "break" }, fileName(one.uri)),
    one.places.length > 1 ? h("span", { title: one.places.join("\n") }, t("places", { n: one.places.length - 1 })) : null,
  );
}

function matches(one) {
  const items = one.matches.map((match) => h("li", {}, h("a", { href: leadsTo(one, match) }, t("page", { n: match.page })), " ", h("span", { class: "quiet" }, `${named("how", match.how)}, ${percent(match.confidence)}`), match.text ? h("span", { class: "around" }, `… ${match.text.trim()} …`) : null));
  if (items.length <= SHOWN) return h("ul", { class: "matches" }, items);
  return [h("ul", { class: "matches" }, items.slice(0, SHOWN)), h("details", {}, h("summary", {}, t("matches.more", { n: items.length - SHOWN })), h("ul", { class: "matches" }, items.slice(SHOWN)))];
}

function leadsTo(one, match) {
  return address(`/documents/${one.document_id}`, match ? { page: match.page || "", start: match.start, end: match.end } : {});
}
