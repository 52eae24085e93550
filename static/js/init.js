// Starts GOV.UK Frontend's components and folds the filters away on a phone. Every page works without this file.
const frontEnd = document.querySelector("script[data-govuk-frontend]").dataset.govukFrontend

const { initAll } = await import(frontEnd)
initAll()

const phone = window.matchMedia("(max-width: 40em)")
for (const filters of document.querySelectorAll("details.portal-filters")) {
  const fold = () => { filters.open = !phone.matches }
  fold()
  phone.addEventListener("change", fold)
}
document.body.classList.add("portal-ready")
