// Search boxes that choose a row ([data-picker]), chips for several, rows of phones, and colours.
(() => {
  const WAIT = 180;

  function option(list, text, detail, act, icon) {
    const made = document.createElement("li");
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    made.id = `${list.id}-${list.children.length}`;
    if (icon) {
      const mark = document.createElement("span");
      mark.className = "material-symbols-outlined";
      mark.setAttribute("aria-hidden", "true");
      mark.textContent = icon;
      made.append(mark);
    }
    const words = document.createElement("span");
    words.textContent = text;
    made.append(words);
    if (detail) {
      const small = document.createElement("small");
      small.textContent = detail;
      made.append(small);
    }
    made.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      act();
    });
    made.act = act;
    list.append(made);
  }

  function set(box) {
    const input = box.querySelector("[role=combobox]");
    const list = box.querySelector("[role=listbox]");
    const status = box.querySelector("[data-picker-status]");
    const hidden = box.querySelector("input[type=hidden]:not([name=related])");
    const several = box.dataset.multiple;
    let timer = 0;
    let at = -1;
    let asked = 0;

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    function newcomer() {
      const fields = box.parentElement.querySelector("[data-new-person]") ?? box.closest("form").querySelector("[data-new-person]");
      if (!fields || !box.dataset.picker.includes("person") || several) return;
      fields.hidden = Boolean(hidden.value) || !input.value.trim();
    }

    function choose(result) {
      close();
      if (several) {
        chip(result);
        input.value = "";
        return;
      }
      hidden.value = result.id;
      input.value = result.name;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      hidden.value = result.id; // the input event above counts as typing
      newcomer();
      close();
      clearTimeout(timer);
    }

    function chip(result) {
      const chips = box.querySelector("[data-chips]");
      if (chips.querySelector(`input[value="${result.id}"]`)) return;
      const made = document.createElement("li");
      made.className = "chip";
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: several, value: result.id });
      const remove = document.createElement("button");
      Object.assign(remove, { type: "button", className: "icon-btn" });
      remove.dataset.removeChip = "";
      remove.setAttribute("aria-label", `${box.dataset.remove} ${result.name}`);
      remove.innerHTML = '<span class="material-symbols-outlined" aria-hidden="true">close</span>';
      made.append(field, result.name, remove);
      chips.append(made);
    }

    async function ask() {
      const typed = input.value.trim();
      const mine = ++asked;
      let results = [];
      try {
        const answer = await fetch(`${box.dataset.picker}?q=${encodeURIComponent(typed)}`, { credentials: "same-origin" });
        if (answer.ok) ({ results } = await answer.json());
      } catch {
        return;
      }
      if (mine !== asked || document.activeElement !== input) return;
      list.replaceChildren();
      results.forEach((result) => option(list, result.name, result.detail, () => choose(result)));
      const exact = results.some((result) => result.name.toLowerCase() === typed.toLowerCase());
      if (box.dataset.create && typed && !exact) {
        option(list, `${box.dataset.create}: ${typed}`, "", () => {
          hidden.value = "";
          newcomer();
          close();
          input.closest("form").querySelector("[data-new-person]:not([hidden]) input")?.focus();
        }, "add");
      }
      if (!list.children.length) {
        const none = document.createElement("li");
        none.className = "muted";
        none.textContent = box.dataset.none;
        list.append(none);
      }
      status.textContent = results.length ? `${results.length} ${box.dataset.found}` : box.dataset.none;
      list.hidden = false;
      at = -1;
      input.setAttribute("aria-expanded", "true");
    }

    input.addEventListener("input", () => {
      if (hidden) hidden.value = "";
      newcomer();
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT);
    });
    input.addEventListener("focus", () => {
      if (several || !input.value) ask();
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const all = [...list.querySelectorAll("[role=option]")];
      if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (["ArrowDown", "ArrowUp"].includes(event.key)) {
        event.preventDefault();
        if (list.hidden) {
          ask();
          return;
        }
        if (!all.length) return;
        at = (at + (event.key === "ArrowDown" ? 1 : all.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % all.length;
        all.forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
        all[at].scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", all[at].id);
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        (all[at] ?? (several ? all[0] : null))?.act();
        if (at < 0 && !several) close();
      } else if (event.key === "Enter" && several) {
        event.preventDefault();
      }
    });
    newcomer();
  }

  function phones(event) {
    const group = event.target.closest("[data-phones]");
    if (!group) return;
    const all = [...group.querySelectorAll("input")];
    if (all.every((input) => input.value.trim()) && all.length < Number(group.dataset.most)) {
      const more = all.at(-1).cloneNode();
      more.value = "";
      more.removeAttribute("id");
      more.setAttribute("aria-label", group.querySelector("[aria-label]")?.getAttribute("aria-label") ?? "");
      group.append(more);
    }
  }

  // Beside a colour's text stands the browser's own chooser; the text alone is sent, so it can be blank.
  function colour(input) {
    const line = document.createElement("div");
    const swatch = document.createElement("input");
    line.className = "colour-line";
    swatch.type = "color";
    swatch.setAttribute("aria-label", input.dataset.colour);
    input.before(line);
    line.append(swatch, input);
    const follow = () => {
      const whole = /^#[0-9a-f]{6}$/i.test(input.value);
      if (whole) swatch.value = input.value;
      line.classList.toggle("blank", !whole);
    };
    swatch.addEventListener("input", () => {
      input.value = swatch.value;
      follow();
    });
    input.addEventListener("input", follow);
    follow();
  }

  const start = () => {
    document.querySelectorAll("[data-picker]:not([data-ready])").forEach((box) => {
      box.dataset.ready = "1";
      set(box);
    });
    document.querySelectorAll("input[data-colour]:not([data-ready])").forEach((input) => {
      input.dataset.ready = "1";
      colour(input);
    });
  };
  document.addEventListener("input", phones);
  document.addEventListener("click", (event) => event.target.closest("[data-remove-chip]")?.closest(".chip").remove());
  document.addEventListener("crm:refreshed", start);
  start();
})();
