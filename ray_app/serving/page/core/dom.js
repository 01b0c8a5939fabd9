// Elements out of values. Text becomes text nodes and nothing else, so that no document or file name is ever markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes: `onclick` and the like are listeners, `class` may be a list, null and false leave one out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a part of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts these children in place of those that are there. */
export function replace(parent, ...children) {
  parent.replaceChildren(...nodes(children));
  return parent;
}

/** An element's listeners end with the signal of its view. */
export function on(target, event, listener, signal) {
  // A signal's own end would take the listener away before it is called.
  target.addEventListener(event, listener, target === signal ? {} : { signal });
}

/** The text with these spans ([start, end] in code points, as the API counts) in <mark>. */
export function marked(text, spans) {
  const letters = Array.from(text);
  const pieces = [];
  let at = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    pieces.push(letters.slice(at, start).join(""), h("mark", {}, letters.slice(start, end).join("")));
    at = end;
  }
  pieces.push(letters.slice(at).join(""));
  return nodes(pieces);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", [value].flat().filter(Boolean).join(" "));
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

/** Scrolls a row of links sideways so that one is in its middle. Not by scrollIntoView: the next Tab would go on from there. */
export function intoSight(link) {
  const row = link.parentElement, at = link.getBoundingClientRect(), seen = row.getBoundingClientRect();
  row.scrollLeft += at.left + at.width / 2 - seen.left - seen.width / 2;
}
