// Puts the browser's position into a [data-position] form before it is sent; says so where there is none.
(() => {
  const tell = (form, words) => {
    const place = form.querySelector("[data-position-error]");
    place.textContent = words;
    place.hidden = !words;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-position]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const denied = () => {
      button.disabled = false;
      form.removeAttribute("data-dirty");
      tell(form, form.dataset.denied);
    };
    tell(form, "");
    button.disabled = true;
    form.setAttribute("data-dirty", ""); // live pages leave the section alone until it is sent
    if (!navigator.geolocation) {
      denied();
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.latitude.value = coords.latitude.toFixed(6);
        form.elements.longitude.value = coords.longitude.toFixed(6);
        form.elements.accuracy.value = Math.round(coords.accuracy || 0);
        form.submit();
      },
      denied,
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  });
})();
