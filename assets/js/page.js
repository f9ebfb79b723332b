// On every page: the notes of quoted numbers; the menu buttons of narrow screens.
(function () {
  "use strict";

  // --- Notes of numbers: shown on hover and focus, kept while the pointer is on them, Esc closes.
  let shown = null;
  let closing = 0;

  function close() {
    window.clearTimeout(closing);
    if (shown) shown.hidden = true;
    shown = null;
  }

  function open(link) {
    const note = document.getElementById(link.getAttribute("aria-describedby"));
    window.clearTimeout(closing);
    if (!note || note === shown) return;
    close();
    shown = note;
    note.hidden = false;
    const line = link.getClientRects()[0];
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(line.left, room - note.offsetWidth - 8));
    const above = line.top - note.offsetHeight - 6;
    note.style.left = left + "px";
    note.style.top = (above > 8 ? above : line.bottom + 6) + "px";
  }

  function closeSoon() {
    window.clearTimeout(closing);
    closing = window.setTimeout(close, 200);
  }

  const link = (event) => event.target.closest && event.target.closest("a.num");
  const note = (event) => event.target.closest && event.target.closest(".num-note");
  document.addEventListener("pointerover", (event) => {
    if (link(event)) open(link(event));
    else if (note(event)) window.clearTimeout(closing);
    else if (shown) closeSoon();
  });
  document.addEventListener("focusin", (event) => {
    if (link(event)) open(link(event));
    else close();
  });
  document.addEventListener("focusout", closeSoon);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  window.addEventListener("scroll", close, { passive: true });

  // --- The theme's menu icons are labels of hidden boxes: buttons take the keyboard, Esc closes.
  for (const label of document.querySelectorAll("label.nav-overlay-icon, label.toc-overlay-icon")) {
    const box = document.getElementById(label.htmlFor);
    const button = document.createElement("button");
    const tell = () => button.setAttribute("aria-expanded", String(box.checked));
    button.type = "button";
    button.className = label.className;
    button.setAttribute("aria-label", box.getAttribute("aria-label"));
    button.append(...label.childNodes);
    button.addEventListener("click", () => box.click());
    box.addEventListener("change", tell);
    tell();
    label.replaceWith(button);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const box of document.querySelectorAll("input.sidebar-toggle:checked")) box.click();
  });
})();
