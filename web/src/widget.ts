// One script tag in a shop's page: a button, and the chat in a frame of its own server.
//   <script src="https://chat.shop.example/chat/widget.js" async data-customer-token="JWT" data-language="en"></script>
// window.Kefu.open(), .close() and .signIn(jwt) do what they say.

const script = document.currentScript as HTMLScriptElement | null;
const server = new URL(script?.src ?? location.href).origin;
const NAMES = { en: { open: "Open the chat", close: "Close the chat", title: "Customer service" }, zh: { open: "打开聊天", close: "关闭聊天", title: "在线客服" } };

const STYLE = `
:host { all: initial; }
button, iframe { position: fixed; z-index: 2147483000; }
button { right: 20px; bottom: 20px; width: 56px; height: 56px; border: 0; border-radius: 50%; color: #fff; background: #0b6570; cursor: pointer;
  box-shadow: 0 6px 20px rgb(10 30 40 / 28%); display: grid; place-items: center; padding: 0; }
button:hover { background: #095660; }
button:focus-visible { outline: 3px solid #0b6570; outline-offset: 3px; }
span { position: absolute; top: -4px; right: -4px; min-width: 20px; padding: 0 5px; box-sizing: border-box; border-radius: 10px; background: #b3261e; color: #fff;
  font: 600 12px/20px system-ui, sans-serif; text-align: center; }
[hidden] { display: none; }
iframe { right: 20px; bottom: 88px; width: 400px; height: min(680px, calc(100vh - 112px)); border: 0; border-radius: 16px; background: #fff;
  box-shadow: 0 16px 48px rgb(10 30 40 / 30%); color-scheme: light dark; }
@media (prefers-color-scheme: dark) { iframe { background: #151c21; } }
@media (max-width: 480px) { iframe { inset: 0; width: 100%; height: 100%; border-radius: 0; } }
`;

function icon(): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const given = { viewBox: "0 0 24 24", width: "26", height: "26", fill: "none", stroke: "currentColor", "stroke-width": "1.7", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(given)) svg.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M4 5.5h16v11H10l-4.5 3.5v-3.5H4z");
  svg.append(path);
  return svg;
}

function begin(): void {
  const language = (script?.dataset.language ?? document.documentElement.lang ?? navigator.language).toLowerCase().startsWith("zh") ? "zh" : "en";
  const names = NAMES[language];
  let token = script?.dataset.customerToken ?? null;
  let frame: HTMLIFrameElement | null = null;

  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // allowed under a policy that forbids inline style
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  const badge = document.createElement("span");
  badge.hidden = true;
  button.type = "button";
  button.append(icon(), badge);
  shadow.append(button);
  document.body.append(host);

  const show = (open: boolean): void => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = `${server}/?embed=1`;
      frame.title = names.title;
      frame.allow = "clipboard-write";
      shadow.append(frame);
    }
    if (frame) frame.hidden = !open;
    // to any origin: before the frame has loaded it has none, and this says nothing of anybody
    frame?.contentWindow?.postMessage({ type: "kefu:shown", open }, "*");
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? names.close : names.open);
    if (open) frame?.focus();
    else button.focus();
  };
  const isOpen = () => !!frame && !frame.hidden;

  button.addEventListener("click", () => show(!isOpen()));
  addEventListener("message", (event) => {
    if (event.origin !== server || !frame || event.source !== frame.contentWindow) return;
    if (event.data?.type === "kefu:ready") frame.contentWindow?.postMessage({ type: "kefu:hello", customer_token: token, language }, server);
    if (event.data?.type === "kefu:close") show(false);
    if (event.data?.type === "kefu:unread") {
      badge.hidden = isOpen() || !event.data.count;
      badge.textContent = String(event.data.count);
    }
  });
  button.setAttribute("aria-label", names.open);
  button.setAttribute("aria-expanded", "false");
  const api = {
    open: () => show(true),
    close: () => show(false),
    signIn: (jwt: string | null) => {
      token = jwt;
      const open = isOpen();
      frame?.remove();
      frame = null;
      if (open) show(true);
    },
  };
  (window as unknown as { Kefu: typeof api }).Kefu = api;
  if (script?.dataset.open !== undefined) show(true);
}

if (document.body) begin();
else addEventListener("DOMContentLoaded", begin);
