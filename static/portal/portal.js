// Toasts, the search field's keyboard, and what htmx cannot say by itself.
(() => {
  const SHOWN = 6000;
  const SERIOUS = new Set(["danger", "warn"]);

  const box = () => document.getElementById("toasts");

  function leave(toast) {
    toast.classList.add("leaving");
    setTimeout(() => toast.remove(), 200);
  }

  function live(toast) {
    // Errors stay longer: they say what to do. A toast under the pointer or with the focus does not leave.
    const wait = toast.classList.contains("danger") ? SHOWN * 2 : SHOWN;
    const again = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(again, 1500);
      else leave(toast);
    };
    setTimeout(again, wait);
  }

  // What was refused has been put right: its words would only be in the way.
  function settle() {
    box()?.querySelectorAll(".toast.danger:not(.leaving)").forEach(leave);
  }

  function toast(text, kind = "ok") {
    const place = box();
    if (!place || !text) return;
    if (kind === "ok") settle();
    const made = document.createElement("div");
    made.className = `toast ${kind}`;
    made.setAttribute("role", SERIOUS.has(kind) ? "alert" : "status");
    const words = document.createElement("span");
    words.className = "toast-words";
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "icon-btn";
    close.dataset.dismissToast = "";
    close.setAttribute("aria-label", place.dataset.dismiss);
    const icon = document.createElement("span");
    icon.className = "material-symbols-outlined";
    icon.setAttribute("aria-hidden", "true");
    icon.textContent = "close";
    close.append(icon);
    made.append(words, close);
    place.append(made);
    live(made);
  }

  function refused(event) {
    const place = box();
    const request = event.detail.xhr;
    if (!place) return;
    const plain = (request.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    const words = { 403: place.dataset.forbidden, 409: place.dataset.conflict }[request.status];
    toast(plain && request.responseText ? request.responseText : words || place.dataset.failed, "danger");
  }

  function searchKeys(field) {
    const hits = document.getElementById("search-hits");
    const links = () => [...hits.querySelectorAll("a")];
    field.addEventListener("keydown", (event) => {
      const all = links();
      const at = all.indexOf(document.activeElement);
      if (event.key === "Escape") {
        hits.replaceChildren();
        field.querySelector("input").focus();
      } else if (event.key === "ArrowDown" && all.length) {
        event.preventDefault();
        all[Math.min(at + 1, all.length - 1)].focus();
      } else if (event.key === "ArrowUp" && at >= 0) {
        event.preventDefault();
        (at === 0 ? field.querySelector("input") : all[at - 1]).focus();
      }
    });
    field.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !field.contains(event.relatedTarget)) hits.replaceChildren();
    });
    document.addEventListener("click", (event) => {
      if (!field.contains(event.target)) hits.replaceChildren();
    });
    document.addEventListener("keydown", (event) => {
      const busy = event.target.closest("input, textarea, select, [contenteditable], dialog");
      if (event.key === "/" && !busy && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        field.querySelector("input").focus();
      }
    });
  }

  function dialogs(event) {
    const opener = event.target.closest("[data-open-dialog]");
    if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
    if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog")?.close();
    if (event.target.matches("dialog")) event.target.close(); // the backdrop
  }

  // A form[data-confirm] asks before it is sent; without scripts it goes at once, as any other.
  function ask(event) {
    const form = event.target;
    if (!form.matches("form[data-confirm]")) return;
    if (form.dataset.confirmed) {
      delete form.dataset.confirmed;
      return;
    }
    const dialog = document.getElementById("confirm-dialog");
    if (!dialog) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const sender = event.submitter;
    const go = dialog.querySelector("[data-confirm-go]");
    dialog.querySelector("h2").textContent = form.dataset.confirm;
    dialog.querySelector("p").textContent = form.dataset.confirmText || "";
    go.textContent = form.dataset.confirmDo || sender?.textContent.trim() || "";
    go.onclick = () => {
      dialog.close();
      form.dataset.confirmed = "1";
      form.requestSubmit(sender);
    };
    dialog.showModal();
  }

  document.addEventListener("submit", ask, true);
  document.addEventListener("click", (event) => {
    const closed = event.target.closest("[data-dismiss-toast]");
    if (closed) leave(closed.closest(".toast"));
    dialogs(event);
  });
  document.addEventListener("keydown", (event) => {
    const focused = document.activeElement?.closest?.(".toast");
    if (event.key === "Escape" && focused) leave(focused);
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-toast]").forEach(live);
    document.querySelectorAll("[data-search]").forEach(searchKeys);
  });
  document.addEventListener("htmx:responseError", refused);
  document.addEventListener("htmx:sendError", () => toast(box()?.dataset.offline, "danger"));
  // The server's HX-Trigger: {"tomada:toast": {"text": "…", "kind": "ok"}}
  document.addEventListener("tomada:toast", (event) => toast(event.detail.text, event.detail.kind));

  window.tomada = { toast, settle };
})();
