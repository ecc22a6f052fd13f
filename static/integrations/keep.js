// Part of a form comes anew while somebody fills it in: what she chose meanwhile stays chosen.
(() => {
  let chosen = new Map(); // until the next swap: one answer may settle in several places

  document.addEventListener("htmx:beforeSwap", (event) => {
    chosen = new Map(
      [...event.detail.target.querySelectorAll("select[name]")].map((field) => [field.name, field.value]),
    );
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    event.detail.elt.querySelectorAll?.("select[name]").forEach((field) => {
      const before = chosen.get(field.name);
      if (!field.value && before && [...field.options].some((option) => option.value === before)) {
        field.value = before;
      }
    });
  });
})();
