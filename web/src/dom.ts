// Makes nodes. Words go in as text nodes only; there is no way from here to markup.

export type Child = Node | string | null | undefined | false;
type Given = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, given: Given = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  put(node, ...children);
  return node;
}

export function put(node: Element, ...children: Child[]): void {
  for (const child of children) if (child) node.append(child);
}

export function swap(node: Element, ...children: Child[]): void {
  node.replaceChildren();
  put(node, ...children);
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  chat: "M4 5.5h16v11H10l-4.5 3.5v-3.5H4z",
  send: "M12 20V5M5.5 11.5 12 5l6.5 6.5",
  clip: "M20 11.5 12.2 19.3a5 5 0 0 1-7.1-7.1l8.2-8.2a3.4 3.4 0 0 1 4.8 4.8l-8.1 8.1a1.7 1.7 0 0 1-2.4-2.4l7.4-7.4",
  person: "M4.5 14v-2a7.5 7.5 0 0 1 15 0v2M4.5 13.5h3v5h-2a1 1 0 0 1-1-1zM19.5 13.5h-3v5h1.5a1.5 1.5 0 0 0 1.500-1.500zM16.500 18.500c0 1.500-1.500 2.500-3.500 2.500",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  close: "M6 6l12 12M18 6 6 18",
  up: "M8 11v9H4v-9zM8 11l4-7c1.600 0 2.400 1 2 2.600L13.300 10H19a1.500 1.500 0 0 1 1.500 1.900l-1.700 6.800A1.700 1.700 0 0 1 17.100 20H8",
  down: "M16 13V4h4v9zM16 13l-4 7c-1.600 0-2.400-1-2-2.600l.700-3.400H5a1.500 1.500 0 0 1-1.500-1.900l1.700-6.800A1.700 1.700 0 0 1 6.900 4H16",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  tag: "M4 4h7l9 9-7 7-9-9zM8 8h.01",
  down_arrow: "M12 5v14M5.500 12.500 12 19l6.500-6.500",
} as const;

export function icon(name: keyof typeof PATHS): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const given = { viewBox: "0 0 24 24", width: "20", height: "20", fill: "none", stroke: "currentColor", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(given)) svg.setAttribute(key, value);
  svg.setAttribute("stroke-width", name === "more" ? "3" : "1.7");
  svg.setAttribute("stroke-linecap", "round");
  svg.setAttribute("stroke-linejoin", "round");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
