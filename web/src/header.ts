// The bar above: whose chat it is, the other language, and what is needed less often.
import { h, icon, swap } from "./dom";
import type { Words } from "./words";

export interface Commands {
  otherLanguage(): void;
  fresh(): void;
  transcript(): void;
  end(): void;
  close(): void;
  become(customerId: string): void;
}

export class Header {
  private readonly title = h("h1", { id: "title" });
  private readonly state = h("p", { class: "state" });
  private readonly language = h("button", { type: "button", class: "quiet", id: "language" });
  private readonly more = h("button", { type: "button", class: "round", id: "more", "aria-expanded": "false", "aria-controls": "menu" }, icon("more"));
  private readonly fresh = h("button", { type: "button", id: "fresh" });
  private readonly transcript = h("button", { type: "button", id: "transcript" });
  private readonly end = h("button", { type: "button", id: "end" });
  private readonly close = h("button", { type: "button", class: "round", id: "close", hidden: true }, icon("close"));
  private readonly menu = h("div", { id: "menu", class: "menu", hidden: true }, this.fresh, this.transcript, this.end);
  private readonly who = h("select", { id: "who" });
  private readonly whoName = h("label", { for: "who" });
  private readonly mark = h("span", { class: "mark" });
  private readonly demo = h("div", { class: "demo", hidden: true }, this.mark, this.whoName, this.who);
  readonly node = h("header", { class: "bar" },
    h("div", { class: "top" },
      h("span", { class: "logo" }, icon("chat")),
      h("div", { class: "names" }, this.title, this.state),
      this.language, h("div", { class: "more" }, this.more, this.menu), this.close),
    this.demo);

  constructor(commands: Commands) {
    this.language.addEventListener("click", () => commands.otherLanguage());
    this.more.addEventListener("click", () => this.open(this.menu.hidden));
    for (const [button, run] of [[this.fresh, commands.fresh], [this.transcript, commands.transcript], [this.end, commands.end]] as const) {
      button.addEventListener("click", () => {
        this.open(false);
        run();
      });
    }
    this.close.addEventListener("click", () => commands.close());
    this.who.addEventListener("change", () => commands.become(this.who.value));
    document.addEventListener("click", (event) => {
      if (!this.menu.parentElement!.contains(event.target as Node)) this.open(false);
    });
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.menu.hidden) return;
      this.open(false);
      this.more.focus();
    });
  }

  speak(words: Words): void {
    this.title.textContent = words.title;
    this.language.textContent = words.other;
    this.language.lang = words.other === "English" ? "en" : "zh-CN";
    this.more.setAttribute("aria-label", words.menu);
    this.close.setAttribute("aria-label", words.close);
    this.fresh.textContent = words.fresh;
    this.transcript.textContent = words.transcript;
    this.end.textContent = words.end;
    this.whoName.textContent = words.who;
    this.mark.textContent = words.demo;
    const guest = this.who.querySelector('option[value=""]');
    if (guest) guest.textContent = words.guest;
  }

  tell(connected: boolean, words: Words): void {
    swap(this.state, h("span", { class: connected ? "dot on" : "dot" }), connected ? words.online : words.connecting);
  }

  offer(customers: { customer_id: string; name: string }[], who: string, words: Words): void {
    swap(this.who, new Option(words.guest, ""), ...customers.map((one) => new Option(one.name, one.customer_id)));
    this.who.value = customers.some((one) => one.customer_id === who) ? who : "";
    this.demo.hidden = false;
  }

  embed(): void {
    this.close.hidden = false;
  }

  private open(now: boolean): void {
    this.menu.hidden = !now;
    this.more.setAttribute("aria-expanded", String(now));
    if (now) this.fresh.focus();
  }
}
