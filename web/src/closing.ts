// The end of a chat: a score from 1 to 5 and a comment.
import { h, swap } from "./dom";
import type { Words } from "./words";

export function askScore(words: Words, done: (score: number, comment: string) => void): void {
  const comment = h("textarea", { id: "comment", rows: 3, maxlength: 2000 });
  const scores = [1, 2, 3, 4, 5].map((score) =>
    h("label", { class: "score" }, h("input", { type: "radio", name: "score", value: score, required: true }), h("span", {}, String(score))));
  const skip = h("button", { type: "button", class: "quiet" }, words.rateSkip);
  const form = h("form", { method: "dialog" },
    h("h2", { id: "rate-title" }, words.rateTitle),
    h("fieldset", {}, h("legend", {}, words.rateHint), h("div", { class: "scores" }, ...scores)),
    h("label", { for: "comment" }, words.rateComment), comment,
    h("div", { class: "choices" }, skip, h("button", { type: "submit", class: "filled" }, words.rateSend)));
  const dialog = h("dialog", { class: "closing", "aria-labelledby": "rate-title" });
  swap(dialog, form);
  document.body.append(dialog);
  skip.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", () => {
    const chosen = form.querySelector<HTMLInputElement>("input:checked");
    if (chosen) done(Number(chosen.value), comment.value.trim());
  });
  dialog.showModal();
}
