// The chat page: puts the parts together. Everything that anybody wrote goes into the page as text.
import "./chat.css";

import * as api from "./api";
import { askScore } from "./closing";
import { Composer } from "./composer";
import { Conversation } from "./conversation";
import { h, icon, put, swap } from "./dom";
import { embedded, hello, onShown, subject, tellParent } from "./embed";
import { Header } from "./header";
import { keep, onOtherTab, recall } from "./kept";
import { Log } from "./log";
import { download } from "./transcript";
import type { Language, Line } from "./types";
import { WORDS, filled } from "./words";

const CONNECTING_AFTER = 1200; // a short break of the connection is nobody's concern
const root = document.documentElement;

class Page {
  private language: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  private pressed = new Map<string, number>();
  private shopToken: string | null = null;
  private beginning = false;
  private atEnd = true;
  private lost = 0;
  private shown = true;
  private readonly talk = new Conversation({ changed: () => this.draw(), ended: () => void this.begin(this.words.ended) });
  private readonly log = new Log(this.talk, { press: (line, place) => this.press(line, place) });
  private readonly composer = new Composer({
    send: (text, photo) => this.say(text, text, photo),
    person: () => this.say(this.words.personMessage),
    problem: (words) => this.talk.notice(words),
  });
  private readonly header = new Header({
    otherLanguage: () => this.choose(this.language === "en" ? "zh" : "en"),
    fresh: () => void this.begin(),
    transcript: () => download(this.talk.lines, this.language),
    end: () => askScore(this.words, (score, comment) => void this.end(score, comment)),
    close: () => tellParent("kefu:close"),
    become: (customerId) => void this.begin("", customerId),
  });
  private readonly typing = h("div", { id: "typing", class: "typing", hidden: true }, h("i"), h("i"), h("i"));
  private readonly starters = h("div", { class: "starters", role: "group" });
  private readonly status = h("p", { id: "status", class: "unseen", role: "status" });
  private readonly banner = h("p", { class: "banner", hidden: true });
  private readonly below = h("button", { type: "button", class: "below", hidden: true });

  private get words() {
    return WORDS[this.language];
  }

  async start(): Promise<void> {
    put(document.getElementById("chat")!, this.header.node, this.banner,
      h("div", { class: "scroll" }, this.log.node, this.below), this.status, this.composer.node);
    this.listen();
    const kept = recall("language");
    if (kept === "en" || kept === "zh") this.language = kept;
    if (embedded) await this.meetParent();
    this.speak();
    if (!embedded) await this.offerCustomers();
    await this.goOn();
    root.dataset.ready = "1";
    this.composer.focus();
  }

  // --- conversations

  private async goOn(): Promise<void> {
    const session = recall("session");
    const who = this.shopToken ? subject(this.shopToken) : null;
    const fits = session && (embedded ? session.who === (who ?? session.who) : true);
    this.talk.language = this.language;
    if (!fits) return this.begin();
    this.talk.leave();
    this.clear();
    this.greet(session.customer?.name);
    if (await this.talk.resume(session)) return this.draw();
    return this.begin(this.words.ended, session.who);
  }

  private async begin(notice = "", who = recall("session")?.who ?? ""): Promise<void> {
    if (this.beginning) return;
    this.beginning = true;
    const owed = notice ? this.talk.lines.filter((line) => line.state === "failed") : [];
    try {
      const demo = who && !who.startsWith("shop:");
      const token = demo ? await api.demoToken(who) : this.shopToken;
      await this.talk.open(this.language, demo ? who : token ? subject(token) : "", token);
      this.clear();
      if (notice) this.talk.notice(notice);
      this.greet(this.talk.session?.customer?.name);
      // Words that the old conversation refused go with the person into the new one; an old button means nothing here.
      for (const line of owed) this.talk.say(line.text, line.text, line.file);
    } catch {
      this.talk.notice(this.words.closed);
    } finally {
      this.beginning = false;
    }
    this.composer.focus();
  }

  private async end(score: number, comment: string): Promise<void> {
    const session = this.talk.session;
    if (session) await api.rate(session, { score, ...(comment ? { comment } : {}) }).catch(() => undefined);
    await this.begin();
    this.tell(this.words.thanks);
  }

  private greet(name?: string | null): void {
    swap(this.starters, ...this.words.starters.map((text) =>
      h("button", { type: "button", click: () => this.say(text) }, text)));
    this.talk.notice(name ? filled(this.words.helloName, { name }) : this.words.hello);
  }

  private say(text: string, payload = text, photo?: Blob): void {
    if (!this.talk.session) void this.begin().then(() => this.talk.session && this.talk.say(text, payload, photo));
    else this.talk.say(text, payload, photo);
    this.atEnd = true;
    this.draw();
  }

  private press(line: Line, place: number): void {
    this.pressed.set(line.key, place);
    const button = line.buttons![place]!;
    this.say(button.title, button.payload);
    this.composer.focus(); // the pressed button is disabled now, and focus must not get lost with it
  }

