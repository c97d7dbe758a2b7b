// Cards repeat what the text says, for the eye.
import { h, icon } from "./dom";
import type { Card, Language, OrderCard, ProductCard } from "./types";
import { WORDS } from "./words";

// How far along its way an order is, of the steps of its type.
const REACHED: Record<string, number> = {
  pending_payment: 0, processing: 1, shipped: 2, delivered: 3, completed: 2, active: 1, ended: 2,
};
const TONES: Record<string, string> = {
  pending_payment: "wait", cancelled: "off", returned: "off", ended: "off", delivered: "good", completed: "good", active: "good",
};

export function cardNode(card: Card, language: Language): HTMLElement | null {
  if ("order_number" in card && card.order_number) return orderNode(card, language);
  if ("product_id" in card && card.name) return productNode(card, language);
  return null;
}

function orderNode(card: OrderCard, language: Language): HTMLElement {
  const words = WORDS[language];
  const status = words.status[card.status] ?? card.status;
  return h("section", { class: "card order", "aria-label": `${words.order} ${card.order_number}` },
    h("div", { class: "card-head" },
      h("span", { class: "card-icon" }, icon("box")),
      h("div", { class: "card-name" },
        h("span", { class: "card-kind" }, words.order), h("strong", {}, card.order_number)),
      h("span", { class: `pill ${TONES[card.status] ?? "go"}` }, status)),
    card.items?.length
      ? h("ul", { class: "items" }, ...card.items.map((item) =>
          h("li", {}, h("span", {}, item.name), item.quantity > 1 && h("span", { class: "count" }, `× ${item.quantity}`))))
      : null,
    stepsNode(card, language),
    facts([[words.total, card.total], [words.eta, card.eta], [words.parcel, [card.carrier, card.tracking_number].filter(Boolean).join(" ")]]));
}

function stepsNode(card: OrderCard, language: Language): HTMLElement | null {
  const words = WORDS[language];
  const steps = words.steps[(card.type ?? "goods") as keyof typeof words.steps] ?? words.steps.goods;
  const reached = REACHED[card.status];
  if (reached === undefined) return null;
  const at = Math.min(reached, steps.length - 1);
  return h("ol", { class: "steps", "aria-label": words.progress }, ...steps.map((step, place) =>
    h("li", { class: place <= at ? "done" : null, "aria-current": place === at ? "step" : null }, h("span", {}, step))));
}

function productNode(card: ProductCard, language: Language): HTMLElement {
  const words = WORDS[language];
  return h("section", { class: "card product", "aria-label": card.name ?? "" },
    h("div", { class: "card-head" },
      h("span", { class: "card-icon" }, icon("tag")),
      h("div", { class: "card-name" }, h("strong", {}, card.name ?? "")),
      card.price ? h("span", { class: "price" }, card.price) : null),
    card.details?.length ? h("ul", { class: "details" }, ...card.details.map((detail) => h("li", {}, detail))) : null,
    facts([[words.stock, card.stock]]));
}

function facts(rows: [string, string | undefined][]): HTMLElement | null {
  const known = rows.filter(([, value]) => value);
  if (!known.length) return null;
  return h("dl", { class: "facts" }, ...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value ?? "")]));
}
