"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const findings = [...document.querySelectorAll(".finding")];
  const servers = [...document.querySelectorAll("section.server")];
  const none = document.querySelector(".none");
  const filter = () => {
    const wanted = ["server", "severity", "rule"].map((name) => [name, form.elements[name].value]);
    let shown = 0;
    for (const finding of findings) {
      finding.hidden = wanted.some(([name, value]) => value && finding.dataset[name] !== value);
      shown += finding.hidden ? 0 : 1;
    }
    for (const server of servers) server.hidden = !server.querySelector(".finding:not([hidden])");
    none.hidden = shown > 0;
    form.elements.shown.value = `${shown} of ${findings.length} shown`;
  };
  form.hidden = false;
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  open();
  filter();
})();
