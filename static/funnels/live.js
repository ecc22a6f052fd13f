// Keeps [data-refresh] sections current, sends [data-quick] forms without a reload, filters as one types.
(() => {
  const headers = () => {
    const given = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    return { ...given, Accept: "application/json" };
  };
  const busy = new Set(); // names of gestures during which nothing may be replaced
  let wanted = false;
  let asked = 0;

  function typing(section) {
    if (section.querySelector("[data-dirty], dialog[open]")) return true;
    const active = document.activeElement;
    return section.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
  }

  function keep(section) {
    const scrolls = [section, ...section.querySelectorAll("[data-keep-scroll]")]
      .filter((part) => part.id && part.hasAttribute("data-keep-scroll"))
      .map((part) => [part.id, part.scrollLeft, part.scrollTop]);
    const open = [...section.querySelectorAll("details[open][id]")].map((part) => part.id);
    const active = section.contains(document.activeElement) ? document.activeElement.id : "";
    return () => {
      open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
      scrolls.forEach(([id, left, top]) => document.getElementById(id)?.scrollTo({ left, top, behavior: "instant" }));
      if (active) document.getElementById(active)?.focus({ preventScroll: true });
    };
  }

  function replace(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    document.querySelectorAll("[data-refresh]").forEach((section) => {
      const next = fresh.getElementById(section.id);
      if (!next || typing(section)) return;
      if (next.isEqualNode(section)) return;
      const restore = keep(section);
      section.replaceWith(document.adoptNode(next));
      restore();
    });
    reveal();
    document.dispatchEvent(new CustomEvent("crm:refreshed"));
  }

  // A stepper wider than the screen shows the step that the card is in.
  let step = "";
  function reveal() {
    const current = document.querySelector("[aria-current=step]");
    if (!current || current.textContent === step) return;
    step = current.textContent;
    const strip = current.parentElement;
    strip.scrollTo({ left: current.offsetLeft - (strip.clientWidth - current.clientWidth) / 2, behavior: "instant" });
  }
  reveal();

  async function refresh(address = location.href) {
    if (!document.querySelector("[data-refresh]")) return;
    if (busy.size) {
      wanted = true;
      return;
    }
    const mine = ++asked;
    const url = new URL(address, location.href);
    url.hash = "";
    document.querySelectorAll("[data-refresh] input[name=shown]").forEach((input) => {
      if (!url.searchParams.getAll("shown").some((each) => each.split(":")[0] === input.value.split(":")[0])) {
        url.searchParams.append("shown", input.value);
      }
    });
    try {
      const answer = await fetch(url, { headers: { "X-Live": "1" }, credentials: "same-origin" });
      if (answer.ok && mine === asked && !busy.size) replace(await answer.text());
      else if (busy.size) wanted = true;
      else if (answer.status === 404) location.reload(); // deleted meanwhile: say so
    } catch {
      // The network is away; the next change asks again.
    }
  }

  function hold(name) {
    busy.add(name);
  }

  function release(name) {
    busy.delete(name);
    if (!busy.size && wanted) {
      wanted = false;
      refresh();
    }
  }

  // Answers {ok, status, message, missing}; says every failure in words.
  async function post(address, body) {
    const place = document.getElementById("toasts");
    try {
      const answer = await fetch(address, { method: "POST", body, headers: headers(), credentials: "same-origin" });
      const json = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : null;
      if (json) return { ...json, ok: answer.ok, status: answer.status };
      const words = { 403: place?.dataset.forbidden, 409: place?.dataset.conflict }[answer.status];
      return { ok: false, status: answer.status, message: words || place?.dataset.failed };
    } catch {
      return { ok: false, status: 0, message: place?.dataset.offline };
    }
  }

  async function quick(form, submitter) {
    if (form.dataset.sending) return;
    form.dataset.sending = "1";
    const button = submitter || form.querySelector("button:not([type=button])");
    button?.setAttribute("aria-disabled", "true");
    const answer = await post(form.action, new FormData(form));
    delete form.dataset.sending;
    button?.removeAttribute("aria-disabled");
    if (!answer.ok) {
      window.tomada.toast(answer.message, "danger");
      form.querySelectorAll("input[type=checkbox]").forEach((box) => {
        box.checked = box.defaultChecked;
      });
    } else {
      if ("quiet" in form.dataset) window.tomada.settle();
      else window.tomada.toast(answer.message, "ok");
      delete form.dataset.dirty;
      form.closest("dialog")?.close();
      const details = form.closest("details");
      form.reset();
      form.querySelectorAll("[data-picker] input[type=hidden]").forEach((input) => {
        input.value = "";
      });
      if (details) {
        details.open = false;
        details.querySelector("summary")?.focus();
      } else if (form.contains(document.activeElement) && document.activeElement.matches("textarea, input")) {
        document.activeElement.blur();
      }
    }
    refresh();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-quick]")) return;
    event.preventDefault();
    quick(form, event.submitter);
  });

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-quick]:not([data-autosubmit])");
    if (form) form.dataset.dirty = "1";
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form) form.requestSubmit();
  });

  // Filters: the address follows what is typed, so that reloading and sharing show the same.
  let timer = 0;
  function filter(form) {
    const given = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...given]) if (!value) given.delete(name);
    const address = `${location.pathname}${given.size ? `?${given}` : ""}`;
    history.replaceState(null, "", address);
    document.querySelectorAll("[data-refresh] input[name=shown]").forEach((input) => input.remove());
    refresh(address);
  }
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-filters]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => filter(form), event.target.type === "search" ? 250 : 0);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-filters]")) return;
    event.preventDefault();
    clearTimeout(timer);
    filter(event.target);
  });

  document.addEventListener("click", (event) => {
    const soft = event.target.closest("a[data-soft]");
    if (!soft || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const url = new URL(soft.href);
    url.hash = "";
    history.replaceState(null, "", url);
    refresh(url);
  });

  document.addEventListener("tomada:changed", () => refresh());

  window.tomadaCrm = { refresh, post, hold, release };
})();
