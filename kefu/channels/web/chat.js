// The chat page: opens a conversation, sends messages, shows answers. Everything that a customer or a shop
// wrote goes into the page as text, never as markup.
"use strict";

const WORDS = {
  en: {
    title: "Customer service",
    who: "You are",
    guest: "a guest",
    language: "Language",
    fresh: "New chat",
    message: "Your message",
    send: "Send",
    person: "Talk to a person",
    personMessage: "I want to talk to a person",
    replies: "Suggested answers",
    you: "You: ",
    assistant: "Assistant: ",
    hello: "Hello! Ask me about your orders, returns, refunds, invoices or our products. I understand English and Chinese.",
    helloName: (name) => `Hello ${name}! Ask me about your orders, returns, refunds, invoices or our products. I understand English and Chinese.`,
    writing: "The assistant is writing…",
    unsent: "Not sent. ",
    offline: "The connection failed.",
    retry: "Try again",
    ended: "The earlier conversation has ended; this is a new one.",
    closed: "No conversation could be opened. Try “New chat” in a moment.",
  },
  zh: {
    title: "在线客服",
    who: "您的身份",
    guest: "访客",
    language: "语言",
    fresh: "新对话",
    message: "输入您的消息",
    send: "发送",
    person: "转人工客服",
    personMessage: "我要转人工客服",
    replies: "快捷回复",
    you: "您：",
    assistant: "客服助手：",
    hello: "您好！订单、退换货、退款、发票或商品的问题都可以问我，中文和英文都可以。",
    helloName: (name) => `${name}，您好！订单、退换货、退款、发票或商品的问题都可以问我，中文和英文都可以。`,
    writing: "客服助手正在输入…",
    unsent: "未发送。",
    offline: "网络连接失败。",
    retry: "重试",
    ended: "之前的对话已结束，现在是新的对话。",
    closed: "暂时无法开始对话，请稍后点击“新对话”。",
  },
};

const KEPT = "kefu.chat"; // sessionStorage: token, language, who, lines; gone with the tab
const element = (id) => document.getElementById(id);
const log = element("log");
const field = element("message");

let language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
let who = "";
let token = null;
let lines = []; // what the log shows, to show it again after a reload
let busy = false;

const words = () => WORDS[language];

// --- what outlives a reload of the tab

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ token, language, who, lines: lines.slice(-200) }));
  } catch {
    // Storage may be full or forbidden; the conversation goes on without surviving a reload.
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) || {};
  } catch {
    return {};
  }
}

// --- the server

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, address, body, bearer) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  const answer = await fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  let data = null;
  try {
    data = await answer.json();
  } catch {
    data = null;
  }
  if (!answer.ok) throw new Refused(answer.status, data?.error?.message || "");
  return data;
}

async function openConversation(notice) {
  token = null;
  clearLog();
  let name = null;
  try {
    const wish = { language };
    if (who) wish.customer_token = (await call("POST", "/chat/demo-token", { customer_id: who })).customer_token;
    const opened = await call("POST", "/chat/sessions", wish);
    token = opened.token;
    name = opened.customer?.name ?? null;
  } catch {
    add({ from: "notice", text: words().closed });
    return;
  }
  if (notice) add({ from: "notice", text: notice });
  add({ from: "notice", text: name ? words().helloName(name) : words().hello });
  keep();
}

// --- sending

