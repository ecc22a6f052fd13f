// Copies the text of a field: <button data-copies="id of the field" data-copied="Copied">.
(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copies);
    field.focus();
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // pages without https have no clipboard of their own
    }
    button.querySelector("[data-copy-words]").textContent = button.dataset.copied;
  });
})();
