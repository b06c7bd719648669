// Filters and orders the licenses of this page at once. Without it, or with several pages, the form does the same.
"use strict";

(() => {
  const form = document.querySelector("form.tools");
  const cards = document.querySelector(".cards");
  if (!form || !cards || form.dataset.pages !== "1") return;

  const licenses = [...cards.querySelectorAll(".license")];
  const none = document.getElementById("none");
  const tones = ["critical", "warning", "trouble", "info", "quiet", "ok"];
  const byName = (a, b) => a.dataset.name.localeCompare(b.dataset.name);
  const byUse = (a, b) => Number(b.dataset.used) - Number(a.dataset.used) || byName(a, b);
  const orders = {
    name: byName,
    used: byUse,
    attention: (a, b) => tones.indexOf(a.dataset.tone) - tones.indexOf(b.dataset.tone) || byUse(a, b),
  };

  const filter = () => {
    const wanted = form.elements.q.value.trim().toLowerCase();
    for (const license of licenses) license.hidden = !license.dataset.find.includes(wanted);
    none.hidden = licenses.length === 0 || licenses.some((license) => !license.hidden);
  };
  const order = () => {
    licenses.sort(orders[form.elements.sort.value]);
    cards.prepend(...licenses);
  };

  // What the server already left out cannot be filtered in again here.
  if (!form.elements.q.value) {
    form.elements.q.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.querySelector("button").hidden = true;
  }
  form.elements.sort.addEventListener("change", order);
})();
