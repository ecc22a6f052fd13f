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

  // Back from the page's cache: the form can be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
  });
})();
