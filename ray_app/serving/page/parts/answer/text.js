// An answer as it is written: whole sentences with their citations, and behind them what is being written just now.

import { h, replace } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { citedPlace } from "./passages.js";

// Citations as a model writes them: they become links of their own.
const WRITTEN = /\s*\[\d[\d\s,]*\]/g;

/** `token(text)` is a piece as it comes, `sentence(data, found)` a whole one, which takes the pieces' place. */
export function answerText() {
  const whole = h("p", { "aria-live": "polite" });
  // Piece by piece it would be read out in pieces.
  const coming = h("span", { class: "quiet", "aria-hidden": "true" });
  const element = h("div", { class: "answer", dir: "auto", hidden: true }, whole, coming);
  let pending = "";

  function token(text) {
    pending += text;
    element.hidden = false;
    replace(coming, pending);
  }

  function sentence(one, found) {
    const at = pending.indexOf(one.text);
    pending = at < 0 ? "" : pending.slice(at + one.text.length);
    element.hidden = false;
    const numbers = [...new Map(one.citations.map((place) => [place.number, place])).values()];
    const said = one.text.replace(WRITTEN, "");
    const doubt = one.supported ? null : h("span", { class: "badge warn", title: t("uncited.why") }, t("uncited"));
    whole.append(h("span", { class: one.supported ? null : "unsupported" }, said, numbers.map((place) => citation(place, found)), doubt && " ", doubt), " ");
    replace(coming, pending);
  }

  function citation(place, found) {
    const passage = found.passages.find(({ number }) => number === place.number);
    const name = t("cite", { n: place.number, title: passage?.title || place.uri, page: place.page });
    return h("a", { class: "cite", href: citedPlace(place, found.question), "aria-label": name, title: name }, String(place.number));
  }

  function done() {
    pending = "";
    replace(coming);
  }

  function clear() {
    done();
    replace(whole);
    element.hidden = true;
  }

  return { element, token, sentence, done, clear, begun: () => !element.hidden };
}
