// The theme follows what was chosen in the user menu and, where that is "system", the system while it changes.
(() => {
  const page = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return JSON.parse(localStorage.getItem("adminTheme")) || "auto";
    } catch {
      return "auto"; // storage may be closed or hold something else: the system decides
    }
  }

  function follow() {
    const choice = chosen();
    const dark = choice === "dark" || (choice === "auto" && system.matches);
    if (page.hasAttribute("x-data")) {
      // unfold's frame: Alpine owns the class, and looks at the system only when its choice changes.
      const state = window.Alpine?.$data(page);
      if (state?.adminTheme !== "auto") return;
      state.adminTheme = "light"; // there and back within one tick: Alpine evaluates the class once, anew
      state.adminTheme = "auto";
    } else {
      page.classList.toggle("dark", dark);
    }
  }

  // Pages without unfold's frame: before anything is painted.
  if (!page.hasAttribute("x-data")) follow();
  system.addEventListener("change", follow);
})();
