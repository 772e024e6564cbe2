// Fetches the charts of a device into its page, and again every five minutes: a bucket is as long.
"use strict";
(() => {
  const EVERY = 300000;
  const GIVE_UP = 20000;
  const place = document.getElementById("trends");
  let from = place.dataset.from;

  async function renew() {
    const answer = await fetch(from, {
      headers: { "X-Linewarden-Live": "1" },
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(GIVE_UP),
    });
    if (answer.status === 401) location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("trends");
    if (next) place.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
  }

  async function show(address) {
    from = address;
    place.setAttribute("aria-busy", "true");
    try {
      await renew();
    } catch {
      location.assign(address); // the page of its own says what is wrong
    }
    place.removeAttribute("aria-busy");
  }

  place.addEventListener("click", (event) => {
    const link = event.target.closest("a:not(.file)");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href);
  });

  setInterval(() => {
    if (!document.hidden) renew().catch(() => {}); // the age of the page is told by its own script
  }, EVERY);
  renew().catch(() => {}); // the link stays
})();
