// In a shop's page: what the widget around this frame says, and what it is told.

export interface Hello {
  customer_token: string | null;
  language: string | null;
}

const HELLO_WITHIN = 1500;

export const embedded = new URLSearchParams(location.search).has("embed") && parent !== window;

export function hello(): Promise<Hello> {
  return new Promise((tell) => {
    const nothing = { customer_token: null, language: null };
    const timer = setTimeout(() => tell(nothing), HELLO_WITHIN);
    addEventListener("message", function heard(event: MessageEvent) {
      // only the page around us, which the server's frame-ancestors names, may say who the customer is
      if (event.source !== parent || event.data?.type !== "kefu:hello") return;
      removeEventListener("message", heard);
      clearTimeout(timer);
      const text = (value: unknown) => (typeof value === "string" && value ? value : null);
      tell({ customer_token: text(event.data.customer_token), language: text(event.data.language) });
    });
    parent.postMessage({ type: "kefu:ready" }, "*");
  });
}

// Whether the widget shows the frame: a frame that is not displayed does not count as hidden by itself.
export function onShown(listener: (open: boolean) => void): void {
  addEventListener("message", (event) => {
    if (embedded && event.source === parent && event.data?.type === "kefu:shown") listener(event.data.open === true);
  });
}

export function tellParent(type: string, more: Record<string, number> = {}): void {
  if (embedded) parent.postMessage({ type, ...more }, "*"); // neither words nor names
}

// Whose token it is, unchecked: only to tell one customer's conversation from another's in this browser.
export function subject(token: string): string {
  try {
    const part = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    return `shop:${JSON.parse(atob(part)).sub}`;
  } catch {
    return "shop:";
  }
}