function newId() {
  return crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(16).slice(2)}`;
}

async function send(payload, shown) {
  if (busy) return;
  if (!token) await openConversation();
  if (!token) return;
  field.focus(); // the pressed button is disabled now, and focus must not get lost with it
  lockReplies();
  const line = { from: "customer", text: shown, payload, id: newId() };
  add(line);
  keep();
  await deliver(line);
}

async function deliver(line) {
  setBusy(true);
  try {
    const answer = await call("POST", "/webhooks/rest/webhook", { message: line.payload, message_id: line.id }, token);
    markSent(line);
    answer.forEach(addAnswer);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) await openConversation(words().ended);
    if (!line.node.isConnected) {
      // It goes with the person into the new conversation, where an old button's nonce means nothing.
      line.payload = line.text;
      add(line);
    }
    markFailed(line, reasonOf(error));
  } finally {
    setBusy(false);
    keep();
  }
}

function reasonOf(error) {
  if (!(error instanceof Refused)) return words().offline;
  return error.message || words().offline;
}

function addAnswer(message) {
  if (message.text) add({ from: "assistant", text: message.text });
  if (message.image) add({ from: "assistant", image: message.image });
  if (message.buttons?.length) add({ from: "replies", buttons: message.buttons, pressed: null, locked: false });
}

function setBusy(now) {
  busy = now;
  element("status").textContent = now ? words().writing : "";
  for (const id of ["send", "person", "fresh", "who"]) element(id).disabled = now;
  for (const button of log.querySelectorAll(".replies button")) button.disabled = now || button.dataset.locked === "1";
}

// --- the log

function clearLog() {
  lines = [];
  log.replaceChildren();
}

function add(line) {
  lines.push(line);
  show(line);
}

function show(line) {
  const node = line.from === "replies" ? repliesNode(line) : lineNode(line);
  Object.defineProperty(line, "node", { value: node, enumerable: false, configurable: true, writable: true });
  log.append(node);
  log.scrollTop = log.scrollHeight;
}

function lineNode(line) {
  const node = document.createElement("div");
  node.className = `line ${line.from}`;
  if (line.from !== "notice") {
    const speaker = document.createElement("span");
    speaker.className = "unseen";
    speaker.textContent = line.from === "customer" ? words().you : words().assistant;
    node.append(speaker);
  }
  node.append(line.image ? imageNode(line.image) : document.createTextNode(line.text));
  if (line.failure) {
    node.classList.add("failed");
    node.append(failureNode(line));
  }
  return node;
}

function imageNode(address) {
  const image = document.createElement("img");
  image.src = address;
  image.alt = "";
  return image;
}

function repliesNode(line) {
  const group = document.createElement("div");
  group.className = "replies";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", words().replies);
  line.buttons.forEach((choice, position) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = choice.title;
    if (line.locked) lock(button, line.pressed === position);
    else button.addEventListener("click", () => press(line, position));
    group.append(button);
  });
  return group;
}

function press(line, position) {
  if (busy || line.locked) return;
  line.pressed = position;
  send(line.buttons[position].payload, line.buttons[position].title);
}

// A reply is good once, and only while it is the last that was asked.
function lockReplies() {
  for (const line of lines) {
    if (line.from !== "replies" || line.locked) continue;
    line.locked = true;
    [...line.node.children].forEach((button, position) => lock(button, line.pressed === position));
  }
}

function lock(button, pressed) {
  button.disabled = true;
  button.dataset.locked = "1";
  button.setAttribute("aria-pressed", String(pressed));
}

// --- messages that did not arrive

function markSent(line) {
  delete line.failure;
  line.node.classList.remove("failed");
}

function markFailed(line, reason) {
  line.node.querySelector(".retry")?.remove();
  line.failure = reason;
  line.node.classList.add("failed");
  line.node.append(failureNode(line));
  log.scrollTop = log.scrollHeight;
}

function failureNode(line) {
  const box = document.createElement("div");
  box.className = "retry";
  const retry = document.createElement("button");
  retry.type = "button";
  retry.textContent = words().retry;
  retry.addEventListener("click", () => {
    if (busy) return;
    box.remove();
    delete line.failure;
    deliver(line); // the same id: the server answers from its record if it has it
  });
  const reason = document.createElement("div");
  reason.textContent = words().unsent + line.failure;
  box.append(reason, retry);
  return box;
}

// --- language, demo, events

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = words().title;
  for (const node of document.querySelectorAll("[data-words]")) node.textContent = words()[node.dataset.words];
  const guest = element("who").querySelector('option[value=""]');
  if (guest) guest.textContent = words().guest;
  element("language").value = language;
}

async function offerCustomers() {
  let customers = [];
  try {
    customers = (await call("GET", "/chat/demo")).customers;
  } catch {
    return; // not a demo: the shop's own page signs its customers in
  }
  const choice = element("who");
  choice.append(new Option(words().guest, ""));
  for (const customer of customers) choice.append(new Option(customer.name, customer.customer_id));
  if (![...choice.options].some((option) => option.value === who)) who = "";
  choice.value = who;
  element("who-box").hidden = false;
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function submit() {
  const text = field.value.trim();
  if (!text || busy) return;
  field.value = "";
  grow();
  send(text, text);
}

function listen() {
  element("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    // isComposing: Enter that ends the choice of a Chinese character is no wish to send
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  element("person").addEventListener("click", () => send(words().personMessage, words().personMessage));
  element("fresh").addEventListener("click", async () => {
    await openConversation();
    field.focus();
  });
  element("language").addEventListener("change", (event) => {
    language = event.target.value;
    speak();
    keep();
  });
  element("who").addEventListener("change", async (event) => {
    who = event.target.value;
    await openConversation();
  });
}

async function start() {
  const kept = recall();
  if (kept.language in WORDS) language = kept.language;
  who = typeof kept.who === "string" ? kept.who : "";
  speak();
  listen();
  await offerCustomers();
  if (kept.token && Array.isArray(kept.lines)) {
    token = kept.token;
    lines = kept.lines;
    lines.forEach(show);
    const last = lines.at(-1);
    // The page was left before the answer came: ask for it, under the same id.
    if (last?.from === "customer" && !last.failure) deliver(last);
  } else {
    await openConversation();
  }
  document.documentElement.dataset.ready = "1";
  field.focus();
}

start();
