// Builds elements. All text goes in as text nodes: nothing from the server is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element: `h("p", { class: "note", on: { click } }, "text", child)`.
 * `data` fills `dataset`, `on` adds listeners, `true` sets an empty attribute; `false`, `null` and `undefined` are left out.
 * @param {string} tag
 * @param {Record<string, any> | null} [props]
 * @param {...any} children nodes, texts, arrays of them; empty values are skipped
 * @returns {any}
 */
export function h(tag, props, ...children) {
  const node = /** @type {any} */ (document.createElement(tag));
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [name, fn] of Object.entries(value)) node.addEventListener(name, fn);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "value" && tag !== "li") node.value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

/** Appends nodes and texts, flattening arrays and skipping empty values. */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** Replaces what a node holds. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** An SVG element with plain attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  append(node, children);
  return node;
}

/** A decorative icon, one of those at the end of the page: nothing is loaded for it. @param {string} name */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("use", { href: `#icon-${name}` }));
}

/** Text of a person: its own direction, whatever the page's is. */
export function bdi(text, props) {
  return h("bdi", { dir: "auto", ...props }, text);
}

/**
 * Text written only when it differs, so that live regions and observers stay quiet.
 * @param {Element} node @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Keeps a parent's children in step with a list: nodes are reused by key, so focus and scroll survive.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => { node: Element, update: (item: T) => void }} create
 * @param {Map<string, { node: Element, update: (item: T) => void }>} known kept by the caller between calls
 */
export function reconcile(parent, items, keyOf, create, known) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, entry] of known) {
    if (wanted.has(key)) continue;
    entry.node.remove();
    known.delete(key);
  }
  items.forEach((item, index) => {
    const key = keyOf(item);
    let entry = known.get(key);
    if (entry) entry.update(item);
    else known.set(key, entry = create(item));
    if (parent.children[index] !== entry.node) parent.insertBefore(entry.node, parent.children[index] ?? null);
  });
}
