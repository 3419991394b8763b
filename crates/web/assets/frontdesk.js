// Frontdesk: small helps where scripts run. Every page is complete without this file.
"use strict";
(() => {
  // Copying: the button names the read-only field that holds the value.
  const live = document.createElement("p");
  live.className = "sr";
  live.setAttribute("role", "status");
  document.body.append(live);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const value = source.value ?? source.textContent;
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      if (!source.select) return;
      source.select();
      document.execCommand("copy");
    }
    const word = button.querySelector("[data-word]");
    const before = word.textContent;
    if (button.classList.contains("is-copied")) return;
    button.classList.add("is-copied");
    word.textContent = live.textContent = button.dataset.copied;
    setTimeout(() => {
      button.classList.remove("is-copied");
      word.textContent = before;
      live.textContent = "";
    }, 2000);
  });

  // A read-only value is selected as a whole when entered.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".copy-box textarea")) event.target.select();
  });

  // On a narrow screen the navigation begins where one is.
  const here = document.querySelector(".nav [aria-current]");
  if (here) {
    const [nav, own] = [here.parentElement, here].map((element) => element.getBoundingClientRect());
    here.parentElement.scrollLeft += own.left - nav.left - (nav.width - own.width) / 2;
  }

  // Checkboxes that save themselves: the form has a button for those without scripts.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (form) form.requestSubmit();
    const all = event.target.closest("[data-all]");
    if (all) for (const box of all.form.querySelectorAll(`[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });

  // Applications are told of a sign-out in frames; then the page goes on, and does not wait for one that is slow.
  const onward = document.querySelector("[data-onward]");
  if (onward) {
    const frames = [...document.querySelectorAll("iframe[data-sign-out]")];
    let waiting = frames.length;
    const go = () => (onward.tagName === "FORM" ? onward.requestSubmit() : location.replace(onward.href));
    for (const frame of frames) frame.addEventListener("load", () => { if (--waiting === 0) go(); });
    if (waiting === 0) go();
    else setTimeout(go, 4000);
  }

  // A page that only carries a message on to another site.
  document.querySelector("form[data-handoff]")?.requestSubmit();
})();
