// Moves cards between columns by mouse, by touch (hold, then drag), by keyboard and by the "Move to…" dialog.
(() => {
  const START = 6; // pixels before a press of the mouse is a drag
  const HOLD = 280; // milliseconds before a touch lifts a card; less is scrolling
  const EDGE = 56; // pixels at the board's edges that scroll it

  const crm = window.tomadaCrm;
  const board = () => document.getElementById("board");
  const columns = () => [...board().querySelectorAll("[data-stage]")];
  const columnOf = (card) => card.closest("[data-stage]");
  const list = (column) => column.querySelector("[data-cards]");

  function say(key, card, column) {
    const words = board().dataset[key].replace("{title}", card.dataset.title);
    document.getElementById("board-says").textContent = words.replace("{stage}", column?.dataset.name ?? "");
  }

  function count(column, by) {
    const place = column.querySelector("[data-count]");
    const number = Math.max(0, Number(place.textContent) + by);
    place.textContent = String(number);
    const word = column.querySelector("[data-one]");
    if (word) word.textContent = number === 1 ? word.dataset.one : word.dataset.many;
  }

  function put(card, column) {
    const from = columnOf(card);
    if (from === column) return;
    list(column).prepend(card);
    count(from, -1);
    count(column, 1);
  }

  // Shows the move at once and takes it back when the server refuses.
  async function move(id, column, origin) {
    const card = document.getElementById(id);
    if (!card || origin.column === column) return;
    put(card, column);
    const body = new FormData();
    body.set("stage", column.dataset.stage);
    body.set("version", card.dataset.version);
    card.classList.add("saving");
    crm.hold(`saving-${id}`);
    const answer = await crm.post(card.dataset.moveUrl, body);
    card.classList.remove("saving");
    if (answer.ok) {
      say("dropped", card, column);
      window.tomada.settle();
    } else {
      const focused = card.contains(document.activeElement);
      count(column, -1);
      count(origin.column, 1);
      list(origin.column).insertBefore(card, origin.next?.parentNode === list(origin.column) ? origin.next : null);
      if (focused) card.focus();
      card.classList.add("refused");
      setTimeout(() => card.classList.remove("refused"), 1200);
      say("back", card, origin.column);
      window.tomada.toast(answer.message, "danger");
    }
    crm.release(`saving-${id}`);
    crm.refresh();
  }

  const place = (card) => ({ column: columnOf(card), next: card.nextElementSibling });

  // --- Pointer ------------------------------------------------------------------------------------------
  let drag = null;

  function lift(event) {
    const box = drag.card.getBoundingClientRect();
    drag.ghost = drag.card.cloneNode(true);
    drag.ghost.removeAttribute("id");
    drag.ghost.classList.add("ghost");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.style.width = `${box.width}px`;
    board().append(drag.ghost);
    drag.dx = event.clientX - box.left;
    drag.dy = event.clientY - box.top;
    drag.on = true;
    drag.card.classList.add("lifted");
    document.body.classList.add("dragging");
    crm.hold("drag");
    if (drag.touch) navigator.vibrate?.(12);
    follow(event);
    drag.timer = setInterval(scroll, 16);
  }

  function follow(event) {
    drag.x = event.clientX;
    drag.y = event.clientY;
    drag.ghost.style.transform = `translate(${drag.x - drag.dx}px, ${drag.y - drag.dy}px) rotate(1.5deg)`;
    const over = document.elementFromPoint(drag.x, drag.y)?.closest("[data-stage]");
    columns().forEach((column) => column.classList.toggle("over", column === over));
    drag.over = over ?? null;
  }

  function scroll() {
    const box = board().getBoundingClientRect();
    const left = Math.max(box.left, 0);
    const right = Math.min(box.right, innerWidth);
    if (drag.x < left + EDGE) board().scrollBy({ left: -12, behavior: "instant" });
    else if (drag.x > right - EDGE) board().scrollBy({ left: 12, behavior: "instant" });
    const cards = drag.over && list(drag.over);
    if (!cards) return;
    const part = cards.getBoundingClientRect();
    if (drag.y < part.top + EDGE / 2) cards.scrollBy(0, -10);
    else if (drag.y > Math.min(part.bottom, innerHeight) - EDGE / 2) cards.scrollBy(0, 10);
  }

  function end(drop) {
    if (!drag) return;
    clearTimeout(drag.wait);
    clearInterval(drag.timer);
    const { card, on, over, id } = drag;
    drag.ghost?.remove();
    drag = null;
    if (!on) return;
    card.classList.remove("lifted");
    document.body.classList.remove("dragging");
    columns().forEach((column) => column.classList.remove("over"));
    // The click that follows a drop must not open the card.
    const stop = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", stop, { capture: true }), 60);
    if (drop && over) move(id, over, place(card));
    crm.release("drag");
  }

  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest?.(".deal-card");
    if (!card || !card.closest("#board") || event.button !== 0 || event.target.closest("[data-move]")) return;
    if (!card.querySelector("[data-move]") || lifted) return; // a closed card stays where it is
    drag = { card, id: card.id, on: false, touch: event.pointerType === "touch", sx: event.clientX, sy: event.clientY };
    if (drag.touch) drag.wait = setTimeout(() => drag && lift(event), HOLD);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const far = Math.hypot(event.clientX - drag.sx, event.clientY - drag.sy) > START;
    if (drag.on) follow(event);
    else if (far && drag.touch) end(false);
    else if (far) lift(event);
  });
  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
  document.addEventListener("touchmove", (event) => drag?.on && event.preventDefault(), { passive: false });
  document.addEventListener("contextmenu", (event) => drag?.touch && event.preventDefault());
  document.addEventListener("dragstart", (event) => event.target.closest?.("#board") && event.preventDefault());

  // --- Keyboard -----------------------------------------------------------------------------------------
  let lifted = null; // { id, origin }

  function cancel() {
    const card = document.getElementById(lifted.id);
    const { column, next } = lifted.origin;
    if (columnOf(card) !== column) {
      count(columnOf(card), -1);
      count(column, 1);
      list(column).insertBefore(card, next);
    }
    settle(card);
    say("cancelled", card, column);
  }

  function settle(card) {
    card.classList.remove("lifted-keys");
    card.removeAttribute("aria-grabbed");
    lifted = null;
    card.focus();
    crm.release("keys");
  }

  function steer(card, key) {
    const all = columns();
    const to = all[all.indexOf(columnOf(card)) + (key === "ArrowRight" ? 1 : -1)];
    if (!to) return;
    put(card, to);
    card.focus();
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    say("over", card, to);
  }

  function walk(card, key) {
    const cards = (column) => [...column.querySelectorAll(".deal-card")];
    if (key === "ArrowDown" || key === "ArrowUp") {
      const all = cards(columnOf(card));
      all[all.indexOf(card) + (key === "ArrowDown" ? 1 : -1)]?.focus();
      return;
    }
    const all = columns().filter((column) => cards(column).length);
    const to = all[all.indexOf(columnOf(card)) + (key === "ArrowRight" ? 1 : -1)];
    if (to) cards(to)[Math.min(cards(columnOf(card)).indexOf(card), cards(to).length - 1)].focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) return end(false);
    const card = event.target.closest?.(".deal-card");
    if (!card || event.target !== card || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const arrow = event.key.startsWith("Arrow");
    if (lifted) {
      if (arrow && ["ArrowLeft", "ArrowRight"].includes(event.key)) steer(card, event.key);
      else if (event.key === "Escape") cancel();
      else if (event.key === " " || event.key === "Enter") {
        const { origin } = lifted;
        const to = columnOf(card);
        settle(card);
        if (to === origin.column) say("dropped", card, to);
        else {
          count(to, -1); // move() counts it again
          count(origin.column, 1);
          list(origin.column).insertBefore(card, origin.next?.parentNode === list(origin.column) ? origin.next : null);
          move(card.id, to, origin);
          document.getElementById(card.id)?.focus();
        }
      } else if (event.key !== "Tab") return undefined;
      event.preventDefault();
    } else if (event.key === " " && card.querySelector("[data-move]")) {
      event.preventDefault();
      lifted = { id: card.id, origin: place(card) };
      card.classList.add("lifted-keys");
      crm.hold("keys");
      say("lifted", card, columnOf(card));
    } else if (event.key === "Enter") {
      card.querySelector(".deal-card-title").click();
    } else if (arrow) {
      event.preventDefault();
      walk(card, event.key);
    }
    return undefined;
  });
  document.addEventListener("focusout", (event) => {
    // Leaving a lifted card by Tab or by mouse puts it back, so nothing is left in the air.
    if (!lifted || event.target.id !== lifted.id) return;
    setTimeout(() => {
      if (lifted && document.activeElement?.id !== lifted.id) cancel();
    }, 0);
  });

  // --- "Move to…" and "Show more" -----------------------------------------------------------------------
  let chosen = "";

  function offer(card) {
    const dialog = document.getElementById("move-dialog");
    chosen = card.id;
    dialog.querySelector("[data-move-card]").textContent = card.dataset.title;
    dialog.querySelectorAll("[data-to]").forEach((button) => {
      button.disabled = button.dataset.to === columnOf(card).dataset.stage;
    });
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-move]");
    if (opener) {
      event.preventDefault();
      offer(opener.closest(".deal-card"));
      return;
    }
    const to = event.target.closest("#move-dialog [data-to]");
    if (to) {
      document.getElementById("move-dialog").close();
      const card = document.getElementById(chosen);
      const column = columns().find((each) => each.dataset.stage === to.dataset.to);
      if (card && column) {
        move(chosen, column, place(card));
        document.getElementById(`${chosen}-move`)?.focus();
      }
      return;
    }
    const more = event.target.closest("[data-more]");
    if (more) {
      const url = new URL(location.href);
      const [stage] = more.dataset.more.split(":");
      document.querySelectorAll("#board input[name=shown]").forEach((input) => {
        if (input.value.split(":")[0] === stage) input.remove();
      });
      url.searchParams.append("shown", more.dataset.more);
      more.setAttribute("aria-disabled", "true");
      crm.refresh(url);
      return;
    }
    const card = event.target.closest("#board .deal-card");
    if (card && !event.target.closest("a, button")) card.querySelector(".deal-card-title").click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches?.("[data-move]")) {
      event.preventDefault();
      offer(event.target.closest(".deal-card"));
    }
  });
})();
