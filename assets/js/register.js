// The register page: a filter that hides what does not match and says how many records do, and
// groups that open by themselves for a link, a filter and print.
(function () {
  "use strict";
  const form = document.querySelector("form.hp-filter");
  const rows = Array.from(document.querySelectorAll("table.hp-register tbody tr"));
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const tables = Array.from(document.querySelectorAll("table.hp-register"));
  const parts = tables.map((table) => table.closest("section"));
  const groups = tables.map((table) => table.closest("details"));

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
    const filtered = Boolean(status || words.length);
    for (const part of parts) part.hidden = !part.querySelector("tbody tr:not([hidden])");
    for (const group of groups) group.open = filtered;
    form.querySelector("output").textContent = count + " of " + rows.length + " records";
  }

  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const group = target && target.closest("details.hp-group");
    if (!group || (group.open && !target.hidden)) return;
    if (target.hidden) {
      form.reset();
      apply();
    }
    group.open = true;
    target.scrollIntoView();
  }

  let printed = [];
  window.addEventListener("beforeprint", () => {
    printed = groups.filter((group) => !group.open);
    for (const group of printed) group.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const group of printed) group.open = false;
  });

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", reveal);
  apply();
  reveal();
})();
