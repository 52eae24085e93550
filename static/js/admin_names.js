// Gives the admin's searchable drop-downs the name of their field, which Select2 leaves out.
window.addEventListener("load", () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`)
    const shown = document.getElementById(`select2-${select.id}-container`)
    if (label && shown) shown.setAttribute("aria-label", label.textContent.replace(/:\s*$/, ""))
  }
})
