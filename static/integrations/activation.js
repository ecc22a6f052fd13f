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
  // Back from the page's cache: the form can be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
  });
})();
