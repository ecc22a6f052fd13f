// Asks /live/ whether something changed while a [data-live] page is open, and says so as "tomada:changed".
(() => {
  const SHOWN = 2000;
  const HIDDEN = 30000;
  let since = null;
  let timer = 0;

  const holder = () => document.querySelector("[data-live]");

  async function ask() {
    const place = holder();
    if (!place) return;
    if (since === null) since = place.dataset.live || "";
    try {
      const answer = await fetch(`/live/?since=${encodeURIComponent(since)}`, {
        headers: { "HX-Request": "true" },
        credentials: "same-origin",
      });
      if (answer.status === 401 || answer.status === 403) return; // signed out elsewhere: the next click says so
      if (answer.status === 200) {
        const { now } = await answer.json();
        const known = since !== "";
        since = String(now);
        if (known) document.body.dispatchEvent(new CustomEvent("tomada:changed", { bubbles: true, detail: { now } }));
      }
    } catch {
      // The network is away: keep asking, the page stays as it is.
    }
    plan();
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(ask, document.hidden ? HIDDEN : SHOWN);
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (holder()) plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && holder()) {
      clearTimeout(timer);
      ask();
    }
  });
})();
