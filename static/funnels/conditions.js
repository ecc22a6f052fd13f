// Rows of a condition that come and go; the focus follows.
(() => {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-remove-row]")?.closest(".filter-row");
    if (!row) return;
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (next?.querySelector("select") || document.querySelector("[hx-target='#filter-rows']"))?.focus();
  });

  // A row comes anew when its field is chosen: the focus goes on to the comparison.
  document.addEventListener("htmx:load", (event) => {
    const row = event.detail.elt;
    if (!row.matches?.(".filter-row")) return;
    (row.querySelector("[data-focus-next]") || row.querySelector("select"))?.focus();
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelector("[data-focus]")?.focus());
})();
