// Renews the living part of the page every two seconds without touching what a person is doing there.
"use strict";
(() => {
  const EVERY = 2000;
  const GIVE_UP = 8000; // the panel's own wait for the agent is shorter
  const OLD = 10000;
  const TOLD = 20000;
  const opened = Date.now();
  let fresh = opened;

  const live = () => document.getElementById("live");

  function attributes(old, next) {
    for (const { name } of [...old.attributes]) {
      const own = name === "open" || (old.tagName === "INPUT" && name === "value" && old.type === "text");
      if (!next.hasAttribute(name) && !own) old.removeAttribute(name);
    }
    for (const { name, value } of [...next.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  // Makes `old` like `next` in place: elements with an id keep their identity, so focus, notes and open parts stay.
  function morph(old, next) {
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName) {
      old.replaceWith(document.importNode(next, true));
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== next.data) old.data = next.data;
      return;
    }
    attributes(old, next);
    children(old, next);
  }

  function children(old, next) {
    const kept = new Map();
    for (const child of old.children) if (child.id) kept.set(child.id, child);
    let place = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      const known = wanted.id ? kept.get(wanted.id) : undefined;
      if (known) {
        if (known !== place) old.insertBefore(known, place);
        morph(known, wanted);
        place = known.nextSibling;
      } else if (place && !place.id && !wanted.id) {
        const after = place.nextSibling;
        morph(place, wanted);
        place = after;
      } else {
        old.insertBefore(document.importNode(wanted, true), place);
      }
    }
    while (place) {
      const after = place.nextSibling;
      place.remove();
      place = after;
    }
  }

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.getElementById("live");
    if (!next) throw new Error("no living part");
    morph(live(), next);
    document.title = page.title;
    fresh = Date.now();
  }

  async function renew() {
    const answer = await fetch(location.pathname, {
      headers: { "X-Linewarden-Live": "1" },
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(GIVE_UP),
    });
    if (answer.status === 401) location.reload();
    else show(await answer.text());
  }

  function age() {
    const old = Date.now() - fresh > OLD;
    document.getElementById("lost").hidden = !old;
    document.body.classList.toggle("old", old);
    if (old) {
      const since = new Date(fresh).toLocaleTimeString([], { hour12: false });
      document.getElementById("lost-age").textContent = since;
    }
  }

  async function turn() {
    try {
      if (!document.hidden) await renew();
    } catch {
      // No contact: the age of what is shown tells.
    }
    age();
    if (Date.now() - opened > TOLD) document.querySelector(".outcome.done")?.remove();
    setTimeout(turn, EVERY);
  }

  document.addEventListener("visibilitychange", age);
  setTimeout(turn, EVERY);
})();
