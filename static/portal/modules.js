// White Label's settings: colour wells beside their fields, suggestions, pictures before they are sent, the preview.
(() => {
  const form = document.getElementById("module-form");
  if (!form) return;
  const PLAIN = /^#[0-9a-f]{6}$/i;
  let waiting;

  function look() {
    clearTimeout(waiting);
    waiting = setTimeout(() => document.body.dispatchEvent(new Event("look")), 250);
  }

  function follow(field) {
    const well = form.querySelector(`[data-well="${field.id}"]`);
    if (well && PLAIN.test(field.value)) well.value = field.value.toLowerCase();
    else if (well && !field.value) well.value = well.defaultValue; // the portal's own
  }

  function show(input) {
    const shown = form.querySelector(`[data-shows="${input.id}"]`);
    const file = input.files[0];
    if (!shown || !file) return;
    const reader = new FileReader();
    reader.onload = () => {
      shown.src = reader.result;
      shown.hidden = false;
    };
    reader.readAsDataURL(file);
  }

  form.querySelectorAll("[data-look]").forEach(follow);
  form.querySelector('[name="tab_name"]')?.setAttribute("data-look", "");
  form.addEventListener("input", (event) => {
    const { target } = event;
    if (target.dataset.well) {
      document.getElementById(target.dataset.well).value = target.value;
      look();
    } else if (target.matches("[data-look]")) {
      follow(target);
      look();
    }
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") show(event.target);
  });
  // Suggestions come with the preview too: one listener for all of them.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set]");
    if (!button) return;
    const field = document.getElementById(button.dataset.set);
    field.value = button.dataset.value;
    follow(field);
    field.focus();
    look();
  });
})();
