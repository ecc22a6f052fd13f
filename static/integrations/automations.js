// Automations: switches that save themselves, rows that go away, and an order that can be dragged.
(() => {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-focus]")?.focus();
    document.querySelectorAll("[data-sortable]").forEach(sortable);
  });

  function sortable(list) {
    let dragged = null;
    let before = "";
    const order = () => [...list.querySelectorAll("[name=ids]")].map((input) => input.value).join();
    list.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("li");
      before = order();
      dragged.classList.add("dragging");
      event.dataTransfer.effectAllowed = "move";
    });
    list.addEventListener("dragover", (event) => {
      const over = event.target.closest("li");
      if (!dragged || !over) return;
      event.preventDefault();
      if (over === dragged) return;
      const box = over.getBoundingClientRect();
      over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
    });
    list.addEventListener("drop", (event) => event.preventDefault());
    list.addEventListener("dragend", () => {
      dragged.classList.remove("dragging");
      dragged = null;
      if (order() !== before) document.getElementById(list.dataset.sortable).requestSubmit();
    });
  }
})();
