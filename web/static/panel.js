// Keeps the living part of the page as the branch is, without touching what a person is doing there.
//
// A stream of server-sent events says when to look again. Where there is no stream (too many are open, or something
// between does not let it through) the page asks every few seconds instead.
"use strict";
(() => {
  const POLL = 10000; // without a stream
  const AGES = 30000; // with one: only "since 5 min" grows
  const STREAM_AGAIN = 60000; // after the panel had no room for one
  const GIVE_UP = 8000; // the panel's own wait for the agent is shorter
  const OLD = 35000; // two signs of life missed
  const FAILED = 8000; // and when an attempt has failed
  const TOLD = 20000;
  const opened = Date.now();
  let fresh = opened;
  let failed = false;
  let stream = null;
  let streamNotBefore = 0;
  let renewing = false;
  let again = false;
  let timer = 0;

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

  async function ask() {
    const answer = await fetch(location.pathname, {
      headers: { "X-Linewarden-Live": "1" },
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(GIVE_UP),
    });
    if (answer.status === 401) location.reload();
    else show(await answer.text());
  }

  // One question at a time; what is said meanwhile leads to one more.
  async function renew() {
    again = renewing;
    if (renewing) return;
    renewing = true;
    try {
      await ask();
      failed = false;
    } catch {
      failed = true; // the age of what is shown tells
    }
    renewing = false;
    age();
    if (again) renew();
    else plan();
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(turn, stream?.readyState === EventSource.OPEN ? AGES : POLL);
  }

  function turn() {
    if (document.hidden) return;
    if (!stream && Date.now() > streamNotBefore) listen();
    renew();
  }

  function alive() {
    fresh = Date.now();
    failed = false;
    age();
  }

  function listen() {
    const device = location.pathname.match(/^\/device\/([^/]+)$/)?.[1];
    stream = new EventSource(device ? `/live?device=${device}` : "/live");
    // What changed between the page and the stream is told by neither.
    stream.addEventListener("open", renew);
    stream.addEventListener("beat", alive);
    stream.addEventListener("change", renew);
    stream.addEventListener("error", () => {
      if (stream?.readyState === EventSource.CLOSED) {
        stream = null;
        streamNotBefore = Date.now() + STREAM_AGAIN;
      }
      renew(); // tells a login that ended from a contact that is lost
    });
  }

  function age() {
    const silence = Date.now() - fresh;
    const old = silence > OLD || (failed && silence > FAILED);
    document.getElementById("lost").hidden = !old;
    document.body.classList.toggle("old", old);
    if (old) {
      const since = new Date(fresh).toLocaleTimeString([], { hour12: false });
      document.getElementById("lost-age").textContent = since;
    }
    if (Date.now() - opened > TOLD) document.querySelector(".outcome.done")?.remove();
  }

  // A page that nobody sees holds no stream; one that is seen again is renewed at once.
  function looked() {
    if (document.hidden) {
      stream?.close();
      stream = null;
      return;
    }
    age();
    turn();
  }

  document.addEventListener("visibilitychange", looked);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && looked());
  addEventListener("online", turn);
  setInterval(() => {
    age();
    if (failed && !document.hidden) renew();
  }, 2000);
  if (!document.hidden) listen();
  plan();
})();