  private clear(): void {
    this.pressed.clear();
    this.log.clear();
    this.atEnd = true;
  }

  // --- what is seen

  private draw(): void {
    this.log.draw(this.language, this.pressed);
    const fresh = !this.talk.lines.some((line) => line.from !== "notice");
    if (fresh) put(this.log.node, this.starters);
    else this.starters.remove();
    const writing = this.talk.isWriting;
    if (this.typing.hidden === writing) this.tell(writing ? this.words.writing : "");
    this.typing.hidden = !writing;
    put(this.log.node, this.typing);
    root.dataset.busy = String(writing || this.talk.unfinished);
    this.connection();
    if (this.atEnd) this.toEnd();
    this.count();
  }

  private connection(): void {
    const good = this.talk.connected && navigator.onLine;
    clearTimeout(this.lost);
    const show = () => {
      this.header.tell(good, this.words);
      this.banner.hidden = navigator.onLine;
      root.dataset.connected = String(good);
    };
    if (good) show();
    else this.lost = window.setTimeout(show, navigator.onLine ? CONNECTING_AFTER : 0);
  }

  // What was said by the assistant or a colleague and not seen yet: the page is hidden, or scrolled up.
  private count(): void {
    const session = this.talk.session;
    if (!session) return;
    const kept = recall("seen");
    const seen = kept?.session_id === session.session_id ? kept.seq : 0;
    const said = this.talk.lines.filter((line) => line.seq !== null && line.from !== "notice");
    const last = said.reduce((most, line) => Math.max(most, line.seq!), 0);
    const looking = !document.hidden && this.shown && this.atEnd;
    if (looking && last > seen) keep("seen", { session_id: session.session_id, seq: last });
    const read = looking ? last : seen;
    const unread = said.filter((line) => line.from !== "customer" && line.seq! > read).length;
    document.title = unread ? `(${unread}) ${this.words.title}` : this.words.title;
    this.below.hidden = this.atEnd;
    swap(this.below, icon("down_arrow"), unread ? h("span", {}, filled(this.words.newMessages, { count: unread })) : null);
    this.below.setAttribute("aria-label", filled(this.words.newMessages, { count: unread }));
    tellParent("kefu:unread", { count: unread });
  }

  private toEnd(): void {
    this.log.node.scrollTop = this.log.node.scrollHeight;
  }

  private tell(words: string): void {
    this.status.textContent = words;
  }

  private choose(language: Language): void {
    this.language = this.talk.language = language;
    keep("language", language);
    this.speak();
    this.draw();
  }

  private speak(): void {
    root.lang = this.language === "zh" ? "zh-CN" : "en";
    document.title = this.words.title;
    this.header.speak(this.words);
    this.header.tell(this.talk.connected, this.words);
    this.composer.speak(this.words);
    this.log.node.setAttribute("aria-label", this.words.title);
    this.starters.setAttribute("aria-label", this.words.replies);
    [...this.starters.children].forEach((button, place) => (button.textContent = this.words.starters[place] ?? ""));
    this.banner.textContent = this.words.offline;
    const greeting = this.talk.lines.find((line) => line.from === "notice");
    const name = this.talk.session?.customer?.name;
    const known = Object.values(WORDS).some((words) => greeting && [words.hello, filled(words.helloName, { name: name ?? "" })].includes(greeting.text));
    if (greeting && known) {
      greeting.text = name ? filled(this.words.helloName, { name }) : this.words.hello;
    }
  }

  // --- what happens around

  private async offerCustomers(): Promise<void> {
    try {
      this.header.offer(await api.demoCustomers(), recall("session")?.who ?? "", this.words);
    } catch {
      return; // not a demo: the shop's own page signs its customers in
    }
  }

  private async meetParent(): Promise<void> {
    this.header.embed();
    root.dataset.embed = "1";
    const greeting = await hello();
    this.shopToken = greeting.customer_token;
    if (greeting.language === "en" || greeting.language === "zh") this.language = greeting.language;
  }

  private listen(): void {
    const box = this.log.node;
    box.addEventListener("scroll", () => {
      this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
      this.count();
    });
    this.below.addEventListener("click", () => {
      this.atEnd = true;
      this.toEnd();
      this.composer.focus();
    });
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(box);
    box.addEventListener("load", () => this.atEnd && this.toEnd(), true); // a picture has got its height
    document.addEventListener("visibilitychange", () => this.count());
    onShown((open) => {
      this.shown = open;
      if (open) this.composer.focus();
      this.draw();
    });
    for (const name of ["online", "offline"]) addEventListener(name, () => this.draw());
    addEventListener("keydown", (event) => event.key === "Escape" && embedded && tellParent("kefu:close"));
    onOtherTab((name) => {
      if (name === "session" && recall("session")?.session_id !== this.talk.session?.session_id) void this.goOn();
    });
    // iOS lays the keyboard over the page; what is left is the visual viewport
    const view = window.visualViewport;
    view?.addEventListener("resize", () => root.style.setProperty("--height", `${view.height}px`));
  }
}

void new Page().start();
