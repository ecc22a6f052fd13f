// Panels of a card come anew when something changed: what htmx had put into them stays until it is asked again.
(() => {
  if (window.tomadaPanels) return;
  window.tomadaPanels = true;
  const kept = new Map(); // data-kept → what stands there

  document.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail;
    if (target.dataset?.kept) kept.set(target.dataset.kept, target.innerHTML);
  });

  document.addEventListener("crm:refreshed", () => {
    document.querySelectorAll("[data-kept]").forEach((place) => {
      const before = kept.get(place.dataset.kept);
      if (before !== undefined && place.querySelector(":scope > .spinner, :scope > p > .spinner")) place.innerHTML = before;
    });
    const panels = document.getElementById("panels");
    if (panels) window.htmx.process(panels);
  });
})();
