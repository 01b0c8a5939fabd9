// Runs before anything is drawn, so that a page that was set to dark never flashes light. Therefore no module.
try {
  const theme = localStorage.getItem("ray-app.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the browser's own choice holds.
}
