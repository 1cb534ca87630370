"use strict";
// Only what is more comfortable with it: everything can be read, and states chosen, without.
const find = document.getElementById("find");
const said = document.getElementById("found");
const rows = [...document.querySelectorAll("tr[data-text]")];
const hosts = [...document.querySelectorAll("details.host")];
const choose = () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  rows.forEach((row, at) => {
    const fits = words.every((word) => row.dataset.text.includes(word));
    row.hidden = hosts[at].hidden = !fits;
    left += fits;
  });
  said.textContent = words.length ? `${left} of ${rows.length}` : "";
};
const open = () => {
  const host = document.getElementById(location.hash.slice(1));
  if (host && host.matches("details.host")) {
    host.open = true;
    host.scrollIntoView();
  }
};
find.closest("label").hidden = false;
find.addEventListener("input", choose);
find.form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", open);
choose();
open();
