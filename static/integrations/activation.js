// The wizard: a form that asks the partner says so and is sent once.
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-busy]");
    if (!form) return;
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("data-sent", "");
  });
  // A part that was opened beside its button closes again; the focus goes back to where it came from.
  document.addEventListener("click", (event) => {
    const part = document.getElementById(event.target.closest("[data-close-part]")?.dataset.closePart);
    if (!part) return;
    const empty = document.createElement("div");
    empty.id = part.id;
    if (part.tagName === "DIV") empty.className = part.className;
    const home = part.closest(".pair-row, .map-group");
    part.replaceWith(empty);
    home?.querySelector("button")?.focus();
  });

  // What was chosen and is not saved yet is said beside its button; another form asks before that is lost.
  const words = document.querySelector("[data-unsaved]")?.dataset;
  const unsaved = new Set(); // the addresses of forms: htmx makes a form anew while it is filled in
  const forms = () => [...document.querySelectorAll("[data-unsaved] section form[method=post]:not([hx-post])")];
  const show = () =>
    forms().forEach((form) => {
      const place = form.querySelector(".actions");
      const mark = place?.querySelector(".unsaved");
      const wanted = unsaved.has(form.action);
      if (mark && !wanted) mark.remove();
      if (!place || mark || !wanted) return;
      const made = document.createElement("span");
      made.className = "unsaved badge warn";
      made.setAttribute("role", "status");
      made.textContent = words.unsaved;
      place.append(made);
    });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!forms().includes(form)) return;
    unsaved.add(form.action);
    show();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const asker = event.detail.requestConfig?.elt;
    if (asker?.tagName === "BUTTON") {
      event.detail.target?.querySelectorAll?.("form").forEach((form) => unsaved.delete(form.action));
      if (event.detail.elt?.tagName === "FORM") unsaved.delete(event.detail.elt.action);
    }
    show();
  });
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target.matches("[hx-post]")) return;
      const lost = [...unsaved].some((action) => action !== event.target.action);
      if (lost && !window.confirm(words.unsavedAsk)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );

  // Back from the page's cache: the form can be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
  });
})();
