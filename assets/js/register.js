// The filter of the register page: hides the records that do not match, and says how many do.
(function () {
  "use strict";
  const form = document.querySelector("form.hp-filter");
  const rows = Array.from(document.querySelectorAll("table.hp-register tbody tr"));
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const tables = Array.from(document.querySelectorAll("table.hp-register"));
  const parts = tables.map((table) => table.closest("section"));

  function apply() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = form.elements.status.value;
    let count = 0;
    rows.forEach((row, position) => {
      const match =
        (!status || row.dataset.status === status) &&
        words.every((word) => texts[position].includes(word));
      row.hidden = !match;
      if (match) count += 1;
    });
    for (const part of parts) part.hidden = !part.querySelector("tbody tr:not([hidden])");
    form.querySelector("output").textContent = count + " of " + rows.length + " records";
  }

  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", reveal);
  apply();
})();
