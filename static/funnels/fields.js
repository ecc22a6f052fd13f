// The form of a new field asks for options only where its type has them.
(() => {
  document.querySelectorAll("[data-new-field]").forEach((box) => {
    const type = box.querySelector("select");
    const options = box.querySelector("[data-options-of]");
    if (!type || !options) return;
    const set = () => {
      options.hidden = type.value !== options.dataset.optionsOf;
    };
    type.addEventListener("change", set);
    set();
  });
})();
