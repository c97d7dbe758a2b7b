// Where the customer writes: text, a photo, and the way to a person.
import { h, icon, swap } from "./dom";
import { TYPES, WrongPhoto, prepared } from "./photo";
import type { Words } from "./words";

export interface Outbox {
  send(text: string, photo?: Blob): void;
  person(): void;
  problem(words: string): void;
}

export class Composer {
  readonly field = h("textarea", { id: "message", rows: 1, maxlength: 2000, enterkeyhint: "send", autocomplete: "off" });
  private readonly label = h("label", { for: "message", class: "unseen" });
  private readonly file = h("input", { type: "file", id: "file", class: "unseen", accept: TYPES.join(","), tabindex: -1, "aria-hidden": "true" });
  private readonly clip = h("button", { type: "button", class: "round", id: "attach" }, icon("clip"));
  private readonly submit = h("button", { type: "submit", class: "round filled", id: "send" }, icon("send"));
  private readonly person = h("button", { type: "button", class: "person", id: "person" });
  private readonly preview = h("div", { class: "preview", hidden: true });
  readonly node = h("form", { id: "form", class: "composer" },
    this.preview,
    h("div", { class: "entry" }, this.clip, this.file, this.label, this.field, this.submit),
    h("div", { class: "under" }, this.person));
  private photo: Blob | null = null;
  private words!: Words;

  constructor(private readonly outbox: Outbox) {
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => this.grow());
    this.field.addEventListener("keydown", (event) => {
      // isComposing: Enter that ends the choice of a Chinese character is no wish to send
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("paste", (event) => {
      const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
      if (picture) void this.take(picture);
    });
    this.clip.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => {
      const picture = this.file.files?.[0];
      this.file.value = "";
      if (picture) void this.take(picture);
    });
    this.person.addEventListener("click", () => this.outbox.person());
  }

  speak(words: Words): void {
    this.words = words;
    this.label.textContent = words.message;
    this.field.placeholder = words.placeholder;
    for (const [button, name] of [[this.clip, words.attach], [this.submit, words.send]] as const) {
      button.setAttribute("aria-label", name);
      button.title = name;
    }
    swap(this.person, icon("person"), h("span", {}, words.person));
    this.preview.querySelector("button")?.setAttribute("aria-label", words.removePhoto);
  }

  focus(): void {
    this.field.focus({ preventScroll: true });
  }

  private send(): void {
    const text = this.field.value.trim();
    if (!text && !this.photo) return;
    this.outbox.send(text, this.photo ?? undefined);
    this.field.value = "";
    this.drop();
    this.grow();
    this.focus();
  }

  private grow(): void {
    // through CSSOM: the page's policy forbids style attributes in markup, not this
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 140)}px`;
  }

  private async take(picture: File): Promise<void> {
    try {
      this.photo = await prepared(picture);
    } catch (error) {
      this.outbox.problem(this.words[error instanceof WrongPhoto ? error.reason : "notImage"]);
      return;
    }
    const address = URL.createObjectURL(this.photo);
    const image = h("img", { src: address, alt: this.words.photo });
    image.addEventListener("load", () => URL.revokeObjectURL(address));
    const remove = h("button", { type: "button", class: "remove", "aria-label": this.words.removePhoto }, icon("close"));
    remove.addEventListener("click", () => {
      this.drop();
      this.focus();
    });
    swap(this.preview, image, remove);
    this.preview.hidden = false;
    this.focus();
  }

  private drop(): void {
    this.photo = null;
    this.preview.replaceChildren();
    this.preview.hidden = true;
  }
}
