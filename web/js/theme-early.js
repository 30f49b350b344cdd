// Sets the chosen theme before the first paint. A classic script on purpose: modules run too late.
(function () {
  try {
    var theme = localStorage.getItem("greenroom.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (_) { /* storage is blocked: the system's scheme holds */ }
})();
