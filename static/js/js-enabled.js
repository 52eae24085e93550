// Runs before the page is drawn, so that what needs a script is ready at the first paint. The rest is in init.js.
document.body.classList.add("js-enabled")
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported")
}
