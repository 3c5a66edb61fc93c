// The page is complete without this; it only adds two switches.
(() => {
  const root = document.documentElement;
  const find = (tool) => document.querySelector(`[data-tool="${tool}"]`);
  const sources = [...document.querySelectorAll("details.source")];
  const contents = document.querySelector(".contents details");
  const narrow = matchMedia("(max-width: 64rem)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.querySelector(".tools").hidden = false;

  const theme = find("theme");
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = isDark() ? "Light mode" : "Dark mode"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  dark.addEventListener("change", label);
  label();

  const code = find("code");
  code?.addEventListener("click", () => {
    const show = code.getAttribute("aria-pressed") !== "true";
    code.setAttribute("aria-pressed", String(show));
    code.textContent = show ? "Hide code" : "Show code";
    sources.forEach((source) => { source.open = show; });
  });

  if (contents) {
    const fold = () => { contents.open = !narrow.matches; };
    narrow.addEventListener("change", fold);
    fold();
    addEventListener("beforeprint", () => { contents.open = true; });
    addEventListener("afterprint", fold);
  }
})();
