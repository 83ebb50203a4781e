/** The theme: the system's, or the one that somebody has chosen here. It is set before anything is drawn. */

(() => {
  const KEY = "sluice-theme";
  const THEMES = ["system", "light", "dark"];
  let theme = stored();

  function stored() {
    try {
      const text = localStorage.getItem(KEY) ?? "";
      return THEMES.includes(text) ? text : "system";
    } catch {
      return "system"; // a browser may keep nothing
    }
  }

  function apply() {
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button !== null) button.textContent = `Theme: ${theme}`;
    dispatchEvent(new Event("theme"));
  }

  function next() {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It holds for this page, then.
    }
    apply();
  }

  apply();
  addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", next);
  });
})();
